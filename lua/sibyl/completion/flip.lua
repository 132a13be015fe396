-- In: a key. Out: the list at the cursor in the language server's own order, and, pressed again, in ours.

local bytes = require('sibyl.buffer.bytes')
local insert_mode = require('sibyl.insert_mode')

local M = {}

local api = vim.api
local native ---@type string|nil the word whose list is shown in the server's own order

local function key(buf, row, col)
  return ('%d:%d:%d'):format(buf, row, col)
end

--- Whether the list for the word that starts at a place is to be left as the server sends it.
---@param buf integer
---@param row integer 0-based
---@param col integer where the word starts
---@return boolean
function M.native(buf, row, col)
  return native ~= nil and native == key(buf, row, col)
end

--- Shows the list at the cursor in the other order. Does nothing outside insert mode.
function M.flip()
  if not insert_mode.inserting() or not require('sibyl.server.lsp').usable() then
    return
  end
  local _, col = bytes.word(api.nvim_get_current_buf())
  local here = key(api.nvim_get_current_buf(), api.nvim_win_get_cursor(0)[1] - 1, col)
  native = native ~= here and here or nil
  if vim.fn.pumvisible() == 1 then
    api.nvim_feedkeys(vim.keycode('<C-e>'), 'n', false)
  end
  vim.schedule(function()
    local ok, problem = pcall(vim.lsp.omnifunc, 1, '')
    if not ok then
      require('sibyl.log').warn('the servers could not be asked: %s', tostring(problem))
    end
  end)
end

--- The next list is in our order again.
function M.forget()
  native = nil
end

return M
