-- In: a language client. Out: whether it completes Python.
--
-- Clients that offer snippets or buffer words, and run inside Neovim, say that they complete, too. What completes
-- Python is asked for after a dot: every Python server names it among its trigger characters, the others do not.

local M = {}

--- Whether a client is a language server that knows Python's names.
---@param client vim.lsp.Client
---@return boolean
function M.completes(client)
  local provider = (client.server_capabilities or {}).completionProvider
  local triggers = type(provider) == 'table' and provider.triggerCharacters
  return type(triggers) == 'table' and vim.list_contains(triggers, '.')
end

return M
