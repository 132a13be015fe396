-- In: `:Sibyl install`. Out: sibyl's own Python environment, made by engine/sibyl/install.py.
-- Called by: command.lua.
--
-- With a user interface it runs beside the user's work and reports; headless (from a plugin manager's build step)
-- it waits, and a failure ends Neovim with exit code 1 so that the build step fails too.

local bridge = require('sibyl.bridge')
local interpreter = require('sibyl.interpreter')
local log = require('sibyl.log')

local M = {}

local running = false

local function say(text, level)
  vim.notify(log.fit('sibyl: ' .. text), level or vim.log.levels.INFO)
end

-- Any Python can make an environment; the option names one if PATH's is too old.
local function maker()
  local chosen = require('sibyl.config').get().python
  if chosen then
    return vim.fn.exepath(vim.fn.expand(chosen))
  end
  local names = { 'python3', 'python' }
  for minor = 14, 10, -1 do
    table.insert(names, 'python3.' .. minor)
  end
  for _, name in ipairs(names) do
    local path = interpreter.on_path(name)
    if path then
      return path
    end
  end
end

---@return string[]|nil
local function command()
  local python = maker()
  if not python or python == '' then
    return nil
  end
  local script = vim.fs.joinpath(interpreter.root(), 'engine', 'sibyl', 'install.py')
  return { python, script, '--venv', interpreter.venv(), '--server' }
end

-- Cuts what arrives in pieces into lines.
local function by_line(callback)
  local rest = ''
  return function(_, data)
    local lines = vim.split(rest .. (data or ''), '\n', { plain = true })
    rest = table.remove(lines)
    for _, line in ipairs(lines) do
      callback((line:gsub('^sibyl: ', '')))
    end
  end
end

local function wait(line)
  io.stdout:write('sibyl: making ', interpreter.venv(), '\n')
  local show = by_line(function(text)
    io.stdout:write(text, '\n')
    io.stdout:flush()
  end)
  local result = vim.system(line, { stdout = show, stderr = show, text = true }):wait()
  if result.code ~= 0 then
    vim.cmd('cquit 1')
  end
end

local function finished(result, last)
  running = false
  if result.code == 0 then
    say(last ~= '' and last or 'installed')
    bridge.restart()
  else
    log.error('the installation failed: %s', last)
    say('the installation failed: ' .. last, vim.log.levels.ERROR)
  end
end

--- Makes the environment.
function M.run()
  local line = command()
  if not line then
    return say('no Python 3.10 or newer was found on PATH', vim.log.levels.ERROR)
  end
  if #vim.api.nvim_list_uis() == 0 then
    return wait(line)
  end
  if running then
    return say('the installation is already at work')
  end
  running = true
  local last = ''
  say('making ' .. interpreter.venv())
  local show = by_line(vim.schedule_wrap(function(text)
    if vim.trim(text) ~= '' then
      last = vim.trim(text)
      log.info('install: %s', last)
      if not vim.startswith(text, ' ') then
        vim.api.nvim_echo({ { log.fit('sibyl: ' .. last) } }, false, {})
      end
    end
  end))
  vim.system(line, { stdout = show, stderr = show, text = true }, function(result)
    vim.schedule(function()
      vim.schedule(function() -- after the lines that came last
        finished(result, last)
      end)
    end)
  end)
end

return M
