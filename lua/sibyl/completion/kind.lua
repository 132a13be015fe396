-- In: a place and what a server lists there. Out: of what kind the list is.

local M = {}

local MOST_IMPORTED = 100 -- lines of one import that are looked through

---@alias sibyl.Kind 'member'|'name'|'keyword'|'import'

-- Whether a line continues an import: lines above it hold names alone, up to `from x import (`.
local function in_import(buf, row)
  local above = vim.api.nvim_buf_get_lines(buf, math.max(row - MOST_IMPORTED, 0), row, false)
  for index = #above, 1, -1 do
    local code = above[index]:gsub('#.*', '')
    if code:match('^%s*from%s+%S+%s+import%s*%([^)]*$') or code:match('^%s*from%s+%S+%s+import%s[^(]*\\%s*$') then
      return true
    elseif not code:match('^[%w_%s,\\\128-\255]*$') then
      return false
    end
  end
  return false
end

--- The kind of a list.
---@param job sibyl.Job
---@param before string the line up to the word
---@param question sibyl.Question
---@return sibyl.Kind
function M.of(job, before, question)
  if before:match('^%s*from%s') or before:match('^%s*import%s') then
    return 'import'
  elseif before:match('^[%w_%s,\128-\255]*$') and in_import(job.buf, job.row) then
    return 'import'
  elseif before:match('%.%s*$') then
    return 'member'
  end
  for _, name in ipairs(question.names) do
    if name:sub(-1) == '=' then
      return 'keyword'
    end
  end
  return 'name'
end

return M
