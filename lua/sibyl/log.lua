-- In: what went on. Out: lines in a private file, and at most one sentence per problem on the screen.
-- Called by: every module. The Python host appends to the same file.

local config = require('sibyl.config')

local M = {}

local ORDER = { debug = 1, info = 2, warn = 3, error = 4 }
local ROTATE_AT = 512 * 1024
local OWNER_ONLY = 384 -- 0600: file names and error texts are nobody else's business

local said = {} ---@type table<string, boolean>
local last ---@type string|nil

--- Where the log is.
---@return string
function M.path()
  return vim.fs.joinpath(vim.fn.stdpath('log') --[[@as string]], 'sibyl.log')
end

--- Begins a new file when the old one is large. Only while no host holds it open.
function M.rotate()
  local stat = vim.uv.fs_stat(M.path())
  if stat and stat.size > ROTATE_AT then
    vim.uv.fs_rename(M.path(), M.path() .. '.old')
  end
end

---@param level 'debug'|'info'|'warn'|'error'
---@param text string
local function write(level, text)
  if level == 'error' or level == 'warn' then
    last = text
  end
  if ORDER[level] < ORDER[config.get().log_level] then
    return
  end
  local path = M.path()
  local file = vim.uv.fs_open(path, 'a', OWNER_ONLY)
  if not file then
    vim.uv.fs_mkdir(vim.fs.dirname(path), 448) -- 0700
    file = vim.uv.fs_open(path, 'a', OWNER_ONLY)
  end
  if not file then
    return -- a log that cannot be written must not become a second problem
  end
  vim.uv.fs_write(file, ('%s %-5s %s\n'):format(os.date('%Y-%m-%d %H:%M:%S'), level, text))
  vim.uv.fs_close(file)
end

for level in pairs(ORDER) do
  M[level] = function(text, ...)
    if select('#', ...) > 0 then
      text = text:format(...)
    end
    write(level, text)
  end
end

--- Cuts a message that is longer than the line: it would make Neovim wait for a key, in the middle of typing.
---@param text string
---@return string
function M.fit(text)
  local room = vim.v.echospace
  if vim.fn.strdisplaywidth(text) <= room then
    return text
  end
  local more = '… (:Sibyl log)'
  return vim.fn.strcharpart(text, 0, math.max(room - vim.fn.strdisplaywidth(more) - 1, 0)) .. more
end

--- Tells the user one sentence, the same sentence once per session.
---@param text string
---@param level integer|nil vim.log.levels
function M.tell(text, level)
  write(level == vim.log.levels.INFO and 'info' or 'warn', text)
  if said[text] then
    return
  end
  said[text] = true
  vim.schedule(function()
    vim.notify(M.fit('sibyl: ' .. text), level or vim.log.levels.WARN)
  end)
end

--- The last warning or error, for :checkhealth.
---@return string|nil
function M.last()
  return last
end

return M
