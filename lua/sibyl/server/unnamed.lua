-- In: what Neovim's client says to our own server of buffers without a name. Out: the same under a name of its own:
--     for Neovim they are all `file://`, which no server takes.
--
--   client ──file://──► untitled:sibyl-7 ──► server          (7: the buffer)
--   server ──of untitled:… ──► left out: Neovim would make a buffer of that name; a new name is written here

local documents = require('sibyl.server.documents')
local language = require('sibyl.buffer.language')

local M = {}

local api = vim.api
local NAMELESS, PREFIX = vim.uri_from_fname(''), 'untitled:sibyl-'

local function nameless(buf)
  return api.nvim_buf_is_loaded(buf) and api.nvim_buf_get_name(buf) == ''
end

-- Questions whose answers lead to places, or change them.
local LEADS = {}
local ASKED = { 'definition', 'declaration', 'typeDefinition', 'implementation', 'references', 'codeAction' }
for _, what in ipairs(ASKED) do
  LEADS['textDocument/' .. what] = true
end

local function is_ours(uri)
  return type(uri) == 'string' and vim.startswith(uri, PREFIX)
end

-- Whether a nameless buffer is named anywhere in an answer.
local function mentions(value)
  if type(value) ~= 'table' then
    return is_ours(value)
  end
  for key, part in pairs(value) do
    if is_ours(key) or mentions(part) then
      return true
    end
  end
  return false
end

-- Writes a change into nameless buffers; returns what is left of it, for others.
local function written(change, encoding)
  local rest = vim.tbl_extend('force', {}, change)
  local function write(uri, edits)
    local buf = tonumber(uri:sub(#PREFIX + 1))
    if buf and nameless(buf) then
      vim.lsp.util.apply_text_edits(edits, buf, encoding)
    end
  end
  if type(change.changes) == 'table' then
    rest.changes = vim.empty_dict()
    for uri, edits in pairs(change.changes) do
      if is_ours(uri) then
        write(uri, edits)
      else
        rest.changes[uri] = edits
      end
    end
  end
  if type(change.documentChanges) == 'table' then
    rest.documentChanges = vim.tbl_filter(function(part)
      local uri = type(part.textDocument) == 'table' and part.textDocument.uri
      if is_ours(uri) then
        write(uri, part.edits)
      end
      return not is_ours(uri)
    end, change.documentChanges)
  end
  return rest
end

-- An answer without what would lead into a buffer that Neovim would have to make.
local function answered(method, result, encoding)
  if type(result) ~= 'table' then
    return result
  elseif method == 'textDocument/rename' then
    return mentions(result) and written(result, encoding) or result
  elseif not LEADS[method] then
    return result
  elseif vim.islist(result) then
    return vim.tbl_filter(function(part)
      return not mentions(part)
    end, result)
  end
  return not mentions(result) and result or nil
end

-- The buffer that a message is of: the only one, or the one of that version and, where it is told, that text; else
-- the one that is edited. `opened`: those that the server knows, whatever language they are now.
local function buffer_of(document, opened)
  local candidates = vim.tbl_filter(function(buf)
    return nameless(buf) and (opened[buf] or language.is_python(buf))
  end, api.nvim_list_bufs())
  local current = api.nvim_get_current_buf()
  table.sort(candidates, function(a, b)
    return (a == current and -1 or a) < (b == current and -1 or b)
  end)
  for _, buf in ipairs(candidates) do
    local same = document.version and vim.b[buf].changedtick == document.version
    local text = document.text
    if same and (not text or vim.startswith(text, api.nvim_buf_get_lines(buf, 0, 1, false)[1] or '')) then
      return buf
    end
  end
  return candidates[1]
end

--- Starts a server whose nameless buffers have names.
---@param command string[]
---@param dispatchers vim.lsp.rpc.Dispatchers
---@param how table cwd and env
---@return vim.lsp.rpc.PublicClient
function M.spawn(command, dispatchers, how)
  local opened, encoding = {}, 'utf-16' ---@type table<integer, true>, string

  -- A buffer that was open without a name, and has one now or is gone.
  local function closed()
    for buf in pairs(opened) do
      if not nameless(buf) then
        return buf
      end
    end
  end

  local function named(method, params)
    local document = type(params) == 'table' and type(params.textDocument) == 'table' and params.textDocument
    local closing = method == 'textDocument/didClose'
    local was = closing and document and closed()
    -- What is closed after it got a name is closed under that name, which the server has never heard.
    local renamed = was and api.nvim_buf_is_valid(was) and document.uri == vim.uri_from_bufnr(was)
    if not document or (document.uri ~= NAMELESS and not renamed) then
      return params
    end
    local buf = was or buffer_of(document, opened)
    if not buf then
      return params
    elseif method == 'textDocument/didOpen' then
      opened[buf] = true
    elseif closing then
      opened[buf] = nil
    end
    return vim.tbl_extend('force', params, {
      textDocument = vim.tbl_extend('force', document, { uri = PREFIX .. buf }),
    })
  end

  local heard = vim.tbl_extend('force', dispatchers, {
    notification = function(method, params)
      if type(params) ~= 'table' or not vim.startswith(tostring(params.uri), PREFIX) then
        return dispatchers.notification(method, params)
      end
    end,
  })
  local rpc = documents.followed(vim.lsp.rpc.start(command, heard, how))
  local request, notify = rpc.request, rpc.notify
  rpc.request = function(method, params, callback, ...)
    return request(method, named(method, params), function(failure, result, ...)
      if method == 'initialize' and type(result) == 'table' then
        encoding = (result.capabilities or {}).positionEncoding or encoding
      end
      return callback(failure, answered(method, result, encoding), ...)
    end, ...)
  end
  rpc.notify = function(method, params, ...)
    return notify(method, named(method, params), ...)
  end
  return rpc
end

return M
