-- In: options, the environments there are. Out: the program that is our own server, and the settings it starts with.

local config = require('sibyl.config')
local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')
local search = require('sibyl.host.search')
local roots = require('sibyl.buffer.root')

local M = {}

local MARKERS = { 'ty.toml', 'pyproject.toml', 'setup.py', 'setup.cfg', '.git' }

--- What would be started; nil when there is nothing to start.
---@return string[]|nil
function M.command()
  local chosen = config.get().server.cmd
  if chosen then
    return chosen
  end
  local programs = {
    interpreter.program(interpreter.venv(), 'ty'),
    interpreter.program(vim.fs.joinpath(interpreter.root(), '.venv'), 'ty'),
  }
  local python = config.get().python
  if python then
    table.insert(programs, vim.fs.joinpath(vim.fs.dirname(interpreter.written(python)), 'ty'))
  end
  local function runs(program)
    return vim.fn.executable(program) == 1
  end
  local program = vim.iter(programs):find(runs) or search.first('ty')
  return program and { program, 'server' }
end

--- The project that a buffer belongs to.
---@param buf integer
---@return string|nil folder
function M.project(buf)
  return roots.above(buf, MARKERS)
end

--- Where a buffer's project begins. A buffer without a name is taken to lie in the current folder; one whose folder is
--- not there, yet or any more, in the nearest that is: no process starts in one that is not.
---@param buf integer
---@return string folder
function M.root(buf)
  local path = roots.path(buf)
  local function exists(folder)
    return vim.fn.isdirectory(folder) == 1
  end
  return M.project(buf) or path and vim.iter(vim.fs.parents(path)):find(exists) or vim.fn.getcwd()
end

--- The project's own environment, so that its packages are known.
---@param root string the project's folder
---@return string|nil folder
function M.project_environment(root)
  for _, name in ipairs({ '.venv', 'venv', 'env' }) do
    local folder = vim.fs.joinpath(root, name)
    if vim.uv.fs_stat(vim.fs.joinpath(folder, 'pyvenv.cfg')) then
      return folder
    end
  end
  return vim.env.VIRTUAL_ENV or vim.env.CONDA_PREFIX
end

local prefixes = {} ---@type table<string, string> by a Python's path, once it has answered
local asking = {} ---@type table<string, (fun(prefix: string|nil))[]> who waits for its answer

-- Asks a Python for its folder, once: a session or `:argdo` opens hundreds of buffers in one moment.
local function prefix_of(python, done)
  if prefixes[python] then
    return done(prefixes[python])
  elseif asking[python] then
    return table.insert(asking[python], done)
  end
  asking[python] = { done }
  local function answered(prefix)
    local waiting = asking[python]
    prefixes[python], asking[python] = prefix, nil
    for _, callback in ipairs(waiting) do
      local ok, problem = pcall(callback, prefix) -- the others wait, too
      if not ok then
        log.error('a language server was not started: %s', tostring(problem))
      end
    end
  end
  local ask = interpreter.command(python, '-c', 'import sys; print(sys.prefix)')
  local how = vim.tbl_extend('error', interpreter.surroundings(), { text = true, timeout = 5000 })
  local started = pcall(vim.system, ask, how, function(result)
    local prefix = vim.trim(result.stdout or '')
    vim.schedule(function()
      answered(result.code == 0 and prefix ~= '' and prefix or nil)
    end)
  end)
  if not started then -- a script that names an interpreter which is gone
    answered(nil)
  end
end

--- The settings that our server is started with. Without an environment ty would look into the one it is installed in,
--- which is sibyl's own and full of packages the user never asked for. So the system's Python is named, by its real
--- folder: ty knows nothing of shims.
---@param environment string|nil the project's own
---@param done fun(settings: table) called once, later where Python has to be asked
function M.settings(environment, done)
  local settings = vim.deepcopy(config.get().server.settings)
  local python = not environment and (search.first('python3') or search.first('python'))
  if not python or config.get().server.cmd then
    return done(settings)
  end
  prefix_of(python, function(prefix)
    if prefix then
      settings = vim.tbl_deep_extend('keep', settings, {
        ty = { configuration = { environment = { python = prefix } } },
      })
    end
    done(settings)
  end)
end

return M
