-- In: a buffer. Out: whether sibyl works in it; if not, why, in words a person can read.

local bytes = require('sibyl.buffer.bytes')
local config = require('sibyl.config')
local language = require('sibyl.buffer.language')

local M = {}

local api = vim.api
M.LONGEST_LINE = 256 * 1024
local TOO_LONG = 'line %d has %d bytes'

local reasons = {} ---@type table<integer, string> why a buffer was left alone when it was last looked at
local long = {} ---@type table<integer, integer> by buffer: the line that was too long then

-- Why a buffer is none of ours, whatever is in it: no text of a file on this machine, or somebody else's.
local function foreign(buf)
  if vim.bo[buf].buftype ~= '' then
    return ("it belongs to a plugin ('buftype' is %s)"):format(vim.bo[buf].buftype)
  end
  -- One letter before the colon is a drive of Windows.
  local scheme = api.nvim_buf_get_name(buf):match('^(%a[%w+.-]+)://')
  if scheme and scheme ~= 'file' then
    return ('it is no file of this machine (%s://)'):format(scheme)
  end
end

-- Why a buffer is too much to follow.
local function too_much(buf)
  local length = bytes.length(buf)
  if length > config.get().max_bytes then
    return ('%d bytes are more than option `max_bytes`'):format(length)
  end
  if length <= M.LONGEST_LINE then
    return nil
  end
  -- To look at every line of megabytes takes longer than a list may; that one is mostly where it was.
  local known = long[buf] and bytes.row_length(buf, long[buf] - 1) or 0
  if known > M.LONGEST_LINE then
    return TOO_LONG:format(long[buf], known)
  end
  long[buf] = nil
  for row, line in ipairs(api.nvim_buf_get_lines(buf, 0, -1, true)) do
    if #line > M.LONGEST_LINE then
      long[buf] = row
      return TOO_LONG:format(row, #line)
    end
  end
end

--- Looks at a buffer: why it is left alone, or nil.
---@param buf integer
---@return string|nil
function M.refusal(buf)
  reasons[buf] = foreign(buf) or too_much(buf)
  return reasons[buf]
end

--- Why it was left alone when it was last looked at; costs nothing.
---@param buf integer
---@return string|nil
function M.why(buf)
  return reasons[buf]
end

--- Whether a buffer holds Python of a file on this machine, or of none yet; its text is not looked at.
---@param buf integer
---@return boolean
function M.ours(buf)
  local reason = foreign(buf)
  reasons[buf] = reason or reasons[buf]
  return not reason and language.is_python(buf)
end

--- Forgets a buffer.
---@param buf integer
function M.forget(buf)
  reasons[buf], long[buf] = nil, nil
end

return M
