-- In: Python buffers and the language servers that attach to them. Out: a server of our own, where there is no other.
--
-- The stock menu knows nothing without a language server, so sibyl brings one. It steps back from a buffer as
-- soon as anybody else completes there. Why it is `ty`: bench/LOG.md.

local completion = require('sibyl.server.completion')
local config = require('sibyl.config')
local fit = require('sibyl.buffer.fit')
local dot = require('sibyl.server.autotrigger')
local language = require('sibyl.buffer.language')
local library = require('sibyl.server.library')
local log = require('sibyl.log')
local menus = require('sibyl.server.menu_plugins')
local others = require('sibyl.server.others')
local program = require('sibyl.server.program')
local quiet = require('sibyl.server.quiet')
local spawn = require('sibyl.server.spawn')

local M = {}

local api = vim.api
local NAME = 'sibyl'
local LOOK_MS = 250 -- between two looks at whether a server of the user's own has come
-- How long to wait for one, in ms: that is enabled, but nobody has started it (perhaps it finds no root here); that
-- was started, and has not said yet what it can do.
M.patience = { enabled = 5000, started = 60000 }
local waiting = {} ---@type table<integer, integer> buffers without a server yet: since when (ms) one is waited for
local starting = {} ---@type table<integer, true> buffers whose server was started and has not attached yet
local renaming = {} ---@type table<integer, integer> buffers that are being renamed, and their client
local served = {} ---@type table<integer, integer> by buffer that nobody else has completed since: our client
local stopped = {} ---@type table<integer, true> clients told to end
---@type table<integer, { since: integer, command: string[], root: string, settings: table }> how clients were started
local launched = {}
M.steady = 10000 -- ms after which one that ends by itself is started again: it may have been killed
M.ended = nil ---@type string|nil how our server ended, when nobody told it to

--- The client of our server in a buffer.
---@param buf integer
---@return vim.lsp.Client|nil
function M.client(buf)
  return vim.lsp.get_clients({ bufnr = buf, name = NAME })[1]
end

-- A plugin with a menu of its own may be loaded when one begins to insert: then ours stops to open by itself.
local function give_way(buf)
  api.nvim_create_autocmd('InsertEnter', {
    group = api.nvim_create_augroup('sibyl_way_' .. buf, { clear = true }),
    buffer = buf,
    desc = "sibyl: one menu at a time (sibyl's own server)",
    callback = vim.schedule_wrap(function()
      local ours = M.client(buf)
      if menus.loaded() and ours then
        completion.disable(ours, buf)
      end
    end),
  })
end

local function on_attach(client, buf)
  starting[buf], M.ended, served[buf] = nil, nil, client.id
  local auto = config.get().autotrigger and not menus.loaded()
  completion.enable(client, buf, auto)
  if auto then
    give_way(buf)
    local function wanted()
      return M.client(buf) ~= nil and not menus.loaded()
    end
    dot.prepare(buf, wanted)
    dot.catch_up(buf, wanted)
  end
end

-- Whether a buffer needs a server of ours.
local function needs(buf)
  return api.nvim_buf_is_loaded(buf)
    and fit.ours(buf)
    and config.enabled(buf)
    and config.get().server.enabled
    and not others.completing(buf)
    and not M.client(buf)
end

-- Ends a client that has no buffer left.
local function end_unused(id)
  vim.schedule(function()
    local client = vim.lsp.get_client_by_id(id)
    if client and not stopped[id] and not next(client.attached_buffers or {}) then
      stopped[id] = true -- being told twice, a server complains on the user's screen
      spawn.stop(client)
    end
  end)
end

local on_exit

local function launch(buf, command, root, settings)
  starting[buf] = true
  require('sibyl.server.lsp').quiet()
  local exit, failure = {}, nil
  local id = vim.lsp.start({
    name = NAME,
    cmd = function(dispatchers)
      local rpc
      rpc, failure = spawn.start(command, root, dispatchers, exit)
      return rpc
    end,
    root_dir = root,
    get_language_id = language.id,
    settings = settings,
    init_options = settings.ty,
    on_attach = on_attach,
    on_exit = vim.schedule_wrap(function(_, _, client)
      on_exit(exit.code or 0, exit.signal or 0, client)
    end),
  }, { bufnr = buf })
  if failure or not id then
    starting[buf] = nil
    if id then
      stopped[id] = true
    end
    log.warn('%s', failure or 'the language server has no client')
    log.tell('the language server could not be started: ' .. table.concat(command, ' '))
    return
  end
  launched[id] = launched[id] or { since = vim.uv.now(), command = command, root = root, settings = settings }
end

