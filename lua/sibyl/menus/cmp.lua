-- In: nvim-cmp's entries. Out: their order among equal matches, their star, and guesses as a source of its own:
--
--   sorting = { comparators = { compare.offset, compare.exact, compare.score, require('sibyl').comparator, … } },
--   formatting = { format = require('sibyl.menus.cmp').format },
--   sources = { { name = 'nvim_lsp' }, { name = 'sibyl' } },

local compare = require('sibyl.completion.compare')
local guesses = require('sibyl.completion.guesses')
local sort_text = require('sibyl.completion.sort_text')

local M = {}

--- Exact matches first, then better ones; among those that match alike what sibyl has ranked, in its order. Of the
--- rest it says nothing.
---@param a table an nvim-cmp entry, or an item
---@param b table
---@return boolean|nil
function M.comparator(a, b)
  if a.exact ~= b.exact then
    return a.exact == true
  elseif a.score ~= b.score then
    return (a.score or 0) > (b.score or 0)
  end
  return compare.ranked(a.completion_item or a, b.completion_item or b)
end

--- For `formatting.format`: puts the star before the kind.
---@param entry table
---@param line table
---@return table
function M.format(entry, line)
  if sort_text.is_starred(entry.completion_item) then
    line.kind = sort_text.STAR .. (line.kind or '')
    line.kind_hl_group = 'SibylStar'
  end
  return line
end

local source = {}

function source.is_available()
  return require('sibyl.config').ranks(vim.api.nvim_get_current_buf())
end

function source.get_debug_name()
  return 'sibyl'
end

function source.get_trigger_characters()
  return { '.' }
end

function source.complete(_, params, callback)
  guesses.ask(params.context.bufnr, function(names)
    callback({ items = guesses.items(names), isIncomplete = false })
  end)
end

--- Offers the source `sibyl`, and hears of what is accepted.
---@param accepted fun(item: table)
function M.join(accepted)
  local cmp = require('cmp')
  cmp.register_source('sibyl', source)
  cmp.event:on('confirm_done', function(event)
    if event.entry then
      accepted(event.entry.completion_item)
    end
  end)
end

return M
