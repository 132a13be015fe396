-- In: language clients as they attach. Out: their completion replies go through reply.lua.
--
-- client.rpc.request is the one place that every way to complete goes through: Neovim's own menu, omnifunc,
-- 'autocomplete', and plugins. What is not a completion passes as if nobody stood there.

local bytes = require('sibyl.buffer.bytes')
local capability = require('sibyl.server.capability')
local config = require('sibyl.config')
local flip = require('sibyl.completion.flip')
local guessed = require('sibyl.completion.guessed')
local guesses = require('sibyl.completion.guesses')
local log = require('sibyl.log')
local replied = require('sibyl.completion.replied')
local reply = require('sibyl.completion.reply')
local sort_text = require('sibyl.completion.sort_text')
local stars = require('sibyl.completion.stars')
local suggest = require('sibyl.completion.suggest')
local uri = require('sibyl.buffer.uri')
local words = require('sibyl.completion.word')

local M = {}

local api = vim.api
local COMPLETION, RESOLVE, CANCEL = 'textDocument/completion', 'completionItem/resolve', '$/cancelRequest'
local OUTDATED = { -32800, -32801, -32802 } -- RequestCancelled, ContentModified, ServerCancelled

-- By client.rpc. An entry holds its client, and so its key: were it not weak, too, none would ever be freed. While
-- the client lives, the functions put into its rpc hold the entry.
local wrapped = setmetatable({}, { __mode = 'kv' }) ---@type table<table, table>
local active = false

-- Whose menu the request that is being sent is for, Neovim's own or mini.completion's; its callers are on the stack.
local function asking_menu()
  for level = 3, 16 do
    local info = debug.getinfo(level, 'S')
    if not info then
      return nil
    elseif info.source:find('vim/lsp/_?completion%.lua$') then
      return 'native'
    elseif info.source:find('/mini/completion%.lua$') then
      return 'mini'
    end
  end
end

-- Where a request stands: in which buffer, and where the word begins. Nil when it is not ours to touch.
local function job_of(client, params)
  local named = params.textDocument.uri
  local buf = uri.buffer(named) or vim.uri_to_bufnr(named)
  if not active or not config.ranks(buf) then
    return nil
  end
  local row = params.position.line
  local line = api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
  if not line then
    return nil
  end
  local col = bytes.column(line, params.position.character, client.offset_encoding)
  local _, start = bytes.word(buf, row, col)
  if flip.native(buf, row, start) then
    return nil
  end
  local menu = asking_menu()
  return {
    client_id = client.id,
    buf = buf,
    row = row,
    col = start,
    asked = col,
    in_label = stars.in_label(buf, menu == 'native'),
    native = menu == 'native',
    guesses = menu ~= nil,
    menu = vim.fn.pumvisible() == 1 and reply.closed_by_hand() or nil,
    cancelled = false,
    wish = suggest.asking(),
    refused = guesses.refused,
  }
end

-- Tells of the answer to a request, or that there will be none: Neovim drops that of a request it has cancelled.
local function close(job, result)
  local place = job.place
  job.place = nil
  if place then
    guesses.answered(place, result)
  end
end

-- Whether a server has not looked: the text has changed since, or somebody no longer wants the answer.
local function is_outdated(failure)
  return type(failure) == 'table' and vim.list_contains(OUTDATED, failure.code)
end

-- The request is answered, or nobody waits for an answer. Whether Neovim had not been told so far.
local function over(job, jobs)
  jobs[job] = nil
  return replied.give(job.replied)
end

