-- In: a file of a library outside of any project. Out: the client of ours that serves it: of the buffer one came from.
--
-- Every definition that is looked up leads into another folder of Python's own library or of an environment that lies
-- elsewhere. A server for each of them would be a process of 30 to 80 MB that knows no environment, and shows errors.

local program = require('sibyl.server.program')
local roots = require('sibyl.buffer.root')
local spawn = require('sibyl.server.spawn')

local M = {}

-- Of packages, of Python itself (on Windows the last but one), of the stubs that ty brings.
local FOLDERS = { '/site%-packages/', '/dist%-packages/', '/lib/python3[^/]*/', '/Python3%d+/Lib/', '/typeshed/' }

local function is_library(path)
  for _, folder in ipairs(FOLDERS) do
    if path:find(folder) then
      return true
    end
  end
  return false
end

--- The client that serves a buffer as well as its own; nil where the buffer is to have one of its own.
---@param buf integer
---@param name string of our clients
---@return vim.lsp.Client|nil
function M.client(buf, name)
  local path = roots.path(buf)
  if not path or not is_library((path:gsub('\\', '/'))) or program.project(buf) then
    return nil
  end
  local function first(of)
    return vim.iter(vim.lsp.get_clients({ bufnr = of, name = name })):find(spawn.goes_on)
  end
  local before = vim.fn.bufnr('#')
  return before > 0 and first(before) or first()
end

return M
