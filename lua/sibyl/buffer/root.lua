-- In: a buffer, names of files. Out: the nearest folder above that has one of them.

local M = {}

--- What marks a folder as a project.
M.MARKERS = { '.git', '.hg', 'pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt', 'Pipfile', 'ty.toml' }

local windows = vim.fn.has('win32') == 1

--- A path without links in it, with slashes.
---@param path string
---@return string
function M.real(path)
  local resolved = vim.uv.fs_realpath(path) or path
  return windows and (resolved:gsub('\\', '/')) or resolved
end

--- Whether a folder has one of some files in it.
---@param folder string
---@param markers string[]
---@return boolean
function M.has(folder, markers)
  return vim.iter(markers):any(function(marker)
    return vim.uv.fs_stat(folder .. '/' .. marker) ~= nil
  end)
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

--- The nearest folder above a buffer's file, or above the current folder's files, that has one of these in it.
---@param buf integer
---@param markers string[]
---@param fits (fun(folder: string): boolean)|nil which of them may be taken; nil: all
---@return string|nil
function M.above(buf, markers, fits)
  local path = M.path(buf)
  if path then
    for folder in vim.fs.parents(path) do
      if M.has(folder, markers) and (not fits or fits(folder)) then
        return folder
      end
    end
  end
end

return M
