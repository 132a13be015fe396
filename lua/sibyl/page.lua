-- In: lines to read. Out: a page of them in a window, one window for each kind of page: text to search and copy.

local M = {}

local api = vim.api

--- Whether one stands in the command-line window, which no other window may be opened from; that is said.
---@return boolean
function M.refused()
  if vim.fn.getcmdwintype() == '' then
    return false
  end
  require('sibyl.notice').say('close the command-line window first', vim.log.levels.WARN)
  return true
end

-- The window of this tab that shows a page of a kind.
local function window_of(kind)
  return vim.iter(api.nvim_tabpage_list_wins(0)):find(function(window)
    return vim.startswith(api.nvim_buf_get_name(api.nvim_win_get_buf(window)), ('sibyl://%s/'):format(kind))
  end)
end

--- Shows lines in the window of their kind; `q` closes it.
---@param kind string
---@param lines string[]
---@return integer|nil buf nil where no window can be opened
function M.show(kind, lines)
  if M.refused() then
    return nil
  end
  require('sibyl.notice').close() -- a window of a message would cover the page
  local buf = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  api.nvim_buf_set_name(buf, ('sibyl://%s/%d'):format(kind, buf))
  vim.bo[buf].bufhidden, vim.bo[buf].modifiable, vim.bo[buf].filetype = 'wipe', false, 'sibyl-' .. kind
  local window = window_of(kind)
  if window then
    api.nvim_set_current_win(window)
  else
    vim.cmd('botright split')
  end
  api.nvim_win_set_buf(0, buf)
  api.nvim_win_set_height(0, math.max(math.min(#lines, math.floor(vim.o.lines * 0.6)), 5))
  vim.wo.wrap, vim.wo.linebreak, vim.wo.breakindent, vim.wo.number, vim.wo.list = true, true, true, false, false
  -- Those of the window that it was split from.
  vim.wo.diff, vim.wo.scrollbind, vim.wo.cursorbind, vim.wo.foldenable = false, false, false, false
  vim.keymap.set('n', 'q', '<Cmd>bwipeout<CR>', { buffer = buf, nowait = true, desc = 'sibyl: close this page' })
  return buf
end

return M
