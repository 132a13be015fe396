-- In: vim.g.sibyl (a table, or a function that returns one) and setup(opts). Out: one checked table of options.
--
-- Each option stands here once: default, check, help. An option that fails its check falls back to its default
-- and is reported; nothing a user writes can stop the plugin from loading.

local M = {}

---@class sibyl.Option
---@field default any
---@field check fun(value: any): boolean
---@field wants string what the check wants, in words
---@field help string

local function is(...)
  local kinds = { ... }
  return function(value)
    return vim.tbl_contains(kinds, type(value))
  end
end

local function whole(low, high)
  return function(value)
    return type(value) == 'number' and value % 1 == 0 and value >= low and value <= high
  end
end

local function words(value)
  if type(value) ~= 'table' or #value == 0 then
    return false
  end
  for key, word in pairs(value) do
    if type(key) ~= 'number' or type(word) ~= 'string' then
      return false
    end
  end
  return true
end

local function either(one, other)
  return function(value)
    return one(value) or other(value)
  end
end

-- `nil` defaults cannot be kept in a table: NONE stands for "not set".
local NONE = vim.NIL

---@type table<string, sibyl.Option>
M.schema = {
  enabled = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Rank completions. `vim.b.sibyl_enabled = false` leaves one buffer alone.',
  },
  python = {
    default = NONE,
    check = is('string'),
    wants = 'a path',
    help = 'The Python that hosts the ranker. Not set: the first that has the packages.',
  },
  model = {
    default = NONE,
    check = is('string'),
    wants = 'a path',
    help = 'A folder with a model of your own. Not set: the one that is shipped.',
  },
  stars = {
    default = 5,
    check = either(is('boolean'), whole(0, 5)),
    wants = 'true, false or a whole number from 0 to 5',
    help = 'How many items at most wear a star. `false` is 0, `true` is 5.',
  },
  deadline = {
    default = 30,
    check = whole(0, 1000),
    wants = 'whole milliseconds from 0 to 1000',
    help = 'How long a list may wait for its ranking before it is shown as it came.',
  },
  max_bytes = {
    default = 4 * 1024 * 1024,
    check = whole(0, 1024 * 1024 * 1024),
    wants = 'a whole number of bytes',
    help = 'Larger buffers are left alone.',
  },
  autotrigger = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = "Open the menu after a dot by itself, for sibyl's own language server only.",
  },
  ['server.enabled'] = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Start a language server where no other one completes Python.',
  },
  ['server.cmd'] = {
    default = NONE,
    check = words,
    wants = 'a list of strings',
    help = "The command of that server. Not set: `ty server` from sibyl's environment.",
  },
  ['server.settings'] = {
    default = {},
    check = is('table'),
    wants = 'a table',
    help = 'Settings handed to that server.',
  },
  ['server.delay'] = {
    default = 1500,
    check = whole(0, 60000),
    wants = 'whole milliseconds from 0 to 60000',
    help = 'How long to wait for a language server of yours before starting one.',
  },
  ['memory.project'] = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = "Remember what other files of the project use, below Neovim's state folder.",
  },
  ['memory.person'] = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Remember which items were accepted, below the state folder.',
  },
  log_level = {
    default = 'warn',
    check = function(value)
      return vim.tbl_contains({ 'debug', 'info', 'warn', 'error' }, value)
    end,
    wants = "'debug', 'info', 'warn' or 'error'",
    help = 'What is written to the log file.',
  },
}

local given = {} -- what setup() was called with, merged
local current ---@type table|nil checked options, made on first use
local found = {} ---@type string[] sentences about what was wrong with them

local function set(target, path, value)
  local group, leaf = path:match('^([^.]+)%.(.+)$')
  if group then
    target[group] = target[group] or {}
    target[group][leaf] = value
  else
    target[path] = value
  end
end

local function groups()
  local names = {}
  for path in pairs(M.schema) do
    local group = path:match('^([^.]+)%.')
    if group then
      names[group] = true
    end
  end
  return names
end

-- Turns nested tables into {['server.cmd'] = …}; stops at options, whose value may itself be a table.
local function flatten(options, prefix, out)
  for key, value in pairs(options) do
    local path = prefix .. tostring(key)
    if not M.schema[path] and groups()[path] and type(value) == 'table' then
      flatten(value, path .. '.', out)
    else
      out[path] = value
    end
  end
  return out
end

local function fits(option, value)
  local fine, good = pcall(option.check, value) -- a table may raise errors when it is looked at
  return fine and good
end

local LONGEST = 100 -- letters of what somebody else wrote in a sentence of ours

-- In one line, whatever it is: names and messages may hold anything.
local function short(text)
  local fine, said = pcall(tostring, text)
  return ((fine and said or 'something without words'):gsub('%c+', ' '):sub(1, LONGEST))
end

local function from_global(problems)
  local raw = vim.g.sibyl
  if vim.is_callable(raw) then
    local ok, made = pcall(raw)
    if not ok then
      table.insert(problems, 'the function in vim.g.sibyl failed: ' .. short(made))
    end
    raw = ok and made or nil
  end
  if raw ~= nil and type(raw) ~= 'table' then
    table.insert(problems, 'vim.g.sibyl is ' .. type(raw) .. '; it must be a table or a function')
    raw = nil
  end
  return raw or {}
end

local function build()
  local problems = {}
  local user = flatten(from_global(problems), '', {})
  flatten(given, '', user)
  local out = {}
  for path, option in pairs(M.schema) do
    local default = option.default ~= NONE and vim.deepcopy(option.default) or nil
    local value = user[path]
    if value == nil or value == NONE then
      value = default
    elseif not fits(option, value) then
      table.insert(problems, ('option `%s` must be %s; its default is used'):format(path, option.wants))
      value = default
    end
    set(out, path, value)
  end
  for path in pairs(user) do
    if groups()[path] then
      table.insert(problems, ('option `%s` must be a table of options'):format(path))
    elseif not M.schema[path] then
      table.insert(problems, ('option `%s` is not known'):format(short(path)))
    end
  end
  table.sort(problems)
  if type(out.stars) == 'boolean' then
    out.stars = out.stars and 5 or 0
  end
  return out, problems
end

--- The checked options; read from vim.g.sibyl once.
---@return table
function M.get()
  if not current then
    current, found = build()
  end
  return current
end

--- Sentences about options that are unknown or of the wrong kind.
---@return string[]
function M.problems()
  M.get()
  return found
end

--- Merges into what was given before; the next get() reads vim.g.sibyl again as well.
---@param options table|nil
function M.merge(options)
  if options ~= nil and type(options) ~= 'table' then
    options = { options }
  end
  given = vim.tbl_deep_extend('force', given, options or {})
  current = nil
end

--- Forgets the checked table, so that a changed vim.g.sibyl counts.
function M.reload()
  current = nil
end

--- Sets the switch of all buffers.
---@param on boolean
function M.switch(on)
  given.enabled = on
  M.get().enabled = on
end

--- Whether sibyl may work in this buffer: both the switch of all buffers and its own are on.
---@param buf integer
---@return boolean
function M.enabled(buf)
  return M.get().enabled
    and vim.api.nvim_buf_is_valid(buf)
    and vim.b[buf].sibyl_enabled ~= false
    and vim.b[buf].sibyl_enabled ~= 0
end

return M
