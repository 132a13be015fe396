-- In: a list and our order of it. Out: the order it is shown in. Without an experiment that is ours; while one runs a
-- coin decides for each word, so that nothing but chance tells the words of one arm from those of the other.
--
-- Our order is made in both arms: both wait as long, and a list that was late is in neither.

local accepted = require('sibyl.completion.accepted')
local experiment = require('sibyl.experiment')

local M = {}

--- A fair coin.
---@return boolean
function M.coin()
  return vim.uv.random(1):byte() % 2 == 0
end

local function draw()
  local how = experiment.running()
  if how == 'interleaved' then
    return 'interleaved', true
  elseif how == 'coin' then
    return M.coin() and 'sibyl' or 'server', true
  end
  return 'sibyl', false
end

--- A team draft: both orders name their best item that is not named yet, in turn; in each round a coin says who
--- begins (Radlinski, Kurup and Joachims 2008).
---@param ranking integer[] our order of the places 1 to #ranking, which are the server's order
---@return integer[] shown
---@return integer[] team by place: 1 named by our order, -1 by the server's
function M.draft(ranking)
  local shown, team, next_of = {}, {}, { [1] = 1, [-1] = 1 }
  local function name(side)
    local at = next_of[side]
    while at <= #ranking and team[side == 1 and ranking[at] or at] do
      at = at + 1
    end
    next_of[side] = at
    if at <= #ranking then
      local place = side == 1 and ranking[at] or at
      team[place] = side
      table.insert(shown, place)
    end
  end
  while #shown < #ranking do
    local first = M.coin() and 1 or -1
    name(first)
    name(-first)
  end
  return shown, team
end

--- A list in the order that it is shown in, and its stars; none where it is shown as it came.
---@param job sibyl.Job
---@param question sibyl.Question
---@param ranking integer[]
---@param starred table<integer, boolean>
---@return sibyl.List
---@return table<integer, boolean>|nil
function M.show(job, question, ranking, starred)
  local word = accepted.word(job, question, draw)
  local arm = word and word.arm or 'sibyl'
  local shown, team = ranking, nil ---@type integer[]|nil, integer[]|nil
  if arm == 'server' then
    shown = nil
  elseif arm == 'interleaved' then
    starred = {}
    if #word.lists == 0 then -- later lists of a word keep to its first
      shown, team = M.draft(ranking)
    end
  end
  local list = { question = question, ranking = ranking, shown = shown, team = team }
  if word then
    table.insert(word.lists, list)
  end
  return list, shown and starred
end

return M
