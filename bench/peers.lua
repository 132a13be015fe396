-- In: one list of completion items and the text before the cursor, in the current buffer. Out: the order that Neovim,
-- blink.cmp, nvim-cmp and mini.completion would show, and what making it took.
--
-- The peers' own code is run, with their own defaults, taken from a folder with their checkouts: of nvim-cmp the
-- source, entries, view and comparators; of blink.cmp the fuzzy module with its Lua matcher; of mini.completion what
-- filters and sorts a reply. None of their plugin files is loaded, so that nothing else of them runs. Each item carries
-- its number in `data.place`.

local M = {}

local api = vim.api
local SECONDS = 10 -- between two accepted items, for blink.cmp's frecency
local peers = {} ---@type table<string, { fresh: fun(items: table[]), order: fun(): integer[] }>

local function places(list, item_of)
  local numbers = {}
  for rank, entry in ipairs(list) do
    numbers[rank] = item_of(entry).data.place
  end
  return numbers
end

-- Neovim: the function that turns a reply into the menu's items. Private, but it is the one that sorts.
local function native()
  local ok, module = pcall(require, 'vim.lsp.completion')
  if not ok or not module._lsp_to_complete_items then
    module = require('vim.lsp._completion')
  end
  local reply
  local function item_of(entry)
    return entry.user_data.nvim.lsp.completion_item
  end
  return {
    fresh = function(items)
      reply = { isIncomplete = true, items = items }
    end,
    order = function()
      -- 0.10 sorts the very list it was given
      local copy = { isIncomplete = true, items = vim.list_slice(reply.items) }
      return places(module._lsp_to_complete_items(copy, M.typed, 1), item_of)
    end,
  }
end

-- nvim-cmp: a source that has the items, and the view that filters and sorts them, without a window.
local function nvim_cmp()
  local config = require('cmp.config')
  local source, context = require('cmp.source'), require('cmp.context')
  local view, compare = require('cmp.view'), require('cmp.config.compare')
  -- It yields after 3 ms; here all of it is wanted at once. And it shows the first 200 only; here, all.
  config.set_global({ performance = { filtering_context_budget = 1e6, max_view_entries = 5000 } })
  local given, ours, shown
  local fake = {
    complete = function(_, _, callback)
      callback({ isIncomplete = false, items = given })
    end,
  }
  local window = {
    open = function(_, _, entries)
      shown = entries
    end,
  }
  local stage = {
    event = { emit = function() end },
    close = function() end,
    _get_entries_view = function()
      return window
    end,
  }
  local function item_of(entry)
    return entry.completion_item
  end
  return {
    fresh = function(items)
      given = items
      ours = source.new('nvim_lsp', fake)
      local later = vim.schedule_wrap
      rawset(vim, 'schedule_wrap', function(callback) -- at once: time passed in the queue is nobody's cost
        return callback
      end)
      ours:complete(context.new(nil, { reason = 'manual' }), function() end)
      rawset(vim, 'schedule_wrap', later)
    end,
    order = function()
      shown = {}
      view.open(stage, context.new(nil, { reason = 'manual' }), { ours })
      return places(shown, item_of)
    end,
    used = function(labels)
      compare.recently_used.records = {}
      for time, label in ipairs(labels) do
        compare.recently_used.records[label] = time
      end
      compare.locality:update() -- it does so where insert mode begins and after each completion
    end,
  }
end