-- A server that has served for a while and ends by itself is started again at once: a buffer that is edited while it
-- has no client never tells one of its edits again, and every list would be of an old text.
function on_exit(code, signal, id)
  local how = launched[id]
  launched[id] = nil
  if stopped[id] or vim.v.exiting ~= vim.NIL then
    return
  end
  M.ended = ('code %d, signal %d'):format(code, signal)
  starting = {}
  if not how or vim.uv.now() - how.since < M.steady then
    local tell = code == 0 and (signal == 0 or signal == 15) and log.warn or log.tell
    return tell(('the language server ended (%s): :Sibyl restart starts it again'):format(M.ended))
  end
  log.warn('the language server ended (%s)', M.ended)
  vim.schedule(function() -- behind what takes the old client off its buffers
    for buf, client_id in pairs(served) do
      if client_id == id and needs(buf) then
        launch(buf, how.command, how.root, how.settings)
      end
    end
  end)
end

local function start(buf)
  local command, client = program.command(), library.client(buf, NAME)
  if client then
    return vim.lsp.buf_attach_client(buf, client.id)
  elseif not command then
    return log.info('no language server: `ty` is not installed (:Sibyl install)')
  elseif vim.fn.executable(command[1]) == 0 then
    return log.tell('no such program, option `server.cmd`: ' .. command[1])
  end
  local root = program.root(buf)
  starting[buf] = true
  program.settings(program.project_environment(root), function(settings)
    starting[buf] = nil
    if needs(buf) then
      launch(buf, command, root, settings)
    end
  end)
end

--- Takes our server off a buffer; it ends with its last buffer.
---@param buf integer
function M.leave(buf)
  local client = M.client(buf)
  local id = client and client.id or renaming[buf] -- that one was taken off before the buffer got its new name
  renaming[buf] = nil
  if id then
    dot.undo(buf)
    pcall(vim.lsp.buf_detach_client, buf, id)
    end_unused(id)
  end
end

-- Starts our server, unless one of the user's own is on its way.
local function settle(buf)
  local since = waiting[buf]
  if not since or not needs(buf) then
    waiting[buf] = nil
    return
  end
  local name, started = others.coming(buf)
  local patience = not name and 0 or M.patience[started and 'started' or 'enabled']
  if vim.uv.now() - since < patience then
    vim.defer_fn(function()
      settle(buf)
    end, LOOK_MS)
    return
  end
  waiting[buf] = nil
  start(buf)
end

--- Looks whether a buffer needs our server, or needs it no more.
---@param buf integer
function M.consider(buf)
  if others.completing(buf) then
    served[buf] = nil
    return M.leave(buf)
  end
  if fit.ours(buf) and quiet.over(M.client(buf), buf) then
    on_attach(M.client(buf), buf)
  end
  completion.keep(M.client(buf), buf)
  if waiting[buf] or starting[buf] or not needs(buf) then
    return
  end
  -- A file that is read again (`:e`) has waited for a server of the user's own before.
  local delay = served[buf] and 0 or config.get().server.delay
  waiting[buf] = vim.uv.now() + delay
  vim.defer_fn(function()
    settle(buf)
  end, delay)
end

--- A buffer is not Python any more.
---@param buf integer
function M.pause(buf)
  local client = M.client(buf)
  if client then
    quiet.begin(client, buf)
  end
end

--- A buffer is about to get another name: the server must hear of the old one's end while that is known.
---@param buf integer
function M.before_rename(buf)
  local client = M.client(buf)
  if client then
    renaming[buf] = client.id
    pcall(vim.lsp.buf_detach_client, buf, client.id)
    completion.disable(client, buf) -- `:w name` has deleted the autocommand that hears of the end
    vim.schedule(function()
      if renaming[buf] and api.nvim_buf_is_loaded(buf) then -- another buffer has that name (E95)
        M.after_rename(buf)
      end
    end)
  end
end

--- A buffer has another name, and perhaps another project. It is served again at once: a buffer that is edited while
--- it has no client never tells one of its edits again (Neovim's table of attached buffers still has it).
---@param buf integer
function M.after_rename(buf)
  local id, command, root = renaming[buf], program.command(), program.root(buf)
  renaming[buf] = nil
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    return M.consider(buf)
  elseif client.config.root_dir ~= root and command then
    launch(buf, command, root, client.config.settings or {})
    end_unused(id)
  else
    vim.lsp.buf_attach_client(buf, id)
  end
end

--- A buffer is gone.
---@param buf integer
function M.forget(buf)
  served[buf], starting[buf], waiting[buf] = nil, nil, nil
  quiet.forget(buf)
  dot.forget(buf)
end

---@alias sibyl.Serving 'off'|'theirs'|'ready'|'starting'|'waiting'|'missing'|'ended'|'none'

--- How a buffer is served, and by whom.
---@param buf integer
---@return sibyl.Serving
---@return string|nil name of the server
function M.serving(buf)
  local other, ours = others.completing(buf), M.client(buf)
  if other or ours then
    return other and 'theirs' or 'ready', (other or ours).name
  elseif starting[buf] then
    return 'starting', "sibyl's own language server"
  end
  local coming = others.coming(buf)
  if waiting[buf] or (coming and not config.get().server.enabled) then
    return 'waiting', coming
  elseif not config.get().server.enabled then
    return 'off'
  elseif M.ended then
    return 'ended', M.ended
  end
  local command = program.command()
  return command and vim.fn.executable(command[1]) == 1 and 'none' or 'missing', command and command[1]
end

return M
