-- In: items of mini.completion. Out: the same in its order, with stars:
--
--   lsp_completion = { process_items = require('sibyl.menus.mini').process_items },
--
-- Its own order goes by sortText, and so is sibyl's already.

local sort_text = require('sibyl.completion.sort_text')

local M = {}

--- What mini.completion does by default, and a star behind the names that wear one.
---@param list table[]
---@param base string
---@return table[]
function M.process_items(list, base)
  local shown = require('mini.completion').default_process_items(list, base)
  for index, item in ipairs(shown) do
    if sort_text.is_starred(item) then
      local details = type(item.labelDetails) == 'table' and vim.deepcopy(item.labelDetails) or {}
      local before = type(details.description) == 'string' and details.description or ''
      details.description = sort_text.STAR .. before
      shown[index] = vim.tbl_extend('force', item, { labelDetails = details, kind_hlgroup = 'SibylStar' })
    end
  end
  return shown
end

return M
