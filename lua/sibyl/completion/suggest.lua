-- In: the suggestion key. Out: the ranked list at the cursor; guesses where the servers are silent.
--
--   key ─► close an open menu ─► ask all servers ─► one knows something? ──yes──► its list (reply.lua has ranked it)
--                                                      │ none does: replies are held back
--                                                      └─► guess ──names──► one list: guesses, then what servers sent
--                                                            └─none──► the replies, as they came
--
-- What is on the screen stays there: a reply that says nothing waits until it is known whether there are guesses.
-- vim.lsp.omnifunc is asked, not vim.lsp.completion.get(): it asks every client on every version, enabled or not.

local bytes = require('sibyl.buffer.bytes')
local guesses = require('sibyl.completion.guesses')
local insert_mode = require('sibyl.insert_mode')
local items = require('sibyl.completion.items')

local M = {}

local api = vim.api
local SHOW_MS = 10 -- Neovim 0.10 shows its list one round of events later

---@class sibyl.Wish one press of the key
---@field buf integer
---@field tick integer
---@field cursor integer[]
---@field open integer requests not answered yet
---@field over boolean whether it is decided what is shown
---@field guessed boolean whether guesses are what is shown
---@field held fun(empty: boolean)[] replies that say nothing, and wait
---@field names string[] what they hold
---@field receiver string|nil the line up to the word, where members were asked for
---@field sending boolean

local wish ---@type sibyl.Wish|nil

local function here(press)
  return press == wish
    and insert_mode.inserting(press.buf)
    and vim.b[press.buf].changedtick == press.tick
    and vim.deep_equal(api.nvim_win_get_cursor(0), press.cursor)
end

-- Lines of a menu: guesses first, then what the servers said that every object has.
local function lines_of(names, theirs, typed)
  local lines, seen = {}, {}
  local function add(name, line)
    if vim.startswith(name, typed) and name ~= typed and not seen[name] then
      seen[name] = true
      table.insert(lines, vim.tbl_extend('error', { word = name }, line))
    end
  end
  for _, name in ipairs(names) do
    local line = { kind = 'guess', menu = '[sibyl]', info = guesses.INFO }
    line.user_data = { sibyl = { guess = true } }
    add(name, line)
  end
  local guessed = #lines > 0
  for _, name in ipairs(theirs) do
    add(name, {})
  end
  return guessed and lines or {}
end

-- Gives the replies on that wait; `empty`: without their items, which stand in the list of guesses.
local function release(press, empty)
  press.over = true
  local held = press.held
  press.held = {}
  for _, give in ipairs(held) do
    give(empty)
  end
end

local function show(press, names)
  local cursor = api.nvim_win_get_cursor(0)
  local _, start = bytes.word(press.buf)
  local typed = api.nvim_get_current_line():sub(start + 1, cursor[2])
  local lines = here(press) and lines_of(names, press.names, typed) or {}
  press.guessed = #lines > 0
  local wait = #press.held > 0 and SHOW_MS or 0
  release(press, press.guessed)
  if press.guessed then
    vim.defer_fn(function()
      if here(press) then
        vim.fn.complete(start + 1, lines)
      end
    end, wait)
  end
end

local function guess(press)
  if press.over then
    return
  end
  local function on_answer(names)
    if not press.over then
      show(press, names)
    end
  end
  if not here(press) or not guesses.names(press.buf, on_answer, true) then
    release(press, false)
  end
end

--- The wish that requests sent right now belong to.
---@return sibyl.Wish|nil
function M.asking()
  return wish and wish.sending and wish or nil
end

--- Wraps the function that gets the reply to one of a wish's requests.
---@param press sibyl.Wish
---@param callback function
---@return function
function M.holding(press, callback)
  press.open = press.open + 1
  return function(failure, reply, ...)
    press.open = press.open - 1
    if items.says_something(reply, press.receiver) then
      if press.guessed then
        return callback(nil, nil) -- too late: guesses are on the screen
      end
      release(press, false)
    end
    if press.over then
      return callback(failure, reply, ...)
    end
    for _, item in ipairs(items.of(reply) or {}) do
      table.insert(press.names, items.name(item))
    end
    local rest = vim.F.pack_len(...)
    table.insert(press.held, function(empty)
      if empty then
        return callback(nil, nil)
      end
      callback(failure, reply, unpack(rest, 1, rest.n))
    end)
    if press.open == 0 then
      guess(press)
    end
  end
end

local function ask_servers()
  local buf = api.nvim_get_current_buf()
  local _, start = bytes.word(buf)
  local press = {
    buf = buf,
    receiver = guesses.receiver(api.nvim_get_current_line():sub(1, start)),
    tick = vim.b[buf].changedtick,
    cursor = api.nvim_win_get_cursor(0),
    open = 0,
    over = false,
    guessed = false,
    held = {},
    names = {},
    sending = true,
  }
  wish = press
  local ok, problem = pcall(vim.lsp.omnifunc, 1, '')
  press.sending = false
  if not ok then
    require('sibyl.log').warn('the servers could not be asked: %s', tostring(problem))
  end
  if press.open == 0 then
    guess(press)
  else
    vim.defer_fn(function()
      guess(press)
    end, guesses.PATIENCE_MS)
  end
end

--- Opens the list. Does nothing outside insert mode.
function M.open()
  if not insert_mode.inserting() or not require('sibyl.server.lsp').usable() then
    return
  end
  require('sibyl').begin(api.nvim_get_current_buf())
  if vim.fn.pumvisible() == 1 then
    api.nvim_feedkeys(vim.keycode('<C-e>'), 'n', false)
  end
  vim.schedule(ask_servers)
end

return M
