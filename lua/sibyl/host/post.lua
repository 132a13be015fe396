-- In: notifications for the Python host (send), questions (ask). Out: its answers, to the callers.
--
-- All calls are notifications: Neovim never waits for Python. An answer carries the number of its question;
-- a question that was given up is no longer in `waiting`, so that a late answer finds nobody.

local flow = require('sibyl.host.flow')
local log = require('sibyl.log')
local numbered = require('sibyl.host.numbered')

local M = {}

local CHUNK = 4000 -- results of one call; LuaJIT takes 8,000
local channel = nil ---@type integer|nil
local waiting = {} ---@type table<integer, fun(kind: string, answer: table)>
local last_id = 0
local on_lost = {} ---@type fun(buf: integer|nil)[]
local undetached = {} ---@type table<integer, true> buffers that a host which did not read could not be told to forget

--- Sends to a new host from now on.
---@param number integer
function M.connect(number)
  channel, undetached = number, {}
  flow.reset()
  numbered.forget()
end

--- There is no host any more: all that wait for an answer are told so.
function M.disconnect()
  channel = nil
  local left = waiting
  waiting = {}
  for _, callback in pairs(left) do
    callback('none', { reason = 'host gone' })
  end
end

--- Registers a function to be called when the host lacks a buffer's text (nil: it lacks whatever was not sent).
---@param callback fun(buf: integer|nil)
function M.when_lost(callback)
  table.insert(on_lost, callback)
end

--- The host lacks a text.
---@param buf integer|nil
function M.lost(buf)
  for _, callback in ipairs(on_lost) do
    callback(buf)
  end
end

--- Whether something can be sent: there is a host, and it reads.
---@return boolean
function M.open()
  return channel ~= nil and flow.open()
end

local function notify(name, ...)
  local ok, problem = pcall(vim.rpcnotify, channel, 'sibyl:' .. name, ...)
  if not ok then
    log.warn('notification %s was not sent: %s', name, tostring(problem))
  end
  flow.count(...)
  return ok
end

-- Asks how far the host has read, where it is time to know.
local function ask_how_far()
  local mark = flow.wants_to_ask()
  if not mark then
    return
  end
  last_id = last_id + 1
  waiting[last_id] = function(kind)
    if kind ~= 'pong' then
      return
    end
    local opened = flow.answered(mark)
    if opened then
      for buf in pairs(undetached) do
        notify('detach', buf)
      end
      undetached = {}
      M.lost(nil)
    end
    ask_how_far()
  end
  notify('ping', last_id)
end

--- Sends one notification. False when nobody listens, or what was sent before is not read yet.
---@param name string
---@param ... any
---@return boolean
function M.send(name, ...)
  if not M.open() then
    if name == 'detach' and channel then
      undetached[(...)] = true
    end
    return false
  end
  local ok = notify(name, ...)
  ask_how_far()
  return ok
end

--- Sends a question; `callback` gets the kind of answer and the answer, once, unless forget() comes first.
---@param name string
---@param callback fun(kind: string, answer: table)
---@param ... any
---@return integer|nil id
function M.ask(name, callback, ...)
  last_id = last_id + 1
  waiting[last_id] = callback
  if not M.send(name, last_id, ...) then
    waiting[last_id] = nil
    numbered.forget() -- names that it may have held
    return nil
  end
  return last_id
end

--- Gives a question up: its answer finds nobody.
---@param id integer|nil
function M.forget(id)
  if id then
    waiting[id] = nil
  end
end

-- An order as it travels (engine/sibyl/host/protocol.py): two bytes for each position, the low one first.
local function positions(text)
  local order = {}
  for first = 1, #text, CHUNK do
    local bytes = { text:byte(first, first + CHUNK - 1) }
    for at = 1, #bytes - 1, 2 do
      order[#order + 1] = bytes[at] + 256 * bytes[at + 1]
    end
  end
  return order
end

--- Gives an answer to the caller that waits for it.
---@param id integer
---@param kind string
---@param answer table
function M.answered(id, kind, answer)
  local callback = waiting[id]
  waiting[id] = nil
  -- An error here would come back as an answer to the host, which would put it on the user's screen.
  local ok, problem = pcall(function()
    if answer.reason == 'names' then
      numbered.forget() -- what the host knows is not what it was told
    end
    if not callback then
      return
    end
    if type(answer.order) == 'string' then
      answer.order = positions(answer.order)
    end
    callback(kind, answer)
  end)
  if not ok then
    log.error('the answer %s was not understood: %s', kind, tostring(problem))
  end
end

return M
