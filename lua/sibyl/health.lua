-- In: `:checkhealth sibyl`. Out: a report on every part, with a sentence of advice for each problem.

local bridge = require('sibyl.host.client')
local config = require('sibyl.config')
local log = require('sibyl.log')
local reply = require('sibyl.completion.reply')

local M = {}

local health = vim.health
local START_MS, ANSWER_MS = 15000, 5000

local function editor()
  health.start('sibyl: editor')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 0 then
    health.error(('Neovim %s is too old'):format(version), 'Install Neovim 0.10 or newer.')
  else
    health.ok(('Neovim %s'):format(version))
  end
  for _, problem in ipairs(config.problems()) do
    health.warn(problem, 'Options are listed in `:help sibyl-options`.')
  end
  if #config.problems() == 0 then
    health.ok('options are in order')
  end
end

-- Starts the host if need be and waits for it: a person who asks for a check-up has time.
local function await()
  if config.get().enabled then
    bridge.start()
  end
  vim.wait(START_MS, function()
    return bridge.state.phase == 'ready' or bridge.state.phase == 'failed' or bridge.state.phase == 'off'
  end, 20)
end

local MOST_BUFFERS = 10

-- How it stands with each Python buffer, in the words of `:Sibyl`.
local function standing()
  health.start('sibyl: how it stands')
  local buffers = require('sibyl').buffers()
  for index, buf in ipairs(buffers) do
    local one = require('sibyl.state').of(buf)
    local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ':~:.')
    if index <= MOST_BUFFERS then
      health[one.level](('%s: %s'):format(name == '' and '[No Name]' or name, one.text))
    end
  end
  if #buffers > MOST_BUFFERS then
    health.info(('and %d more'):format(#buffers - MOST_BUFFERS))
  elseif #buffers == 0 then
    local one = require('sibyl.state').of(vim.api.nvim_get_current_buf())
    health[one.level](one.text)
  end
end

local function describe(tried)
  if tried.failure then
    return ('%s (%s): %s'):format(tried.path, tried.source, tried.failure)
  end
  return ('%s (%s): Python %s lacks %s'):format(
    tried.path,
    tried.source,
    tried.version,
    table.concat(tried.missing, ', ')
  )
end

local function question(name, ...)
  local kind, answer
  local began = vim.uv.hrtime()
  bridge.ask(name, function(got, value)
    kind, answer = got, value
  end, ...)
  vim.wait(ANSWER_MS, function()
    return kind ~= nil
  end, 1)
  return kind, answer, (vim.uv.hrtime() - began) / 1e6
end

-- Facts that have a line of their own, or a command.
local TOLD_ELSEWHERE = { buffers = true, rss_mb = true, ok = true, pid = true, python = true, experiment = true }

local function list_facts(facts)
  local keys = vim.tbl_keys(facts)
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = facts[key]
    if type(value) == 'table' then
      value = vim.inspect(value, { newline = ' ', indent = '' })
    end
    if not TOLD_ELSEWHERE[key] then
      health.info(('%s: %s'):format(key, tostring(value)))
    end
  end
end

local function host()
  health.start('sibyl: Python host')
  local state = bridge.state
  for _, tried in ipairs(state.tried) do
    if tried.failure or #(tried.missing or {}) > 0 then
      health.info('not taken: ' .. describe(tried))
    end
  end
  if state.python then
    health.ok(('%s, Python %s (%s)'):format(state.python.path, state.python.version, state.python.source))
  end
  if not bridge.ready() then
    return health.info('no ranker answers: see how it stands, above')
  end
  local kind, answer, ms = question('status')
  if kind ~= 'status' then
    health.error('the host was asked and said nothing', 'Run `:Sibyl restart`; the log may tell why.')
    return
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

-- Ranks a made-up list through the whole chain, in a buffer that does not exist.
local function live()
  health.start('sibyl: a ranking, live')
  local buf, best = -1, nil
  bridge.send('attach', buf, 1, SAMPLE .. '\n')
  for _ = 1, 5 do
    local kinds = vim.tbl_map(function()
      return 3
    end, NAMES)
    local kind, answer, ms = question('rank', buf, 1, #SAMPLE + 1, #SAMPLE, NAMES, kinds)
    if kind ~= 'order' then
      bridge.send('detach', buf)
      health.error(
        'the ranker ranks nothing: ' .. tostring((answer or {}).reason or 'no answer'),
        'Lists are shown as servers send them; the lines above and the log tell what is missing.'
      )
      return
    end
    best = { ms = math.min(ms, best and best.ms or ms), first = NAMES[answer.order[1] + 1] }
  end
  bridge.send('detach', buf)
  health.ok(('%d names there and back in %.1f ms; first of `os.path.`: %s'):format(#NAMES, best.ms, best.first))
  if best.ms > config.get().deadline then
    health.warn(
      'that is longer than option `deadline`, so lists are shown unranked',
      'Raise `deadline`, or see what keeps this machine busy.'
    )
  end
end

local function menu()
  health.start('sibyl: menu')
  local flags = vim.split(vim.o.completeopt, ',')
  local function has(flag)
    return vim.tbl_contains(flags, flag)
  end
  if has('fuzzy') and not has('nosort') then
    health.warn(
      "'completeopt' has `fuzzy` without `nosort`: Neovim sorts again after the first letter",
      'Add it: `set completeopt+=nosort`, or take `fuzzy` out.'
    )
  else
    health.ok("'completeopt' keeps the order: " .. vim.o.completeopt)
  end
  if not has('noselect') and not has('noinsert') then
    health.info("'completeopt' inserts the first line by itself; `set completeopt+=noselect` does not")
  end
  local menus = require('sibyl.server.menu_plugins')
  for name, advice in pairs(menus.advice) do
    if package.loaded[name] and menus.follows(name) then
      health.ok(('the plugin `%s` shows this order'):format(name))
    elseif package.loaded[name] then
      health.warn(('the plugin `%s` is at work'):format(name), advice)
    end
  end
end

local function servers()
  health.start('sibyl: language servers')
  local command = require('sibyl.server.default').command()
  if not config.get().server.enabled then
    health.info("sibyl's own server is switched off (option `server.enabled`)")
  elseif command and vim.fn.executable(command[1]) == 1 then
    health.ok('where there is no other, this one is started: ' .. table.concat(command, ' '))
  else
    health.warn(
      "sibyl's own language server is not installed",
      'Run `:Sibyl install`, or bring any Python language server of your own.'
    )
  end
end

-- What is remembered of projects and of the person.
local function remembered()
  health.start('sibyl: memory')
  local kind, told = question('memory')
  if kind ~= 'memory' then
    return health.warn('the host does not say what it remembers', 'Run `:Sibyl restart`; the log may tell why.')
  end
  if told.trouble then
    health.warn(told.trouble, '`:Sibyl forget` deletes it; a new one is made.')
  end
  for _, why in ipairs(told.off or {}) do
    health.warn('a memory is off: ' .. why, 'Lists are ranked without it; it is tried again every few seconds.')
  end
  for root, one in pairs(told.projects or {}) do
    health.ok(('%s: %d files, %.1f MB'):format(root, one.files, one.bytes / 1e6))
  end
  if told.person and told.person ~= vim.NIL then
    health.ok(('accepted items: %d, %.1f MB'):format(told.person.items, told.person.bytes / 1e6))
  end
  for _, root in ipairs(told.reading or {}) do
    health.info(root .. ' is being read')
  end
  for name, on in vim.spairs(config.get().memory) do
    if not on then
      health.info(('option `memory.%s` is off'):format(name))
    end
  end
end

local function records()
  health.start('sibyl: records')
  health.info('log: ' .. log.path())
  health.info('learned from you, on this machine only: ' .. bridge.memory())
  local delays = vim.deepcopy(reply.delays)
  if #delays > 0 then
    table.sort(delays)
    local worst = delays[math.max(1, math.floor(#delays * 0.95))]
    local median = delays[math.ceil(#delays / 2)]
    health.info(('added to lists: median %.1f ms, 95 of 100 within %.1f ms'):format(median, worst))
  end
  if log.last() then
    health.warn('last problem: ' .. log.last(), '`:Sibyl log` shows what came before.')
  else
    health.ok('no problem so far')
  end
end

function M.check()
  editor()
  await()
  standing()
  if host() then
    live()
    remembered()
  end
  menu()
  servers()
  records()
end

return M
