-- In: buffers whose menu opens by itself. Out: 'completeopt' there: nothing is inserted without being asked for.

local insert_mode = require('sibyl.insert_mode')

local M = {}

local api = vim.api
local MILD = 'menuone,noselect'
local INSERT = { 'longest', 'preinsert', '' } -- flags by which a menu inserts what nobody has chosen; and none
local modern = vim.fn.has('nvim-0.11') == 1 -- Neovim 0.10 has one value for all buffers
local prepared = {} ---@type table<integer, true>
local set ---@type { buf: integer, before: string, ours: string }|nil what is set while one inserts

local function group(buf)
  return api.nvim_create_augroup('sibyl_completeopt_' .. buf, { clear = true })
end

--- Whether a menu with these flags inserts its first line by itself.
---@param flags string[] those of 'completeopt'
---@return boolean
function M.inserts_first(flags)
  return not vim.list_contains(flags, 'noselect') and not vim.list_contains(flags, 'noinsert')
end

-- A value of 'completeopt' whose menu inserts nothing by itself, neither its first line nor what all lines begin with;
-- nil where that is so already.
local function mild(value)
  local flags = vim.tbl_filter(function(flag)
    return not vim.list_contains(INSERT, flag)
  end, vim.split(value, ','))
  if M.inserts_first(flags) then
    local default = api.nvim_get_option_info2('completeopt', {}).default
    table.insert(flags, value == default and MILD or 'noselect')
  end
  local ours = table.concat(flags, ',')
  return ours ~= value and ours or nil
end

-- What the option is set in.
local function scope(buf)
  return modern and vim.bo[buf] or vim.go
end

-- The value is set while one inserts in a buffer of ours, and put back in whichever buffer that ends, unless somebody
-- else has set it since: sessions and views that are written outside insert mode hold the user's own.
local function put_back()
  local exists = set and (not modern or api.nvim_buf_is_valid(set.buf))
  if set and exists and scope(set.buf).completeopt == set.ours then
    scope(set.buf).completeopt = set.before
  end
  set = nil
  api.nvim_create_augroup('sibyl_dot_option', { clear = true })
end

-- What would be set in a buffer; nil where nothing has to be.
local function wanted(buf)
  local before = scope(buf).completeopt
  return mild(before ~= '' and before or vim.go.completeopt), before
end

local function use(buf)
  put_back()
  local ours, before = wanted(buf)
  if not ours then
    return
  end
  set = { buf = buf, before = before, ours = ours }
  scope(buf).completeopt = ours
  local ours_alone = api.nvim_create_augroup('sibyl_dot_option', { clear = true })
  insert_mode.when_over(ours_alone, "sibyl: 'completeopt' is what it was", put_back)
end

--- Sets the option for a buffer: a menu that opens by itself must not insert its first line by itself, whatever one is
--- used to from menus that one asks for.
---@param buf integer
function M.prepare(buf)
  prepared[buf] = true
  local ours_alone = group(buf)
  -- A window can be left for another without leaving insert mode.
  api.nvim_create_autocmd({ 'InsertEnter', 'BufEnter' }, {
    group = ours_alone,
    buffer = buf,
    desc = 'sibyl: insert mode here must not insert the first line by itself',
    callback = function(event)
      if event.event == 'InsertEnter' or insert_mode.inserting(buf) then
        use(buf)
      end
    end,
  })
  -- `:normal o` in a mapping leaves insert mode and is back in it without another InsertEnter.
  api.nvim_create_autocmd('InsertLeave', {
    group = ours_alone,
    buffer = buf,
    desc = 'sibyl: insert mode may go on here',
    callback = vim.schedule_wrap(function()
      if not set and prepared[buf] and insert_mode.inserting(buf) then
        use(buf)
      end
    end),
  })
  if insert_mode.inserting(buf) then
    use(buf)
  end
end

--- The value that 'completeopt' has in a buffer, while one inserts there, where that is not the user's own; else nil.
---@param buf integer
---@return string|nil
function M.value(buf)
  if not prepared[buf] then
    return nil
  elseif set and (set.buf == buf or not modern) then
    return set.ours
  end
  return (wanted(buf))
end

--- Gives a buffer its own value back, unless somebody has set another one since.
---@param buf integer
function M.undo(buf)
  group(buf)
  prepared[buf] = nil
  if set and set.buf == buf then
    put_back()
  end
end

--- The buffer is gone.
---@param buf integer
function M.forget(buf)
  prepared[buf] = nil
end

return M
