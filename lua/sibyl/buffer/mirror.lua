-- In: the edits of Python buffers. Out: the host's copy of each buffer, byte for byte.
--
-- Events of one moment are joined into one edit, and its text is read when the moment is over:
--
--   on_bytes   ─┐ (undo of a step, :%s, a macro: many events, the buffer already shows the last state)
--   on_bytes   ─┼─► pending {start, old, new} ──schedule──► flush: read text, seq+1, notify
--   on_bytes   ─┘                                   (or at once, before a question about the buffer)
--
-- Reading later is not only cheaper: while undo reports its pieces, the buffer is already past them all, so a
-- text read at each event would be wrong. Lines are joined by "\n" and end with one, whatever 'fileformat',
-- 'endofline' and the file's encoding say; on_bytes counts the same way.

local host = require('sibyl.host.client')
local bytes = require('sibyl.buffer.bytes')
local config = require('sibyl.config')
local fit = require('sibyl.buffer.fit')
local insert_mode = require('sibyl.insert_mode')
local log = require('sibyl.log')
local edits = require('sibyl.buffer.pending')

local M = {}

local api = vim.api

---@class sibyl.Mirror
---@field seq integer
---@field length integer bytes, by what the events said
---@field pending sibyl.Pending|nil
---@field scheduled boolean
---@field stale boolean the whole text must be sent
---@field hinted string|nil the last place hinted at

local mirrors = {} ---@type table<integer, sibyl.Mirror>
local on_edit = {} ---@type fun(buf: integer, start: integer)[]

--- Registers a function to be called with the first byte of every change.
---@param callback fun(buf: integer, start: integer)
function M.when_edited(callback)
  table.insert(on_edit, callback)
end

local function edited(buf, start)
  for _, callback in ipairs(on_edit) do
    callback(buf, start)
  end
end

-- Tells the host where the next list will be asked for: the start of the word under the cursor.
local function hint(buf, mirror)
  if api.nvim_get_current_buf() ~= buf then
    return
  end
  local offset = bytes.word(buf)
  local mark = mirror.seq .. ':' .. offset
  if mark ~= mirror.hinted then
    mirror.hinted = mark
    host.send('cursor', buf, mirror.seq, offset)
  end
end

-- Sends the whole text. The host takes it as the truth, whatever it held before. False when it reads nothing now:
-- the text is sent when it does again.
local function send_all(buf, mirror)
  if not host.open() then
    mirror.stale, mirror.pending = true, nil
    return false
  end
  mirror.seq = mirror.seq + 1
  mirror.pending, mirror.hinted, mirror.stale = nil, nil, false
  edited(buf, 0)
  local text = table.concat(api.nvim_buf_get_lines(buf, 0, -1, true), '\n') .. '\n'
  mirror.length = #text
  require('sibyl.buffer.project').tell(buf)
  host.send('attach', buf, mirror.seq, text)
  hint(buf, mirror) -- a file is read while nobody waits for a list yet
  return true
end

local function leave(buf, reason)
  log.warn('buffer %d is left alone: %s', buf, reason)
  M.detach(buf)
end

--- Brings the host's copy up to this moment. False when the buffer is not followed.
---@param buf integer
---@return boolean
function M.flush(buf)
  local mirror = mirrors[buf]
  if not mirror or not api.nvim_buf_is_loaded(buf) then
    return false
  end
  if not config.ranks(buf) then -- `vim.b.sibyl_enabled` was set, or 'filetype'
    M.detach(buf)
    return false
  end
  local pending, length = mirror.pending, bytes.length(buf)
  if not pending and not mirror.stale then
    return true
  end
  if not host.open() then
    mirror.stale, mirror.pending = true, nil
    return false
  end
  local large = mirror.stale or pending.new > fit.LONGEST_LINE or length > config.get().max_bytes
  if large or length ~= mirror.length or edits.long_line(buf, pending, length) then
    local reason = fit.refusal(buf)
    if reason then
      leave(buf, reason)
      return false
    end
  end
  if mirror.stale or length ~= mirror.length then
    -- A buffer that was read again; or Neovim told us wrong (`:%s/\n/ /` counts a line end too many): all of it again.
    return send_all(buf, mirror)
  end
  mirror.pending = nil
  mirror.seq = mirror.seq + 1
  local text = bytes.slice(buf, pending.start, pending.start + pending.new)
  if not host.send('edit', buf, mirror.seq, pending.start, pending.old, text) then
    mirror.stale = true
  end
  return not mirror.stale
