-- In: buffers that our own server completes. Out: a menu that opens after a dot, and inserts nothing by itself.
-- Buffers with servers of the user's own are never touched.

local bytes = require('sibyl.buffer.bytes')
local completeopt = require('sibyl.server.completeopt')
local guessed = require('sibyl.completion.guessed')
local guesses = require('sibyl.completion.guesses')
local insert_mode = require('sibyl.insert_mode')
local log = require('sibyl.log')

local M = {}

local api = vim.api
local TRIGGER_MS = 25 -- what Neovim's own autotrigger waits
local LOOK_MS, RANKER_MS = 50, 3000 -- how often, and how long, a dot waits for the ranker after the server is there
local LONG_LINE = 10000 -- bytes
local NUMBER = '%f[%w_\128-\255]%d[%w_]*$' -- a dot behind it has no members
local CLOSES = vim.keycode('<C-e>')
local modern = vim.fn.has('nvim-0.11') == 1
local reasons = vim.fn.has('nvim-0.12') == 1 -- whether CompleteDone says what has closed a menu
local keys = api.nvim_create_namespace('sibyl_closed')
local mapped = {} ---@type table<integer, true> buffers where <CR> is ours just now

local function behind_dot()
  local col = api.nvim_win_get_cursor(0)[2]
  return api.nvim_get_current_line():sub(col, col) == '.'
end

-- Row and column where the word at the cursor starts, if it stands behind a dot; as a key, too.
local function member()
  local cursor, line = api.nvim_win_get_cursor(0), api.nvim_get_current_line()
  local start = bytes.word_start(line, cursor[2])
  if line:sub(start, start) == '.' then
    return ('%d:%d'):format(cursor[1], start), cursor[1] - 1, start
  end
end

local asking = false

-- `refused`: guesses at this word were closed by hand, and do not open again by themselves.
local function ask(refused)
  asking, guesses.refused = true, refused == true
  local ok, why
  if modern then
    ok, why = pcall(vim.lsp.completion.get)
  else
    ok, why = pcall(vim.lsp.omnifunc, 1, '')
  end
  asking, guesses.refused = false, false
  if not ok then
    log.warn('the menu could not be asked for: %s', tostring(why))
  end
end

--- Whether the menu is being asked for right now, by no key of anybody's.
---@return boolean
function M.asks()
  return asking
end

local function group(buf, clear)
  return api.nvim_create_augroup('sibyl_dot_' .. buf, { clear = clear })
end

local function on(buf, event, desc, callback)
  api.nvim_create_autocmd(event, { group = group(buf, false), buffer = buf, desc = desc, callback = callback })
end

-- Calls back when a menu has closed, or was left by <C-c>, of which Neovim 0.10 tells with no event of the menu's.
local function on_closed(buf, desc, callback)
  on(buf, 'CompleteDone', desc, callback)
  if not reasons then
    insert_mode.when_over(group(buf, false), desc, callback)
  end
end

-- What calls back when typing rests: a server that is asked at every letter mixes up what it is asked about.
local function resting()
  local latest = 0
  return function(callback)
    latest = latest + 1
    local this = latest
    vim.defer_fn(function()
      if this == latest then
        callback()
      end
    end, TRIGGER_MS)
  end
end

