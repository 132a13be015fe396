-- In: a word that was written, and the lists that were shown for it. Out: where it stood, and what the list saved.
-- Pure: no state.

local M = {}

---@class sibyl.List
---@field question sibyl.Question
---@field ranking integer[] places in the question, in our order
---@field shown integer[]|nil the same in the order on the screen; nil: the server's
---@field team integer[]|nil by place in the question: 1 from our order, -1 from the server's
---@field unlisted sibyl.Unlisted[]|nil what stands among them on the screen, in order

---@class sibyl.Outcome
---@field buf integer
---@field arm string
---@field coin boolean
---@field kind string
---@field length integer of the list
---@field began integer
---@field typed integer
---@field saved integer letters of the word that were not typed
---@field place integer where it stood as the list was shown; 0: not in it
---@field server integer
---@field sibyl integer
---@field team integer

-- Where a name stands in an order of a list; 0 when it does not. Overloads stand there several times.
local function place_in(order, wanted)
  for rank, place in ipairs(order) do
    if wanted[place] then
      return rank, place
    end
  end
  return 0, nil
end

-- How many names that the list lacks stand before a place of it.
local function before(list, place)
  local count = 0
  for _, entry in ipairs(list.unlisted or {}) do
    count = count + (entry.at < place and 1 or 0)
  end
  return count
end

-- Where a name stands in one list, in each order; nil when it is not in it.
local function find(list, text)
  for rank, entry in ipairs(list.unlisted or {}) do
    if entry.name == text or entry.name == text .. '=' then
      local place = entry.at + rank
      return { server = 0, sibyl = place, place = place, list = list }
    end
  end
  local wanted, first = {}, 0
  for place, name in ipairs(list.question.names) do
    if name == text or name == text .. '=' then
      wanted[place] = true
      first = first == 0 and place or first
    end
  end
  if first == 0 then
    return nil
  end
  local place, at = first, first
  if list.shown then
    place, at = place_in(list.shown, wanted)
  end
  local shown = place + before(list, place)
  return { server = first, sibyl = (place_in(list.ranking, wanted)), place = shown, at = at, list = list }
end

--- What became of a word.
---@param word sibyl.Watched
---@param text string what was written; not empty
---@return sibyl.Outcome
function M.of(word, text)
  local standing
  for _, list in ipairs(word.lists) do
    standing = standing or find(list, text)
  end
  standing = standing or { server = 0, sibyl = 0, place = 0, list = word.lists[1] }
  local saved = standing.place > 0 and math.max(vim.fn.strchars(text) - word.typed, 0) or 0
  return {
    buf = word.buf,
    arm = word.arm,
    coin = word.coin,
    kind = word.kind,
    length = #standing.list.question.names,
    began = word.began,
    typed = word.typed,
    saved = saved,
    place = standing.place,
    server = standing.server,
    sibyl = standing.sibyl,
    team = saved > 0 and standing.list.team and standing.list.team[standing.at] or 0,
  }
end

return M
