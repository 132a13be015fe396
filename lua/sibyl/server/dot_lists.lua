-- In: replies of our own server to the dot behind a receiver. Out: the same, or nothing where a list cannot be trusted.
--
-- In a bracket that is open, above other code, ty reads `print(os.path.` and the next line's `x` as `os.path.x`, and
-- lists what `os` has. Where it does not know the receiver it lists what every object has; a menu that opens by itself
-- with that is in the way.

local dot = require('sibyl.server.autotrigger')
local items = require('sibyl.completion.items')

local M = {}

local api = vim.api
local AUTOMATIC = 2 -- LSP's CompletionTriggerKind of a character that triggers
local BELOW = 50 -- lines that are looked at for other code

-- The line up to the cursor, and what is behind it; nil where the request is of another place.
local function around(position)
  local cursor, line = api.nvim_win_get_cursor(0), api.nvim_get_current_line()
  if position.line == cursor[1] - 1 then
    return line:sub(1, cursor[2]), line:sub(cursor[2] + 1)
  end
end

local function bracket_open(text)
  local depth = 0
  for bracket in text:gmatch('[%(%[{%)%]}]') do
    depth = bracket:find('[%(%[{]') and depth + 1 or math.max(0, depth - 1)
  end
  return depth > 0
end

-- Whether ty takes the dot at the end of a line for one that goes on in the next, and lists what stands before it.
local function misread(before, behind)
  if behind:find('%S') or not before:find('%.[%w_\128-\255]+%.$') or not bracket_open(before) then
    return false
  end
  local row = api.nvim_win_get_cursor(0)[1]
  return vim.iter(api.nvim_buf_get_lines(0, row, row + BELOW, false)):any(function(line)
    return line:find('%S') ~= nil
  end)
end

--- Makes a client leave out such lists.
---@param rpc vim.lsp.rpc.PublicClient
---@param program string the server's
---@return vim.lsp.rpc.PublicClient
function M.filtered(rpc, program)
  local request, is_ty = rpc.request, vim.fs.basename(program):find('^ty%f[^%w]') ~= nil
  rpc.request = function(method, params, callback, ...)
    local before, behind
    if method == 'textDocument/completion' then
      before, behind = around(params.position)
    end
    if not before or before:sub(-1) ~= '.' then
      return request(method, params, callback, ...)
    end
    local wrong = is_ty and misread(before, behind)
    local by_itself = dot.asks() or (params.context or {}).triggerKind == AUTOMATIC
    return request(method, params, function(failure, result, ...)
      if wrong or (by_itself and not items.says_something(result, before)) then
        result = nil
      end
      return callback(failure, result, ...)
    end, ...)
  end
  return rpc
end

return M
