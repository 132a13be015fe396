-- In: two lines of a menu, wherever they come from. Out: which of them stands first.

local sort_text = require('sibyl.completion.sort_text')

local M = {}

local function place_of(entry)
  local item = vim.tbl_get(entry, 'user_data', 'nvim', 'lsp', 'completion_item')
  if type(item) ~= 'table' then
    return 100000, entry.word or '' -- buffer words and the like: after what a server knows
  end
  local text = type(item.sortText) == 'string' and item.sortText or item.label
  return sort_text.place(item) or 99999, text
end

--- Which of two items stands first by sibyl's order: what was not ranked stands behind; nil where it does not tell.
---@param a table LSP item
---@param b table
---@return boolean|nil
function M.ranked(a, b)
  local a_place, b_place = sort_text.place(a), sort_text.place(b)
  if a_place ~= b_place then
    return (a_place or math.huge) < (b_place or math.huge)
  elseif a_place and a.sortText ~= b.sortText then
    return a.sortText < b.sortText
  end
end

--- A strict order over the lines of a menu, wherever they come from.
---@param a table complete-item
---@param b table complete-item
---@return boolean
function M.compare(a, b)
  local a_place, a_text = place_of(a)
  local b_place, b_text = place_of(b)
  if a_place ~= b_place then
    return a_place < b_place
  end
  return a_text < b_text
end

return M
