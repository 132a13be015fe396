-- In: a URI of the language server protocol. Out: the buffer that it names.

local M = {}

local api = vim.api

--- The buffer that a URI names; nil where there is none. Unlike vim.uri_to_bufnr() it makes none, not even for the
--- URI that all buffers without a name share.
---@param uri string|nil
---@return integer|nil
function M.buffer(uri)
  local current = api.nvim_get_current_buf()
  if uri == vim.uri_from_bufnr(current) then
    return current
  end
  for _, buf in ipairs(uri and api.nvim_list_bufs() or {}) do
    if vim.uri_from_bufnr(buf) == uri then
      return buf
    end
  end
end

return M
