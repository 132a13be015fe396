-- In: a completion reply and an order. Out: a copy of the reply whose sortText spells that order. Pure: no state.
--
-- What is changed in an item is written into its own new sortText, so that it can be undone from the item alone,
-- wherever it has been in between (Neovim turns it into Vim values and back; plugins copy it):
--
--   00007~sibyl*lfi=11.9999.close
--   place       │││ └ the server's own sortText ("-" instead of "=" when it sent none)
--               ││└ insertText was added, f: filterText was added (capitals: the server's was empty),
--               ││  l: the label wears the star
--               └ starred
--
-- Where a server wants an item selected, it is our first: anywhere else the selection would skip the order. Some
-- plugins go by it; Neovim does from 0.13 on. p: the wish was taken away, q: it was added, Q: it was added where the
-- server had said false.

local M = {}

local SHAPE = '^(%d%d%d%d%d)~sibyl([*lfiFIpqQ]*)([=-])(.*)$'
local SNIPPET = 2
local ADDED = 2 -- fields that a copy may get: sortText and filterText

M.STAR = '★ '

-- LuaJIT makes tables with room for their fields; other Luas let them grow.
local has_room, roomy = pcall(require, 'table.new')

local function copy(from, fields)
  local out = fields and has_room and roomy(0, fields) or {}
  for key, value in pairs(from) do
    out[key] = value
  end
  return setmetatable(out, getmetatable(from))
end

-- How a sortText begins, by place: spelling a thousand numbers for each list would take most of the time here.
local begins = {} ---@type string[]

local function begin(rank)
  local text = begins[rank] or ('%05d~sibyl'):format(rank)
  begins[rank] = text
  return text
end

local function missing(value)
  return value == nil or value == vim.NIL or value == ''
end

-- Puts the star into the label, for menus that offer no other place; says what else had to be added.
local function star_label(item)
  if item.insertTextFormat == SNIPPET then
    return '' -- its text is worked out from the label on some versions
  end
  local flags = 'l'
  if missing(item.filterText) then
    flags = flags .. (item.filterText == '' and 'F' or 'f')
    item.filterText = item.label
  end
  if missing(item.insertText) and missing(item.textEdit) then
    flags = flags .. (item.insertText == '' and 'I' or 'i')
    item.insertText = item.label
  end
  item.label = M.STAR .. item.label
  return flags
end

-- Whether a server wants one of its items selected.
local function preselects(items)
  for _, item in ipairs(items) do
    if item.preselect == true then
      return true
    end
  end
  return false
end

-- Moves that wish to the first item of a list; returns the flag by which it can be undone.
local function preselect(item, first)
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

--- Copies of a reply's items, for M.rank. They can be made while an order is waited for.
---@param reply table
---@return table[]
function M.copies(reply)
  local out, list = {}, reply.items or reply
  -- A table that grows is made again at each power of two, and room that stays empty is rubbish sooner.
  local fields = vim.tbl_count(list[1] or {}) + ADDED
  for index, item in ipairs(list) do
    out[index] = copy(item, fields)
  end
  return out
end

--- A copy of the reply in a new order. Not one item or field is lost; only sortText, preselect (and starred labels)
--- change.
---@param reply table
---@param question sibyl.Question
---@param ranking integer[] places in the question (from 1), best first
---@param starred table<integer, boolean> by place in the question
---@param in_label boolean whether stars go into labels
---@param copies table[]|nil of its items; the answer is made of them
---@param unlisted sibyl.Unlisted[]|nil what stands among them, in order
---@return table
function M.rank(reply, question, ranking, starred, in_label, copies, unlisted)
  local out = copies or M.copies(reply)
  local preselected = preselects(reply.items or reply)
  local beside, added = unlisted or {}, 0
  local function add_up_to(at)
    while beside[added + 1] and beside[added + 1].at <= at do
      added = added + 1
      local item = beside[added].item
      item.sortText = begin(beside[added].at + added) .. '-'
      table.insert(out, item)
    end
  end
  for rank, place in ipairs(ranking) do
    add_up_to(rank - 1)
    local item = out[question.order[place]]
    local old = item.sortText
    local flags = ''
    if starred[place] then
      flags = '*' .. (in_label and star_label(item) or '')
    end
    if preselected then
      flags = flags .. preselect(item, rank == 1)
    end
    local tail = missing(old) and old ~= '' and '-' or '=' .. old
    item.sortText = begin(rank + added) .. flags .. tail
  end
  add_up_to(#ranking)
  if reply.items == nil then
    return setmetatable(out, getmetatable(reply))
  end
  local answer = copy(reply)
  answer.items = out
  return answer
end

--- Whether an item wears a star.
---@param item table
---@return boolean
function M.is_starred(item)
  local _, flags = tostring(item.sortText):match(SHAPE)
  return flags ~= nil and flags:find('*', 1, true) ~= nil
end

--- The item as the server sent it. An item that is not ours comes back as it is.
---@param item table
---@return table
function M.restore(item)
  local _, flags, had, old = tostring(item.sortText):match(SHAPE)
  if not flags then
    return item
  end
  local out = copy(item)
  out.sortText = had == '=' and old or nil
  if flags:find('l', 1, true) then
    out.label = out.label:sub(#M.STAR + 1)
  end
  for flag, field in pairs({ f = 'filterText', i = 'insertText' }) do
    if flags:find(flag, 1, true) then
      out[field] = nil
    elseif flags:find(flag:upper(), 1, true) then
      out[field] = ''
    end
  end
  if flags:find('p', 1, true) then
    out.preselect = true
  elseif flags:find('q', 1, true) then
    out.preselect = nil
  elseif flags:find('Q', 1, true) then
    out.preselect = false
  end
  return out
end

--- Where sibyl has put an item, counted from 1; nil for an item it has not ranked.
---@param item table
---@return integer|nil
function M.place(item)
  return tonumber((tostring(item.sortText):match(SHAPE)))
end

return M
