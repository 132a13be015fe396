-- In: names of programs. Out: their paths on PATH, where no project can have put them.

local roots = require('sibyl.buffer.root')

local M = {}

local windows = vim.fn.has('win32') == 1

local function inside(path, folder)
  return vim.startswith(path .. '/', folder:gsub('/$', '') .. '/')
end

-- Folders whose programs are a project's: all that are marked as one above any buffer or the current folder, and active
-- environments. Python's own library is none, though version managers are kept in git.
local function foreign()
  local list, seen = {}, {}
  local home = roots.real(vim.uv.os_homedir() or '/')
  local function add(path)
    local environment = path:match('^(.*)/lib/python3%.%d+/')
    if environment and not vim.uv.fs_stat(environment .. '/pyvenv.cfg') then
      return
    end
    for folder in vim.fs.parents(path) do
      if seen[folder] then
        return
      end
      seen[folder] = true
      -- Who keeps the whole home in a repository has his own programs in it.
      if roots.has(folder, roots.MARKERS) and not inside(home, roots.real(folder)) then
        table.insert(list, roots.real(folder))
      end
    end
  end
  add(vim.fn.getcwd() .. '/unnamed')
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    local path = roots.path(buf)
    if path then
      add(path)
    end
  end
  for _, name in ipairs({ 'VIRTUAL_ENV', 'CONDA_PREFIX' }) do
    if (vim.env[name] or '') ~= '' then
      table.insert(list, roots.real(vim.env[name]))
    end
  end
  return list
end

-- Entries of PATH that may be searched: an empty or a relative one means the current folder.
local function trusted_path()
  local folders = {}
  local strange = foreign()
  for _, folder in ipairs(vim.split(vim.env.PATH or '', windows and ';' or ':', { trimempty = true })) do
    local absolute = folder:find('^/') or (windows and folder:find('^%a:[/\\\\]'))
    local ours = absolute
      and not vim.iter(strange):any(function(root)
        return inside(roots.real(folder), root) or inside(vim.fs.normalize(folder), root)
      end)
    if ours then
      table.insert(folders, folder)
    end
  end
  return folders
end

--- All programs of some names on PATH, in the order of the names; none is a project's.
---@param names string[]
---@return string[]
function M.all(names)
  local paths = {}
  local folders = trusted_path()
  for _, name in ipairs(names) do
    for _, folder in ipairs(folders) do
      local path = vim.fs.joinpath(folder, windows and name .. '.exe' or name)
      if vim.fn.executable(path) == 1 and not vim.list_contains(paths, path) then
        table.insert(paths, path)
      end
    end
  end
  return paths
end

--- The first program of a name on PATH that is no project's.
---@param name string
---@return string|nil
function M.first(name)
  return M.all({ name })[1]
end

return M
