-- In: modes as they change. Out: calls when insert mode is over: <C-c> is no InsertLeave, and `:normal` in a mapping,
-- which leaves the mode for a moment, is no end.

local M = {}

--- Whether one inserts or replaces.
---@return boolean
function M.on()
  return vim.api.nvim_get_mode().mode:find('^[iR]') ~= nil
end

--- Calls back whenever insert mode is over, perhaps twice.
---@param group integer|string of autocommands
---@param desc string
---@param callback fun()
function M.when_over(group, desc, callback)
  vim.api.nvim_create_autocmd('InsertLeave', {
    group = group,
    desc = desc,
    callback = function()
      callback()
    end,
  })
  vim.api.nvim_create_autocmd('ModeChanged', {
    group = group,
    pattern = '[iR]*:n',
    desc = desc,
    callback = vim.schedule_wrap(function()
      if not M.on() then
        callback()
      end
    end),
  })
end

return M
