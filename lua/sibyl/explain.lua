-- In: the list that was ranked last. Out: a page on it, in a window of its own: text to read, search and copy; or a
-- sentence on one item.

local host = require('sibyl.host.client')
local guessed = require('sibyl.completion.guessed')
local guesses = require('sibyl.completion.guesses')
local items = require('sibyl.completion.items')
local page = require('sibyl.page')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

local api = vim.api
local MOST_REASONS = 3

-- What a group of features says, where it speaks for an item and where it speaks against it.
---@type table<string, string[]>
local WORDS = {
  ['network'] = { 'the network expects it here', 'the network does not expect it here' },
  ['used in this file'] = { 'this file uses it so', 'this file does not use it so' },
  ['other files'] = { 'files of the project use it so', 'files of the project use others' },
  ['its class'] = { 'its class in this project has it', 'its class in this project has others' },
  ['accepted before'] = { 'you took it before', 'you took others before' },
  ["server's order"] = { 'the server puts it early', 'the server puts it late' },
  ['kind and shape'] = { 'its kind and shape fit', 'its kind and shape do not fit' },
  ['words around'] = { 'it is like the words around', 'it is not like the words around' },
  ['imported already'] = { 'others are imported already', 'it is imported already' },
  ['its scope'] = { 'it is bound near here', 'it is bound far from here' },
  ['used below'] = { 'the code below uses it and nothing binds it', 'the code below waits for other names' },
  ['order of imports'] = { 'imports go on so', 'imports seldom go on so' },
  ['order of parameters'] = { 'the function takes it next', 'the function takes others before' },
  ['what is typed'] = { 'it is what is typed', 'it is not quite what is typed' },
  ['keyword arguments'] = { 'it is an argument of this call', 'other arguments fit this call better' },
}

local function because(reasons)
  local parts = {}
  for _, reason in ipairs(vim.list_slice(reasons or {}, 1, MOST_REASONS)) do
    local words = WORDS[reason[1]] or { reason[1], reason[1] }
    table.insert(parts, ('%s (%+.1f)'):format(reason[2] >= 0 and words[1] or words[2], reason[2]))
  end
  return table.concat(parts, ', ')
end

-- What the ranker knows of what stands before the dot.
local function receiver(facts)
  if not facts or facts.origin == '' then
    return 'Not a list of members.'
  end
  local text = ('Receiver: `%s`'):format(facts.spelled ~= '' and facts.spelled or '…')
  local origin = facts.origin:gsub('^@', '')
  local known = origin ~= '' and origin ~= '~'
  text = text .. (known and (', which is ' .. origin) or ', of which the text above does not tell where it comes from')
  return text .. (facts.class ~= '' and ('; its class: ' .. facts.class) or '') .. '.'
end

-- The host's last list may be another one than the one shown: then it says nothing of ours.
local function same(last, answer)
  if type(answer.names) ~= 'table' or #answer.names ~= #last.from then
    return false
  end
  for rank, name in ipairs(last.names) do
    if answer.names[rank] ~= name then
      return false
    end
  end
  return true
end

-- Why the page has no reasons.
local function without(answer)
  if answer.items == nil then
    return 'The ranker does not answer now: no reasons are left.'
  elseif type(answer.names) ~= 'table' then
    return 'The ranker no longer holds this list: no reasons are left.'
  end
  return 'The ranker has ranked another list since: no reasons are left.'
end

-- What stood among the items.
local function among(unlisted)
  local names = vim.tbl_map(function(entry)
    return ('`%s`'):format(entry.name)
  end, unlisted)
  return 'Among it, not listed by the server: ' .. table.concat(names, ', ') .. '. These are guesses.'
end

