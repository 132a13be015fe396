-- In: `:Sibyl …`. Out: the action, or one sentence about what is possible.

local M = {}

local function say(text, level)
  require('sibyl.notice').say(text, level)
end

local function host()
  return require('sibyl.host.client')
end

local function status()
  local parts = { require('sibyl.state').of(vim.api.nvim_get_current_buf()).text }
  local delays = require('sibyl.statistics').newest()
  if #delays > 0 then
    table.insert(parts, ('%.1f ms added (median of %d)'):format(delays[math.ceil(#delays / 2)], #delays))
  end
  local model = require('sibyl.model').name()
  if model then
    table.insert(parts, 'model ' .. model)
  end
  say(table.concat(parts, '; '))
end

local function counted(count, noun)
  return ('%d %s%s'):format(count, noun, count == 1 and '' or 's')
end

-- Says what is remembered, and how large it is.
local function memory()
  local forget = require('sibyl.forget')
  local asked = host().ask('memory', function(kind, answer)
    if kind ~= 'memory' then
      return say('what is remembered cannot be said now')
    end
    local lines = { 'below ' .. host().memory() .. ':' }
    for root, project in pairs(answer.projects or {}) do
      table.insert(lines, ('%s: %s, %s'):format(root, counted(project.files, 'file'), forget.size(project.bytes)))
    end
    if answer.person and answer.person ~= vim.NIL then
      local items = counted(answer.person.items, 'item')
      local names = counted(answer.person.names, 'different name')
      local text = 'accepted from lists: %s, among them %s after a dot; %s'
      table.insert(lines, text:format(items, names, forget.size(answer.person.bytes)))
    end
    for _, root in ipairs(answer.reading or {}) do
      table.insert(lines, ('%s is being read'):format(root))
    end
    for _, file in ipairs(answer.deleted or {}) do
      table.insert(lines, ('%s was deleted; `:Sibyl restart` begins a new one'):format(file))
    end
    vim.list_extend(lines, answer.off or {})
    table.insert(lines, answer.trouble)
    if #lines == 1 then
      table.insert(lines, 'nothing yet')
    end
    say(lines)
  end)
  if not asked then
    say(vim.list_extend({ require('sibyl.state').of(vim.api.nvim_get_current_buf()).text }, forget.on_disk()))
  end
end

local function switch(name)
  return function(buf)
    require('sibyl')[name](buf)
    local everywhere = require('sibyl.config').get().enabled
    local here = require('sibyl.config').on_here(buf or 0)
    if buf then
      local but = here and not everywhere and ', but off everywhere (:Sibyl enable)' or ''
      return say((here and 'on' or 'off') .. ' in this buffer' .. but)
    end
    local but = everywhere and not here and ', but off in this buffer (:Sibyl! enable)' or ''
    say((everywhere and 'on' or 'off') .. but)
  end
end

---@class sibyl.Action
---@field run? fun(buf: integer|nil, word: string|nil)
---@field buffer? boolean whether it may be asked for in one buffer
---@field free? fun(words: string[]) instead of `run`: takes all words behind it
---@field words? string[] what may stand behind it
---@field complete? fun(lead: string): string[] instead of `words`: what may stand behind it
---@field help string

---@type table<string, sibyl.Action>
M.actions = {
  enable = { run = switch('enable'), buffer = true, help = 'rank again' },
  disable = { run = switch('disable'), buffer = true, help = 'leave lists as they come, end the host' },
  toggle = { run = switch('toggle'), buffer = true, help = 'the one or the other' },
  status = { run = status, help = 'one line on how it stands' },
  explain = {
    run = function()
      require('sibyl.explain').open()
    end,
    help = 'a page on the last list: how it was ranked, and why',
  },
  forget = {
    run = function(_, scope)
      require('sibyl.forget').run(scope or 'all')
    end,
    words = { 'all', 'person', 'project', 'experiment' },
    help = 'delete what was learned from you: all, your choices, this project, an experiment',
  },
  experiment = {
    free = function(words)
      require('sibyl.experiment').run(words)
    end,
    words = { 'start', 'stop' },
    help = 'show each word in our order or the server’s, by a coin, and keep how it went',
  },
  report = {
    free = function(words)
      require('sibyl.experiment').report(words)
    end,
    words = { 'svg' },
    help = 'what the experiment has shown',
  },
  stats = {
    run = function()
      require('sibyl.page').show('stats', require('sibyl.statistics').lines())
    end,
    help = 'lists, times and letters saved since Neovim began',
  },
  memory = { run = memory, help = 'what is remembered, and how large it is' },
  model = {
    free = function(words)
      require('sibyl.model').run(table.concat(words, ' '))
    end,
    complete = function(lead)
      return require('sibyl.model').complete(lead)
    end,
    help = 'rank with the model of a folder, or with the one that is shipped',
  },
  install = {
    run = function()
      require('sibyl.install').run()
    end,
    help = 'make the Python environment and the language server',
  },
  restart = {
    run = function()
      require('sibyl.config').reload()
      host().state.model = nil
      host().restart()
      require('sibyl.server.default').ended = nil
      require('sibyl').begin_all()
    end,
    help = 'a fresh host; options are read again',
  },
  log = {
    run = function()
      local path = require('sibyl.log').file()
      if not path then
        return say('nothing has been logged yet')
      elseif require('sibyl.page').refused() then
        return
      end
      vim.cmd('tabedit + ' .. vim.fn.fnameescape(path)) -- at its end, where the newest line is
    end,
    help = 'open the log',
  },
}

local function names()
  local list = vim.tbl_keys(M.actions)
  table.sort(list)
  return list
end

--- Does what `:Sibyl …` asks for.
---@param command table what nvim_create_user_command gives
function M.run(command)
  require('sibyl.notice').close() -- a message from before would cover what is shown now
  local name, scope = command.fargs[1] or 'status', command.fargs[2]
  local action = M.actions[name]
  if not action then
    return say(('`%s` is not one of: %s'):format(name, table.concat(names(), ', ')), vim.log.levels.WARN)
  end
  if action.free then
    return action.free(vim.list_slice(command.fargs, 2))
  end
  local word = scope and vim.tbl_contains(action.words or {}, scope) and scope or nil
  if scope and not word and (scope ~= 'buffer' or not action.buffer) then
    return say(('`%s` has no use for `%s`'):format(name, scope), vim.log.levels.WARN)
  end
  local here = action.buffer and (command.bang or scope == 'buffer')
  action.run(here and vim.api.nvim_get_current_buf() or nil, word)
end

--- What may stand where the cursor is on the command line.
---@param lead string what is typed of the word
---@param line string the whole command line
---@return string[]
function M.complete(lead, line)
  local before = vim.split(line:sub(1, #line - #lead), '%s+', { trimempty = true })
  local begins = 1
  for at, word in ipairs(before) do -- modifiers and other commands may stand before it
    begins = word:find('^|?Sib') and at or begins
  end
  before = vim.list_slice(before, begins)
  local offered = names()
  if #before >= 2 then
    local action = M.actions[before[2]]
    if action and action.complete and #before == 2 then
      return action.complete(lead)
    end
    offered = action and #before == 2 and (action.words or action.buffer and { 'buffer' }) or {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, offered)
end

return M
