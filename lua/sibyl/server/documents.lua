-- In: what Neovim's client says to our own server of opened and closed documents. Out: the same, without what the
-- server would complain about on the user's screen.
--
-- Where the text of a buffer is read again in place (:checktime, 'autoread'), Neovim closes the name that the buffer
-- had when the first client came, whatever it is called since, and opens the one that is open already. An edit that
-- waits to be told is told under the new name, too.

local M = {}

local OPEN, CHANGE, CLOSE = 'textDocument/didOpen', 'textDocument/didChange', 'textDocument/didClose'

--- Makes a client close what is open, once, before it is opened again, and change nothing else.
---@param rpc vim.lsp.rpc.PublicClient
---@return vim.lsp.rpc.PublicClient
function M.followed(rpc)
  local notify, opened = rpc.notify, {} ---@type function, table<string, true>
  rpc.notify = function(method, params, ...)
    if method == OPEN then
      local uri = params.textDocument.uri
      if opened[uri] then
        notify(CLOSE, { textDocument = { uri = uri } })
      end
      opened[uri] = true
    elseif method == CHANGE or method == CLOSE then
      local uri = params.textDocument.uri
      if not opened[uri] then
        return true
      end
      opened[uri] = method == CHANGE or nil
    end
    return notify(method, params, ...)
  end
  return rpc
end

return M
