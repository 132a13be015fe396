-- In: Neovim's clients and what its configuration has enabled. Out: which servers of the user's own complete in a
--     buffer, and which may do so soon.

local capability = require('sibyl.server.capability')

local M = {}

local NAME = 'sibyl'

--- A client other than ours that completes in a buffer.
---@param buf integer
---@return vim.lsp.Client|nil
function M.completing(buf)
  return vim.iter(vim.lsp.get_clients({ bufnr = buf })):find(function(client)
    return client.name ~= NAME and capability.completes(client)
  end)
end

-- A client that was started for a buffer and has not answered yet: nobody knows what it can do.
local function starting(buf)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf, _uninitialized = true })) do
    if client.name ~= NAME and not client.initialized then
      return client.name
    end
  end
end

-- Whether the command of a configuration is there; what is a function, nobody knows before it is called.
local function runnable(command)
  return type(command) == 'function' or (type(command) == 'table' and vim.fn.executable(command[1]) == 1)
end

-- A server that vim.lsp.enable() was called for, and that is to come to Python buffers.
local function enabled(buf)
  local here, filetype = {}, vim.bo[buf].filetype
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf, _uninitialized = true })) do
    here[client.name] = true
  end
  for name in vim.spairs(vim.lsp._enabled_configs or {}) do
    local ok, server = pcall(function()
      return vim.lsp.config[name]
    end)
    local serves = ok and server and type(server.filetypes) == 'table' and vim.tbl_contains(server.filetypes, filetype)
    if serves and not here[name] and runnable(server.cmd) then
      return name
    end
  end
end

--- A server of the user's own that is on its way: its name, and whether its process was started already.
---@param buf integer
---@return string|nil name
---@return boolean started
function M.coming(buf)
  local name = starting(buf)
  if name then
    return name, true
  end
  return enabled(buf), false
end

return M
