-- In: `:Sibyl model PATH`. Out: the host ranks with that model, or one sentence says why not; which model it is.
--
-- The host tries a model in a process of its own before it takes it. Until then, and where the trial fails, the model
-- before ranks. The choice holds for a host that has to be started again; `:Sibyl restart` goes back to the option.

local host = require('sibyl.host.client')
local interpreter = require('sibyl.host.interpreter')
local notice = require('sibyl.notice')

local M = {}

local SHIPPED = 'shipped'

--- The folder of the model that ranks, as people write it; nil for the shipped one and where none ranks.
---@return string|nil
function M.name()
  local model = host.state.phase == 'ready' and (host.state.facts or {}).model or SHIPPED
  return model ~= SHIPPED and vim.fn.fnamemodify(model, ':~') or nil
end

-- One sentence that comes later than the command, when something else may be typed already.
local function tell(text, level)
  local log = require('sibyl.log')
  log[level == vim.log.levels.WARN and 'warn' or 'info']('%s', text)
  notice.say(text, level)
end

local function answered(folder)
  return function(kind, answer)
    if kind ~= 'model' then
      return tell(answer.detail or 'the model was not changed: the host is gone', vim.log.levels.WARN)
    end
    host.state.model = folder
    host.state.facts = vim.tbl_extend('force', host.state.facts or {}, answer, { ok = true })
    tell(M.name() and 'ranks with the model in ' .. M.name() or 'ranks with the shipped model')
  end
end

--- `:Sibyl model`.
---@param word string a folder, `shipped`, or nothing to hear which model ranks
function M.run(word)
  if word == '' then
    return notice.say(M.name() and 'the model in ' .. M.name() or 'the shipped model')
  end
  local named = vim.fn.isdirectory(word) == 1 and word or interpreter.written(word)
  local folder = word == SHIPPED and '' or vim.fn.fnamemodify(named, ':p'):gsub('(.)/$', '%1')
  local asked = host.state.phase == 'ready' and host.ask('model', answered(folder), folder)
  if not asked then
    local standing = require('sibyl.state').of(vim.api.nvim_get_current_buf()).text
    notice.say('the model was not changed: ' .. standing, vim.log.levels.WARN)
  end
end

--- What may stand behind `:Sibyl model`.
---@param lead string what is typed of it
---@return string[]
function M.complete(lead)
  local offered = vim.startswith(SHIPPED, lead) and { SHIPPED } or {}
  return vim.list_extend(offered, vim.fn.getcompletion(lead, 'dir'))
end

return M
