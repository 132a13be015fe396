-- In: Neovim's folders for what it keeps. Out: the same as absolute paths, wherever the current folder is.
--
-- They are relative where a variable such as XDG_STATE_HOME is, and without HOME. Then the host, which has a current
-- folder of its own, would write elsewhere than `:Sibyl forget` looks.

local M = {}

local begun_in = vim.fn.getcwd()

--- One of Neovim's folders.
---@param kind 'data'|'state'|'log'
---@return string
function M.of(kind)
  local path = vim.fn.stdpath(kind) --[[@as string]]
  local absolute = path:find('^[/\\]') or path:find('^%a:[/\\]')
  return absolute and path or vim.fs.joinpath(begun_in, path)
end

return M
