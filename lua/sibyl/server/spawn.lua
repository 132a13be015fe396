-- In: a command, a folder. Out: our server's process as Neovim's client talks to it, and its end; where it cannot be
-- started, one that has ended, and why.

local closed_buffers = require('sibyl.server.closed_buffers')
local dot_lists = require('sibyl.server.dot_lists')
local program = require('sibyl.server.program')
local unnamed = require('sibyl.server.unnamed')

local M = {}

local ending = {} ---@type table<integer, true> clients that were told to end

local function no()
  return false
end

-- A client without a process would be an error on the user's screen: this one ends at once, in silence.
local function ended(dispatchers)
  vim.schedule(function()
    dispatchers.on_exit(0, 0)
  end)
  local function yes()
    return true
  end
  return { request = no, notify = no, is_closing = yes, terminate = no }
end

--- Starts a server for a project.
---@param command string[]
---@param root string
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param exit { code: integer?, signal: integer? } gets how it ends
---@return vim.lsp.rpc.PublicClient
---@return string|nil failure
function M.start(command, root, dispatchers, exit)
  local how = { cwd = root, env = { VIRTUAL_ENV = program.project_environment(root) } }
  local silent = vim.tbl_extend('force', dispatchers, {
    -- Of another end Neovim tells in a line that is wider than most screens, and waits for a key.
    on_exit = function(code, signal)
      exit.code, exit.signal = code, signal
      dispatchers.on_exit(0, 0)
    end,
  })
  local started, rpc = pcall(unnamed.spawn, command, silent, how)
  if not started then
    return ended(dispatchers), tostring(rpc)
  end
  return closed_buffers.filtered(dot_lists.filtered(rpc, command[1]))
end

--- Ends a client. What timers of Neovim's still ask of it would be answered by an error on the screen.
---@param client vim.lsp.Client
function M.stop(client)
  ending[client.id] = true
  local request = client.rpc.request
  client.rpc.request = function(method, ...)
    if method == 'shutdown' then
      return request(method, ...)
    end
    return false
  end
  if vim.fn.has('nvim-0.11') == 1 then
    client:stop()
  else
    client.stop()
  end
end

--- Whether nobody has told a client to end.
---@param client vim.lsp.Client
---@return boolean
function M.goes_on(client)
  return not ending[client.id] and not client:is_stopped()
end

return M
