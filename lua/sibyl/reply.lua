-- In: a language server's completion replies. Out: the same replies in a better order, in time or untouched.
-- Called by: init.lua (install, wrap_buffer, on_complete_done …), command.lua and health.lua (last, wrapped).
--
--   request ──► server ──► reply ──► known word? ──yes──► ranked at once
--                            │ no
--                            ├─► names to Python ──► order in time ──► ranked
--                            └─► deadline ─────────────────────────► as it came (a late order finds nobody)
--
-- All of it happens in a wrapper of client.rpc.request, the one place that every way to complete goes through.

local bridge = require('sibyl.bridge')
local config = require('sibyl.config')
local items = require('sibyl.items')
local log = require('sibyl.log')
local mirror = require('sibyl.mirror')
local stars = require('sibyl.stars')

local M = {}

local api = vim.api
local COMPLETION, RESOLVE, CANCEL = 'textDocument/completion', 'completionItem/resolve', '$/cancelRequest'
local MOST = 3000 -- longer lists are the servers' "anything at all"; they are left alone

---@class sibyl.Job
---@field client_id integer
---@field buf integer
---@field row integer
---@field col integer where the word starts
---@field in_label boolean
---@field request_id integer|nil
---@field question_id integer|nil
---@field timer uv_timer_t|nil
---@field cancelled boolean

---@class sibyl.Word what the first list of a word was ranked like; letters typed later only filter
---@field buf integer
---@field row integer
---@field col integer
---@field offset integer
---@field places table<string, integer>|nil nil when the first list was shown as it came
---@field starred table<string, boolean>

local words = {} ---@type table<integer, sibyl.Word> by client
local wrapped = setmetatable({}, { __mode = 'k' }) ---@type table<table, table> by client.rpc
local active = false

---@type {names: string[], from: integer[], probability: number[], stars: integer, ms: number}|nil
M.last = nil

---@type number[] milliseconds from reply to delivery, the newest hundred
M.delays = {}

local function note_delay(since)
  table.insert(M.delays, (vim.uv.hrtime() - since) / 1e6)
  if #M.delays > 100 then
    table.remove(M.delays, 1)
  end
end

-- Merges a fresh ranking into the one of the same word: names known keep their order among each other.
local function settle(word, question, ranking)
  local slots, known = {}, {}
  for slot, place in ipairs(ranking) do
    if word.places[question.keys[place]] then
      table.insert(slots, slot)
      table.insert(known, place)
    end
  end
  table.sort(known, function(a, b)
    return word.places[question.keys[a]] < word.places[question.keys[b]]
  end)
  for index, slot in ipairs(slots) do
    ranking[slot] = known[index]
  end
  return ranking
end

local function remember(job, offset, question, ranking, starred)
  local word = { buf = job.buf, row = job.row, col = job.col, offset = offset, starred = {} }
  if ranking then
    word.places = {}
    for rank, place in ipairs(ranking) do
      word.places[question.keys[place]] = rank
      word.starred[question.keys[place]] = starred[place] or nil
    end
  end
  words[job.client_id] = word
end

local function word_of(job)
  local word = words[job.client_id]
  if word and word.buf == job.buf and word.row == job.row and word.col == job.col then
    return word
  end
end

-- The order and the stars of a list whose names were all ranked before in this word.
local function by_memory(word, question)
  local ranking, starred = {}, {}
  for place, key in ipairs(question.keys) do
    if not word.places[key] then
      return nil
    end
    ranking[place] = place
    starred[place] = word.starred[key]
  end
  return settle(word, question, ranking), starred
