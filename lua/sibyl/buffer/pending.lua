-- In: edits of one buffer that were not sent yet. Out: the same as one edit, and whether it has made a line too long.

local bytes = require('sibyl.buffer.bytes')
local fit = require('sibyl.buffer.fit')

local M = {}

---@class sibyl.Pending
---@field start integer first byte that changed
---@field old integer bytes replaced, counted in the text last sent
---@field new integer bytes that stand there now

--- Joins an edit to those not sent yet. Bytes before both are the same in all three texts (sent, between, now).
---@param pending sibyl.Pending|nil
---@param start integer first byte that changed
---@param old integer bytes replaced
---@param new integer bytes that stand there instead
---@return sibyl.Pending
function M.join(pending, start, old, new)
  if not pending then
    return { start = start, old = old, new = new }
  end
  local first = math.min(pending.start, start)
  -- ends of both, in the text between them: the first edit has happened, the second has not
  local last = math.max(pending.start + pending.new, start + old)
  return {
    start = first,
    old = last - (pending.new - pending.old) - first,
    new = last + (new - old) - first,
  }
end

--- Whether an edit has made a line too long. Only its first and last lines can be, as it brought no more than one.
---@param buf integer
---@param pending sibyl.Pending
---@param length integer bytes of the buffer, as it is now
---@return boolean
function M.long_line(buf, pending, length)
  return length > fit.LONGEST_LINE
    and (
      bytes.line_length(buf, pending.start) > fit.LONGEST_LINE
      or bytes.line_length(buf, pending.start + pending.new) > fit.LONGEST_LINE
    )
end

return M
