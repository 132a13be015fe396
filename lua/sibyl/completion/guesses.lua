-- In: the wish for guesses at the cursor. Out: names from the host, and whether the servers know better.
--
--   a front end's request ──► asked(place)        a front end's own source ──► ask ──► servers silent? ──► the host
--   its reply ──────────────► answered(place)
--
-- A server is silent where its list is empty, holds only what every object has, or holds no members behind a dot.

local host = require('sibyl.host.client')
local bytes = require('sibyl.buffer.bytes')
local completeopt = require('sibyl.server.completeopt')
local config = require('sibyl.config')
local items = require('sibyl.completion.items')
local mirror = require('sibyl.buffer.mirror')

local M = {}

local api = vim.api
local LIMIT = 12
local MARK = 'guess'
local modern = vim.fn.has('nvim-0.11') == 1 -- Neovim 0.10 shows `detail` in the menu, later ones `labelDetails`

M.INFO = 'A guess: of your own code or of the module that you import, not told by a language server.'
M.PATIENCE_MS = 1500 -- the suggestion key takes a server silent for that long to know nothing
M.refused = false -- whether what is asked right now must bring no guesses

---@class sibyl.Place one word, and what the servers have said of it
---@field buf integer
---@field row integer
---@field col integer where the word starts
---@field before string the line up to there
---@field open integer requests not answered yet
---@field known boolean whether a server has said something
---@field listed boolean whether a server's list had any item
---@field waiting fun()[] called once the servers have answered
---@field names string[] guesses that were shown, in order: letters only filter

local place ---@type sibyl.Place|nil

local function same(buf, row, col)
  return place and place.buf == buf and place.row == row and place.col == col
end

--- Whether a word stands behind the dot of a receiver: no number, no ellipsis, no module that is imported.
---@param before string the line up to the word
---@return boolean
function M.is_member(before)
  if before:sub(-1) ~= '.' or before:find('^%s*from%s') or before:find('^%s*import%s') then
    return false
  end
  local last = #before - 1 -- of what stands before the dot
  return before:sub(last, last):find('[^%.%s]') ~= nil and not before:find('^%d', bytes.word_start(before, last) + 1)
end

--- The line up to a word that stands behind the dot of a receiver; else nil.
---@param before string the line up to the word
---@return string|nil
function M.receiver(before)
  return M.is_member(before) and before or nil
end

--- Whether a name is imported from a module there.
---@param before string the line up to the word
---@return boolean
function M.is_import(before)
  local names = before:match('^%s*from%s+[%w_.\128-\255]+%s+import([%s(][%w_%s,(\128-\255]*)$')
  return names ~= nil and (names:find('^%s+$') or names:find('[,(]%s*$')) ~= nil
end

--- Whether guesses may stand in the menu that a request is for: they are not switched off, nor were they closed there
--- by hand, and no menu inserts its first line by itself. A guess is no text to be written without being chosen.
---@param job sibyl.Job
---@return boolean
function M.allowed(job)
  return config.get().guesses
    and not job.refused
    and not (job.guesses and completeopt.inserts_first(vim.split(vim.o.completeopt, ',')))
end

--- Takes note that a server was asked.
---@param buf integer
---@param row integer 0-based
---@param col integer where the word starts
---@return sibyl.Place
function M.asked(buf, row, col)
  local before = (api.nvim_buf_get_lines(buf, row, row + 1, false)[1] or ''):sub(1, col)
  if not same(buf, row, col) or place.before ~= before then
    place = {
      buf = buf,
      row = row,
      col = col,
      before = before,
      open = 0,
      known = false,
      listed = false,
      waiting = {},
      names = {},
    }
  end
  place.open = place.open + 1
  return place
end

--- Takes note of a reply (nil: there will be none).
---@param asked sibyl.Place
---@param reply any
function M.answered(asked, reply)
  asked.open = asked.open - 1
  asked.known = asked.known or items.says_something(reply, M.receiver(asked.before))
  asked.listed = asked.listed or #(items.of(reply) or {}) > 0
  if asked.open == 0 or asked.known then
    local waiting = asked.waiting
    asked.waiting = {}
    for _, callback in ipairs(waiting) do
      vim.schedule(callback)
    end
  end
