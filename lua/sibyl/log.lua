-- In: what went on. Out: lines in a private file, and at most one sentence per problem on the screen.
-- The Python host appends to the same file.

local config = require('sibyl.config')

local M = {}

local RANK = {} ---@type table<string, integer> a level's place among them
for rank, level in ipairs(require('sibyl.options').LEVELS) do
  RANK[level] = rank
end
local ROTATE_AT = 512 * 1024
local OWNER_ONLY = 384 -- 0600: file names and error texts are nobody else's business

local shown = {} ---@type table<string, boolean>
local last ---@type string|nil
local newest ---@type string|nil what was written last

--- Where the log is.
---@return string
function M.path()
  return vim.fs.joinpath(require('sibyl.folders').of('log'), 'sibyl.log')
end

--- Begins a new file when the old one is large. Only while no host holds it open.
function M.rotate()
  local stat = vim.uv.fs_stat(M.path())
  if stat and stat.size > ROTATE_AT then
    vim.uv.fs_rename(M.path(), M.path() .. '.old')
  end
end

-- Appends a line; an older file that others can read is taken from them. Whether it is written.
local function append(path, line)
  local stat = vim.uv.fs_stat(path)
  if stat and stat.type ~= 'file' then
    return false -- to open a FIFO could wait for ever
  end
  local file = vim.uv.fs_open(path, 'a', OWNER_ONLY)
  if not file then
    vim.uv.fs_mkdir(vim.fs.dirname(path), 448) -- 0700
    file = vim.uv.fs_open(path, 'a', OWNER_ONLY)
  end
  if not file then
    return false
  end
  if stat and bit.band(stat.mode, 63) ~= 0 then -- 0077
    vim.uv.fs_fchmod(file, OWNER_ONLY)
  end
  local written = vim.uv.fs_write(file, line) == #line
  vim.uv.fs_close(file)
  return written
end

local function put(level, text)
  local line = ('%s %-5s %s\n'):format(os.date('%Y-%m-%d %H:%M:%S'), level, text)
  local written = append(M.path(), line)
  newest = written and text or newest
  return written
end

-- Whatever happens here, the caller goes on: a log that cannot be written must not become a second problem.
---@param level 'debug'|'info'|'warn'|'error'
---@param text string
local function write(level, text, ...)
  pcall(function(...)
    if select('#', ...) > 0 then
      text = text:format(...)
    end
    if level == 'error' or level == 'warn' then
      last = text
    end
    if RANK[level] >= RANK[config.get().log_level] then
      put(level, text)
    end
  end, ...)
end

--- Notes what only somebody who looks for a fault wants to read.
---@param text string for string.format where more is given
---@param ... any
function M.debug(text, ...)
  write('debug', text, ...)
end

--- Notes what went on.
---@param text string for string.format where more is given
---@param ... any
function M.info(text, ...)
  write('info', text, ...)
end

--- Notes what did not go as it should, and costs little.
---@param text string for string.format where more is given
---@param ... any
function M.warn(text, ...)
  write('warn', text, ...)
end

--- Notes what went wrong.
---@param text string for string.format where more is given
---@param ... any
function M.error(text, ...)
  write('error', text, ...)
end

--- Writes what the screen shows only the beginning of, whatever option `log_level` says; not twice if it is what was
--- written last.
---@param text string
---@param level integer vim.log.levels
---@return boolean written
function M.keep(text, level)
  if text == newest and vim.uv.fs_stat(M.path()) then
    return true
  end
  local rank = level >= vim.log.levels.ERROR and 'error' or level >= vim.log.levels.WARN and 'warn' or 'info'
  local ok, written = pcall(put, rank, text)
  return ok and written
end

--- The file to show: the log; if nothing was written since a new one was begun, the one before.
---@return string|nil path nil: nothing was written yet
function M.file()
  return vim.iter({ M.path(), M.path() .. '.old' }):find(function(path)
    local stat = vim.uv.fs_stat(path)
    return stat and stat.type == 'file' and stat.size > 0
  end)
end

--- Tells the user one sentence, the same sentence once per session.
---@param text string
---@param level integer|nil vim.log.levels
function M.tell(text, level)
  write(level == vim.log.levels.INFO and 'info' or 'warn', text)
  if shown[text] then
    return
  end
  shown[text] = true
  vim.schedule(function()
    require('sibyl.notice').say(text, level or vim.log.levels.WARN)
  end)
end

--- The last warning or error, for :checkhealth.
---@return string|nil
function M.last()
  return last
end

return M