end

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
  for rank = 1, math.min(tonumber(answer.stars) or 0, config.get().stars, #ranking) do
    starred[ranking[rank]] = true
  end
  if word and word.places then
    ranking = settle(word, question, ranking)
    for place, key in ipairs(question.keys) do
      if word.places[key] then
        starred[place] = word.starred[key]
      end
    end
  end
  return ranking, starred
end

local function keep_last(question, ranking, answer)
  local names = {}
  for rank = 1, math.min(#ranking, 30) do
    names[rank] = question.names[ranking[rank]]
  end
  M.last = {
    names = names,
    from = ranking,
    probability = answer.probability or {},
    stars = answer.stars or 0,
    ms = answer.ms or 0,
  }
end

local function finish(job)
  bridge.forget(job.question_id)
  job.question_id = nil
  if job.timer then
    job.timer:stop()
    job.timer:close()
    job.timer = nil
  end
end

-- Asks Python, and gives the reply on when the answer or the deadline comes. False: nothing was asked.
local function ask(job, reply, question, offset, give)
  local word = word_of(job)
  local began = vim.uv.hrtime()
  local function done(result)
    if job.timer then
      finish(job)
      note_delay(began)
      give(result)
    end
  end
  local function on_answer(kind, answer)
    if kind == 'order' then
      local ranking, starred = by_answer(answer, question, word)
      if ranking then
        remember(job, offset, question, ranking, starred)
        keep_last(question, ranking, answer)
        return done(items.rank(reply, question, ranking, starred, job.in_label))
      end
      log.warn('the ranker answered with something that is no order of the list')
    elseif answer.reason == 'out of step' then
      log.info('buffer %d: the host was out of step', job.buf)
      mirror.resend(job.buf)
    else
      log.debug('not ranked: %s', tostring(answer.reason))
    end
    remember(job, offset, question)
    done(reply)
  end
  job.timer = vim.uv.new_timer()
  job.question_id = bridge.ask(
    'rank',
    on_answer,
    job.buf,
    mirror.seq(job.buf),
    mirror.length(job.buf),
    offset,
    question.names,
    question.kinds
  )
  if not job.question_id then
    finish(job)
    return false
  end
  job.timer:start(config.get().deadline, 0, vim.schedule_wrap(function()
    if job.timer then
      log.debug('the ranking of %d names was late', #question.names)
      remember(job, offset, question)
      done(reply)
    end
  end))
  return true
end

-- Decides what becomes of a reply. Returns the reply to give on now, or nil when `give` will be called later.
local function consider(job, reply, give)
  local list = not job.cancelled and active and config.enabled(job.buf) and items.of(reply)
  if not list or #list < 2 or #list > MOST or config.get().deadline == 0 then
    return reply
  end
  local word = word_of(job)
  if word and not word.places and vim.fn.pumvisible() == 1 then
    return reply -- this word's list stands on the screen as it came: it stays so
  end
  local question = items.question(list)
  if word and word.places then
    local ranking, starred = by_memory(word, question)
    if ranking then
      return items.rank(reply, question, ranking, starred, job.in_label)
    end
  end
  mirror.attach(job.buf)
  if not bridge.ready() or not mirror.flush(job.buf) then
    return reply
  end
  local offset = mirror.place(job.buf, job.row, job.col)
  if ask(job, reply, question, offset, give) then
    return nil
  end
  return reply
end

-- Bytes before a position of the protocol in a line.
local function byte_column(line, character, encoding)
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  local ok, col
  if vim.fn.has('nvim-0.11') == 1 then
    ok, col = pcall(vim.str_byteindex, line, encoding or 'utf-16', character, false)
  else
    ok, col = pcall(vim.str_byteindex, line, character, encoding ~= 'utf-32')
  end
  return ok and col or #line
end

local function buffer_of(uri)
  local buf = api.nvim_get_current_buf()
  if vim.uri_from_bufnr(buf) == uri then
    return buf
  end
  return vim.uri_to_bufnr(uri)
end

-- Where a request stands: in which buffer, and where the word begins. Nil when it is not ours to touch.
local function job_of(client, params)
  local buf = buffer_of(params.textDocument.uri)
  if not active or not config.enabled(buf) or vim.bo[buf].filetype ~= 'python' then
    return nil
  end
  local row = params.position.line
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
  if not line then
    return nil
  end
  local col = byte_column(line, params.position.character, client.offset_encoding)
  local _, start = mirror.place(buf, row, col)
  return {
    client_id = client.id,
    buf = buf,
    row = row,
    col = start,
    in_label = stars.in_label(buf),
    cancelled = false,
  }
end

-- Wraps the function that gets a reply.
local function receiver(job, jobs, callback)
  return function(failure, reply, ...)
    local rest = vim.F.pack_len(...)
    local function give(result)
      jobs[job] = nil
      if not job.cancelled then
        vim.schedule(function()
          callback(failure, result, unpack(rest, 1, rest.n))
        end)
      end
    end
    local ok, now = pcall(consider, job, reply, give)
    if not ok then
      log.error('a list was left as it came: %s', tostring(now))
      finish(job)
      now = reply
    end
    if now ~= nil or reply == nil then
      jobs[job] = nil
      return callback(failure, now, ...)
    end
  end
end

--- Ranks what this client answers from now on.
---@param client vim.lsp.Client
function M.wrap(client)
  local rpc = client.rpc
  if not active or type(rpc) ~= 'table' or wrapped[rpc] then
    return
  end
  local entry = { client = client, request = rpc.request, notify = rpc.notify }
  local jobs = {} ---@type table<sibyl.Job, true>

  function entry.own_request(method, params, callback, ...)
    if method == COMPLETION then
      local ok, job = pcall(job_of, client, params)
      if ok and job then
        jobs[job] = true
        local results = vim.F.pack_len(entry.request(method, params, receiver(job, jobs, callback), ...))
        job.request_id = results[2]
        return unpack(results, 1, results.n)
      elseif not ok then
        log.error('a request was not understood: %s', tostring(job))
      end
    elseif method == RESOLVE and type(params) == 'table' then
      params = items.restore(params)
    end
    return entry.request(method, params, callback, ...)
  end

  function entry.own_notify(method, params, ...)
    if method == CANCEL and type(params) == 'table' then
      for job in pairs(jobs) do
        if job.request_id == params.id then
          job.cancelled = true
          finish(job)
          jobs[job] = nil
        end
      end
    end
    return entry.notify(method, params, ...)
  end

  rpc.request, rpc.notify = entry.own_request, entry.own_notify
  wrapped[rpc] = entry
end

--- Wraps all clients of a buffer.
---@param buf integer
function M.wrap_buffer(buf)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf })) do
    M.wrap(client)
  end