---@return string[] lines
---@return integer heading number of the line
---@return integer[] starred numbers of lines
---@return integer column where the reasons begin
local function described(last, answer)
  local whole = same(last, answer)
  local names = whole and answer.names or last.names
  local probability = whole and answer.probability or last.probability
  local shown, widest = vim.tbl_map(vim.fn.strtrans, names), 4 -- labels of several lines are one line here
  for _, name in ipairs(shown) do
    widest = math.max(widest, vim.fn.strdisplaywidth(name))
  end
  local lines = {
    ('The last list: %d items, ranked in %.1f ms.'):format(#last.from, last.ms),
    whole and receiver(answer.receiver) or without(answer),
    '',
    ('  now  before    %s   likely  why'):format('item' .. (' '):rep(widest - 4)),
  }
  if #last.unlisted > 0 then
    table.insert(lines, 3, among(last.unlisted))
  end
  local heading, starred, explained = #lines, {}, whole and answer.items or {}
  for rank, name in ipairs(names) do
    local reasons = explained[rank] and explained[rank][1] == name and explained[rank][2] or nil
    local share = probability[rank] and ('%5.1f %%'):format(probability[rank] * 100) or '       '
    local padded = shown[rank] .. (' '):rep(widest - vim.fn.strdisplaywidth(shown[rank]))
    local star = rank <= last.stars and '★' or ' '
    local line = ('  %3d  %6d  %s %s  %s  %s'):format(rank, last.from[rank], star, padded, share, because(reasons))
    table.insert(lines, vim.fn.trim(line, '', 2))
    if rank <= last.stars then
      table.insert(starred, #lines)
    end
  end
  if #names < #last.from then
    table.insert(lines, ('  … and %d more'):format(#last.from - #names))
  end
  vim.list_extend(lines, {
    '',
    "now, before: the place in this order, and in the language server's own. likely: of this list, nothing else.",
    'why: what moved the item most; the number is on a scale of logarithms of odds, against the list on average.',
    'q closes this page.',
  })
  return lines, heading, starred, 28 + widest
end

local function show(last, answer)
  local lines, heading, starred, column = described(last, answer)
  local buf = page.show('explain', lines)
  if not buf then
    return
  end
  vim.wo.breakindentopt = 'column:' .. column
  local space = api.nvim_create_namespace('sibyl_explain')
  local function mark(row, group)
    api.nvim_buf_set_extmark(buf, space, row - 1, 0, { end_row = row, hl_group = group, hl_eol = false })
  end
  mark(1, 'Title')
  mark(heading, 'Comment')
  for _, row in ipairs(starred) do
    mark(row, 'SibylStar')
  end
end

-- One sentence on an item of the last list.
local function sentence(last, answer, name)
  local place
  for rank, other in ipairs(last.names) do
    place = place or other == name and rank or nil
  end
  if not place then
    return ('`%s` is not among the first %d items of the last list that was ranked'):format(name, #last.names)
  end
  local parts = { ('%s: place %d of %d'):format(name, place, #last.from) }
  table.insert(parts, ("%d in the server's order"):format(last.from[place]))
  if last.probability[place] then
    table.insert(parts, ('%.1f %% likely'):format(last.probability[place] * 100))
  end
  local reasons = same(last, answer) and answer.items and answer.items[place]
  if reasons and reasons[1] == name and because(reasons[2]) ~= '' then
    table.insert(parts, because(reasons[2]))
  end
  return table.concat(parts, '; ')
end

-- The name that a line of Neovim's menu stands for, and whether it is a guess.
local function selected()
  local info = vim.fn.complete_info({ 'items', 'selected' })
  local entry = info.selected >= 0 and info.items[info.selected + 1]
  local item = entry and vim.tbl_get(entry, 'user_data', 'nvim', 'lsp', 'completion_item')
  local guess = guessed.is_guess(item) or entry and vim.tbl_get(entry, 'user_data', 'sibyl', 'guess') == true
  return entry and (type(item) == 'table' and items.name(sort_text.restore(item)) or entry.word), guess
end

--- Says of the item that is selected in the menu why it stands there.
function M.item()
  local last, name, guess = require('sibyl.completion.reply').last, selected()
  if guess then -- no list that was ranked has it from here
    return require('sibyl.notice').say(('%s: %s'):format(name, guesses.INFO), vim.log.levels.INFO, true)
  elseif not last or not name then
    return require('sibyl.notice').say('select an item of a ranked list first', vim.log.levels.INFO, true)
  end
  local function tell(_, answer)
    if vim.fn.complete_info({ 'mode' }).mode ~= '' then -- the menu may have closed before the host answered
      require('sibyl.notice').say(sentence(last, answer, name), vim.log.levels.INFO, true)
    end
  end
  if not host.ask('explain', tell, last.buf) then
    tell(nil, {})
  end
end

--- Opens the page on the list that was ranked last.
function M.open()
  local last = require('sibyl.completion.reply').last
  if not last then
    return require('sibyl.notice').say('no list was ranked yet')
  end
  local asked = host.ask('explain', function(_, answer)
    show(last, answer)
  end, last.buf)
  if not asked then
    show(last, {})
  end
end

return M
