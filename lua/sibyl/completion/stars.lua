-- In: calls of Neovim's own completion functions. Out: the same calls, with stars on the starred items.
--
-- Neovim 0.11 and later turn LSP items into menu lines by `convert`, an option of vim.lsp.completion.enable().
-- Users call enable() themselves, so it is wrapped, and their own convert is asked first. Where no convert is at
-- work (0.10, or omnifunc without enable) the star goes into the label of the reply. Either way it stands before the
-- name.

local items = require('sibyl.completion.items')
local language = require('sibyl.buffer.language')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local active = false
local converts = {} ---@type table<integer, boolean> buffers whose menu goes through our convert
local switched_on = {} ---@type table<integer, table<integer, true>> by buffer: clients that enable() was called for
local inside_omnifunc = false
-- Our wrappers, to see on the way out whether they are still the ones in place: where somebody has wrapped them they
-- stay below, and pass everything on until they are wanted again.
local own_enable, own_omnifunc
local their_enable, their_omnifunc

-- What Neovim itself shows of an item where no convert says otherwise.
local function shown(item)
  local details = vim.fn.has('nvim-0.12') == 1 and item.labelDetails
  return item.label .. (type(details) == 'table' and details.detail or '')
end

-- Before the name: the columns behind it are off the screen where a list has a long label.
local function add_star(item, line)
  line.abbr = sort_text.STAR .. (line.abbr or shown(item))
  line.abbr_hlgroup = line.abbr_hlgroup or not items.deprecated(item) and 'SibylStar' or nil
  return line
end

local function chain(convert)
  return function(item)
    local line = convert and convert(item) or {}
    if active and sort_text.is_starred(item) then
      return add_star(item, vim.deepcopy(line))
    end
    return line
  end
end

-- What Neovim keeps of a buffer where completion is on: the options of the first enable(), perhaps one before us. And
-- whether that can be seen here.
local function options_of(buf)
  local converting = (vim.lsp.completion or {})._lsp_to_complete_items
  for index = 1, converting and 60 or 0 do -- more than a function of LuaJIT can have
    local name, value = debug.getupvalue(converting, index)
    if name == 'buf_handles' and type(value) == 'table' then
      return value[buf], true
    end
  end
  return nil, false
end

-- Whether a client that completed in a buffer has ended, or left it, since. Where the text of a buffer is read again in
-- place (:checktime, 'autoread'), Neovim enables all again that ever were, and shows an error for those that ended.
local function has_left(client_id, buf)
  local client = vim.lsp.get_client_by_id(client_id)
  return (switched_on[buf] or {})[client_id] ~= nil and not (client and client.attached_buffers[buf])
end

local function enable(on, client_id, buf, options)
  local number = (buf == 0 or buf == nil) and vim.api.nvim_get_current_buf() or buf
  if on and has_left(client_id, number) then
    return
  elseif on then
    switched_on[number] = switched_on[number] or {}
    switched_on[number][client_id] = true
  end
  if on and active and language.is_python(number) then
    converts[number] = converts[number] or (options_of(number)) == nil
    options = vim.tbl_extend('force', {}, options or {})
    options.convert = chain(options.convert)
  end
  return their_enable(on, client_id, buf, options)
end

local function omnifunc(...)
  inside_omnifunc = true
  local results = vim.F.pack_len(pcall(their_omnifunc, ...))
  inside_omnifunc = false
  if not results[1] then
    error(results[2], 0)
  end
  return unpack(results, 2, results.n)
end

--- Whether the request that is being sent right now should come back with stars in its labels. Not where a convert of
--- somebody else's is at work: it may make words of them.
---@param buf integer
---@param native boolean whether it is for Neovim's own menu
---@return boolean
function M.in_label(buf, native)
  if converts[buf] then
    return false
  end
  local options, seen = options_of(buf)
  if not seen then
    return inside_omnifunc
  end
  return (native or inside_omnifunc) and not (options and options.convert)
end

--- Begins to put stars into menus.
function M.install()
  active = true
  local completion = vim.lsp.completion
  if completion and not own_enable then
    their_enable, own_enable = completion.enable, enable
    completion.enable = enable
  end
  if not own_omnifunc then
    their_omnifunc, own_omnifunc = vim.lsp.omnifunc, omnifunc
    vim.lsp.omnifunc = omnifunc
  end
end

--- Puts Neovim's own functions back, where ours are still in place.
function M.uninstall()
  active = false
  local completion = vim.lsp.completion
  if completion and completion.enable == own_enable then
    completion.enable, own_enable = their_enable, nil
  end
  if vim.lsp.omnifunc == own_omnifunc then
    vim.lsp.omnifunc, own_omnifunc = their_omnifunc, nil
  end
end

vim.api.nvim_create_autocmd({ 'LspDetach', 'BufWipeout' }, {
  group = vim.api.nvim_create_augroup('sibyl_stars', { clear = true }),
  desc = 'sibyl: the next enable() in this buffer is the first again',
  callback = function(event)
    vim.schedule(function()
      if not vim.api.nvim_buf_is_valid(event.buf) or #vim.lsp.get_clients({ bufnr = event.buf }) == 0 then
        converts[event.buf] = nil
      end
      if not vim.api.nvim_buf_is_valid(event.buf) then
        switched_on[event.buf] = nil
      end
    end)
  end,
})

return M
