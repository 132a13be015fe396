-- In: nothing. Out: every option once: its default, its check, what the check wants, its help.

local M = {}

---@class sibyl.Option
---@field default any
---@field check fun(value: any): boolean
---@field wants string what the check wants, in words
---@field help string

local function is(kind)
  return function(value)
    return type(value) == kind
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

-- `nil` defaults cannot be kept in a table: NONE stands for "not set".
M.NONE = vim.NIL

-- Levels of the log, from all to least.
M.LEVELS = { 'debug', 'info', 'warn', 'error' }

---@type table<string, sibyl.Option>
M.schema = {
  enabled = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Rank completions. `vim.b.sibyl_enabled = false` leaves one buffer alone.',
  },
  python = {
    default = M.NONE,
    check = is('string'),
    wants = 'a path',
    help = 'The Python that hosts the ranker. Not set: the first that has the packages.',
  },
  model = {
    default = M.NONE,
    check = is('string'),
    wants = 'a path',
    help = 'A folder with a model of your own. Not set: the one that is shipped.',
  },
  stars = {
    default = 5,
    check = function(value)
      return type(value) == 'boolean' or whole(0, 5)(value)
    end,
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
  guesses = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Offer names that your own code speaks for: where no language server knows any, and among its items.',
  },
  ['server.enabled'] = {
    default = true,
    check = is('boolean'),
    wants = 'true or false',
    help = 'Start a language server where no other one completes Python.',
  },
  ['server.cmd'] = {
    default = M.NONE,
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
    help = "Remember what the files of the project use, below Neovim's state folder.",
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
      return vim.tbl_contains(M.LEVELS, value)
    end,
    wants = "'debug', 'info', 'warn' or 'error'",
    help = 'What is written to the log file.',
  },
}

return M
