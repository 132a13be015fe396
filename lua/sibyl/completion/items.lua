-- In: a completion reply and an order. Out: a copy of the reply whose sortText spells that order. Pure: no state.
--
-- What is changed in an item is written into its own new sortText, so that it can be undone from the item alone,
-- wherever it has been in between (Neovim turns it into Vim values and back; plugins copy it):
--
--   00007~sibyl*lfi=11.9999.close
--   place       │││ └ the server's own sortText ("-" instead of "=" when it sent none)
--               ││└ insertText was added, f: filterText was added (capitals: the server's was empty),
--               ││  l: the label wears the star; pqQ: see preselect.lua
--               └ starred

local preselect = require('sibyl.completion.preselect')

local M = {}

local SHAPE = '^(%d%d%d%d%d)~sibyl([*lfiFIpqQ]*)([=-])(.*)$'
local MOST = 10000 -- to order more takes longer than anybody waits; the table of labels holds as many
local MOST_BYTES = 512 * 1024 -- of their labels and sort keys
local SNIPPET = 2
local ADDS_IMPORT, DEPRECATED = 64, 128 -- added to a kind, as engine/sibyl/ranking/word_list.py reads it
local DEPRECATED_TAG = 1
local EQUALS, DOT = ('='):byte(), ('.'):byte()
local CHUNK = 4000 -- arguments of one call; LuaJIT takes 8,000
local STAR = '★ '

M.star = STAR

--- The items of a reply; nil unless it is a reply that can be ranked without doubt.
---@param reply any
---@return table[]|nil
function M.of(reply)
  if type(reply) ~= 'table' then
    return nil
  end
  local items = reply.items
  if items == nil then
    items = reply
  end
  if type(items) ~= 'table' or not vim.islist(items) then
    return nil
  end
  for _, item in ipairs(items) do
    if type(item) ~= 'table' or type(item.label) ~= 'string' then
      return nil
    end
    if item.sortText ~= nil and item.sortText ~= vim.NIL and type(item.sortText) ~= 'string' then
      return nil
    end
  end
  return items
end

--- Whether a list is too much to be looked at while somebody types: too many items, or labels as long as files.
---@param list table[]
---@return boolean
function M.too_many(list)
  if #list > MOST then
    return true
  end
  local size = 0
  for _, item in ipairs(list) do
    size = size + #item.label + (type(item.sortText) == 'string' and #item.sortText or 0)
  end
  return size > MOST_BYTES
end

local function filled(value)
  return type(value) == 'table' and next(value) ~= nil
end

-- Servers say in different ways that accepting an item would also write an import.
local function adds_import(item)
  if filled(item.additionalTextEdits) then
    return true
  end
  local data = item.data
  return type(data) == 'table' and data.autoImportText ~= nil and data.autoImportText ~= vim.NIL
end

local function deprecated(item)
  local tags = item.tags
  return item.deprecated == true or type(tags) == 'table' and vim.list_contains(tags, DEPRECATED_TAG)
end

--- The name an item stands for: servers decorate labels, "Path (import pathlib)", "read(size)". A dotted name is one
--- name: "np.subtract" is not "np".
---@param item table as the server sent it
---@return string
function M.name(item)
  local label = item.label
  local name = label:match('^[%w_\128-\255]+')
  if not name then
    return (label:gsub('%z', ' ')) -- names are sent with "\0" between them
  end
  while label:byte(#name + 1) == DOT do
    local further = label:match('^%.[%w_\128-\255]+', #name + 1)
    if not further then
      break
    end
    name = name .. further
  end
  local is_keyword = #label == #name + 1 and label:byte(-1) == EQUALS
  return is_keyword and label or name
end

--- Whether a reply says more than what every object has: servers answer with `__class__` and its like where they
--- do not know the type.
---@param reply any
---@return boolean
function M.says_something(reply)
  for _, item in ipairs(M.of(reply) or {}) do
    if not M.name(item):match('^__.*__$') then
      return true
    end
  end
  return false
end

-- Positions of the items in the order Neovim itself would show, equal ones as they came.
local function server_order(items)
  local keys, order, sorted = {}, {}, true
  for index, item in ipairs(items) do
    local text = item.sortText
    keys[index] = (text ~= nil and text ~= vim.NIL) and text or item.label
    order[index] = index
    sorted = sorted and (index == 1 or keys[index - 1] <= keys[index])
  end
  if sorted then
    return order
  end
  -- Each text with its position behind it: to sort plain texts takes half the time of asking a function of ours.
  for index, key in ipairs(keys) do
    keys[index] = key .. '\0' .. string.char(math.floor(index / 256), index % 256)
  end
  table.sort(keys)
  for place, key in ipairs(keys) do
    local high, low = key:byte(-2, -1)
    order[place] = 256 * high + low
  end
  return order
end

---@class sibyl.Question
---@field order integer[] positions in the reply, in the server's own order
---@field names string[] names, in that order
---@field kinds integer[]
---@field keys string[] what tells these items apart from reply to reply

--- What Python has to know of the items.
---@param items table[]
---@return sibyl.Question
function M.question(items)
  local order = server_order(items)
  local names, kinds, keys, seen = {}, {}, {}, {}
  for place, index in ipairs(order) do
    local item = items[index]
    local kind = item.kind
    if type(kind) ~= 'number' or kind < 0 or kind >= ADDS_IMPORT or kind % 1 ~= 0 then
      kind = 0 -- none that the protocol knows
    end
    names[place] = M.name(item)
    kinds[place] = kind + (adds_import(item) and ADDS_IMPORT or 0) + (deprecated(item) and DEPRECATED or 0)
    local key = item.label .. '\0' .. kinds[place]
    local times = (seen[key] or 0) + 1
    seen[key] = times
    keys[place] = times == 1 and key or key .. '\0' .. times
  end
  return { order = order, names = names, kinds = kinds, keys = keys }
end

--- Names and kinds of a question, each in one text: a list of them takes ten times as long to arrive.
---@param question sibyl.Question
---@return string names with "\0" between them
---@return string kinds a byte each
function M.packed(question)
  local kinds, bytes = question.kinds, {}
  for first = 1, #kinds, CHUNK do
    table.insert(bytes, string.char(unpack(kinds, first, math.min(first + CHUNK - 1, #kinds))))
  end
  return table.concat(question.names, '\0'), table.concat(bytes)
end

local function copy(from)
  local out = {}
  for key, value in pairs(from) do
    out[key] = value
  end
  return setmetatable(out, getmetatable(from))
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
  item.label = STAR .. item.label
  return flags
end

--- A copy of the reply in a new order. Not one item or field is lost; only sortText, preselect (and starred labels)
--- change.
---@param reply table
---@param question sibyl.Question
---@param ranking integer[] places in the question (from 1), best first
---@param starred table<integer, boolean> by place in the question
---@param in_label boolean whether stars go into labels
---@return table
function M.rank(reply, question, ranking, starred, in_label)
  local items = reply.items or reply
  local out, preselected = {}, preselect.wanted(items)
  for rank, place in ipairs(ranking) do
    local index = question.order[place]
    local item = copy(items[index])
    local old = item.sortText
    local flags = ''
    if starred[place] then
      flags = '*' .. (in_label and star_label(item) or '')
    end
    if preselected then
      flags = flags .. preselect.move(item, rank == 1)
    end
    local tail = missing(old) and old ~= '' and '-' or '=' .. old
    item.sortText = ('%05d~sibyl%s%s'):format(rank, flags, tail)
    out[index] = item
  end
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
    out.label = out.label:sub(#STAR + 1)
  end
  for flag, field in pairs({ f = 'filterText', i = 'insertText' }) do
    if flags:find(flag, 1, true) then
      out[field] = nil
    elseif flags:find(flag:upper(), 1, true) then
      out[field] = ''
    end
  end
  preselect.undo(out, flags)
  return out
end

--- Where sibyl has put an item, counted from 1; nil for an item it has not ranked.
---@param item table
---@return integer|nil
function M.place(item)
  return tonumber((tostring(item.sortText):match(SHAPE)))
end

return M