-- Whether a dot is being typed that opens the menu: on Neovim 0.10 not in a very long line, where it needs seconds.
local function typed_dot()
  return vim.v.char == '.' and (modern or #api.nvim_get_current_line() <= LONG_LINE)
end

-- Neovim 0.10 has no completion by itself: after a dot, ask as <C-x><C-o> would.
local function trigger_on_dot(buf, wanted)
  local rested = resting()
  on(buf, 'InsertCharPre', "sibyl: open the menu after a dot (sibyl's own server)", function()
    if not typed_dot() then
      return
    end
    rested(function()
      -- A menu that is still there belongs to the word before the dot, or came late from elsewhere.
      local free = vim.fn.pumvisible() == 0 or behind_dot()
      if insert_mode.inserting(buf) and member() and free and wanted() then
        ask()
      end
    end)
  end)
end

-- The place of a word behind a dot that the cursor stands in, where no menu is open.
local function behind_a_dot(buf)
  if insert_mode.inserting(buf) and vim.fn.pumvisible() == 0 then
    return member()
  end
end

-- Calls back when CTRL-E closes a menu. Before Neovim 0.12 nothing says what has closed one; the last key does, which
-- is noted while a menu is open.
local function on_closed_by_hand(buf, callback)
  local desc = "sibyl: note a menu that is closed by hand (sibyl's own server)"
  local pressed ---@type string|nil
  if not reasons then
    on(buf, 'CompleteChanged', desc, function()
      vim.on_key(function(key)
        pressed = key
      end, keys)
    end)
  end
  on_closed(buf, desc, function()
    vim.on_key(nil, keys)
    local why = vim.v.event.reason
    if why == 'cancel' or pressed == CLOSES then
      callback()
    end
    pressed = nil
  end)
end

-- In a bracket that is still open, ty takes the dot for one that goes on in the next line: it answers `print(path.`
-- with nothing, and `print(path.r` with a list. And Neovim does not ask after a dot where a letter follows within its
-- 25 ms. So where a dot that was just typed has no list, the letters behind it ask once. And <BS> closes a menu for
-- good: it is opened again.
local function ask_with_a_letter(buf, wanted)
  local dot ---@type string|nil where the word behind the last dot starts, until that was asked about
  local word ---@type string|nil where that word starts, as long as it is there
  local closed ---@type string|nil where a menu was closed by hand
  local length, rested = 0, resting() -- bytes of the line
  on(buf, 'InsertCharPre', "sibyl: note a dot (sibyl's own server)", function()
    local cursor = api.nvim_win_get_cursor(0)
    local before = api.nvim_get_current_line():sub(1, cursor[2])
    if typed_dot() and not before:find(NUMBER) then
      dot = ('%d:%d'):format(cursor[1], cursor[2] + 1)
      word, closed = dot, nil
      guesses.forget()
    end
  end)
  on_closed_by_hand(buf, function()
    closed = member()
  end)
  local function free()
    return vim.fn.pumvisible() == 0 or guessed.shown()
  end
  local function ask_at(place)
    if insert_mode.inserting(buf) and free() and member() == place and wanted() then
      ask(closed == place)
    end
  end
  local function shorter()
    local before = length
    length = #api.nvim_get_current_line()
    return length < before
  end
  local function ask_once(place, row, col)
    rested(function()
      if dot == place then
        dot = nil
        guesses.unless_listed(buf, row, col, function()
          ask_at(place)
        end)
      end
    end)
  end
  on(buf, 'TextChangedP', 'sibyl: ask once more behind guesses, as Neovim 0.10 does not', function()
    shorter()
    local place, row, col = member()
    if not modern and place and place == dot and not behind_dot() and guessed.shown() then
      ask_once(place, row, col)
    end
  end)
  on(buf, 'TextChangedI', 'sibyl: open the menu after a letter, and again after <BS>', function()
    local less, place, row, col = shorter(), behind_a_dot(buf)
    if place and place == word and less then
      rested(function()
        ask_at(place)
      end)
    elseif place and place == dot and not behind_dot() then
      ask_once(place, row, col)
    end
  end)
end

local function unmap(buf)
  if mapped[buf] then
    mapped[buf] = nil
    pcall(vim.keymap.del, 'i', '<CR>', { buffer = buf })
  end
end

-- Before 0.11 <CR> closes a menu in which nothing is selected, and breaks no line. Mapped while one is open, and only
-- where nobody else has mapped it.
local function enter_breaks_the_line(buf)
  local desc = "sibyl: <CR> breaks the line while nothing is selected (sibyl's own server)"
  on(buf, 'CompleteChanged', desc, function()
    if mapped[buf] or vim.fn.maparg('<CR>', 'i') ~= '' then
      return
    end
    mapped[buf] = true
    vim.keymap.set('i', '<CR>', function()
      -- <C-]> closes the menu, and expands an abbreviation, which <CR> from a mapping does not.
      return vim.fn.complete_info({ 'selected' }).selected == -1 and '<C-]><CR>' or '<CR>'
    end, { buffer = buf, expr = true, desc = desc })
  end)
  on_closed(buf, desc, function()
    unmap(buf)
  end)
end

--- Makes a buffer's menu open after a dot.
---@param buf integer
---@param wanted fun(): boolean whether that is still so
function M.prepare(buf, wanted)
  group(buf, true)
  completeopt.prepare(buf)
  if not modern then
    trigger_on_dot(buf, wanted)
    enter_breaks_the_line(buf)
  end
  ask_with_a_letter(buf, wanted)
end

--- A dot that was typed before the server was there: asks for its list now, if the cursor still stands there. Where
--- the ranker is on its way, it is waited for, so that the list comes ranked.
---@param buf integer
---@param wanted fun(): boolean whether that is still so
function M.catch_up(buf, wanted)
  local place, began = behind_a_dot(buf), vim.uv.now()
  local function look()
    if not place or behind_a_dot(buf) ~= place or not wanted() then
      return
    end
    local phase = require('sibyl.host.client').state.phase
    if (phase == 'looking' or phase == 'starting') and vim.uv.now() - began < RANKER_MS then
      vim.defer_fn(look, LOOK_MS)
    else
      ask()
    end
  end
  vim.schedule(look)
end

--- Leaves a buffer as it was.
---@param buf integer
function M.undo(buf)
  group(buf, true)
  unmap(buf)
  vim.on_key(nil, keys)
  completeopt.undo(buf)
end

--- The buffer is gone.
---@param buf integer
function M.forget(buf)
  mapped[buf] = nil
  completeopt.forget(buf)
end

return M
