-- In: Python buffers and the language servers that attach to them. Out: a server of our own, where there is no other.
--
-- The stock menu knows nothing without a language server, so sibyl brings one. It steps back from a buffer as
-- soon as anybody else completes there. Why it is `ty`: bench/LOG.md.

local capability = require('sibyl.server.capability')
local config = require('sibyl.config')
local dot = require('sibyl.server.autotrigger')
local interpreter = require('sibyl.host.interpreter')
local log = require('sibyl.log')
local menus = require('sibyl.server.menu_plugins')
local search = require('sibyl.host.search')

local M = {}

local api = vim.api
local NAME = 'sibyl'
local MARKERS = { 'ty.toml', 'pyproject.toml', 'setup.py', 'setup.cfg', '.git' }
local waiting = {} ---@type table<integer, true> buffers whose delay runs
local stopped = {} ---@type table<integer, true> clients told to end

--- The client of our server in a buffer.
---@param buf integer
---@return vim.lsp.Client|nil
function M.client(buf)
  return vim.lsp.get_clients({ bufnr = buf, name = NAME })[1]
end

local function other(buf)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buf })) do
    if client.name ~= NAME and capability.completes(client) then
      return client
    end
  end
end

--- What would be started; nil when there is nothing to start.
---@return string[]|nil
function M.command()
  local chosen = config.get().server.cmd
  if chosen then
    return chosen
  end
  local places = { interpreter.venv(), vim.fs.joinpath(interpreter.root(), '.venv') }
  for _, place in ipairs(places) do
    local program = interpreter.program(place, 'ty')
    if vim.fn.executable(program) == 1 then
      return { program, 'server' }
    end
  end
  local program = search.first('ty')
  return program and { program, 'server' }
end

-- The project's own environment, so that its packages are known.
local function project_environment(root)
  for _, name in ipairs({ '.venv', 'venv', 'env' }) do
    local folder = vim.fs.joinpath(root, name)
    if vim.uv.fs_stat(vim.fs.joinpath(folder, 'pyvenv.cfg')) then
      return folder
    end
  end
  return vim.env.VIRTUAL_ENV or vim.env.CONDA_PREFIX
end

-- Without an environment ty would look into the one it is installed in, which is sibyl's own and full of packages
-- the user never asked for. So the system's Python is named, by its real folder: ty knows nothing of shims.
local function settings_for(environment, done)
  local settings = vim.deepcopy(config.get().server.settings)
  local python = not environment and (search.first('python3') or search.first('python'))
  if not python or config.get().server.cmd then
    return done(settings)
  end
  local ask = interpreter.command(python, '-c', 'import sys; print(sys.prefix)')
  local how = vim.tbl_extend('error', interpreter.surroundings(), { text = true, timeout = 5000 })
  vim.system(ask, how, function(result)
    local prefix = vim.trim(result.stdout or '')
    if result.code == 0 and prefix ~= '' then
      settings = vim.tbl_deep_extend('keep', settings, {
        ty = { configuration = { environment = { python = prefix } } },
      })
    end
    vim.schedule(function()
      done(settings)
    end)
  end)
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
        vim.lsp.completion.enable(false, ours.id, buf)
      end
    end),
  })
end

local function on_attach(client, buf)
  local auto = config.get().autotrigger and not menus.loaded()
  if vim.lsp.completion and vim.lsp.completion.enable then
    vim.lsp.completion.enable(true, client.id, buf, { autotrigger = auto })
    if auto then
      give_way(buf)
    end
  end
  if auto then
    dot.prepare(buf, function()
      return M.client(buf) ~= nil and not menus.loaded()
    end)
  end
end

-- Whether a buffer still needs our server now that the waiting is over.
local function needs(buf)
  return api.nvim_buf_is_loaded(buf)
    and config.enabled(buf)
    and config.get().server.enabled
    and not other(buf)
    and not M.client(buf)
end

local function start(buf)
  local command = M.command()
  if not command then
    return log.info('no language server: `ty` is not installed (:Sibyl install)')
  elseif vim.fn.executable(command[1]) == 0 then
    return log.tell('no such program, option `server.cmd`: ' .. command[1])
  end
  local root = vim.fs.root(buf, MARKERS) or vim.fs.dirname(api.nvim_buf_get_name(buf))
  local environment = project_environment(root)
  settings_for(environment, function(settings)
    if not needs(buf) then
      return
    end
    local id = vim.lsp.start({
      name = NAME,
      cmd = command,
      root_dir = root,
      cmd_env = { VIRTUAL_ENV = environment },
      settings = settings,
      init_options = settings.ty,
      on_attach = on_attach,
    }, { bufnr = buf })
    if not id then
      log.tell('the language server could not be started: ' .. table.concat(command, ' '))
    end
  end)
end

--- Takes our server off a buffer; it ends with its last buffer.
---@param buf integer
function M.leave(buf)
  local client = M.client(buf)
  if not client then
    return
  end
  dot.undo(buf)
  pcall(vim.lsp.buf_detach_client, buf, client.id)
  vim.schedule(function()
    if not stopped[client.id] and not next(client.attached_buffers or {}) then
      stopped[client.id] = true -- being told twice, a server complains on the user's screen
      if vim.fn.has('nvim-0.11') == 1 then
        client:stop()
      else
        client.stop()
      end
    end
  end)
end

--- Looks whether a buffer needs our server, or needs it no more.
---@param buf integer
function M.consider(buf)
  if other(buf) then
    return M.leave(buf)
  end
  if waiting[buf] or not config.get().server.enabled or M.client(buf) or api.nvim_buf_get_name(buf) == '' then
    return
  end
  waiting[buf] = true
  vim.defer_fn(function()
    waiting[buf] = nil
    if needs(buf) then
      start(buf)
    end
  end, config.get().server.delay)
end

return M
