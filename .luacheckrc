-- Lua as Neovim runs it: LuaJIT with `vim` to read; its options and variables are written as fields.
std = 'luajit'
max_line_length = 120
read_globals = { 'vim' }
globals = { 'vim.g', 'vim.b', 'vim.o', 'vim.bo', 'vim.wo', 'vim.env', 'vim.v', 'vim.lsp' }
ignore = {
  '212/_.*', -- an argument named _ is there for its place only
}
exclude_files = { '.nvim', '.venv', 'build' }
