-- In: modes as they change. Out: whether one inserts; calls when insert mode is over: <C-c> is no InsertLeave, and
-- `:normal` in a mapping, which leaves the mode for a moment, is no end.

local M = {}

local api = vim.api

--- Whether one inserts: anywhere, or in one buffer.
---@param buf integer|nil
---@return boolean
function M.inserting(buf)
  return api.nvim_get_mode().mode:sub(1, 1) == 'i' and (not buf or api.nvim_get_current_buf() == buf)
end

--- Calls back whenever insert mode is over, perhaps twice.
---@param group integer|string of autocommands
---@param desc string
---@param callback fun()
function M.when_over(group, desc, callback)
  api.nvim_create_autocmd('InsertLeave', { group = group, desc = desc, callback = callback })
  api.nvim_create_autocmd('ModeChanged', {
    group = group,
    pattern = '[iR]*:n',
    desc = desc,
    callback = vim.schedule_wrap(function()
      if not api.nvim_get_mode().mode:find('^[iR]') then
        callback()
      end
    end),
  })
end

return M
