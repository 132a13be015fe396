-- In: a server's reply that says nothing of a member. Out: the same with guesses before it, for menus without a source
-- of them: Neovim's own and mini.completion's.
--
-- Servers say nothing where they do not know the type of a receiver: their list is empty, or what every object has.
-- For Neovim's own menu the answer is marked incomplete: with further letters the server is asked again, and may know
-- more. mini.completion closes its menu for that, and keys typed meanwhile mean something else.

local guesses = require('sibyl.completion.guesses')
local items = require('sibyl.completion.items')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local PATIENCE_MS = 200 -- what waits has nothing to say

--- Whether guesses are wanted beside a reply: a menu without a source of them has asked for a member, and no server
--- knows any.
---@param job sibyl.Job
---@param place sibyl.Place
---@return boolean
function M.wanted(job, place)
  return job.guesses
    and not job.wish
    and not job.cancelled
    and place.open == 0
    and not place.known
    and guesses.allowed(job)
    and (guesses.is_member(place.before) or (guesses.is_import(place.before) and not place.listed))
end

-- The names in the order that earlier letters of the word have shown them in, new ones behind.
local function settled(place, names)
  local order = vim.tbl_filter(function(name)
    return vim.list_contains(names, name)
  end, place.names)
  for _, name in ipairs(names) do
    if not vim.list_contains(place.names, name) then
      table.insert(order, name)
      table.insert(place.names, name)
    end
  end
  return order
end

-- The reply with guesses before its items; what it lists itself is no guess. Nil where no guess is left. `again`: with
-- further letters the server is to be asked again.
local function joined(reply, names, again)
  local theirs = items.of(reply) or {}
  local question, ranking = items.question(theirs), {}
  for place in ipairs(theirs) do
    ranking[place] = place
  end
  local list = guesses.items(
    vim.tbl_filter(function(name)
      return not vim.list_contains(question.names, name)
    end, names),
    true
  )
  if #list == 0 then
    return nil
  end
  vim.list_extend(list, sort_text.rank(theirs, question, ranking, {}, false))
  local whole = type(reply) == 'table' and reply.items and vim.tbl_extend('force', {}, reply) or {}
  whole.items, whole.isIncomplete = list, again
  return whole
end

--- Asks the host. False where it cannot be asked; else `give` gets the reply with guesses, or as it came from a host
--- that is late; `rank` is called where the host has none.
---@param job sibyl.Job
---@param place sibyl.Place
---@param reply any as the server sent it
---@param give fun(reply: any)
---@param rank fun()
---@return boolean
function M.guess(job, place, reply, give, rank)
  local over = false
  local function done(names)
    if over then
      return
    end
    over = true
    if place.known then -- by now: what is on the screen knows more than this reply
      job.cancelled = job.cancelled or vim.fn.pumvisible() == 1
      return give(reply)
    end
    if not names then -- the host is late
      return give(reply)
    end
    local whole = joined(reply, settled(place, names), job.native)
    if not whole then
      return rank()
    end
    give(whole)
  end
  if not guesses.names(job.buf, done, true) then
    return false
  end
  vim.defer_fn(function()
    done(nil)
  end, PATIENCE_MS)
  return true
end

--- Whether Neovim's menu shows guesses.
---@return boolean
function M.shown()
  local first = vim.fn.complete_info({ 'items' }).items[1] or {}
  return M.is_guess(vim.tbl_get(first, 'user_data', 'nvim', 'lsp', 'completion_item'))
end

--- Whether an item is a guess of ours, which no server can say more of.
---@param item any
---@return boolean
function M.is_guess(item)
  return type(item) == 'table' and vim.tbl_get(item, 'data', 'sibyl', 'guess') == true
end

return M
