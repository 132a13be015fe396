-- In: a buffer, names of files. Out: the folders above that have one of them.

local M = {}

--- What marks a folder as a project.
M.MARKERS = { '.git', '.hg', 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'Pipfile', 'ty.toml' }

--- Whether a folder has one of some files in it.
---@param folder string
---@param markers string[]
---@return boolean
function M.has(folder, markers)
  for _, marker in ipairs(markers) do
    if vim.uv.fs_stat(folder .. '/' .. marker) then
      return true
    end
  end
  return false
end

--- The path of a buffer's file: one without a name lies in the current folder. Nil where the name is no path.
---@param buf integer
---@return string|nil
function M.path(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  if name == '' then
    return vim.fn.getcwd() .. '/unnamed'
  end
  return (name:find('^[/\\]') or name:find('^%a:[/\\]')) and name or nil
end

-- Not by vim.fs.root: it takes `$NAME` in a path for a variable, and fails where the current folder is gone.

--- The folders above a buffer's file that have one of some files in them, the nearest first.
---@param buf integer
---@param markers string[]
---@return string[]
function M.all_above(buf, markers)
  local folders, path = {}, M.path(buf)
  if path then
    for folder in vim.fs.parents(path) do
      if M.has(folder, markers) then
        table.insert(folders, folder)
      end
    end
  end
  return folders
end

--- The nearest folder above a buffer's file, or above the current folder's files, that has one of these in it.
---@param buf integer
---@param markers string[]
---@return string|nil
function M.above(buf, markers)
  return M.all_above(buf, markers)[1]
end

return M
