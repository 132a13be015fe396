-- In: replies of our own server. Out: the same, without those for buffers that are gone.
--
-- Neovim 0.10 reads the lines of a buffer when its semantic tokens arrive, and shows an error where the buffer was
-- wiped out before.

local M = {}

local api = vim.api

-- The buffer that a message is of; nil where there is none of that name.
local function buffer_of(params)
  local document = type(params) == 'table' and params.textDocument
  local uri, current = type(document) == 'table' and document.uri, api.nvim_get_current_buf()
  if uri == vim.uri_from_bufnr(current) then
    return current
  end
  for _, buf in ipairs(uri and api.nvim_list_bufs() or {}) do
    if vim.uri_from_bufnr(buf) == uri then
      return buf
    end
  end
end

--- Makes a client leave out such replies.
---@param rpc vim.lsp.rpc.PublicClient
---@return vim.lsp.rpc.PublicClient
function M.filtered(rpc)
  if vim.fn.has('nvim-0.11') == 1 then -- it looks by itself
    return rpc
  end
  local request = rpc.request
  rpc.request = function(method, params, callback, ...)
    local buf = buffer_of(params)
    return request(method, params, function(...)
      if not buf or api.nvim_buf_is_valid(buf) then
        return callback(...)
      end
    end, ...)
  end
  return rpc
end

return M
