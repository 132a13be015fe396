-- In: the wish for a Python host. Out: its life, and what it says; messages to it go through post.lua.
-- Nothing else talks to Python.
--
--   start ──► looking ──► starting ──► ready ──┐
--     ▲         (interpreter)  (host)          │ host ends
--     └────────── waits 0.5 s, 1 s, 2 s … ◄────┘

local config = require('sibyl.config')
local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')
local post = require('sibyl.host.post')
local process = require('sibyl.host.process')

local M = {}

local FIRST_WAIT_MS = 500
local STABLE_MS = 60000 -- a host that lived this long failed for a new reason: back-off begins again
local TRIES = 6
local PROTOCOL = 1 -- of the messages: a host that was updated while Neovim runs may have another
local WORKER_ENDED = 70 -- exit code by which the host says that its worker is gone

---@class sibyl.Host
M.state = {
  phase = 'off', ---@type 'off'|'looking'|'starting'|'ready'|'waiting'|'failed'
  channel = nil, ---@type integer|nil
  pid = nil, ---@type integer|nil
  python = nil, ---@type sibyl.Tried|nil
  tried = {}, ---@type sibyl.Tried[]
  facts = nil, ---@type table|nil what the host said when it was ready
  failures = 0,
  restarts = 0,
  started = 0,
  missing = false, -- whether it failed because no Python has the packages
  stamp = nil, ---@type integer|nil when the environment that was looked at was made
  model = nil, ---@type string|nil folder chosen by `:Sibyl model` ('': the shipped one), until options are read again
  forgotten = false, -- the user had a project forgotten: it is not read again before the next start of Neovim
}
local state = M.state

local search = 0 -- the last one for an interpreter
local on_up = {} ---@type fun()[] called when a new host can be written to

--- Where what was learned from the user is kept.
---@return string
function M.memory()
  return vim.fs.joinpath(require('sibyl.folders').of('state'), 'sibyl')
end

--- Registers a function to be called whenever a fresh host has begun to listen.
---@param callback fun()
function M.when_up(callback)
  table.insert(on_up, callback)
end

--- Whether it is worth asking: the host is up and has a model.
---@return boolean
function M.ready()
  return state.phase == 'ready' and state.facts.ok ~= false
end

local function retry()
  state.failures = state.failures + 1
  if state.failures >= TRIES then
    state.phase = 'failed'
    log.tell('the Python host keeps ending; lists stay as they are (:checkhealth sibyl)')
    return
  end
  state.phase = 'waiting'
  vim.defer_fn(function()
    if state.phase == 'waiting' then
      state.restarts = state.restarts + 1
      M.start()
    end
  end, FIRST_WAIT_MS * 2 ^ (state.failures - 1))
end

local function on_exit(channel, code)
  if channel ~= state.channel then
    return
  end
  state.channel, state.pid, state.facts = nil, nil, nil
  post.disconnect()
  log.warn('the Python host ended with code %d', code)
  if code == WORKER_ENDED then
    log.tell('the ranker failed and is started again; details: :Sibyl log')
  end
  if vim.uv.now() - state.started > STABLE_MS then
    state.failures = 0
  end
  retry()
end

--- Starts the process; autoload/sibyl/host.vim calls this through Neovim's table of hosts.
---@return integer channel
function M.spawn()
  return process.start(state.python.path, on_exit)
end

local function launch()
  log.rotate()
  state.phase = 'starting'
  state.started = vim.uv.now()
  local ok, channel = pcall(vim.fn['sibyl#host#start'], interpreter.door())
  if not ok or type(channel) ~= 'number' or channel <= 0 then
    log.error('the host did not start: %s', tostring(channel))
    return retry()
  end
  state.channel = channel
  state.pid = vim.fn.jobpid(channel)
  post.connect(channel)
  local model = config.get().model
  M.send('start', {
    protocol = PROTOCOL,
    model = state.model or model and interpreter.written(model),
    log = log.path(),
    state = M.memory(),
    memory = vim.tbl_extend('force', config.get().memory, { read = not state.forgotten }),
    level = config.get().log_level,
  })
  for _, callback in ipairs(on_up) do
    callback()
  end
end

--- Starts the host unless it runs or is on its way.
function M.start()
  if state.phase ~= 'off' and state.phase ~= 'waiting' then
    return
  end
  state.phase, state.missing, state.stamp = 'looking', false, interpreter.stamp()
  search = search + 1
  local mine = search
  interpreter.find(function(python, tried)
    if mine ~= search or state.phase ~= 'looking' then
      return -- of options that were others, or nobody wants one any more
    end
    state.tried = tried
    if not python then
      state.phase, state.missing = 'failed', true
      if not require('sibyl.install').state.running then
        log.tell(require('sibyl.state').of(vim.api.nvim_get_current_buf()).text)
      end
      return
    end
    state.python = python
    launch()
  end)
end

--- Where nothing is ranked: an environment may have been made since, by another Neovim or from a shell.
function M.look_again()
  local useless = state.phase == 'failed' or state.phase == 'ready' and not M.ready()
  if useless and interpreter.stamp() ~= state.stamp then
    M.restart()
    require('sibyl').begin_all()
  end
end

--- Ends the host and all that waits for it.
function M.stop()
  local channel = state.channel
  state.channel, state.pid, state.facts, state.phase = nil, nil, nil, 'off'
  post.disconnect()
  if channel then
    vim.fn.jobstop(channel)
  end
end

--- A fresh host, with a clean record; none where all is switched off.
function M.restart()
  M.stop()
  state.failures = 0
  if config.get().enabled then
    M.start()
  end
end

M.send, M.ask, M.forget, M.open, M.when_lost = post.send, post.ask, post.forget, post.open, post.when_lost

--- Python calls this.
---@param id integer
---@param kind string
---@param answer table
function M.receive(id, kind, answer)
  if id ~= 0 then
    post.answered(id, kind, answer)
  elseif kind == 'ready' then
    state.phase, state.facts = 'ready', answer
    log.info('the host is ready: %s', vim.inspect(answer, { newline = ' ', indent = '' }))
  elseif kind == 'lost' then
    post.lost(answer.buffer)
  elseif kind == 'notice' then
    log.tell(answer.text, vim.log.levels[answer.level:upper()] or vim.log.levels.WARN)
  end
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('sibyl_host', { clear = true }),
  desc = 'sibyl: end the host with Neovim',
  callback = function()
    if state.pid then
      -- Neovim waits two seconds for a process that does not end when it is asked to. What it has kept is whole at
      -- any moment.
      vim.uv.kill(state.pid, 'sigkill')
    end
    M.stop()
  end,
})

return M
