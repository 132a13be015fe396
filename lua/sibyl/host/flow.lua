-- In: how much is sent to the host. Out: whether more may be sent now.
--
-- Neovim keeps what a process has not read yet, without a bound. A host that is stopped, or has no time, must not make
-- Neovim grow: after a number of bytes it is asked to answer, and while too much is on its way nothing is sent.
-- Whole texts come in place of what was left out.
--
--   sent   ─────────────┬───────────┬──────────► no more than LIMIT beyond what was read
--   asked              ping        (one at a time)
--   read   ────────────────────────pong

local M = {}

local LIMIT = 4 * 1024 * 1024
local ASK_AT = 128 * 1024
local OVERHEAD, NUMBER = 200, 10 -- bytes that a message takes without its contents, and a part of a list

local sent, read, asked = 0, 0, nil ---@type integer, integer, integer|nil

--- A new host, which has got nothing yet.
function M.reset()
  sent, read, asked = 0, 0, nil
end

--- Whether more may be sent. Always true when all was read, so that one large text gets through.
---@return boolean
function M.open()
  return sent - read <= LIMIT
end

local function size_of(part)
  if type(part) == 'string' then
    return #part
  end
  local size = 0
  if type(part) == 'table' then
    for _, field in ipairs(part) do
      size = size + NUMBER + size_of(field)
    end
  end
  return size
end

--- Counts a message.
---@param ... any its arguments
function M.count(...)
  sent = sent + OVERHEAD + size_of({ ... })
end

--- Whether it is time to ask the host how far it has read; the caller does, and calls answered() later.
---@return integer|nil mark to be given back
function M.wants_to_ask()
  if asked or sent - read <= ASK_AT then
    return nil
  end
  asked = sent
  return asked
end

--- The host has read everything that was sent before a question.
---@param mark integer
---@return boolean opened whether more may be sent now, and before it might not
function M.answered(mark)
  if mark ~= asked then
    return false -- of a host before this one
  end
  local was_open = M.open()
  read, asked = mark, nil
  return M.open() and not was_open
end

return M