end

--- Names of the clients whose replies are ranked.
---@return string[]
function M.wrapped()
  local names = {}
  for _, entry in pairs(wrapped) do
    table.insert(names, entry.client.name)
  end
  table.sort(names)
  return names
end

--- Begins to look at replies.
function M.install()
  active = true
  stars.install()
end

--- Takes every wrapper off again.
function M.uninstall()
  active = false
  stars.uninstall()
  words = {}
  for rpc, entry in pairs(wrapped) do
    -- Somebody may have wrapped it after us; then ours stays below theirs, and passes everything on.
    if rpc.request == entry.own_request then
      rpc.request, rpc.notify = entry.request, entry.notify
      wrapped[rpc] = nil
    end
  end
end

--- The next list starts a new word.
function M.end_of_word()
  words = {}
end

mirror.when_edited(function(buf, start)
  for client_id, word in pairs(words) do
    if word.buf == buf and start < word.offset then
      words[client_id] = nil
    end
  end
end)

--- Tells the host what was accepted.
---@param buf integer
function M.on_complete_done(buf)
  local entry = vim.v.completed_item
  local item = vim.tbl_get(entry, 'user_data', 'nvim', 'lsp', 'completion_item')
  local reason = vim.v.event and vim.v.event.reason
  if type(item) ~= 'table' or (reason and reason ~= 'accept') then
    return
  end
  local col = api.nvim_win_get_cursor(0)[2]
  local before = api.nvim_get_current_line():sub(1, col)
  if not vim.endswith(before, entry.word) or not mirror.flush(buf) then
    return
  end
  local offset = mirror.place(buf)
  bridge.send('accepted', buf, mirror.seq(buf), offset, items.restore(item).label)
end

return M
