-- In: a buffer, names of files. Out: the nearest folder above that has one of them.

local M = {}

--- The nearest folder above a buffer's file, or above the current folder's files, that has one of these in it.
---@param buf integer
---@param markers string[]
---@return string|nil
function M.above(buf, markers)
  local name = vim.api.nvim_buf_get_name(buf)
  local path = name ~= '' and name or vim.fn.getcwd() .. '/unnamed'
  if not path:find('$', 1, true) then
    return vim.fs.root(buf, markers)
  end
  -- vim.fs.root takes `$NAME` in a path for a variable.
  for folder in vim.fs.parents(path) do
    for _, marker in ipairs(markers) do
      if vim.uv.fs_stat(folder .. '/' .. marker) then
        return folder
      end
    end
  end
end

return M
