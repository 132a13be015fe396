-- In: the suggestion key. Out: the ranked list at the cursor; the model's own guesses where the server is silent.
--
--   key ─► close an open menu ─► ask all servers ─► a list? ──yes──► (reply.lua has ranked it)
--                                     │ none there     │ nothing, or only what every object has
--                                     └────────────────┴──► guess ─► a list of our own, marked "guess"
--
-- vim.lsp.omnifunc is asked, not vim.lsp.completion.get(): it asks every client on every version, enabled or not.

local bridge = require('sibyl.host.client')
local bytes = require('sibyl.buffer.bytes')
local items = require('sibyl.completion.items')
local mirror = require('sibyl.buffer.mirror')

local M = {}

local api = vim.api
local LIMIT = 30
local PATIENCE_MS = 1500 -- a server silent for that long is taken to know nothing

---@class sibyl.Wish one press of the key
---@field buf integer
---@field tick integer
---@field cursor integer[]
---@field open integer requests not answered yet
---@field over boolean
---@field rich boolean whether a server knew more than what every object has
---@field sending boolean

local wish ---@type sibyl.Wish|nil

local function here(made)
  return made == wish
    and not made.over
    and api.nvim_get_current_buf() == made.buf
    and api.nvim_get_mode().mode:sub(1, 1) == 'i'
    and vim.b[made.buf].changedtick == made.tick
    and vim.deep_equal(api.nvim_win_get_cursor(0), made.cursor)
end

local function show(names, buf)
  local cursor = api.nvim_win_get_cursor(0)
  local _, start = bytes.word(buf)
  local typed = api.nvim_get_current_line():sub(start + 1, cursor[2])
  local lines = {}
  for _, name in ipairs(names) do
    if vim.startswith(name, typed) and name ~= typed then
      table.insert(lines, {
        word = name,
        kind = 'guess',
        menu = '[sibyl]',
        info = 'A guess: learned from code, not known to a language server.',
        dup = 1,
        user_data = { sibyl = { guess = true } },
      })
    end
  end
  if #lines > 0 then
    vim.fn.complete(start + 1, lines)
  end
end

local function guess(made)
  if made.rich or not here(made) then
    return
  end
  local buf = made.buf
  mirror.attach(buf)
  if not mirror.flush(buf) then
    return
  end
  local function on_answer(kind, answer)
    if kind == 'guess' and not made.rich and here(made) then
      made.over = true
      show(answer.names or {}, buf)
    end
  end
  local offset = bytes.word(buf)
  bridge.ask('guess', vim.schedule_wrap(on_answer), buf, mirror.seq(buf), bytes.length(buf), offset, LIMIT)
end

--- The wish that requests sent right now belong to.
---@return sibyl.Wish|nil
function M.asking()
  return wish and wish.sending and wish or nil
end

--- A reply to one of a wish's requests was handed to Neovim.
---@param made sibyl.Wish
---@param reply any
function M.answered(made, reply)
  made.open = made.open - 1
  made.rich = made.rich or items.says_something(reply)
  if made.open == 0 then
    -- Neovim 0.10 shows its list one round of events later.
    vim.defer_fn(function()
      guess(made)
    end, 10)
  end
end

local function ask_servers()
  local buf = api.nvim_get_current_buf()
  local made = {
    buf = buf,
    tick = vim.b[buf].changedtick,
    cursor = api.nvim_win_get_cursor(0),
    open = 0,
    over = false,
    rich = false,
    sending = true,
  }
  wish = made
  local ok, problem = pcall(vim.lsp.omnifunc, 1, '')
  made.sending = false
  if not ok then
    require('sibyl.log').warn('the servers could not be asked: %s', tostring(problem))
  end
  if made.open == 0 then
    guess(made)
  else
    vim.defer_fn(function()
      guess(made)
    end, PATIENCE_MS)
  end
end

--- Opens the list. Does nothing outside insert mode.
function M.open()
  if api.nvim_get_mode().mode:sub(1, 1) ~= 'i' then
    return
  end
  require('sibyl').begin(api.nvim_get_current_buf())
  if vim.fn.pumvisible() == 1 then
    api.nvim_feedkeys(vim.keycode('<C-e>'), 'n', false)
  end
  vim.schedule(ask_servers)
end

--- Tells the host of an accepted guess. True when the item was one.
---@param buf integer
---@param entry table v:completed_item
---@return boolean
function M.on_complete_done(buf, entry)
  if not vim.tbl_get(entry, 'user_data', 'sibyl', 'guess') then
    return false
  end
  if mirror.flush(buf) then
    local offset = bytes.word(buf)
    bridge.send('accepted', buf, mirror.seq(buf), offset, entry.word)
  end
  return true
end

return M
