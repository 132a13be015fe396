-- In: Neovim before its plugins are loaded. Out: what sibyl takes on the editor's main loop, and the loop's gaps.
--
-- Timed is everything of ours that runs while one types: what a change of the buffer sets off (`on_bytes`, and what it
-- schedules), what a moved cursor does, a reply that came, an answer of the host.

local M = { spent = 0, longest = 0, keys = {}, between = {} }

local schedule = vim.schedule
local timer

local function timed(callback)
  return function(...)
    local began = vim.uv.hrtime()
    local results = vim.F.pack_len(callback(...))
    local took = vim.uv.hrtime() - began
    M.spent, M.longest = M.spent + took, math.max(M.longest, took)
    return unpack(results, 1, results.n)
  end
end

local attach = vim.api.nvim_buf_attach
rawset(vim.api, 'nvim_buf_attach', function(buf, send, callbacks)
  local inner = callbacks.on_bytes
  if inner and debug.getinfo(inner, 'S').source:find('sibyl/buffer/mirror', 1, true) then
    callbacks.on_bytes = timed(function(...)
      rawset(vim, 'schedule', function(later)
        return schedule(timed(later))
      end)
      local result = inner(...)
      rawset(vim, 'schedule', schedule)
      return result
    end)
  end
  return attach(buf, send, callbacks)
end)

--- Times our other functions, and notes at each key what the one before has cost.
function M.watch()
  local calls = {
    ['sibyl.buffer.mirror'] = 'cursor_moved',
    ['sibyl.completion.reply'] = 'consider',
    ['sibyl.host.client'] = 'receive',
  }
  for name, what in pairs(calls) do
    local module = require(name)
    module[what] = timed(module[what])
  end
  vim.on_key(function()
    table.insert(M.keys, M.spent)
    M.spent = 0
  end)
end

--- Forgets what was measured so far.
function M.reset()
  M.spent, M.longest, M.keys, M.between = 0, 0, {}, {}
end

--- Begins to note the time between two ticks of the main loop, one a millisecond where nothing keeps it.
function M.gaps()
  M.reset()
  local last = vim.uv.hrtime()
  timer = vim.uv.new_timer()
  timer:start(0, 1, function()
    local now = vim.uv.hrtime()
    table.insert(M.between, (now - last) / 1e6)
    last = now
  end)
end

--- Stops that; returns the gaps (ms), what we took for each key but the last (µs), and at once at most (ms).
---@return {[1]: number[], [2]: number[], [3]: number}
function M.take()
  timer:close()
  local micro = {}
  for index = 2, #M.keys do -- what was noted at a key is what the one before it has cost
    micro[index - 1] = M.keys[index] / 1e3
  end
  return { M.between, micro, M.longest / 1e6 }
end

return M
