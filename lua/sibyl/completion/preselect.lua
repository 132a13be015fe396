-- In: a reply in which the server wants an item selected. Out: the first item is the one; each says what it was.
-- Anywhere else the selection would skip the order. Some plugins go by it; Neovim does from 0.13 on.
--
--   p: the wish was taken away   q: it was added   Q: it was added where the server had said false

local M = {}

--- Whether a server wants one of its items selected.
---@param items table[]
---@return boolean
function M.wanted(items)
  for _, item in ipairs(items) do
    if item.preselect == true then
      return true
    end
  end
  return false
end

--- Changes a copy of an item of such a reply; returns the flag by which it can be undone.
---@param item table
---@param first boolean whether it stands first
---@return string
function M.move(item, first)
  if first and item.preselect ~= true then
    local flag = item.preselect == false and 'Q' or 'q'
    item.preselect = true
    return flag
  elseif not first and item.preselect == true then
    item.preselect = nil
    return 'p'
  end
  return ''
end

--- Undoes it.
---@param item table
---@param flags string
function M.undo(item, flags)
  if flags:find('p', 1, true) then
    item.preselect = true
  elseif flags:find('q', 1, true) then
    item.preselect = nil
  elseif flags:find('Q', 1, true) then
    item.preselect = false
  end
end

return M
