-- In: the Lua files of this repository. Out: what luacheck may take for granted.
std = 'luajit'
max_line_length = 120
read_globals = { 'vim' }
-- Options and variables of Neovim are set through these; two functions of vim.lsp are wrapped (lua/sibyl/completion/stars.lua).
globals = { 'vim.lsp', 'vim.g', 'vim.b', 'vim.w', 'vim.o', 'vim.go', 'vim.bo', 'vim.wo', 'vim.opt', 'vim.env' }
-- Fields of tables that Neovim reads (handlers, callbacks) may leave arguments unused.
unused_args = false
