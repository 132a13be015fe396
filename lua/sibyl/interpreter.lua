-- In: options and the machine. Out: the Python that hosts the ranker, found by trying, without blocking.
-- Called by: bridge.lua (to start the host), server.lua (tools beside it), health.lua, install.lua.
--
-- Order: option `python`, sibyl's own environment, the checkout's .venv, g:python3_host_prog, pynvim-python,
-- python3 on PATH. A virtual environment that merely happens to be active is never taken: it belongs to the
-- user's project, and would come and go with the folder Neovim was started in.

local config = require('sibyl.config')

local M = {}

M.packages = { 'pynvim', 'numpy', 'onnxruntime', 'tree_sitter', 'tree_sitter_python' }

-- find_spec looks without importing: some 30 ms instead of half a second. The current folder leaves sys.path
-- first, or a project's own numpy.py would be found.
local PROBE = [[
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import importlib.util as u, json
missing = [name for name in sys.argv[1:] if u.find_spec(name) is None]
print(json.dumps({"python": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3], "missing": missing}))
]]

local PROBE_LIMIT_MS = 10000

---@class sibyl.Candidate
---@field path string
---@field source string

---@class sibyl.Tried: sibyl.Candidate
---@field version string|nil
---@field missing string[]|nil
---@field failure string|nil

local windows = vim.fn.has('win32') == 1

--- The folder of this plugin.
---@return string
function M.root()
  local here = debug.getinfo(1, 'S').source:sub(2)
  return vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(here, ':p'))))
end

--- The environment `:Sibyl install` makes.
---@return string
function M.venv()
  return vim.fs.joinpath(vim.fn.stdpath('data') --[[@as string]], 'sibyl', 'venv')
end

--- A program of an environment.
---@param venv string
---@param name string
---@return string
function M.program(venv, name)
  if windows then
    return vim.fs.joinpath(venv, 'Scripts', name .. '.exe')
  end
  return vim.fs.joinpath(venv, 'bin', name)
end

local function inside(path, folder)
  return folder ~= nil and folder ~= '' and vim.startswith(vim.fs.normalize(path), vim.fs.normalize(folder) .. '/')
end

--- The first program of a name on PATH that is not the active environment's.
---@param name string
---@return string|nil
function M.on_path(name)
  for _, folder in ipairs(vim.split(vim.env.PATH or '', windows and ';' or ':', { trimempty = true })) do
    local path = vim.fs.joinpath(folder, windows and name .. '.exe' or name)
    local active = inside(path, vim.env.VIRTUAL_ENV) or inside(path, vim.env.CONDA_PREFIX)
    if not active and vim.fn.executable(path) == 1 then
      return path
    end
  end
end

--- What may be tried, best first.
---@return sibyl.Candidate[]
function M.candidates()
  local list = {}
  local function add(path, source)
    if path and path ~= '' and vim.fn.executable(vim.fn.expand(path)) == 1 then
      table.insert(list, { path = vim.fn.exepath(vim.fn.expand(path)), source = source })
    end
  end
  local chosen = config.get().python
  if chosen then
    -- Somebody who names one wants that one, and to hear about it if it does not do.
    return { { path = vim.fn.expand(chosen), source = 'option `python`' } }
  end
  add(M.program(M.venv(), 'python'), "sibyl's own environment")
  add(M.program(vim.fs.joinpath(M.root(), '.venv'), 'python'), "the checkout's .venv")
  local provider = vim.g.python3_host_prog
  add(type(provider) == 'string' and provider or nil, 'g:python3_host_prog')
  add(M.on_path('pynvim-python'), 'pynvim-python on PATH')
  add(M.on_path('python3') or M.on_path('python'), 'python3 on PATH')
  return list
end

---@param candidate sibyl.Candidate
---@param done fun(tried: sibyl.Tried)
local function probe(candidate, done)
  local tried = { path = candidate.path, source = candidate.source }
  local command = vim.list_extend({ candidate.path, '-c', PROBE }, M.packages)
  local started = pcall(vim.system, command, { text = true, timeout = PROBE_LIMIT_MS }, function(result)
    vim.schedule(function()
      local ok, answer = pcall(vim.json.decode, result.stdout or '')
      if result.code == 0 and ok and type(answer) == 'table' then
        tried.version, tried.missing = answer.version, answer.missing
        if candidate.source:find('pynvim-python', 1, true) then
          -- Only a wrapper around this one; naming the real one halves the start.
          tried.path = answer.python
        end
      else
        local lines = vim.split(result.stderr or '', '\n', { plain = true, trimempty = true })
        tried.failure = lines[#lines] or 'it could not be run'
      end
      done(tried)
    end)
  end)
  if not started then
    tried.failure = 'it could not be run'
    done(tried)
  end
end

--- Tries the candidates in order. `done` gets the first that has all packages (or nil), and all that were tried.
---@param done fun(found: sibyl.Tried|nil, tried: sibyl.Tried[])
function M.find(done)
  local queue, tried = M.candidates(), {}
  local function step(index)
    local candidate = queue[index]
    if not candidate then
      return done(nil, tried)
    end
    probe(candidate, function(result)
      table.insert(tried, result)
      if result.missing and #result.missing == 0 then
        return done(result, tried)
      end
      step(index + 1)
    end)
  end
  step(1)
end

return M
