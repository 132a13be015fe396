-- In: `:Sibyl …`. Out: the action, or one sentence about what is possible.
-- Called by: plugin/sibyl.lua.

local M = {}

local function say(text, level)
  vim.notify('sibyl: ' .. text, level or vim.log.levels.INFO)
end

local function bridge()
  return require('sibyl.bridge')
end

local PHASES = {
  off = 'no host runs (it starts with the first Python buffer)',
  looking = 'looking for a Python',
  starting = 'the host is starting',
  ready = 'ready',
  waiting = 'the host ended and will be started again',
  failed = 'the host does not run; see :checkhealth sibyl',
}

local function status()
  local config, mirror, reply = require('sibyl.config'), require('sibyl.mirror'), require('sibyl.reply')
  local buf = vim.api.nvim_get_current_buf()
  local words = { PHASES[bridge().state.phase] }
  if not config.get().enabled then
    words = { 'switched off (:Sibyl enable)' }
  elseif vim.bo[buf].filetype == 'python' then
    if not config.enabled(buf) then
      table.insert(words, 'switched off in this buffer (:Sibyl! enable)')
    elseif not mirror.seq(buf) then
      table.insert(words, 'this buffer is left alone (:Sibyl log says why)')
    end
    local clients = require('sibyl.wrap').names()
    table.insert(words, #clients > 0 and 'ranks ' .. table.concat(clients, ', ') or 'no language server yet')
  end
  local delays = vim.deepcopy(reply.delays)
  if #delays > 0 then
    table.sort(delays)
    table.insert(words, ('%.1f ms added to a list (median of %d)'):format(delays[math.ceil(#delays / 2)], #delays))
  end
  say(table.concat(words, '; '))
end

-- Shows how the last list was ranked.
local function explain()
  local last = require('sibyl.reply').last
  if not last then
    return say('no list was ranked yet')
  end
  local chunks = { { ('The last list: %d items, ranked in %.1f ms\n'):format(#last.from, last.ms), 'Title' } }
  for rank, name in ipairs(last.names) do
    if rank > 15 then
      break
    end
    local probability = last.probability[rank]
    local text = ('%3d %-30s %s  server’s place %d\n'):format(
      rank,
      name,
      probability and ('%5.1f %%'):format(probability * 100) or '       ',
      last.from[rank]
    )
    local starred = rank <= last.stars
    table.insert(chunks, { starred and '★' or ' ', 'SibylStar' })
    table.insert(chunks, { text })
  end
  vim.api.nvim_echo(chunks, false, {})
end

local function forget()
  local place = bridge().memory()
  bridge().stop()
  local gone = vim.fn.delete(place, 'rf') == 0 or vim.fn.isdirectory(place) == 0
  bridge().restart()
  say(gone and 'forgot all that was learned from you' or 'could not delete ' .. place)
end

local function switch(name)
  return function(buf)
    require('sibyl')[name](buf)
    local on = require('sibyl.config').get().enabled
    if buf then
      on = vim.b[buf].sibyl_enabled ~= false
    end
    say((on and 'on' or 'off') .. (buf and ' in this buffer' or ''))
  end
end

---@type table<string, {run: fun(buf: integer|nil), buffer: boolean, help: string}>
M.actions = {
  enable = { run = switch('enable'), buffer = true, help = 'rank again' },
  disable = { run = switch('disable'), buffer = true, help = 'leave lists as they come, end the host' },
  toggle = { run = switch('toggle'), buffer = true, help = 'the one or the other' },
  status = { run = status, buffer = false, help = 'one line on how it stands' },
  explain = { run = explain, buffer = false, help = 'how the last list was ranked' },
  forget = { run = forget, buffer = false, help = 'delete all that was learned from you' },
  install = {
    run = function()
      require('sibyl.install').run()
    end,
    buffer = false,
    help = 'make the Python environment and the language server',
  },
  restart = {
    run = function()
      require('sibyl.config').reload()
      bridge().restart()
    end,
    buffer = false,
    help = 'a fresh host; options are read again',
  },
  log = {
    run = function()
      vim.cmd.tabedit(vim.fn.fnameescape(require('sibyl.log').path()))
    end,
    buffer = false,
    help = 'open the log',
  },
}

local function names()
  local list = vim.tbl_keys(M.actions)
  table.sort(list)
  return list
end

---@param command table what nvim_create_user_command gives
function M.run(command)
  local name, scope = command.fargs[1] or 'status', command.fargs[2]
  local action = M.actions[name]
  if not action then
    return say(('`%s` is not one of: %s'):format(name, table.concat(names(), ', ')), vim.log.levels.WARN)
  end
  if scope and (scope ~= 'buffer' or not action.buffer) then
    return say(('`%s` has no use for `%s`'):format(name, scope), vim.log.levels.WARN)
  end
  local here = action.buffer and (command.bang or scope == 'buffer')
  action.run(here and vim.api.nvim_get_current_buf() or nil)
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local before = vim.split(line:sub(1, #line - #lead), '%s+', { trimempty = true })
  local offered = names()
  if #before >= 2 then
    local action = M.actions[before[2]]
    offered = action and action.buffer and #before == 2 and { 'buffer' } or {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, offered)
end

return M
