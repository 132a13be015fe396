-- In: what plugins with menus of their own say of accepted items. Out: the host hears of it, as of Neovim's own menu.

local accepted = require('sibyl.completion.accepted')
local bytes = require('sibyl.buffer.bytes')
local config = require('sibyl.config')
local items = require('sibyl.completion.items')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local api = vim.api
local joined = false -- whether nvim-cmp tells us

--- Tells the host of an item whose name now stands before the cursor; brackets may follow the name.
---@param item table as a front end holds it
function M.tell(item)
  local buf = api.nvim_get_current_buf()
  local on_command_line = api.nvim_get_mode().mode:sub(1, 1) == 'c' -- plugins complete there, too
  if type(item) ~= 'table' or on_command_line or not config.ranks(buf) then
    return
  end
  local name = items.name(sort_text.restore(item))
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local before = api.nvim_get_current_line():sub(1, col)
  local _, stop = before:find('^.*' .. vim.pesc(name)) -- where it stands last
  if stop and name ~= '' then
    accepted.taken(buf, name, (bytes.word(buf, row - 1, stop - (name:sub(-1) == '=' and 1 or 0))))
  end
end

--- Listens to the plugins that are loaded by now.
function M.listen()
  if joined or not package.loaded['cmp'] then
    return
  end
  joined = true
  require('sibyl.menus.cmp').join(M.tell)
end

api.nvim_create_autocmd('User', {
  group = api.nvim_create_augroup('sibyl_accepted', { clear = true }),
  pattern = 'BlinkCmpAccept',
  desc = 'sibyl: learn what was accepted in blink.cmp',
  callback = function(event)
    M.tell(vim.tbl_get(event, 'data', 'item'))
  end,
})

return M
