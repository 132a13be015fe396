-- In: Neovim starting. Out: one autocommand, one command, <Plug> keys.
-- Nothing of sibyl is required here: all modules wait for the first Python buffer (or the first :Sibyl).

if vim.g.loaded_sibyl then
  return
end
vim.g.loaded_sibyl = 1

if vim.fn.has('nvim-0.10') == 0 then
  return -- :checkhealth sibyl says so; an old Neovim is not worth a message at every start
end

local function begin(buf)
  vim.schedule(function()
    require('sibyl').begin_in_steps(buf)
  end)
end

vim.api.nvim_create_autocmd('FileType', {
  group = vim.api.nvim_create_augroup('sibyl', { clear = true }),
  pattern = { 'python', 'python.*', '*.python', '*.python.*' },
  desc = 'sibyl: begin with this Python buffer, after it is on the screen',
  callback = function(event)
    begin(event.buf)
  end,
})

if vim.v.vim_did_enter == 1 then -- loaded later, by a plugin manager or by hand
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].filetype:find('python', 1, true) then -- begin looks closer
      begin(buf)
    end
  end
end

vim.api.nvim_create_user_command('Sibyl', function(command)
  require('sibyl.command').run(command)
end, {
  nargs = '*',
  bang = true,
  desc = 'sibyl: rank Python completions',
  complete = function(lead, line)
    return require('sibyl.command').complete(lead, line)
  end,
})

vim.keymap.set('i', '<Plug>(SibylSuggest)', function()
  require('sibyl.completion.suggest').open()
end, { desc = 'sibyl: open the ranked list here' })

vim.keymap.set('i', '<Plug>(SibylCompare)', function()
  require('sibyl.completion.flip').flip()
end, { desc = "sibyl: this list in the server's own order, and back" })

vim.keymap.set('i', '<Plug>(SibylExplain)', function()
  require('sibyl.explain').item()
end, { desc = 'sibyl: why the selected item stands where it stands' })
