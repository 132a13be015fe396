-- In: buffers that our own server completes. Out: a menu that opens after a dot, and inserts nothing by itself.
-- Buffers with servers of the user's own are never touched.

local bytes = require('sibyl.buffer.bytes')
local guesses = require('sibyl.completion.guesses')
local log = require('sibyl.log')

local M = {}

local api = vim.api
local MILD = 'menuone,noselect'
local TRIGGER_MS = 25 -- what Neovim's own autotrigger waits
local LOOK_MS, RANKER_MS = 50, 3000 -- how often, and how long, a dot waits for the ranker after the server is there
local NUMBER = '%f[%w_\128-\255]%d[%w_]*$' -- a dot behind it has no members
local modern = vim.fn.has('nvim-0.11') == 1
local mapped = {} ---@type table<integer, true> buffers where <CR> is ours just now
local prepared = {} ---@type table<integer, { before?: string, ours?: string }> values of 'completeopt', by buffers
local global ---@type { before: string, ours: string }|nil those on 0.10, which has one for all, while ours is set

local function inserting(buf)
  return api.nvim_get_current_buf() == buf and api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

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

local function ask()
  asking = true
  local ok, why
  if modern then
    ok, why = pcall(vim.lsp.completion.get)
  else
    ok, why = pcall(vim.lsp.omnifunc, 1, '')
  end
  asking = false
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

-- Neovim 0.10 has no completion by itself: after a dot, ask as <C-x><C-o> would.
local function trigger_on_dot(buf, wanted)
  local rested = resting()
  on(buf, 'InsertCharPre', "sibyl: open the menu after a dot (sibyl's own server)", function()
    if vim.v.char ~= '.' then
      return
    end
    rested(function()
      -- A menu that is still there belongs to the word before the dot, or came late from elsewhere.
      local free = vim.fn.pumvisible() == 0 or behind_dot()
      if inserting(buf) and member() and free and wanted() then
        ask()
      end
    end)
  end)
end

-- A value of 'completeopt' whose menu inserts nothing by itself, neither its first line nor what all lines begin with;
-- nil where that is so already.
local function mild(value)
  local flags = vim.tbl_filter(function(flag)
    return flag ~= 'longest' and flag ~= ''
  end, vim.split(value, ','))
  if not vim.tbl_contains(flags, 'noselect') and not vim.tbl_contains(flags, 'noinsert') then
    local default = api.nvim_get_option_info2('completeopt', {}).default
    table.insert(flags, value == default and MILD or 'noselect')
  end
  local ours = table.concat(flags, ',')
  return ours ~= value and ours or nil
end

-- Neovim 0.10 has one 'completeopt' for all buffers: it is set while one inserts in a buffer of ours, and put back in
-- whichever buffer that ends, unless somebody else has set it since.
local function put_back()
  if global and vim.go.completeopt == global.ours then
    vim.go.completeopt = global.before
  end
  global = nil
  api.nvim_create_augroup('sibyl_dot_option', { clear = true })
end

local function use_global()
  local ours = mild(vim.go.completeopt)
  if not ours then
    return
  end
  global = { before = vim.go.completeopt, ours = ours }
  vim.go.completeopt = ours
  local ends = { InsertLeave = '*', ModeChanged = 'i*:n' } -- <C-c> is no InsertLeave
  local ours_alone = api.nvim_create_augroup('sibyl_dot_option', { clear = true })
  for event, pattern in pairs(ends) do
    api.nvim_create_autocmd(event, {
      group = ours_alone,
      pattern = pattern,
      desc = "sibyl: 'completeopt' is what it was",
      callback = put_back,
    })
  end
end

-- A menu that opens by itself must not insert its first line by itself, whatever one is used to from menus that one
-- asks for.
local function mild_menu(buf)
  if modern then
    local before = vim.bo[buf].completeopt
    local ours = mild(before ~= '' and before or vim.go.completeopt)
    if ours then
      prepared[buf] = { before = before, ours = ours }
      vim.bo[buf].completeopt = ours
    end
    return
  end
  on(buf, 'InsertEnter', 'sibyl: insert mode here must not insert the first line by itself', use_global)
  prepared[buf] = {}
  if inserting(buf) then
    use_global()
  end
end

--- Whether 'completeopt' is set for a buffer, while one inserts there.
---@param buf integer
---@return boolean
function M.sets(buf)
  return prepared[buf] ~= nil and (modern or global ~= nil or mild(vim.go.completeopt) ~= nil)
end

-- The place of a word behind a dot that the cursor stands in, where no menu is open.
local function behind_a_dot(buf)
  if inserting(buf) and vim.fn.pumvisible() == 0 then
    return member()
  end
end

-- In a bracket that is still open, ty takes the dot for one that goes on in the next line: it answers `print(path.`
-- with nothing, and `print(path.r` with a list. And Neovim does not ask after a dot where a letter follows within its
-- 25 ms. So where a dot that was just typed has no list, the letters behind it ask once. And <BS> closes a menu for
-- good: it is opened again.
local function ask_with_a_letter(buf, wanted)
  local dot ---@type string|nil where the word behind the last dot starts, until that was asked about
  local word ---@type string|nil where that word starts, as long as it is there
  local length, rested = 0, resting() -- bytes of the line
  on(buf, 'InsertCharPre', "sibyl: note a dot (sibyl's own server)", function()
    local cursor = api.nvim_win_get_cursor(0)
    local before = api.nvim_get_current_line():sub(1, cursor[2])
    if vim.v.char == '.' and not before:find(NUMBER) then
      dot = ('%d:%d'):format(cursor[1], cursor[2] + 1)
      word = dot
      guesses.forget()
    end
  end)
  local function ask_at(place)
    if behind_a_dot(buf) == place and wanted() then
      ask()
    end
  end
  local function shorter()
    local before = length
    length = #api.nvim_get_current_line()
    return length < before
  end
  on(buf, 'TextChangedP', 'sibyl: note the length of the line', shorter)
  on(buf, 'TextChangedI', 'sibyl: open the menu after a letter, and again after <BS>', function()
    local less, place, row, col = shorter(), behind_a_dot(buf)
    if place and place == word and less then
      rested(function()
        ask_at(place)
      end)
    elseif place and place == dot and not behind_dot() then
      rested(function()
        if dot == place then
          dot = nil
          guesses.unless_listed(buf, row, col, function()
            ask_at(place)
          end)
        end
      end)
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
      local none = vim.fn.pumvisible() == 1 and vim.fn.complete_info({ 'selected' }).selected == -1
      return none and '<C-e><CR>' or '<CR>'
    end, { buffer = buf, expr = true, desc = desc })
  end)
  on(buf, { 'CompleteDone', 'InsertLeave' }, desc, function()
    unmap(buf)
  end)
end

--- Makes a buffer's menu open after a dot.
---@param buf integer
---@param wanted fun(): boolean whether that is still so
function M.prepare(buf, wanted)
  group(buf, true)
  mild_menu(buf)
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
  local value = prepared[buf]
  prepared[buf] = nil
  if not modern then
    if inserting(buf) then
      put_back()
    end
  elseif value and api.nvim_buf_is_valid(buf) and vim.bo[buf].completeopt == value.ours then
    vim.bo[buf].completeopt = value.before
  end
end

return M