end

--- Another word begins: what was said of one that stood in the same place does not hold.
function M.forget()
  place = nil
end

--- Calls back unless a server has an item for a word: where none was asked, or once all have answered with nothing.
---@param buf integer
---@param row integer 0-based
---@param col integer where the word starts
---@param callback fun()
function M.unless_listed(buf, row, col, callback)
  local here = same(buf, row, col) and place
  local function look()
    if not here or (here.open == 0 and not here.listed) then
      callback()
    end
  end
  if here and here.open > 0 then
    table.insert(here.waiting, look)
  else
    look()
  end
end

local function position(buf)
  local _, start = bytes.word(buf)
  return api.nvim_win_get_cursor(0)[1] - 1, start
end

--- Asks the host. False when it cannot be asked; else `done` gets the names, none when it has no answer.
---@param buf integer
---@param done fun(names: string[])
---@param typed boolean whether only names that begin with the letters before the cursor are wanted
---@return boolean
function M.names(buf, done, typed)
  mirror.attach(buf)
  if not mirror.flush(buf) then
    return false
  end
  local function on_answer(kind, answer)
    if answer.reason == 'out of step' then
      mirror.resend(buf)
    end
    done(kind == 'guess' and answer.names or {})
  end
  local offset, start = bytes.word(buf)
  if typed then
    offset = offset + api.nvim_win_get_cursor(0)[2] - start
  end
  local seq, length = mirror.seq(buf), bytes.length(buf)
  return host.ask('guess', vim.schedule_wrap(on_answer), buf, seq, length, offset, LIMIT) ~= nil
end

--- For sources of completion plugins: `done` gets guesses for the word at the cursor, once the servers have answered;
--- none where one knows better, and none once the cursor has left the word. Plugins keep what a source has given, so a
--- slow server is waited for: its names would stand below guesses of the same names.
---@param buf integer
---@param done fun(names: string[])
function M.ask(buf, done)
  local row, col = position(buf)
  local over = false
  local function finish(names)
    if not over then
      over = true
      done(names)
    end
  end
  local function here()
    if api.nvim_get_current_buf() ~= buf then
      return false
    end
    local now_row, now_col = position(buf)
    return row == now_row and col == now_col
  end
  local watched, looks_later = nil, false
  local function look()
    if over then
      return
    elseif not here() or (same(buf, row, col) and place.known) then
      return finish({})
    elseif not (same(buf, row, col) and place.open > 0) then
      return M.names(buf, finish, false) or finish({})
    end
    if watched ~= place then
      watched = place
      table.insert(place.waiting, function()
        watched = nil
        look()
      end)
    end
    if not looks_later then -- the word may be left meanwhile
      looks_later = true
      vim.defer_fn(function()
        looks_later = false
        look()
      end, M.PATIENCE_MS)
    end
  end
  vim.schedule(look) -- sources of one menu are asked in one go: then the servers were asked, too
end

--- Guesses as completion items. Their sortText puts them before what sibyl has ranked: the servers were silent.
---@param names string[]
---@param in_menu boolean|nil whether they are for a menu that shows a server's items: Neovim's own, mini.completion's
---@return table[]
function M.items(names, in_menu)
  local list = {}
  for rank, name in ipairs(names) do
    list[rank] = {
      label = name,
      kind = vim.lsp.protocol.CompletionItemKind.Text,
      insertTextFormat = vim.lsp.protocol.InsertTextFormat.PlainText, -- whatever the server's are by default
      sortText = ('00000~sibyl=%05d'):format(rank),
      labelDetails = { description = MARK },
      detail = in_menu and not modern and MARK or nil,
      documentation = M.INFO,
      data = { sibyl = { guess = true } },
    }
  end
  return list
end

return M
