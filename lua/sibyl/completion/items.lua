-- In: a completion reply. Out: its items, and what the host has to know of them.

local M = {}

local MOST = 10000 -- to order more takes longer than anybody waits; the table of labels holds as many
local MOST_BYTES = 512 * 1024 -- of their labels and sort keys
local ADDS_IMPORT, DEPRECATED = 64, 128 -- added to a kind, as engine/sibyl/ranking/lists/listing.py reads it
local DEPRECATED_TAG, KEYWORD = 1, 14 -- of the protocol
local EQUALS, DOT = ('='):byte(), ('.'):byte()
local SUPER = '%f[%w_\128-\255]super%s*%b()%s*%.$'
local CHUNK = 4000 -- arguments of one call; LuaJIT takes 8,000

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

--- Whether a server marks an item as deprecated.
---@param item table as the server sent it
---@return boolean
function M.deprecated(item)
  local tags = item.tags
  return item.deprecated == true or type(tags) == 'table' and vim.list_contains(tags, DEPRECATED_TAG)
end

local function name_of(label)
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

-- By label: most labels of a list were in a list before, and to look for their names is most of a question's time.
local names_known, known = {}, 0 ---@type table<string, string>, integer

--- The name an item stands for: servers decorate labels, "Path (import pathlib)", "read(size)". A dotted name is one
--- name: "np.subtract" is not "np".
---@param item table as the server sent it
---@return string
function M.name(item)
  local label = item.label
  local name = names_known[label]
  if not name then
    name = name_of(label)
    if known >= MOST then
      names_known, known = {}, 0
    end
    names_known[label], known = name, known + 1
  end
  return name
end

--- Whether a reply says more than what every object has: servers answer with `__class__` and its like where they
--- do not know the type. A reply that cannot be read may say anything.
---@param reply any
---@param before string|nil the line up to the word, where members were asked for: there a list with keywords holds the
--- names in scope instead, as basedpyright gives it inside open brackets where the next line begins with a name; and
--- of `super()` what every object has is said, too: most methods that call it are called `__init__`
---@return boolean
function M.says_something(reply, before)
  local list = M.of(reply)
  if not list then
    return type(reply) == 'table'
  end
  local says, overrides = false, before ~= nil and before:find(SUPER) ~= nil
  for _, item in ipairs(list) do
    if before and item.kind == KEYWORD then
      return false
    end
    says = says or overrides or not M.name(item):match('^__.*__$')
    if says and not before then
      return true
    end
  end
  return says
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
---@field labels string[] in that order
---@field names string[]
---@field kinds integer[]
---@field keys string[]|nil see M.keys

--- What Python has to know of the items.
---@param items table[]
---@return sibyl.Question
function M.question(items)
  local order = server_order(items)
  local labels, names, kinds = {}, {}, {}
  for place, index in ipairs(order) do
    local item = items[index]
    local kind = item.kind
    if type(kind) ~= 'number' or kind < 0 or kind >= ADDS_IMPORT or kind % 1 ~= 0 then
      kind = 0 -- none that the protocol knows
    end
    labels[place] = item.label
    names[place] = M.name(item)
    kinds[place] = kind + (adds_import(item) and ADDS_IMPORT or 0) + (M.deprecated(item) and DEPRECATED or 0)
  end
  return { order = order, labels = labels, names = names, kinds = kinds }
end

--- What tells the items of a question apart from reply to reply. Made when a word has a second list, as few have.
---@param question sibyl.Question
---@return string[] by place in the question
function M.keys(question)
  if not question.keys then
    local keys, seen = {}, {}
    for place, label in ipairs(question.labels) do
      local key = label .. '\0' .. question.kinds[place]
      local times = (seen[key] or 0) + 1
      seen[key] = times
      keys[place] = times == 1 and key or key .. '\0' .. times
    end
    question.keys = keys
  end
  return question.keys
end

--- Kinds of a question in one text, a byte each: a list of them takes ten times as long to arrive.
---@param question sibyl.Question
---@return string
function M.kinds(question)
  local kinds, bytes = question.kinds, {}
  for first = 1, #kinds, CHUNK do
    table.insert(bytes, string.char(unpack(kinds, first, math.min(first + CHUNK - 1, #kinds))))
  end
  return table.concat(bytes)
end

return M
