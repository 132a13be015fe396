-- In: options and the machine. Out: the Python that hosts the ranker, found by trying, without blocking; how it is
--     started.
--
-- Order: option `python`, sibyl's own environment, the checkout's .venv, g:python3_host_prog, pynvim-python,
-- every Python on PATH. Never taken are an active virtual environment and what lies in the project: they belong to
-- the project, and would come and go with the folder Neovim was started in. Every Python is started alike, here and
-- as the host: isolated, so that neither variables nor the current folder change what it imports.

local config = require('sibyl.config')
local search = require('sibyl.host.search')

local M = {}

M.packages = { 'pynvim', 'numpy', 'onnxruntime', 'tree_sitter', 'tree_sitter_python' }

-- find_spec looks without importing: some 30 ms instead of half a second.
local PROBE = [[
import sys
import importlib.util as u, json
missing = [name for name in sys.argv[1:] if u.find_spec(name) is None]
print(json.dumps({"python": sys.executable, "version": "%d.%d.%d" % sys.version_info[:3], "missing": missing}))
]]

local PROBE_LIMIT_MS = 10000
local OLDEST, NEWEST = { 3, 10 }, { 3, 14 } -- what there are packages for

---@class sibyl.Candidate
---@field path string
---@field source string

---@class sibyl.Tried: sibyl.Candidate
---@field version string|nil
---@field missing string[]|nil
---@field failure string|nil

local windows = vim.fn.has('win32') == 1

local DOOR = 'rplugin/python3/sibyl_host.py'
local root ---@type string|nil

--- The folder of this plugin. LuaRocks puts Lua elsewhere: then it is where 'runtimepath' has the rest.
---@return string
function M.root()
  if not root then
    root = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h:h:h')
    if not vim.uv.fs_stat(vim.fs.joinpath(root, DOOR)) then
      local door = vim.api.nvim_get_runtime_file(DOOR, false)[1]
      root = door and vim.fn.fnamemodify(door, ':p:h:h:h') or root
    end
  end
  return root
end

--- The door's file: what the host runs.
---@return string
function M.door()
  return vim.fs.joinpath(M.root(), DOOR)
end

--- The environment `:Sibyl install` makes.
---@return string
function M.venv()
  return vim.fs.joinpath(require('sibyl.folders').of('data'), 'sibyl', 'venv')
end

--- When that environment was made: seconds, nil if it is not there.
---@return integer|nil
function M.stamp()
  local stat = vim.uv.fs_stat(vim.fs.joinpath(M.venv(), 'sibyl.json'))
  return stat and stat.mtime.sec
end

-- Whether sibyl's own environment was made from a Python.
local function made_from(python)
  local real = vim.uv.fs_realpath(python)
  local about = io.open(vim.fs.joinpath(M.venv(), 'pyvenv.cfg'))
  local text = about and about:read('*a') or ''
  if about then
    about:close()
  end
  local home = text:match('home%s*=%s*([^\r\n]+)')
  return real ~= nil
    and home ~= nil
    and vim.uv.fs_realpath(home) == vim.fs.dirname(real)
    and vim.fn.executable(M.program(M.venv(), 'python')) == 1
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

--- Names a Python may have, the usual ones first.
---@return string[]
function M.names()
  local names = { 'python3', 'python' }
  for minor = NEWEST[2], OLDEST[2], -1 do
    table.insert(names, 'python3.' .. minor)
  end
  return names
end

--- The command that runs Python code or a file: isolated, without a trace in __pycache__, in UTF-8.
---@param python string
---@param ... string
---@return string[]
function M.command(python, ...)
  return { python, '-I', '-B', '-X', 'utf8', ... }
end

--- What a Python is started with: none of the variables that change what it imports, and nothing of a project. As
--- options of vim.system and jobstart.
---@param more table<string, string>|nil further variables
---@return { env: table<string, string>, clear_env: true, cwd: string }
function M.surroundings(more)
  local env = {}
  for name, value in pairs(vim.fn.environ()) do
    if not name:find('^PYTHON') and not name:find('^__PYVENV') then
      env[name] = value
    end
  end
  -- Here too, before any import: engine/sibyl/network/runtime.py.
  env.ORT_DISABLE_TELEMETRY = '1'
  return { env = vim.tbl_extend('force', env, more or {}), clear_env = true, cwd = M.root() }
end

--- A path as somebody has written it, with `~` and variables replaced. Not by expand(), which starts a shell where a
--- path has a quote in it.
---@param path string
---@return string
function M.written(path)
  return vim.fs.normalize(path)
end

