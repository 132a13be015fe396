-- In: our client in a buffer. Out: Neovim's own completion for it there: its menu (from 0.11 on), its 'omnifunc'.

local M = {}

local OMNIFUNC = 'v:lua.vim.lsp.omnifunc'
-- What Neovim's own ftplugin sets, with a Python for plugins and without.
local FTPLUGIN = { 'python3complete#Complete', '' }

local function set(on, client, buf, options)
  if vim.lsp.completion then
    vim.lsp.completion.enable(on, client.id, buf, options)
  end
end

--- Completes what the client lists.
---@param client vim.lsp.Client
---@param buf integer
---@param auto boolean whether the menu opens by itself
function M.enable(client, buf, auto)
  set(true, client, buf, { autotrigger = auto })
end

--- Ends that.
---@param client vim.lsp.Client
---@param buf integer
function M.disable(client, buf)
  set(false, client, buf)
end

--- 'filetype' was set again, as it is where a text is read again in place (:checktime, 'autoread'): the ftplugin has
--- set 'omnifunc' again, too, and nobody attaches who would set it to the client's.
---@param client vim.lsp.Client|nil
---@param buf integer
function M.keep(client, buf)
  if client and vim.list_contains(FTPLUGIN, vim.bo[buf].omnifunc) then
    vim.bo[buf].omnifunc = OMNIFUNC
  end
end

return M
