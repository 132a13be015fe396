-- In: the host's answer to a list. Out: names that the list lacks, as items with their places among it.
--
-- Servers often know a receiver in part, and of functions that take `**kwargs` no keyword argument. What the user's own
-- code does with them is then missing, and is shown as a guess where it is likely.

local experiment = require('sibyl.experiment')
local guesses = require('sibyl.completion.guesses')
local items = require('sibyl.completion.items')
local words = require('sibyl.completion.word')

local M = {}

local api = vim.api

local MOST = 6 -- as engine/sibyl/ranking/unlisted.py shows
local COMPLETION = 'textDocument/completion'

---@class sibyl.Unlisted
---@field at integer how many items of the ranking stand before it
---@field name string
---@field rank integer|nil
---@field item table|nil for the menu

-- Whether a list may be joined by others: names that another server lists would stand there twice, and in an
-- experiment both orders have the same items.
local function wanted(job, reply)
  local before = (api.nvim_buf_get_lines(job.buf, job.row, job.row + 1, false)[1] or ''):sub(1, job.col)
  return guesses.allowed(job)
    and not experiment.running()
    and #vim.lsp.get_clients({ bufnr = job.buf, method = COMPLETION }) == 1
    and items.says_something(reply, guesses.receiver(before))
end

-- What an answer holds of them, checked.
local function checked(answer, question)
  local read = {}
  for _, entry in ipairs(type(answer.unlisted) == 'table' and answer.unlisted or {}) do
    local at, name = unpack(type(entry) == 'table' and entry or {})
    local fits = type(at) == 'number' and at >= 0 and at <= #question.names and at % 1 == 0
    if fits and type(name) == 'string' and #read < MOST and not vim.list_contains(question.names, name) then
      table.insert(read, { at = at, name = name })
    end
  end
  return read
end

-- With items, in the order they stand in: at one place the likelier one first.
local function with_items(job, list)
  for rank, entry in ipairs(list) do
    entry.rank = rank
    entry.item = guesses.items({ entry.name }, job.guesses)[1]
  end
  table.sort(list, function(a, b)
    if a.at ~= b.at then
      return a.at < b.at
    end
    return a.rank < b.rank
  end)
  return list
end

--- The names that stand among a list: those of the answer, and those of earlier lists of the word.
---@param job sibyl.Job
---@param reply table
---@param question sibyl.Question
---@param ranking integer[]
---@param answer table empty where the list was put in order without the host
---@return sibyl.Unlisted[]
function M.of(job, reply, question, ranking, answer)
  local word = words.of(job)
  local before = word and words.beside(word, question, ranking) or {}
  local list, seen = {}, {}
  for _, entry in ipairs(vim.list_extend(before, checked(answer, question))) do
    if not seen[entry.name] then
      seen[entry.name] = true
      table.insert(list, entry)
    end
  end
  return #list > 0 and wanted(job, reply) and with_items(job, list) or {}
end

return M