end

local function after_edit(buf, mirror)
  if mirror.scheduled then
    return
  end
  mirror.scheduled = true
  vim.schedule(function()
    mirror.scheduled = false
    if mirrors[buf] == mirror and M.flush(buf) and insert_mode.inserting() then
      hint(buf, mirror)
    end
  end)
end

local function on_bytes(buf, mirror, start, old, new)
  if start < 0 or old < 0 or new < 0 or start + old > mirror.length then
    -- `:%s/\n/ /` tells of less than nothing; the edits that follow may make up for the length, not for the place.
    mirror.stale = true
  end
  mirror.pending = edits.join(mirror.pending, start, old, new)
  mirror.length = mirror.length + new - old
  edited(buf, start)
  after_edit(buf, mirror)
end

--- Tells the host about the cursor without an edit: insert mode was entered, or the cursor moved in it.
---@param buf integer
function M.cursor_moved(buf)
  local mirror = mirrors[buf]
  -- An edit that is waiting to be sent brings the hint with it.
  if mirror and not mirror.pending and not mirror.scheduled and insert_mode.inserting() then
    hint(buf, mirror)
  end
end

--- Number of the last notification about a buffer; nil when it is not followed.
---@param buf integer
---@return integer|nil
function M.seq(buf)
  return mirrors[buf] and mirrors[buf].seq
end

--- Sends the whole text again: the host said it is out of step, or there is a new host or a new name.
---@param buf integer
function M.resend(buf)
  local mirror = mirrors[buf]
  if not mirror or not api.nvim_buf_is_loaded(buf) then
    return
  elseif config.ranks(buf) then
    send_all(buf, mirror)
  else
    M.detach(buf)
  end
end

--- Follows a buffer. Nothing happens for one that is followed already, is not Python, or where sibyl is off.
---@param buf integer
function M.attach(buf)
  if mirrors[buf] or not api.nvim_buf_is_loaded(buf) or not config.ranks(buf) then
    return
  end
  local known, reason = fit.why(buf), fit.refusal(buf)
  if known and reason then
    return -- each list asks again
  elseif reason then
    return leave(buf, reason)
  end
  local mirror = { seq = 0, length = 0, scheduled = false, stale = false }
  mirrors[buf] = mirror
  local attached = api.nvim_buf_attach(buf, false, {
    on_bytes = function(_, _, _, _, _, start, _, _, old, _, _, new)
      if mirrors[buf] ~= mirror then
        return true -- ends this subscription
      end
      on_bytes(buf, mirror, start, old, new)
    end,
    on_reload = function()
      -- Called while the old text is being thrown away; the new one is there when the moment is over.
      if mirrors[buf] == mirror then
        mirror.stale = true
        after_edit(buf, mirror)
      end
    end,
    on_detach = function()
      if mirrors[buf] == mirror then
        M.detach(buf)
      end
    end,
  })
  if not attached then
    mirrors[buf] = nil
    return
  end
  send_all(buf, mirror)
end

--- Stops following a buffer.
---@param buf integer
function M.detach(buf)
  if mirrors[buf] then
    mirrors[buf] = nil
    require('sibyl.buffer.project').forget(buf)
    host.send('detach', buf)
  end
end

host.when_up(function()
  for buf in pairs(mirrors) do
    M.resend(buf)
  end
end)

host.when_lost(function(lost)
  for buf, mirror in pairs(mirrors) do
    if buf == lost or (not lost and mirror.stale) then
      M.resend(buf)
    end
  end
end)

return M
