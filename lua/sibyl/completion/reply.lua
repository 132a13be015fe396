-- In: a language server's completion replies. Out: the same replies in a better order, in time or untouched.
--
--   request ──► server ──► reply ──► known word? ──yes──► ranked at once
--                            │ no
--                            ├─► names to Python ──► order in time ──► ranked
--                            └─► deadline ─────────────────────────► as it came (a late order finds nobody)
--
-- A reply is given on exactly once, and never waits longer than option `deadline`.

local arms = require('sibyl.completion.arms')
local host = require('sibyl.host.client')
local bytes = require('sibyl.buffer.bytes')
local config = require('sibyl.config')
local insert_mode = require('sibyl.insert_mode')
local items = require('sibyl.completion.items')
local log = require('sibyl.log')
local mirror = require('sibyl.buffer.mirror')
local sort_text = require('sibyl.completion.sort_text')
local statistics = require('sibyl.statistics')
local unlisted = require('sibyl.completion.unlisted')
local numbered = require('sibyl.host.numbered')
local words = require('sibyl.completion.word')

local M = {}

local api = vim.api

---@class sibyl.Job
---@field client_id integer
---@field buf integer
---@field row integer
---@field col integer where the word starts
---@field asked integer|nil column that was asked for
---@field in_label boolean
---@field native boolean whether Neovim's own menu asked
---@field guesses boolean whether a menu asked that has no source of guesses
---@field menu integer|nil where one was open then: how many had been closed by hand before
---@field request_id integer|nil
---@field question_id integer|nil
---@field timer uv.uv_timer_t|nil
---@field cancelled boolean
---@field received boolean|nil whether there was an answer
---@field left boolean|nil whether its answer was left out, as the word was left
---@field replied sibyl.Replied what Neovim knows of the answer
---@field place sibyl.Place|nil the word it asks for, until it is answered
---@field refused boolean|nil whether guesses are not wanted
---@field wish sibyl.Wish|nil the press of the suggestion key it belongs to

---@class sibyl.Last
---@field buf integer
---@field names string[]
---@field from integer[]
---@field probability number[]
---@field stars integer
---@field ms number
---@field unlisted sibyl.Unlisted[] what stood among them

---@type sibyl.Last|nil
M.last = nil

