-- In: `:Sibyl experiment …`, `:Sibyl report …`, and what became of words. Out: outcomes to the host, while an
-- experiment runs; its state; its report in a window or as a picture.

local host = require('sibyl.host.client')
local page = require('sibyl.page')

local M = {}

local DAYS, MOST_DAYS = 14, 365
local PATIENCE_MS = 10000 -- for a host that has to be started first
local NUMBERS = { 'length', 'began', 'typed', 'saved', 'place', 'server', 'sibyl', 'team' }

local function say(text, level)
  require('sibyl.notice').say(text, level)
end

-- What the host says of the experiment holds until it says something else.
local function take(_, state)
  if host.state.facts and state.on ~= nil then
    host.state.facts.experiment = state
  end
end

--- How lists are shown: "coin" or "interleaved" while an experiment runs, else nil.
---@return string|nil
function M.running()
  local state = host.state.facts and host.state.facts.experiment
  if state and state.on and os.time() < state.ends then
    return state.how
  end
end

require('sibyl.completion.accepted').when_written(function(outcome)
  if not outcome.coin then
    return
  end
  local root = require('sibyl.buffer.project').of(outcome.buf)
  local note = { root = root, arm = outcome.arm, kind = outcome.kind }
  for _, name in ipairs(NUMBERS) do
    note[name] = outcome[name]
  end
  host.ask('experiment', take, 'note', note)
end)

-- Asks the host, which is started for it if need be.
local function ask(callback, action, details)
  local began = vim.uv.now()
  local function on_answer(kind, answer)
    take(kind, answer)
    if kind ~= 'experiment' or answer.trouble then
      return say(answer.trouble or 'the host could not answer; details: :Sibyl log', vim.log.levels.WARN)
    end
    callback(answer)
  end
  local function try()
    if host.state.phase == 'ready' then
      if not host.ask('experiment', on_answer, action, details or vim.empty_dict()) then
        on_answer('none', {})
      end
    elseif host.state.phase == 'failed' or vim.uv.now() - began > PATIENCE_MS then
      say('the host does not run; see :checkhealth sibyl', vim.log.levels.WARN)
    else
      vim.defer_fn(try, 50)
    end
  end
  if not require('sibyl.config').get().enabled then
    return say('switched off (:Sibyl enable)', vim.log.levels.WARN)
  end
  host.start()
  try()
end

local function tell(state)
  say(state.state or 'no experiment was started yet')
end

local function start(words)
  local days, how = DAYS, 'coin'
  for _, word in ipairs(words) do
    if word == 'interleaved' then
      how = word
    elseif word:match('^%d+$') and tonumber(word) >= 1 and tonumber(word) <= MOST_DAYS then
      days = tonumber(word)
    else
      return say(('`%s` is neither a number of days nor `interleaved`'):format(word), vim.log.levels.WARN)
    end
  end
  ask(tell, 'start', { days = days, how = how })
end

--- `:Sibyl experiment start [days] [interleaved]`, `stop`, or nothing: how it stands.
---@param words string[]
function M.run(words)
  local action = words[1]
  if action == 'start' then
    start(vim.list_slice(words, 2))
  elseif action == 'stop' or action == nil then
    ask(tell, action or 'about')
  else
    say(('`experiment` has no use for `%s`'):format(action), vim.log.levels.WARN)
  end
end

-- Writes the picture for its owner alone.
local function write(path, text)
  local file, problem = vim.uv.fs_open(path, 'w', 384) -- 0600
  local written = file and vim.uv.fs_write(file, text)
  if file then
    vim.uv.fs_close(file)
  end
  if not written then
    return say(('%s cannot be written (%s)'):format(path, problem or 'disk full?'), vim.log.levels.WARN)
  end
  say('the picture is ' .. vim.fn.fnamemodify(path, ':~:.'))
end

--- `:Sibyl report`, or `:Sibyl report svg [file]`.
---@param words string[]
function M.report(words)
  if words[1] and words[1] ~= 'svg' then
    return say(('`report` has no use for `%s`'):format(words[1]), vim.log.levels.WARN)
  end
  local root = require('sibyl.buffer.project').of(vim.api.nvim_get_current_buf())
  ask(function(report)
    if not words[1] then
      return page.show('report', report.lines)
    elseif report.svg == '' or not report.svg then
      return say('there is nothing to draw before each order has shown a word by the coin', vim.log.levels.WARN)
    end
    vim.fn.mkdir(host.memory(), 'p', 448) -- 0700
    write(words[2] and vim.fn.fnamemodify(words[2], ':p') or vim.fs.joinpath(host.memory(), 'report.svg'), report.svg)
  end, 'report', { root = root })
end

return M
