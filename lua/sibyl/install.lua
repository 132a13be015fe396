-- In: `:Sibyl install`. Out: sibyl's own Python environment, made by scripts/install.py.
--
-- With a user interface it runs beside the user's work and reports; headless (from a plugin manager's build step)
-- it waits, and a failure ends Neovim with exit code 1 so that the build step fails too.

local bridge = require('sibyl.host.client')
local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')

local M = {}

local FIND_LIMIT_MS = 60000
local running = false

local function say(text, level)
  vim.notify(log.fit('sibyl: ' .. text), level or vim.log.levels.INFO)
end

---@param python string
---@return string[]
local function command(python)
  local script = vim.fs.joinpath(interpreter.root(), 'scripts', 'install.py')
  return interpreter.command(python, script, '--venv', interpreter.venv(), '--server')
end

-- Why no Python will do: which ones were looked at, in a few words.
local function refused(tried)
  local seen = {}
  for _, each in ipairs(tried) do
    log.info('not for an environment: %s (%s)', each.path, each.version or each.failure)
    if each.version then
      table.insert(seen, ('%s is %s'):format(vim.fs.basename(each.path), each.version))
    end
  end
  return ('no Python from 3.10 to 3.14 (%s)'):format(#seen == 0 and 'none on PATH' or table.concat(seen, ', '))
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
  local how = vim.tbl_extend('error', interpreter.surroundings(), { stdout = show, stderr = show, text = true })
  local result = vim.system(line, how):wait()
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

local function beside(line)
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
  local how = vim.tbl_extend('error', interpreter.surroundings(), { stdout = show, stderr = show, text = true })
  vim.system(line, how, function(result)
    vim.schedule(function()
      vim.schedule(function() -- after the lines that came last
        finished(result, last)
      end)
    end)
  end)
end

--- Makes the environment.
function M.run()
  if running then
    return say('the installation is already at work')
  end
  running = true
  local headless = #vim.api.nvim_list_uis() == 0
  local made, refusal
  interpreter.find_maker(function(found, tried)
    made, refusal = found, refused(tried)
    if headless then
      return
    elseif found then
      return beside(command(found.path))
    end
    running = false
    say(refusal, vim.log.levels.ERROR)
  end)
  if headless then
    vim.wait(FIND_LIMIT_MS, function()
      return refusal ~= nil
    end, 5)
    if made then
      return wait(command(made.path))
    end
    io.stderr:write('sibyl: ', refusal or 'no Python answers', '\n')
    vim.cmd('cquit 1')
  end
end

return M
