-- In: nothing. Out: which plugin with a menu of its own is at work, and what is to know of it.

local M = {}

---@type table<string, string> by the plugin's module
M.advice = {
  ['blink.cmp'] = "It shows this order with `fuzzy.sorts = require('sibyl.menus.blink').sorts`: :help sibyl-blink",
  ['cmp'] = "It shows this order with `require('sibyl').comparator` among its comparators: :help sibyl-cmp",
  ['mini.completion'] = 'It sorts by sortText and so shows this order; for stars :help sibyl-mini',
  ['coq'] = 'It orders by its own score; sibyl can do nothing there.',
}

-- Whether a function is in a list. Where the plugin was loaded again (`:Lazy reload`) that is the one of before: the
-- same place in the same file.
local function has(list, wanted)
  local ours = debug.getinfo(wanted, 'S')
  return type(list) == 'table'
    and vim.iter(list):any(function(each)
      local place = type(each) == 'function' and debug.getinfo(each, 'S')
      return place and place.source == ours.source and place.linedefined == ours.linedefined
    end)
end

---@type table<string, fun(): boolean> whether the plugin is set up to show this order
local follows = {
  ['blink.cmp'] = function()
    return has(require('blink.cmp.config').fuzzy.sorts, require('sibyl.menus.blink').sort)
  end,
  ['cmp'] = function()
    return has(require('cmp.config').get().sorting.comparators, require('sibyl').comparator)
  end,
  ['mini.completion'] = function()
    return true
  end,
}

--- Whether a plugin that is loaded shows this order as it is set up.
---@param name string its module
---@return boolean
function M.follows(name)
  local ok, answer = pcall(follows[name] or function()
    return false
  end)
  return ok and answer == true
end

--- Whether one that draws its menu itself is there: 'completeopt' says nothing about that menu.
---@return boolean
function M.draws()
  return package.loaded['blink.cmp'] ~= nil or package.loaded['cmp'] ~= nil
end

--- Whether one of them is there: then Neovim's own menu must not open by itself, or there would be two.
---@return boolean
function M.loaded()
  return vim.iter(pairs(M.advice)):any(function(name)
    return package.loaded[name] ~= nil
  end)
end

return M