-- The bonus of blink.cmp's Rust matcher for what was accepted: +4 each time, decaying by (1 + seconds)^-0.2.
local function frecency(labels)
  local score, at = {}, {}
  local function now(label, time)
    return (score[label] or 0) * (1 + time - (at[label] or time)) ^ -0.2
  end
  for index, label in ipairs(labels) do
    score[label], at[label] = now(label, index * SECONDS) + 4, index * SECONDS
  end
  return function(label)
    return math.floor(math.min(now(label, (#labels + 1) * SECONDS), 6) + 0.5)
  end
end

-- blink.cmp with its Lua matcher, which knows neither frecency nor proximity; with `bonus`, both are added the way the
-- Rust matcher adds them: nothing before a letter is typed, then at most 6, and 2 for a word within 30 lines.
local function blink(bonus)
  local fuzzy = require('blink.cmp.fuzzy')
  fuzzy.set_implementation('lua')
  local items, recent
  local function offsets()
    local row = api.nvim_win_get_cursor(0)[1]
    local near = api.nvim_buf_get_lines(0, math.max(0, row - 30), row + 30, false)
    local words = {}
    for _, word in ipairs(fuzzy.get_words(table.concat(near, '\n'))) do
      words[word] = true
    end
    for _, item in ipairs(items) do
      item.score_offset = M.typed == '' and 0 or recent(item.label) + (words[item.label] and 2 or 0)
    end
  end
  local function item_of(entry)
    return entry
  end
  return {
    fresh = function(given)
      items = given
      for _, item in ipairs(items) do
        item.source_id, item.score_offset = 'lsp', 0
      end
    end,
    order = function()
      if bonus then
        offsets()
      end
      local line, column = api.nvim_get_current_line(), api.nvim_win_get_cursor(0)[2]
      return places(fuzzy.fuzzy(line, column, { lsp = items }, 'prefix'), item_of)
    end,
    used = function(labels)
      recent = frecency(labels)
    end,
  }
end

-- mini.completion: what becomes of a server's items before they are shown.
local function mini()
  local given
  local process = require('mini.completion').default_process_items
  local function item_of(entry)
    return entry
  end
  return {
    fresh = function(items)
      given = items
    end,
    order = function()
      return places(process(given, M.typed), item_of)
    end,
  }
end

--- Makes the peers ready whose checkouts are in a folder; returns the names of all that can be measured.
---@param folder string
---@param wanted string[] names of checkouts there
---@return string[]
function M.setup(folder, wanted)
  vim.o.virtualedit = 'onemore' -- the cursor stands behind the last letter in normal mode, too
  local names = { 'Neovim' }
  peers['Neovim'] = native()
  for _, name in ipairs(wanted) do
    local lua = vim.fs.joinpath(folder, name, 'lua')
    package.path = ('%s/?.lua;%s/?/init.lua;%s'):format(lua, lua, package.path)
    if name == 'nvim-cmp' then
      peers[name] = nvim_cmp()
      table.insert(names, name)
    elseif name == 'mini.nvim' then
      peers['mini.completion'] = mini()
      table.insert(names, 'mini.completion')
    else
      for label, bonus in pairs({ ['blink.cmp (Lua)'] = false, ['blink.cmp (Lua) + bonuses'] = true }) do
        peers[label] = blink(bonus)
        table.insert(names, label)
      end
    end
  end
  return names
end

--- Where the cursor stands, and what was accepted before, oldest first.
function M.stand(lines, used)
  M.typed = ''
  M.line = lines[#lines]
  api.nvim_buf_set_lines(0, 0, -1, false, lines)
  api.nvim_win_set_cursor(0, { #lines, #M.line })
  for _, peer in pairs(peers) do
    if peer.used then
      peer.used(used)
    end
  end
end

-- As if somebody had typed these letters after the dot.
local function typed(letters)
  M.typed = letters
  local row = api.nvim_buf_line_count(0)
  api.nvim_buf_set_lines(0, row - 1, row, false, { M.line .. letters })
  api.nvim_win_set_cursor(0, { row, #M.line + #letters })
end

--- The rank of one item in every peer's order, after each beginning; one more than there are where it is left out.
---@param items table[]
---@param truth integer the item's number
---@param beginnings string[] first the letters that were typed when the list was asked for
---@return table<string, integer[]>
function M.ranks(items, truth, beginnings)
  local ranks = {}
  for name, peer in pairs(peers) do
    typed(beginnings[1])
    peer.fresh(vim.deepcopy(items))
    ranks[name] = {}
    for index, letters in ipairs(beginnings) do
      typed(letters)
      local order = peer.order()
      ranks[name][index] = #items + 1
      for rank, place in ipairs(order) do
        if place == truth then
          ranks[name][index] = rank
        end
      end
    end
  end
  typed('')
  return ranks
end

--- Milliseconds from a reply to its order, and from one letter more to the order then, by peer.
---@param items table[]
---@param letter string
---@return table<string, number[]>
function M.cost(items, letter)
  local milliseconds = {}
  for name, peer in pairs(peers) do
    typed('')
    local fresh = vim.deepcopy(items)
    local began = vim.uv.hrtime()
    peer.fresh(fresh)
    peer.order()
    local first = vim.uv.hrtime() - began
    typed(letter)
    began = vim.uv.hrtime()
    peer.order()
    milliseconds[name] = { first / 1e6, (vim.uv.hrtime() - began) / 1e6 }
  end
  typed('')
  return milliseconds
end

return M
