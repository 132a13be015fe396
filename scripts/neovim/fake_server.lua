--- A language server inside Neovim that answers exactly what a test tells it to.
---
--- In:   options from the test (items, delay, shape of the reply …), requests from Neovim's client.
--- Out:  replies, later if asked so; a log of every request and notification it was sent.
---
--- It is an ordinary client for Neovim (`cmd` is a function), so whatever wraps or reads a client
--- meets the same calls in the same order as with a server in another process.

---@class FakeServer.Options
---@field name? string client name; "fake"
---@field items? table[] LSP completion items to answer with
---@field pages? table[][] item lists for the first, second … request; the last one stays
---@field shape? "list"|"plain"|"null"|"garbage"|"error"|"silent"|"closed" form of the reply, or of none; "list"
---@field incomplete? boolean isIncomplete of a "list"; false
---@field defaults? table itemDefaults of a "list"
---@field delay? integer milliseconds until a completion reply; 0 = at once
---@field resolve? table<string, table> by label: fields that completionItem/resolve adds
---@field triggers? string[] trigger characters; { "." }
---@field encoding? string position encoding; "utf-16"
---@field error? table what an "error" reply says
---@field mute? boolean a cancelled request is never answered: what Neovim makes of the answer of a real server

local M = {}

---@class FakeServer.State
---@field options FakeServer.Options
---@field log { method: string, params: table, kind: "request"|"notify" }[]
---@field asked integer completion requests so far
---@field cancelled table<integer, boolean>
---@field closing boolean

---@type table<integer, FakeServer.State>
local servers = {}

local RESOLVED = 'completionItem/resolve'
local COMPLETION = 'textDocument/completion'

--- What the server says it can do.
---@param options FakeServer.Options
local function hello(options)
  return {
    capabilities = {
      positionEncoding = options.encoding or 'utf-16',
      textDocumentSync = 2,
      completionProvider = {
        triggerCharacters = options.triggers or { '.' },
        resolveProvider = options.resolve ~= nil,
      },
      executeCommandProvider = { commands = { 'fake.command' } },
    },
    serverInfo = { name = options.name or 'fake' },
  }
end

--- The reply to one completion request: error, result.
---@param state FakeServer.State
local function completion(state)
  local options = state.options
  state.asked = state.asked + 1
  local items = options.items or {}
  if options.pages then
    items = options.pages[math.min(state.asked, #options.pages)] or {}
  end
  items = vim.deepcopy(items)
  local shape = options.shape or 'list'
  if shape == 'plain' then
    return nil, items
  elseif shape == 'null' then
    return nil, vim.NIL
  elseif shape == 'garbage' then
    return nil, { isIncomplete = 'maybe', items = { { label = 7 }, { text = 'no label' } } }
  elseif shape == 'error' then
    return options.error or { code = -32603, message = 'the fake server fails' }, nil
  end
  return nil, { isIncomplete = options.incomplete or false, itemDefaults = options.defaults, items = items }
end

--- The reply to one resolve request.
---@param state FakeServer.State
local function resolve(state, item)
  local extra = (state.options.resolve or {})[item.label]
  if not extra then
    -- Servers that look an item up by its label fail like this when somebody changed the label.
    return { code = -32602, message = 'unknown item ' .. tostring(item.label) }, nil
  end
  return nil, vim.tbl_extend('force', item, extra)
end

--- Answer one request: error, result.
---@param state FakeServer.State
local function answer(state, method, params)
  if method == 'initialize' then
    return nil, hello(state.options)
  elseif method == COMPLETION then
    return completion(state)
  elseif method == RESOLVED then
    return resolve(state, params)
  end
  return nil, vim.NIL
end

--- The table Neovim's client talks to.
---@param state FakeServer.State
local function rpc(state, dispatchers)
  local last = 0

  local function request(method, params, callback, replied)
    last = last + 1
    local id = last
    table.insert(state.log, { method = method, params = params, kind = 'request' })
    local function reply()
      if state.closing and method ~= 'shutdown' then
        return
      end
      local failed, result = answer(state, method, params)
      if state.cancelled[id] and state.options.mute then
        return
      elseif state.cancelled[id] then
        failed, result = { code = -32800, message = 'cancelled' }, nil
      end
      if replied then
        replied(id)
      end
      callback(failed, result)
    end
    if method == COMPLETION and state.options.shape == 'silent' then
      return true, id
    elseif method == COMPLETION and state.options.shape == 'closed' then
      return false
    end
    -- Never in the same call: a real reply always comes later, and Neovim counts on that.
    local delay = method == COMPLETION and state.options.delay
      or method == 'initialize' and state.options.hello_delay
      or 0
    if delay > 0 then
      vim.defer_fn(reply, delay)
    else
      vim.schedule(reply)
    end
    return true, id
  end

  local function notify(method, params)
    table.insert(state.log, { method = method, params = params, kind = 'notify' })
    if method == '$/cancelRequest' then
      state.cancelled[params.id] = true
    elseif method == 'exit' then
      state.closing = true
      dispatchers.on_exit(0, 0)
    end
    return true
  end

  return {
    request = request,
    notify = notify,
    is_closing = function()
      return state.closing
    end,
    terminate = function()
      state.closing = true
    end,
  }
end

--- Start a server for a buffer; returns the client's id.
---@param options FakeServer.Options
---@param buf? integer
function M.start(options, buf)
  local state = { options = options, log = {}, asked = 0, cancelled = {}, closing = false }
  local id = vim.lsp.start({
    name = options.name or 'fake',
    root_dir = vim.fn.getcwd(),
    cmd = function(dispatchers)
      return rpc(state, dispatchers)
    end,
    reuse_client = function()
      return false
    end,
    handlers = {
      ['workspace/executeCommand'] = function() end,
    },
  }, { bufnr = buf or 0 })
  assert(id, 'the fake server did not start')
  servers[id] = state
  return id
end

--- Change some options of a running server.
function M.set(id, options)
  servers[id].options = vim.tbl_extend('force', servers[id].options, options)
end

--- The parameters of every call of one method, oldest first (of all methods: names too).
---@param method? string
function M.log(id, method)
  local calls = {}
  for _, call in ipairs(servers[id].log) do
    if not method then
      table.insert(calls, call)
    elseif call.method == method then
      table.insert(calls, call.params or vim.NIL)
    end
  end
  return calls
end

return M
