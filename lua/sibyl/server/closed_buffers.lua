-- In: replies of our own server. Out: the same, without those for buffers that are gone.
--
-- Neovim 0.10 reads the lines of a buffer when its semantic tokens arrive, and shows an error where the buffer was
-- wiped out before.

local uri = require('sibyl.buffer.uri')

local M = {}

--- Makes a client leave out such replies.
---@param rpc vim.lsp.rpc.PublicClient
---@return vim.lsp.rpc.PublicClient
function M.filtered(rpc)
  if vim.fn.has('nvim-0.11') == 1 then -- it looks by itself
    return rpc
  end
  local request = rpc.request
  rpc.request = function(method, params, callback, ...)
    local document = type(params) == 'table' and params.textDocument
    local buf = type(document) == 'table' and uri.buffer(document.uri)
    return request(method, params, function(...)
      if not buf or vim.api.nvim_buf_is_valid(buf) then
        return callback(...)
      end
    end, ...)
  end
  return rpc
end

return M
