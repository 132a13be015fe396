-- In: `:Sibyl install`. Out: sibyl's own Python environment, made by scripts/install.py.
--
-- With a user interface it runs beside the user's work and reports; headless (from a plugin manager's build step)
-- it waits, and a failure ends Neovim with exit code 1 so that the build step fails too.

local host = require('sibyl.host.client')
local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')
local notice = require('sibyl.notice')

local M = {}

local FIND_LIMIT_MS = 60000

---@class sibyl.Installation
M.state = {
  running = false,
  progress = nil, ---@type string|nil how far it is
  failure = nil, ---@type string|nil why the last one failed
}
local state = M.state

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
  return ('no Python from 3.10 to 3.14 (%s); install one, or name it in option `python`'):format(
    #seen == 0 and 'none on PATH' or table.concat(seen, ', ')
  )
end

-- Cuts what arrives in pieces, of one stream, into lines. The last one may lack its end.
local function by_line(callback)
  local rest = ''
  return function(_, data)
    local lines = vim.split(rest .. (data or rest ~= '' and '\n' or ''), '\n', { plain = true })
    rest = table.remove(lines)
    for _, line in ipairs(lines) do
      callback((line:gsub('^sibyl: ', '')))
    end
  end
end

-- How the installer is run: each line that it writes is given to a function, with whether it is about a fault.
local function surroundings(callback)
  return vim.tbl_extend('error', interpreter.surroundings(), {
    stdout = by_line(function(text)
      callback(text, false)
    end),
    stderr = by_line(function(text)
      callback(text, true)
    end),
    text = true,
  })
end

local function wait(installer)
  io.stdout:write('sibyl: making ', interpreter.venv(), '\n')
  local how = surroundings(function(text)
    io.stdout:write(text, '\n')
    io.stdout:flush()
  end)
  local result = vim.system(installer, how):wait()
  if result.code ~= 0 then
    vim.cmd('cquit 1')
  end
end

local function failed(why)
  state.running, state.failure = false, why
  log.error('the installation failed: %s', why)
  notice.progress_failed()
  notice.say('the installation failed: ' .. why, vim.log.levels.ERROR)
end

local function finished(result, last, fault)
  if result.code ~= 0 then
    local why = fault ~= '' and fault or last
    return failed(why ~= '' and why or ('the installer ended with code %d'):format(result.code))
  end
  state.running = false
  notice.progress(last ~= '' and last:gsub(' %(.*%)%.?$', '') or 'installed', 100, true)
  host.restart()
  require('sibyl').begin_all()
end

-- What the installer says becomes a line that moves; `3 of 12` in it becomes a share of all.
local function moves(text)
  state.progress = text
  local done, all = text:match('^%a*:? ?(%d+) of (%d+)')
  notice.progress(text, done and math.floor(100 * tonumber(done) / math.max(tonumber(all), 1)) or nil)
end

local function beside(installer)
  local last, fault = '', ''
  moves('making the Python environment')
  local how = surroundings(vim.schedule_wrap(function(text, about_fault)
    if vim.trim(text) ~= '' then
      last = vim.trim(text)
      fault = about_fault and last or fault
      log.info('install: %s', last)
      if state.running then
        moves(last)
      end
    end
  end))
  vim.system(installer, how, function(result)
    vim.schedule(function()
      vim.schedule(function() -- after the lines that came last
        finished(result, last, fault)
      end)
    end)
  end)
end

--- Makes the environment.
function M.run()
  if state.running then
    return notice.say('the installation is already at work: ' .. (state.progress or 'looking for a Python'))
  end
  state.running, state.progress, state.failure = true, nil, nil
  local headless = #vim.api.nvim_list_uis() == 0
  local maker, refusal
  interpreter.find_maker(function(python, tried)
    maker, refusal = python, refused(tried)
    if headless then
      return
    elseif python then
      return beside(command(python.path))
    end
    failed(refusal)
  end)
  if headless then
    vim.wait(FIND_LIMIT_MS, function()
      return refusal ~= nil
    end, 5)
    state.running = false
    if maker then
      return wait(command(maker.path))
    end
    io.stderr:write('sibyl: ', refusal or 'no Python answers', '\n')
    vim.cmd('cquit 1')
  end
end

return M
