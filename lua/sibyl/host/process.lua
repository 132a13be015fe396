-- In: a Python that hosts. Out: the host's process, and its channel; what it writes goes to the log.

local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')

local M = {}

-- EOFError: Neovim is gone.
local BOOT = [[
import pynvim
try:
    pynvim.start_host()
except EOFError:
    pass
]]

local VARIABLES = {
  MALLOC_ARENA_MAX = '1', -- one worker needs one
  -- The arrays of a list of a thousand items stay in the heap: to map them again for each list costs as much time as
  -- filling them. What is free beyond two megabytes is given back.
  MALLOC_MMAP_THRESHOLD_ = '4194304',
  MALLOC_TRIM_THRESHOLD_ = '2097152',
}

--- Starts a host.
---@param python string the program
---@param on_exit fun(channel: integer, code: integer)
---@return integer channel 0 or less where it could not be started
function M.start(python, on_exit)
  local options = vim.tbl_extend('error', interpreter.surroundings(VARIABLES), {
    rpc = true,
    on_stderr = function(_, lines)
      for _, line in ipairs(lines) do
        if line ~= '' then
          log.info('host: %s', line)
        end
      end
    end,
    on_exit = on_exit,
  })
  return vim.fn.jobstart(interpreter.command(python, '-c', BOOT, interpreter.door()), options)
end

return M
