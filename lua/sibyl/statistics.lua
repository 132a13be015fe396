-- In: lists as they are given on, and what became of their words. Out: `:Sibyl stats`, since Neovim began. Nothing of
-- it is written anywhere.

local accepted = require('sibyl.completion.accepted')

local M = {}

local MOST = 2000 -- delays kept, the newest
local NEWEST = 100 -- of them, those that tell how it stands now
local BANDS = { 1, 2, 3, 5, 10 } -- places, told up to each
-- Of fewer values than these, a percentile is only the largest, and a share of words only chance.
local ENOUGH = { [95] = 20, [99] = 100 }
local ENOUGH_WORDS = 20

---@type number[] milliseconds from reply to delivery
M.delays = {}

local lists = { ranked = 0, late = 0, left = 0 }
local words = { written = 0, accepted = 0, letters = 0, listed = 0 }
local places = {} ---@type table<integer, integer> accepted items by band; 0: beyond
local orders = { server = { first = 0, mrr = 0 }, sibyl = { first = 0, mrr = 0 } }

--- A list was given on.
---@param ms number since the server's reply
---@param how 'ranked'|'late'|'left' ranked: our order, or by an experiment's coin; else as it came
function M.given(ms, how)
  lists[how] = lists[how] + 1
  table.insert(M.delays, ms)
  if #M.delays > MOST then
    table.remove(M.delays, 1)
  end
end

--- The newest delays, the shortest first.
---@return number[]
function M.newest()
  local sorted = vim.list_slice(M.delays, math.max(#M.delays - NEWEST + 1, 1))
  table.sort(sorted)
  return sorted
end

accepted.when_written(function(outcome)
  words.written = words.written + 1
  if outcome.saved > 0 then
    words.accepted = words.accepted + 1
    words.letters = words.letters + outcome.saved
    local band = 0
    for index = #BANDS, 1, -1 do
      band = outcome.place <= BANDS[index] and index or band
    end
    places[band] = (places[band] or 0) + 1
  end
  if outcome.server > 0 then
    words.listed = words.listed + 1
    for name, sums in pairs(orders) do
      sums.first = sums.first + (outcome[name] == 1 and 1 or 0)
      sums.mrr = sums.mrr + 1 / outcome[name]
    end
  end
end)

local function latency()
  if #M.delays == 0 then
    return 'no list was ranked yet'
  end
  local sorted = vim.deepcopy(M.delays)
  table.sort(sorted)
  local function at(percent)
    return sorted[math.max(1, math.ceil(percent / 100 * #sorted))]
  end
  if #sorted == 1 then
    return ('added to a list: %.1f ms, the only list'):format(sorted[1])
  end
  local text = ('added to a list: %.1f ms in the middle'):format(at(50))
  for _, percent in ipairs({ 95, 99 }) do
    if #sorted >= ENOUGH[percent] then
      text = ('%s, %.1f for %d %%'):format(text, at(percent), percent)
    end
  end
  return ('%s of %d'):format(text, #sorted)
end

local function accepted_places()
  local counts, low = {}, 1
  for index, high in ipairs(BANDS) do
    table.insert(counts, ('%s: %d'):format(low == high and low or low .. '-' .. high, places[index] or 0))
    low = high + 1
  end
  table.insert(counts, ('beyond: %d'):format(places[0] or 0))
  return table.concat(counts, ', ')
end

--- The lines of `:Sibyl stats`.
---@return string[]
function M.lines()
  local lines = {
    'Since Neovim began (kept in memory only)',
    ('  lists: %d ranked in time, %d late, %d not ranked'):format(lists.ranked, lists.late, lists.left),
    '  ' .. latency(),
    ('  words written with a list: %d; %d accepted from it'):format(words.written, words.accepted),
    '  places of accepted items: ' .. accepted_places(),
    ('  letters saved: %d, %.1f a word'):format(words.letters, words.letters / math.max(words.written, 1)),
  }
  if words.listed > 0 then
    local function row(name, sums)
      if words.listed < ENOUGH_WORDS then
        return ('  %s order: the word written first in %d of %d lists'):format(name, sums.first, words.listed)
      end
      local first, mrr = sums.first / words.listed, sums.mrr / words.listed
      return ('  %s order: the word written first in %.0f %% of lists, MRR %.2f'):format(name, 100 * first, mrr)
    end
    table.insert(lines, row('sibyl’s', orders.sibyl))
    table.insert(lines, row('the server’s', orders.server))
    table.insert(lines, '  (people take what stands first: only `:Sibyl experiment start` compares fairly)')
  end
  return lines
end

return M
