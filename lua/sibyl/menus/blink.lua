-- In: blink.cmp's items. Out: their order, their star, and guesses as a source of its own. Options of blink.cmp:
--
--   fuzzy = { sorts = require('sibyl.menus.blink').sorts },
--   completion = { menu = { draw = { components = { kind_icon = require('sibyl.menus.blink').kind_icon } } } },
--   sources = { default = { 'lsp', 'sibyl' }, providers = { sibyl = { module = 'sibyl.menus.blink' } } },
--
-- Its sort asks functions in turn, with two items, until one does not answer nil; with a function among them it sorts
-- in Lua whichever matcher it uses. Both matchers leave `exact` and `score` in the items.

local compare = require('sibyl.completion.compare')
local guesses = require('sibyl.completion.guesses')
local language = require('sibyl.buffer.language')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local api = vim.api

local typed, typed_at = nil, nil

-- The letters that are matched; nil in other files than Python's and on the command line, whose sort is not ours.
-- They are the same for all items of one sort: the loop's clock stands still in it.
local function letters()
  local now = vim.uv.now() .. ' ' .. api.nvim_buf_get_changedtick(0) .. ' ' .. api.nvim_get_current_buf()
  if now ~= typed_at then
    typed, typed_at = nil, now
    if not language.is_python(0) or api.nvim_get_mode().mode:sub(1, 1) == 'c' then
      return nil
    end
    local column = api.nvim_win_get_cursor(0)[2]
    local line = api.nvim_get_current_line()
    local start = require('sibyl.buffer.bytes').word_start(line, column)
    typed = line:sub(start + 1, column)
  end
  return typed
end

-- How well an item matches: the lower the better.
local function class(item, word)
  local text = type(item.filterText) == 'string' and item.filterText or item.label
  if item.exact or text == word then
    return 0
  elseif vim.startswith(text, word) then
    return 1
  end
  return vim.startswith(text:lower(), word:lower()) and 2 or 3
end

--- Exact matches first, then what begins with the letters, then the rest; in each of these sibyl's order, and what it
--- has not ranked behind that.
---@param a table blink.cmp's item
---@param b table
---@return boolean|nil
function M.sort(a, b)
  local word = letters()
  if not word then
    return nil
  elseif word ~= '' then
    local first, second = class(a, word), class(b, word)
    if first ~= second then
      return first < second
    end
  end
  return compare.ranked(a, b)
end

M.sorts = { M.sort, 'score', 'sort_text' }

M.kind_icon = {
  ellipsis = false,
  text = function(context)
    return (sort_text.is_starred(context.item) and vim.trim(sort_text.STAR) or context.kind_icon) .. context.icon_gap
  end,
  highlight = function(context)
    local group = sort_text.is_starred(context.item) and 'SibylStar' or context.kind_hl
    return { { group = group, priority = 20000 } }
  end,
}

--- A source of guesses.
---@return table as blink.cmp wants one
function M.new()
  return setmetatable({}, { __index = M })
end

--- Whether the source has guesses in the current buffer.
---@return boolean
function M.enabled()
  return require('sibyl.config').ranks(api.nvim_get_current_buf())
end

--- Characters after which it is asked.
---@return string[]
function M.get_trigger_characters()
  return { '.' }
end

--- Asks for guesses.
---@param _ table the source
---@param context table blink.cmp's, with the buffer in `bufnr`
---@param callback fun(response: table) called once, later
---@return fun() cancel
function M.get_completions(_, context, callback)
  local over = false
  guesses.ask(context.bufnr, function(names)
    if not over then
      callback({ items = guesses.items(names), is_incomplete_forward = false, is_incomplete_backward = false })
    end
  end)
  return function()
    over = true
  end
end

return M
