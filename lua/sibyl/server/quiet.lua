-- In: a buffer that our server completes, which is not Python any more, or is again. Out: no menu and no diagnostics of
--     it there, until it is.
--
-- The client stays: a buffer that is edited while it has none never tells one of its edits again (Neovim's table of
-- attached buffers still has it), and every list would be of an old text.

local completion = require('sibyl.server.completion')
local dot = require('sibyl.server.autotrigger')

local M = {}

local quiet = {} ---@type table<integer, true>

local function diagnostics(client, buf, on)
  local ours = ('lsp.%s.%d'):format(client.name, client.id)
  for space, about in pairs(vim.diagnostic.get_namespaces()) do
    local _, stop = about.name:find(ours, 1, true)
    if stop and about.name:find('^%f[%D]', stop + 1) then
      vim.diagnostic.enable(on, { bufnr = buf, ns_id = space })
    end
  end
end

--- Takes menu and diagnostics off a buffer.
---@param client vim.lsp.Client
---@param buf integer
function M.begin(client, buf)
  quiet[buf] = true
  dot.undo(buf)
  completion.disable(client, buf)
  diagnostics(client, buf, false)
end

--- Ends that: the diagnostics are shown again. Whether it was so; the menu is for the caller to bring back.
---@param client vim.lsp.Client|nil nil: it has ended since
---@param buf integer
---@return boolean
function M.over(client, buf)
  local was = quiet[buf] == true
  quiet[buf] = nil
  if was and client then
    diagnostics(client, buf, true)
  end
  return was and client ~= nil
end

--- The buffer is gone.
---@param buf integer
function M.forget(buf)
  quiet[buf] = nil
end

return M