-- Python's answer, checked: it must be an order of exactly the names that were sent.
local function by_answer(answer, question, word)
  local order, seen, ranking = answer.order, {}, {}
  if type(order) ~= 'table' or #order ~= #question.names then
    return nil
  end
  for rank, position in ipairs(order) do
    local place = type(position) == 'number' and position + 1
    if not place or not question.names[place] or seen[place] then
      return nil
    end
    seen[place] = true
    ranking[rank] = place
  end
  local starred = {}
  answer.stars = math.min(tonumber(answer.stars) or 0, config.get().stars, #ranking)
  for rank = 1, answer.stars do
    starred[ranking[rank]] = true
  end
  if word and word.ranked then
    words.settle(word, question, ranking, starred)
  end
  return ranking, starred
end

local function keep_last(buf, question, ranking, answer, beside)
  local names = {}
  for rank = 1, math.min(#ranking, 30) do
    names[rank] = question.names[ranking[rank]]
  end
  M.last = {
    buf = buf,
    names = names,
    from = ranking,
    probability = answer.probability or {},
    stars = answer.stars,
    ms = answer.ms or 0,
    unlisted = beside or {},
  }
end

local by_hand = 0

api.nvim_create_autocmd('CompleteDone', {
  group = api.nvim_create_augroup('sibyl_reply', { clear = true }),
  desc = 'sibyl: what was asked for a menu that is closed does not open it again',
  callback = function()
    local reason = vim.v.event.reason -- from Neovim 0.12 on
    if reason == 'accept' or reason == 'cancel' then
      by_hand = by_hand + 1
    end
  end,
})

--- How many menus were closed by accepting an item or by giving up.
---@return integer
function M.closed_by_hand()
  return by_hand
end

-- Whether something is chosen in Neovim's menu: a list that comes now takes its place, and nothing is chosen then.
local function choosing()
  local info = vim.fn.complete_info({ 'pum_visible', 'selected' })
  local by_itself = vim.list_contains(vim.split(vim.o.completeopt, ','), 'noselect') and -1 or 0
  return info.pum_visible == 1 and info.selected > by_itself
end

--- Whether the cursor has left the word that Neovim's own menu asked for, or something was chosen there, while the
--- server or the ranker was busy. Shown now, the list would stand at a place it does not belong to, perhaps in another
--- buffer; or keys meant for what is chosen would mean something else.
--- Other callers, for whatever position, get every item: what to do with them is theirs to know.
---@param job sibyl.Job
---@return boolean
function M.left_word(job)
  if not job.native or not insert_mode.inserting() then
    return false
  elseif api.nvim_get_current_buf() ~= job.buf or (job.menu and job.menu ~= by_hand) then
    return true
  end
  local _, start = bytes.word(job.buf)
  return start ~= job.col or api.nvim_win_get_cursor(0)[1] - 1 ~= job.row or (not job.wish and choosing())
end

--- Ends the waiting for an answer.
---@param job sibyl.Job
function M.finish(job)
  host.forget(job.question_id)
  job.question_id = nil
  if job.timer then
    job.timer:stop()
    job.timer:close()
    job.timer = nil
  end
end

-- The bytes where the word of a job starts, and up to which it is typed: now, if the cursor is still in it.
local function extent(job)
  local offset = bytes.word(job.buf, job.row, job.col)
  local line = api.nvim_buf_get_lines(job.buf, job.row, job.row + 1, false)[1] or ''
  local ends = { job.asked or job.col }
  if api.nvim_get_current_buf() == job.buf then
    local cursor = api.nvim_win_get_cursor(0)
    if cursor[1] - 1 == job.row then
      table.insert(ends, 1, cursor[2])
    end
  end
  for _, col in ipairs(ends) do
    if col <= #line and bytes.word_start(line, col) == job.col then
      return offset, offset + col - job.col
    end
  end
  return offset, offset
end

-- The reply as far as it was ranked before in its word, with the names that stood among it; as it came where nothing of
-- it was.
local function as_before(job, reply, question, copies)
  local word = words.of(job)
  if not word or not word.ranked then
    return reply
  end
  local ranking, starred, any = words.recall(word, question)
  local beside = unlisted.of(job, reply, question, ranking, {})
  if not any and #beside == 0 then
    return reply
  end
  return sort_text.rank(reply, question, ranking, starred, job.in_label, copies, beside)
end

-- Asks Python, and gives the reply on when the answer or the deadline comes. False: nothing was asked.
local function ask(job, reply, question, give)
  local word = words.of(job)
  local offset, typed_to = extent(job)
  local began, copies = vim.uv.hrtime(), nil
  local function done(result, how)
    if job.timer then
      M.finish(job)
      statistics.given((vim.uv.hrtime() - began) / 1e6, how)
      give(result)
    end
  end
  local function without(how)
    words.remember(job, offset, question)
    done(as_before(job, reply, question, copies), how)
  end
  local function on_answer(kind, answer)
    if kind == 'order' then
      local ranking, starred = by_answer(answer, question, word)
      if ranking then
        local list, stars = arms.show(job, question, ranking, starred)
        local shown = list.shown
        list.unlisted = shown and unlisted.of(job, reply, question, shown, answer)
        keep_last(job.buf, question, ranking, answer, list.unlisted)
        words.remember(job, offset, question, shown, stars, list.unlisted)
        local ranked = shown and sort_text.rank(reply, question, shown, stars, job.in_label, copies, list.unlisted)
        return done(ranked or reply, 'ranked')
      end
      log.warn('the ranker answered with something that is no order of the list')
    elseif answer.reason == 'out of step' then
      log.info('buffer %d: the host was out of step', job.buf)
      mirror.resend(job.buf)
    else
      log.debug('not ranked: %s', tostring(answer.reason))
    end
    without('left')
  end
  job.timer = vim.uv.new_timer()
  local seq, length = mirror.seq(job.buf), bytes.length(job.buf)
  local names, kinds = numbered.packed(question.names), items.kinds(question)
  job.question_id = host.ask('rank', on_answer, job.buf, seq, length, typed_to, names, kinds)
  if not job.question_id then
    M.finish(job)
    return false
  end
  job.timer:start(
    config.get().deadline,
    0,
    vim.schedule_wrap(function()
      if job.timer then
        log.debug('the ranking of %d names was late', #question.names)
        without('late')
      end
    end)
  )
  copies = sort_text.copies(reply) -- while the host ranks
  return true
end

--- Decides what becomes of a reply. Returns the reply to give on now, or nil when `give` will be called later.
---@param job sibyl.Job
---@param reply any as the server sent it
---@param give fun(ranked: any)
---@return any
function M.consider(job, reply, give)
  local list = not job.cancelled and config.enabled(job.buf) and items.of(reply)
  if not list or #list == 0 or items.too_many(list) or config.get().deadline == 0 then
    return reply
  end
  local word = words.of(job)
  if word and not word.ranked and vim.fn.pumvisible() == 1 then
    return reply -- this word's list stands on the screen as it came: it stays so
  end
  local question = items.question(list)
  if word and word.ranked and words.knows(word, question) then
    return as_before(job, reply, question)
  end
  if #list == 1 then
    return reply -- nothing to put in order; the last item of a word that was ranked has kept its star above
  end
  mirror.attach(job.buf)
  if host.ready() and mirror.flush(job.buf) and ask(job, reply, question, give) then
    return nil
  end
  return as_before(job, reply, question)
end

return M
