-- In: the host. Out: what `:checkhealth sibyl` says of it, of a ranking by it, and of what it remembers.

local host = require('sibyl.host.client')
local config = require('sibyl.config')
local numbered = require('sibyl.host.numbered')

local M = {}

local health = vim.health
local START_MS, ANSWER_MS = 15000, 5000
local RESTART = 'Run `:Sibyl restart`; the log may tell why.'

--- Starts the host if need be and waits for it: a person who asks for a check-up has time.
function M.await()
  if config.get().enabled then
    host.start()
  end
  vim.wait(START_MS, function()
    return host.state.phase == 'ready' or host.state.phase == 'failed' or host.state.phase == 'off'
  end, 20)
end

local function describe(tried)
  local why = tried.failure or ('Python %s lacks %s'):format(tried.version, table.concat(tried.missing, ', '))
  return ('%s (%s): %s'):format(tried.path, tried.source, why)
end

-- Asks the host and waits: kind of answer (nil: none came in time), answer, milliseconds.
local function question(name, ...)
  local kind, answer
  local began = vim.uv.hrtime()
  host.ask(name, function(...)
    kind, answer = ...
  end, ...)
  vim.wait(ANSWER_MS, function()
    return kind ~= nil
  end, 1)
  return kind, answer, (vim.uv.hrtime() - began) / 1e6
end

-- Facts that have a line of their own, or a command.
local TOLD_ELSEWHERE =
  { buffers = true, rss_mb = true, ok = true, pid = true, python = true, experiment = true, ms = true }

-- What the host times, in the order of a key.
local TIMED = { 'edit', 'prepare', 'rank' }

local function list_times(times)
  for _, name in ipairs(TIMED) do
    local time = times[name] or { n = 0, p50 = 0, max = 0 }
    health.info(('%s: median %s ms, at most %s ms, of %d'):format(name, time.p50, time.max, time.n))
  end
end

local function in_words(facts)
  local words = {}
  for name, value in vim.spairs(facts) do
    table.insert(words, ('%s %s'):format(name, tostring(value)))
  end
  return table.concat(words, ', ')
end

local function list_facts(facts)
  for key, value in vim.spairs(facts) do
    if type(value) == 'table' then
      value = in_words(value)
    end
    if not TOLD_ELSEWHERE[key] then
      health.info(('%s: %s'):format(key, tostring(value)))
    end
  end
  list_times(facts.ms or {})
end

--- Which Python hosts the ranker, and what it says of itself.
---@return boolean whether it answers
function M.host()
  health.start('sibyl: Python host')
  local state = host.state
  for _, tried in ipairs(state.tried) do
    if tried.failure or #(tried.missing or {}) > 0 then
      health.info('not taken: ' .. describe(tried))
    end
  end
  if state.python then
    health.ok(('%s, Python %s (%s)'):format(state.python.path, state.python.version, state.python.source))
  end
  if not host.ready() then
    health.info('no ranker answers: see how it stands, above')
    return false
  end
  local kind, answer, ms = question('status')
  if kind ~= 'status' then
    health.error('the host was asked and said nothing', RESTART)
    return false
  end
  health.ok(('the host answers in %.1f ms (process %d)'):format(ms, state.pid))
  if state.restarts > 0 then
    health.warn(('the host ended and was started again %d times'):format(state.restarts), 'The log tells why.')
  end
  -- 0 where the system does not tell.
  if (answer.rss_mb or 0) > 0 then
    health.info(('memory of the host: %.1f MB'):format(answer.rss_mb))
  end
  list_facts(vim.tbl_extend('force', state.facts or {}, answer))
  return true
end

local SAMPLE = 'import os\n\nname = "a.txt"\nif os.path.exists(name):\n    os.remove(name)\nos.path.'
local NAMES = { 'abspath', 'basename', 'commonpath', 'dirname', 'exists', 'getsize', 'isfile', 'join', 'sep', 'split' }

--- Ranks a made-up list through the whole chain, in a buffer that does not exist.
function M.ranking()
  health.start('sibyl: a ranking, live')
  local buf, best = -1, nil
  host.send('attach', buf, 1, SAMPLE .. '\n')
  for _ = 1, 5 do
    local names, kinds = numbered.packed(NAMES), ('\3'):rep(#NAMES)
    local kind, answer, ms = question('rank', buf, 1, #SAMPLE + 1, #SAMPLE, names, kinds)
    if kind ~= 'order' then
      host.send('detach', buf)
      health.error(
        'the ranker ranks nothing: ' .. tostring((answer or {}).reason or 'no answer'),
        'Lists are shown as servers send them; the lines above and the log tell what is missing.'
      )
      return
    end
    best = { ms = math.min(ms, best and best.ms or ms), first = NAMES[answer.order[1] + 1] }
  end
  host.send('detach', buf)
  health.ok(('%d names there and back in %.1f ms; first of `os.path.`: %s'):format(#NAMES, best.ms, best.first))
  if best.ms > config.get().deadline then
    health.warn(
      'that is longer than option `deadline`, so lists are shown unranked',
      'Raise `deadline`, or see what keeps this machine busy.'
    )
  end
end

--- What is remembered of projects and of the person.
function M.memory()
  health.start('sibyl: memory')
  local kind, memory = question('memory')
  if kind ~= 'memory' then
    return health.warn('the host does not say what it remembers', RESTART)
  end
  if memory.trouble then
    health.warn(memory.trouble, '`:Sibyl forget` deletes it; a new one is made.')
  end
  for _, why in ipairs(memory.off or {}) do
    health.warn('a memory is off: ' .. why, 'Lists are ranked without it; it is tried again every few seconds.')
  end
  for root, project in pairs(memory.projects or {}) do
    health.ok(('%s: %d files, %.1f MB'):format(root, project.files, project.bytes / 1e6))
  end
  if memory.person and memory.person ~= vim.NIL then
    health.ok(('accepted items: %d, %.1f MB'):format(memory.person.items, memory.person.bytes / 1e6))
  end
  for _, root in ipairs(memory.reading or {}) do
    health.info(root .. ' is being read')
  end
  for name, on in vim.spairs(config.get().memory) do
    if not on then
      health.info(('option `memory.%s` is off'):format(name))
    end
  end
end

return M
