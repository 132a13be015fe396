-- In: rankings, and edits. Out: the ranking of the word that is being typed, for as long as it is that word.
--
-- Servers that call their lists incomplete are asked again at each letter. The order must not jump while letters of
-- one word are typed, so the first ranking of a word holds for all of its lists; and if the first list was shown as
-- it came, the list on the screen stays that way.

local items = require('sibyl.completion.items')
local mirror = require('sibyl.buffer.mirror')

local M = {}

---@class sibyl.Word what the first list of a word was ranked like; letters typed later only filter
---@field buf integer
---@field row integer
---@field col integer
---@field offset integer
---@field ranked boolean false when the first list was shown as it came
---@field first sibyl.First|nil until a second list comes, which most words do not have: to make `places` takes time
---@field places table<string, number> by key
---@field starred table<string, boolean>
---@field beside table<string, number> names that no list had: their places, between those of two items

---@class sibyl.First
---@field question sibyl.Question
---@field ranking integer[]
---@field starred table<integer, boolean> by place in the question

-- Behind the place that it follows stands an item that came later; far closer to it, a name that no list has: between
-- two items there is room for many of those.
local LATER, BESIDE = 1e-6, 1e-9

local words = {} ---@type table<integer, sibyl.Word> by client

local function star(word, keys, starred)
  for place, key in ipairs(keys) do
    word.starred[key] = starred[place] or nil
  end
end

-- The places by key, made of the first list when they are asked for.
local function places_of(word)
  local first = word.first
  if first then
    local keys = items.keys(first.question)
    for rank, place in ipairs(first.ranking) do
      word.places[keys[place]] = rank
    end
    star(word, keys, first.starred)
    word.first = nil
  end
  return word.places
end

--- Merges a fresh ranking into the one of the same word: names known keep their order among each other, and their
--- stars.
---@param word sibyl.Word a ranked one
---@param question sibyl.Question
---@param ranking integer[] places in the question; changed in place
---@param starred table<integer, boolean> by place in the question; changed in place
function M.settle(word, question, ranking, starred)
  local places, keys = places_of(word), items.keys(question)
  local slots, known = {}, {}
  for slot, place in ipairs(ranking) do
    if places[keys[place]] then
      table.insert(slots, slot)
      table.insert(known, place)
    end
  end
  table.sort(known, function(a, b)
    return places[keys[a]] < places[keys[b]]
  end)
  for index, slot in ipairs(slots) do
    ranking[slot] = known[index]
  end
  for place, key in ipairs(keys) do
    if places[key] then
      starred[place] = word.starred[key]
    end
  end
end

-- Notes where names stand that the list lacks: new ones right after the item or the name that they follow now.
local function note_beside(word, keys, ranking, unlisted)
  local last = 0
  for _, entry in ipairs(unlisted) do
    local item = ranking[entry.at]
    last = math.max(last, item and word.places[keys[item]] or 0)
    last = word.beside[entry.name] or last + BESIDE
    word.beside[entry.name] = last
  end
end

-- Names seen before keep their places; new ones come right after the one they follow now.
local function extend(places, keys, ranking)
  local last = 0
  for _, place in ipairs(ranking) do
    local key = keys[place]
    last = places[key] or last + LATER
    places[key] = last
  end
end

--- Keeps a ranking for the rest of the word; without one, that the list was shown as it came.
---@param job sibyl.Job
---@param offset integer
---@param question sibyl.Question
---@param ranking integer[]|nil
---@param starred table<integer, boolean>|nil given with a ranking
---@param unlisted sibyl.Unlisted[]|nil names that stand among the list
function M.remember(job, offset, question, ranking, starred, unlisted)
  local word = M.of(job)
  if not word then
    word = { buf = job.buf, row = job.row, col = job.col, offset = offset, ranked = false }
    word.places, word.starred, word.beside = {}, {}, {}
    words[job.client_id] = word
  end
  if not ranking then
    return
  end
  if word.ranked then
    local places, keys = places_of(word), items.keys(question)
    extend(places, keys, ranking)
    star(word, keys, starred)
    note_beside(word, keys, ranking, unlisted or {})
  else
    word.ranked, word.first = true, { question = question, ranking = ranking, starred = starred }
    for rank, entry in ipairs(unlisted or {}) do
      word.beside[entry.name] = entry.at + rank * BESIDE
    end
  end
end

--- The names that stood among earlier lists of a word and that this one lacks, too.
---@param word sibyl.Word
---@param question sibyl.Question
---@param ranking integer[] of this list
---@return sibyl.Unlisted[] in order
function M.beside(word, question, ranking)
  local list = {}
  for name, place in pairs(word.beside) do
    if not vim.list_contains(question.names, name) then
      local places, keys, at = places_of(word), items.keys(question), 0
      for rank, item in ipairs(ranking) do
        if (places[keys[item]] or math.huge) < place then -- a new item tells nothing
          at = rank
        end
      end
      table.insert(list, { at = at, name = name })
    end
  end
  table.sort(list, function(a, b)
    return word.beside[a.name] < word.beside[b.name]
  end)
  return list
end

--- What is known of the word a request stands in.
---@param job sibyl.Job
---@return sibyl.Word|nil
function M.of(job)
  local word = words[job.client_id]
  if word and word.buf == job.buf and word.row == job.row and word.col == job.col then
    return word
  end
end

--- The order and the stars of a list as far as its names were ranked before in this word; new names come last, as the
--- server has them.
---@param word sibyl.Word a ranked one
---@param question sibyl.Question
---@return integer[] ranking
---@return table<integer, boolean> starred by place in the question
---@return boolean any whether one of them was ranked before
function M.recall(word, question)
  local places, keys = places_of(word), items.keys(question)
  local known, new, starred = {}, {}, {}
  for place, key in ipairs(keys) do
    table.insert(places[key] and known or new, place)
    starred[place] = word.starred[key]
  end
  table.sort(known, function(a, b)
    return places[keys[a]] < places[keys[b]]
  end)
  local any = #known > 0
  return vim.list_extend(known, new), starred, any
end

--- Whether all names of a list were ranked before in this word.
---@param word sibyl.Word a ranked one
---@param question sibyl.Question
---@return boolean
function M.knows(word, question)
  local places = places_of(word)
  for _, key in ipairs(items.keys(question)) do
    if not places[key] then
      return false
    end
  end
  return true
end

--- The next list starts a new word.
function M.forget()
  words = {}
end

mirror.when_edited(function(buf, start)
  for client_id, word in pairs(words) do
    if word.buf == buf and start < word.offset then
      words[client_id] = nil
    end
  end
end)

return M