--- What may be tried, best first.
---@param own boolean|nil no more than sibyl's own environments: to look through PATH takes 2 ms
---@return sibyl.Candidate[]
function M.candidates(own)
  local list = {}
  local function add(path, source)
    if path and path ~= '' and vim.fn.executable(path) == 1 then
      table.insert(list, { path = vim.fn.exepath(path), source = source })
    end
  end
  local chosen = config.get().python
  if chosen then
    -- Somebody who names one wants that one, and to hear about it if it does not do.
    local named = M.written(chosen)
    list = { { path = named, source = 'option `python`' } }
    if made_from(named) then -- by `:Sibyl install`, which takes the one that is named
      add(M.program(M.venv(), 'python'), "sibyl's own environment, made from option `python`")
    end
    return list
  end
  add(M.program(M.venv(), 'python'), "sibyl's own environment")
  add(M.program(vim.fs.joinpath(M.root(), '.venv'), 'python'), "the checkout's .venv")
  if own then
    return list
  end
  local provider = vim.g.python3_host_prog
  add(type(provider) == 'string' and M.written(provider) or nil, 'g:python3_host_prog')
  add(search.first('pynvim-python'), 'pynvim-python on PATH')
  for _, path in ipairs(search.all(M.names())) do
    add(path, vim.fs.basename(path) .. ' on PATH')
  end
  return list
end

-- What a Python that failed has to say: a traceback ends with it, a program of another kind begins with it.
local function reason(text)
  local lines = vim.split(text, '\n', { plain = true, trimempty = true })
  local line = lines[1] and (lines[1]:find('^Traceback') and lines[#lines] or lines[1])
  return line and vim.trim(line) or 'it could not be run'
end

---@param candidate sibyl.Candidate
---@param done fun(tried: sibyl.Tried)
local function probe(candidate, done)
  local tried = { path = candidate.path, source = candidate.source }
  local command = M.command(candidate.path, '-c', PROBE, unpack(M.packages))
  local options = vim.tbl_extend('error', M.surroundings(), { text = true, timeout = PROBE_LIMIT_MS })
  local started = pcall(vim.system, command, options, function(result)
    vim.schedule(function()
      local ok, answer = pcall(vim.json.decode, result.stdout or '')
      if result.code == 0 and ok and type(answer) == 'table' then
        tried.version, tried.missing = answer.version, answer.missing
        if candidate.source:find('pynvim-python', 1, true) then
          -- Only a wrapper around this one; naming the real one halves the start.
          tried.path = answer.python
        end
      else
        tried.failure = reason(result.stderr or '')
      end
      done(tried)
    end)
  end)
  if not started then
    tried.failure = 'it could not be run'
    done(tried)
  end
end

-- Tries candidates in order, each once. `done` gets the first that fits (or nil), and all that were tried. `more` gives
-- a longer queue, when none of the shorter one fits.
local function first(queue, fits, done, more)
  local tried, seen = {}, {}
  local function step(index)
    if not queue[index] and more then
      queue, more, index = more(), nil, 1
    end
    local candidate = queue[index]
    if not candidate then
      return done(nil, tried)
    elseif seen[candidate.path] then
      return step(index + 1)
    end
    seen[candidate.path] = true
    probe(candidate, function(result)
      table.insert(tried, result)
      if not result.failure and fits(result) then
        return done(result, tried)
      end
      step(index + 1)
    end)
  end
  step(1)
end

--- Finds the Python that hosts: the first that has all packages. `done` gets it (or nil), and all that were tried.
---@param done fun(python: sibyl.Tried|nil, tried: sibyl.Tried[])
function M.find(done)
  first(M.candidates(true), function(result)
    return #result.missing == 0
  end, done, M.candidates)
end

--- Whether there are packages for a version of Python.
---@param version string
---@return boolean
function M.fits(version)
  local parsed = vim.version.parse(version)
  return parsed ~= nil and vim.version.ge(parsed, OLDEST) and vim.version.lt(parsed, { NEWEST[1], NEWEST[2] + 1 })
end

--- Finds a Python to make sibyl's own environment from: the first of a version that there are packages for.
---@param done fun(python: sibyl.Tried|nil, tried: sibyl.Tried[])
function M.find_maker(done)
  local chosen = config.get().python
  local queue = {}
  for _, path in ipairs(chosen and { M.written(chosen) } or search.all(M.names())) do
    table.insert(queue, { path = path, source = chosen and 'option `python`' or 'PATH' })
  end
  first(queue, function(result)
    return M.fits(result.version)
  end, done)
end

return M
