-- In: vim.g.sibyl (a table, or a function that returns one) and setup(opts). Out: one checked table of options.
--
-- An option that fails its check falls back to its default and is reported; nothing a user writes can stop the plugin
-- from loading.

local language = require('sibyl.buffer.language')
local NONE, schema = require('sibyl.options').NONE, require('sibyl.options').schema

local M = {}

local given = {} -- what setup() was called with, merged
local current ---@type table|nil checked options, made on first use
local wrong = {} ---@type string[] sentences about what was wrong with them

local function set(target, path, value)
  local group, leaf = path:match('^([^.]+)%.(.+)$')
  if group then
    target[group] = target[group] or {}
    target[group][leaf] = value
  else
    target[path] = value
  end
end

local GROUPS = {} ---@type table<string, true>
for path in pairs(schema) do
  local group = path:match('^([^.]+)%.')
  if group then
    GROUPS[group] = true
  end
end

-- Turns nested tables into {['server.cmd'] = …}; stops at options, whose value may itself be a table.
local function flatten(options, prefix, out)
  for key, value in pairs(options) do
    local path = prefix .. tostring(key)
    if not schema[path] and GROUPS[path] and type(value) == 'table' then
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
  local fine, words = pcall(tostring, text)
  return ((fine and words or 'something without words'):gsub('%c+', ' '):sub(1, LONGEST))
end

local function from_global(problems)
  local raw = vim.g.sibyl
  if vim.is_callable(raw) then
    local ok, result = pcall(raw)
    if not ok then
      table.insert(problems, 'the function in vim.g.sibyl failed: ' .. short(result))
    end
    raw = ok and result or nil
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
  for path, option in pairs(schema) do
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
    if GROUPS[path] then
      table.insert(problems, ('option `%s` must be a table of options'):format(path))
    elseif not schema[path] then
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
    current, wrong = build()
  end
  return current
end

--- Sentences about options that are unknown or of the wrong kind.
---@return string[]
function M.problems()
  M.get()
  return wrong
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

--- Whether a buffer's own switch is on; Vim script knows 0, too.
---@param buf integer
---@return boolean
function M.on_here(buf)
  local own = vim.b[buf].sibyl_enabled
  return own ~= false and own ~= 0
end

--- Whether sibyl may work in this buffer: both the switch of all buffers and its own are on.
---@param buf integer
---@return boolean
function M.enabled(buf)
  return M.get().enabled and vim.api.nvim_buf_is_valid(buf) and M.on_here(buf)
end

--- Whether lists of a buffer are ranked: it is Python, and sibyl is on in it.
---@param buf integer
---@return boolean
function M.ranks(buf)
  return M.enabled(buf) and language.is_python(buf)
end

return M
