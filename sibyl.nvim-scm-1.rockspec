-- For LuaRocks and rocks.nvim. The rock is the plugin's folder as it is: sibyl finds its Python beside its Lua.
rockspec_format = '3.0'
package = 'sibyl.nvim'
version = 'scm-1'
description = {
  summary = 'A small neural network puts the Python completion you mean first, in Neovim’s own menu.',
  homepage = 'https://github.com/OWNER/sibyl.nvim',
  license = 'MIT',
  labels = { 'neovim' },
}
source = { url = 'git+https://github.com/OWNER/sibyl.nvim' }
dependencies = { 'lua == 5.1' }
build = {
  type = 'none',
  copy_directories = { 'autoload', 'doc', 'engine', 'lua', 'models', 'plugin', 'requirements', 'rplugin', 'scripts' },
}
