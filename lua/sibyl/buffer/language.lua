-- In: a buffer. Out: whether its language is Python.

local M = {}

--- Whether a buffer holds Python. 'filetype' may name several languages, with dots between: `python.django`.
---@param buf integer
---@return boolean
function M.is_python(buf)
  return ('.' .. vim.bo[buf].filetype .. '.'):find('.python.', 1, true) ~= nil
end

--- What a language server is told that a buffer holds.
---@param buf integer
---@param filetype string
---@return string
function M.id(buf, filetype)
  return M.is_python(buf) and 'python' or filetype
end

return M
