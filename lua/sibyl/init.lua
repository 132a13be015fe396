-- In: Python buffers as they open, and the user's switches. Out: the parts at work in these buffers.
--
-- Wiring of the editor's side, each arrow a call:
--   FileType python ─► begin ─► client.start (host)        LspAttach ─► lsp_hook.buffer (its clients)
--                        └────► mirror.attach (the text)   CursorMovedI ─► mirror.cursor_moved

local config = require('sibyl.config')
local language = require('sibyl.buffer.language')

local M = {}

local api = vim.api
local wired = false
local begun = {} ---@type table<integer, string> Python buffers seen, and what they were called when last looked at

local function attach(buf)
  if not config.enabled(buf) or not require('sibyl.buffer.fit').ours(buf) then
    return
  end
  require('sibyl.host.client').start()
  require('sibyl.buffer.mirror').attach(buf)
  require('sibyl.completion.lsp_hook').buffer(buf)
  require('sibyl.server.default').consider(buf)
end

-- The language server stays: what it lists is shown in its own order, so that one can compare.
local function detach(buf)
  require('sibyl.buffer.mirror').detach(buf)
end

local function wire()
  if not wired then
    wired = true
    require('sibyl.events').wire(begun)
  end
end

--- Begins with a Python buffer. Called once its FileType event is over.
---@param buf integer
function M.begin(buf)
  if not api.nvim_buf_is_loaded(buf) or not language.is_python(buf) then
    return
  end
  if config.get().enabled and not require('sibyl.server.lsp').usable() then
    return
  end
  begun[buf] = api.nvim_buf_get_name(buf)
  if not config.get().enabled then
    return
  end
  wire()
  attach(buf)
end

-- What the first buffer needs. Read at once, it would keep the editor for longer than a key may wait.
local PARTS = {
  'sibyl.server.lsp',
  'sibyl.buffer.mirror',
  'sibyl.menus.accepted',
  'sibyl.server.default',
  'sibyl.completion.lsp_hook',
  'vim.lsp.completion',
  'vim.lsp.client',
}

--- The same in steps, between which keys are taken.
---@param buf integer
function M.begin_in_steps(buf)
  local function step(at)
    if wired or at > #PARTS or not api.nvim_buf_is_loaded(buf) or not config.get().enabled then
      return M.begin(buf)
    end
    pcall(require, PARTS[at]) -- Neovim 0.10 has no vim.lsp.completion
    vim.defer_fn(function()
      step(at + 1)
    end, 0)
  end
  step(1)
end

--- Begins with all Python buffers that are open: what they lack may be there now.
function M.begin_all()
  for _, buf in ipairs(api.nvim_list_bufs()) do
    M.begin(buf)
  end
end

--- Goes on with a buffer under another name, or leaves it alone from now on.
---@param buf integer
function M.rename(buf)
  if not api.nvim_buf_is_loaded(buf) then
    return
  end
  begun[buf] = begun[buf] and api.nvim_buf_get_name(buf)
  local fit = require('sibyl.buffer.fit')
  fit.forget(buf)
  if not fit.ours(buf) then
    detach(buf)
    return require('sibyl.server.default').leave(buf)
  end
  require('sibyl.buffer.mirror').resend(buf)
  require('sibyl.server.default').after_rename(buf)
  attach(buf)
end

--- The Python buffers seen, in their order.
---@return integer[]
function M.buffers()
  local list = vim.tbl_filter(api.nvim_buf_is_loaded, vim.tbl_keys(begun))
  table.sort(list)
  return list
end

--- Options can be given here instead of in vim.g.sibyl; calling it is not needed.
---@param options table|nil
function M.setup(options)
  config.merge(options)
end

-- A buffer's number, where 0 is the current one.
local function number_of(buf)
  return buf == 0 and api.nvim_get_current_buf() or buf
end

local function each(buf, callback)
  for _, number in ipairs(buf and { buf } or vim.tbl_keys(begun)) do
    if begun[number] and api.nvim_buf_is_loaded(number) then
      callback(number)
    end
  end
end

--- Ranks again: everywhere, or in one buffer.
---@param buf integer|nil 0: the current one
function M.enable(buf)
  buf = number_of(buf)
  if buf then
    vim.b[buf].sibyl_enabled = true
  else
    config.switch(true)
  end
  if not require('sibyl.server.lsp').usable() then
    return
  end
  wire()
  require('sibyl.completion.lsp_hook').install()
  each(buf, attach)
end

--- Leaves all lists as they come, and ends the host: everywhere, or in one buffer.
---@param buf integer|nil 0: the current one
function M.disable(buf)
  buf = number_of(buf)
  if buf then
    vim.b[buf].sibyl_enabled = false
    each(buf, detach)
    return
  end
  config.switch(false)
  each(nil, detach)
  if wired then
    require('sibyl.completion.lsp_hook').uninstall()
  end
  local client = package.loaded['sibyl.host.client'] -- commands start a host without a buffer, too
  if client then
    client.stop()
  end
end

--- Ends all that runs, and lets the plugin be loaded again. lazy.nvim calls it: `:Lazy reload`, and when it is cleaned.
function M.deactivate()
  each(nil, require('sibyl.server.default').leave)
  M.disable()
  vim.g.loaded_sibyl = nil
end

--- Switches off what is on, and on what is off: everywhere, or in one buffer.
---@param buf integer|nil 0: the current one
function M.toggle(buf)
  local on = config.get().enabled
  if buf then
    on = config.on_here(buf)
  end
  if on then
    M.disable(buf)
  else
    M.enable(buf)
  end
end

--- The option `cmp` of vim.lsp.completion.enable() on Neovim 0.12: orders the items of several clients together.
--- (`comparator` below is for plugins.)
---@param a table complete-item
---@param b table complete-item
---@return boolean
function M.completion_cmp(a, b)
  return require('sibyl.completion.compare').compare(a, b)
end

--- The former name of `completion_cmp`; it goes on working.
M.compare = M.completion_cmp

--- A comparator for nvim-cmp's `sorting.comparators`: see |sibyl-cmp|.
---@param a table an nvim-cmp entry, or an item
---@param b table
---@return boolean|nil
function M.comparator(a, b)
  return require('sibyl.menus.cmp').comparator(a, b)
end

return M
