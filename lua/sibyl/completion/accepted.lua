-- In: lists as they are shown, keys, and Neovim's word that something was accepted. Out: what became of each list's
-- word, to its listeners: where it stood, how many of its letters were typed.
--
--   list ─► listed ─► letters (InsertCharPre) ─► accepted, or the word is left ─► outcome
--
-- A word ends when an item is accepted, when something else than a letter of it is typed, or when the cursor leaves
-- it. Letters are counted where they are typed, so that what any menu inserts is known by what is missing.

local host = require('sibyl.host.client')
local bytes = require('sibyl.buffer.bytes')
local insert_mode = require('sibyl.insert_mode')
local items = require('sibyl.completion.items')
local kind = require('sibyl.completion.kind')
local mirror = require('sibyl.buffer.mirror')
local outcome = require('sibyl.completion.outcome')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local api = vim.api
local NAMESPACE = api.nvim_create_namespace('sibyl_accepted')
local LETTERS = '^[%w_\128-\255]*'

---@class sibyl.Watched a word whose list is, or was, on the screen
---@field buf integer
---@field row integer
---@field col integer
---@field mark integer where it starts
---@field tail integer bytes of its line behind it
---@field arm 'server'|'sibyl'|'interleaved'
---@field coin boolean whether a coin chose the arm
---@field kind sibyl.Kind
---@field lists sibyl.List[]
---@field began integer letters typed when the list came
---@field typed integer
---@field text string
---@field over boolean

local watched ---@type sibyl.Watched|nil the last one; over or not
local listeners = {} ---@type fun(outcome: sibyl.Outcome)[]

--- Registers a function to be called with what became of each word.
---@param callback fun(outcome: sibyl.Outcome)
function M.when_written(callback)
  table.insert(listeners, callback)
end

local function start_of(word)
  local at = api.nvim_buf_is_valid(word.buf) and api.nvim_buf_get_extmark_by_id(word.buf, NAMESPACE, word.mark, {})
  if at and at[1] then
    return at[1], at[2]
  end
end

-- The word's text as it stands now, and whether the cursor is in it; nil when the cursor stands somewhere before it
-- or in another line. Who accepts an item may get brackets behind it, and the cursor in those.
local function text_of(word)
  local row, col = start_of(word)
  local cursor = api.nvim_win_get_cursor(0)
  if not row or api.nvim_get_current_buf() ~= word.buf or cursor[1] - 1 ~= row or cursor[2] < col then
    return nil, false
  end
  local line = api.nvim_get_current_line()
  local text = line:sub(col + 1, math.max(#line - word.tail, col)):match(LETTERS)
  return text, cursor[2] <= col + #text
end

-- The word has come to an end: tells what became of it. A list that no word came of says nothing.
local function finish(word, text)
  if word.over then
    return
  end
  word.over = true
  if api.nvim_buf_is_valid(word.buf) then
    api.nvim_buf_del_extmark(word.buf, NAMESPACE, word.mark)
  end
  text = text:gsub('=$', '')
  if text == '' then
    return
  end
  local result = outcome.of(word, text)
  for _, callback in ipairs(listeners) do
    callback(result)
  end
end

-- Ends the word that is watched, as it was last seen.
local function leave()
  if watched and not watched.over then
    finish(watched, (text_of(watched)) or watched.text)
  end
end

--- The word that a list is about to be shown for, once for all of its lists; nil where nobody is writing it.
---@param job sibyl.Job
---@param question sibyl.Question
---@param draw fun(): string, boolean the arm of a new word, and whether a coin chose it
---@return sibyl.Watched|nil
function M.word(job, question, draw)
  local cursor = api.nvim_win_get_cursor(0)
  if not insert_mode.inserting(job.buf) or cursor[1] - 1 ~= job.row or cursor[2] < job.col then
    return nil
  end
  local line = api.nvim_get_current_line()
  local typed = line:sub(job.col + 1, cursor[2])
  if #typed:match(LETTERS) ~= #typed then
    return nil
  end
  if watched and watched.buf == job.buf and watched.row == job.row and watched.col == job.col then
    return watched
  end
  leave()
  local arm, coin = draw()
  watched = {
    buf = job.buf,
    row = job.row,
    col = job.col,
    mark = api.nvim_buf_set_extmark(job.buf, NAMESPACE, job.row, job.col, { right_gravity = false }),
    tail = #line - cursor[2],
    arm = arm,
    coin = coin,
    kind = kind.of(job, line:sub(1, job.col), question),
    lists = {},
    began = vim.fn.strchars(typed),
    typed = vim.fn.strchars(typed),
    text = typed,
    over = false,
  }
  return watched
end

-- The next list starts a new word, wherever it stands.
local function forget()
  leave()
  watched = nil
end

local function on_letter()
  local word = watched
  if not word or word.over then
    return
  elseif vim.v.char:match('^[%w_\128-\255]') and select(2, text_of(word)) then
    word.typed = word.typed + 1
  else
    leave()
  end
end

local function on_text()
  local word = watched
  if word and not word.over then
    local text, inside = text_of(word)
    word.text = text or word.text
    if not inside then
      finish(word, word.text)
    end
  end
end

--- An item was accepted, in whatever menu: the word is over, and the host hears of it.
---@param buf integer
---@param name string
---@param offset integer the byte where it begins
function M.taken(buf, name, offset)
  if watched and watched.buf == buf then
    finish(watched, name)
  end
  if mirror.flush(buf) then
    host.send('accepted', buf, mirror.seq(buf), offset, name)
  end
end

-- Calls back where an item stays as the menu left it. Who chose one with CTRL-N need not accept it: most keys close
-- the menu and leave it there, others delete it or go on with it. Which it was is seen once they are typed.
local function when_kept(buf, row, before, callback)
  local reason = vim.tbl_get(vim.v.event, 'reason') -- 0.10 gives none
  if reason == 'accept' then
    return callback()
  end
  vim.schedule(function()
    local line = api.nvim_buf_is_loaded(buf) and api.nvim_buf_get_lines(buf, row - 1, row, false)[1]
    if line and vim.startswith(line, before) and line:sub(#before + 1):match(LETTERS) == '' then
      callback()
    end
  end)
end

--- The menu was closed: tells the host what was accepted in it.
---@param buf integer
function M.on_complete_done(buf)
  local entry = vim.v.completed_item
  local item = vim.tbl_get(entry, 'user_data', 'nvim', 'lsp', 'completion_item')
    or vim.tbl_get(entry, 'user_data', 'lsp', 'item') -- mini.completion's
  local guess = vim.tbl_get(entry, 'user_data', 'sibyl', 'guess')
  if not guess and type(item) ~= 'table' then
    return
  end
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local before = api.nvim_get_current_line():sub(1, col)
  if not vim.endswith(before, entry.word) then
    return
  end
  local behind = #entry.word - #entry.word:match('^[%w_.\128-\255]*') -- brackets, the `=` of an argument
  local name = guess and entry.word or items.name(sort_text.restore(item))
  local offset = bytes.word(buf, row - 1, col - behind)
  when_kept(buf, row, before, function()
    M.taken(buf, name, offset)
  end)
end

local group = api.nvim_create_augroup('sibyl_written', { clear = true })
local function on(events, callback, desc)
  api.nvim_create_autocmd(events, { group = group, desc = 'sibyl: ' .. desc, callback = callback })
end
on('InsertCharPre', on_letter, 'count the letters of a word that has a list')
on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, on_text, 'see where a word that has a list ends')
on('BufLeave', forget, 'the word that had a list is over')
insert_mode.when_over(group, 'sibyl: the word that had a list is over', forget)

return M