-- Wraps the function that gets a reply. It is not called where the word was left: even of an empty list, or of an
-- error, Neovim closes the menu that is open by then.
local function receiver(job, jobs, callback)
  local function give_on(...)
    job.left = reply.left_word(job)
    if not job.left then
      over(job, jobs)
      callback(...)
    end
  end
  if job.wish then -- what is held back may be left, or cancelled, before it is given on
    local give_now = give_on
    give_on = suggest.holding(job.wish, function(...)
      if not job.cancelled then
        give_now(...)
      end
    end)
  end
  local asked = guesses.asked(job.buf, job.row, job.col)
  job.place = asked
  return function(failure, result, ...)
    job.received = true
    close(job, result)
    if reply.left_word(job) then
      job.left = true
      return
    end
    local rest = vim.F.pack_len(...)
    local function give(ranked)
      vim.schedule(function()
        if not job.cancelled then
          give_on(failure, ranked, unpack(rest, 1, rest.n))
        end
      end)
    end
    -- What the reply becomes at once; nothing where `give` gets it later.
    local function consider()
      local ok, now = pcall(reply.consider, job, result, give)
      if not ok then
        log.error('a list was left as it came: %s', tostring(now))
        reply.finish(job)
        now = result
      end
      return now ~= nil or result == nil, now
    end
    local function rank()
      local at_once, now = consider()
      if at_once then
        give(now)
      end
    end
    if not is_outdated(failure) and guessed.wanted(job, asked) and guessed.guess(job, asked, result, give, rank) then
      return
    end
    local at_once, now = consider()
    if at_once then
      return give_on(failure, now, ...)
    end
  end
end

-- Ranks what this client answers from now on.
local function wrap(client)
  local rpc = client.rpc
  if not active or type(rpc) ~= 'table' or wrapped[rpc] or not capability.completes(client) then
    return
  end
  local entry = { client = client, request = rpc.request, notify = rpc.notify }
  local jobs = {} ---@type table<sibyl.Job, true>

  function entry.own_request(method, params, callback, hear, ...)
    if method == COMPLETION then
      local ok, job = pcall(job_of, client, params)
      if ok and job then
        jobs[job] = true
        job.replied = replied.held(hear, function() -- where none came (cancelled by the server) it is over
          if not job.received and jobs[job] then
            over(job, jobs)
          end
        end)
        local receive = receiver(job, jobs, callback)
        local results = vim.F.pack_len(entry.request(method, params, receive, job.replied.heard, ...))
        job.request_id = results[2]
        if not results[1] then
          close(job)
          jobs[job] = nil
        end
        return unpack(results, 1, results.n)
      elseif not ok then
        log.error('a request was not understood: %s', tostring(job))
      end
    elseif method == RESOLVE and guessed.is_guess(params) then
      vim.schedule(function()
        callback(nil, params)
      end)
      return true
    elseif method == RESOLVE and type(params) == 'table' then
      params = sort_text.restore(params)
    end
    return entry.request(method, params, callback, hear, ...)
  end

  function entry.own_notify(method, params, ...)
    if method == CANCEL and type(params) == 'table' then
      for job in pairs(jobs) do
        if job.request_id == params.id then
          job.cancelled = true
          close(job)
          reply.finish(job)
          if over(job, jobs) then
            return true -- the server has answered
          end
        end
      end
    end
    return entry.notify(method, params, ...)
  end

  function entry.free()
    for job in pairs(jobs) do
      if job.left then
        over(job, jobs)
      end
    end
  end

  rpc.request, rpc.notify = entry.own_request, entry.own_notify
  wrapped[rpc] = entry
end

-- Drops the clients that have ended: a table somewhere may hold them longer than they live.
local function drop_ended()
  for rpc, entry in pairs(wrapped) do
    if vim.lsp.get_client_by_id(entry.client.id) ~= entry.client then
      wrapped[rpc] = nil
    end
  end
end

--- Nobody waits any more for the lists that were left out.
function M.free()
  for _, entry in pairs(wrapped) do
    entry.free()
  end
end

--- Wraps all clients of a buffer.
---@param buf integer
function M.buffer(buf)
  drop_ended()
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf })) do
    wrap(client)
  end
end

--- Names of the clients whose replies are ranked: in one buffer, or anywhere.
---@param buf integer|nil
---@return string[]
function M.names(buf)
  drop_ended()
  local names = {}
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf })) do
    local provider = (client.server_capabilities or {}).completionProvider
    if wrapped[client.rpc] and provider and provider ~= vim.NIL then
      table.insert(names, client.name)
    end
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
  words.forget()
  for rpc, entry in pairs(wrapped) do
    entry.free()
    -- Somebody may have wrapped it after us; then ours stays below theirs, and passes everything on.
    if rpc.request == entry.own_request then
      rpc.request, rpc.notify = entry.request, entry.notify
      wrapped[rpc] = nil
    end
  end
end

return M
