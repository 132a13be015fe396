-- In: `:checkhealth sibyl`. Out: a report on every part, with a sentence of advice for each problem.

local host = require('sibyl.host.client')
local checks = require('sibyl.host.checks')
local config = require('sibyl.config')
local log = require('sibyl.log')
local statistics = require('sibyl.statistics')

local M = {}

local health = vim.health
local MOST_BUFFERS = 10

local function editor()
  health.start('sibyl: editor')
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.10') == 0 then
    health.error(('Neovim %s is too old'):format(version), 'Install Neovim 0.10.4 or newer.')
  else
    health.ok(('Neovim %s'):format(version))
  end
  for _, problem in ipairs(config.problems()) do
    health.warn(problem, 'See :help sibyl-options')
  end
  if #config.problems() == 0 then
    health.ok('options are in order')
  end
end

-- How it stands with each Python buffer, in the words of `:Sibyl`.
local function standing()
  health.start('sibyl: how it stands')
  local buffers = require('sibyl').buffers()
  for _, buf in ipairs(vim.list_slice(buffers, 1, MOST_BUFFERS)) do
    local state = require('sibyl.state').of(buf)
    local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ':~:.')
    health[state.level](('%s: %s'):format(name == '' and '[No Name]' or name, state.text))
  end
  if #buffers > MOST_BUFFERS then
    health.info(('and %d more'):format(#buffers - MOST_BUFFERS))
  elseif #buffers == 0 then
    local state = require('sibyl.state').of(vim.api.nvim_get_current_buf())
    health[state.level](state.text)
  end
end

local function menu()
  health.start('sibyl: menu')
  local flags = vim.split(vim.o.completeopt, ',')
  local function has(flag)
    return vim.tbl_contains(flags, flag)
  end
  if has('fuzzy') and not has('nosort') then
    health.warn(
      "'completeopt' has `fuzzy` without `nosort`: Neovim sorts again after the first letter",
      'Add it: `set completeopt+=nosort`, or take `fuzzy` out.'
    )
  else
    health.ok("'completeopt' keeps the order: " .. vim.o.completeopt)
  end
  -- Where sibyl's own server opens the menu by itself, the option is set for the buffer (server/completeopt.lua).
  local completeopt = require('sibyl.server.completeopt')
  local set_by_us = vim.iter(require('sibyl').buffers()):map(completeopt.value):next()
  if set_by_us then
    health.info(('in Python buffers, whose menu opens by itself, sibyl sets it to %s'):format(set_by_us))
  end
  local menus = require('sibyl.server.menu_plugins')
  if completeopt.inserts_first(flags) and not set_by_us and not menus.draws() then
    health.info("'completeopt' inserts the first line by itself; `set completeopt+=noselect` does not")
  end
  for name, advice in pairs(menus.advice) do
    if package.loaded[name] and menus.follows(name) then
      health.ok(('the plugin `%s` shows this order'):format(name))
    elseif package.loaded[name] then
      health.warn(('the plugin `%s` is at work'):format(name), advice)
    end
  end
end

local function servers()
  health.start('sibyl: language servers')
  local command = require('sibyl.server.program').command()
  if not config.get().server.enabled then
    health.info("sibyl's own server is switched off (option `server.enabled`)")
  elseif command and vim.fn.executable(command[1]) == 1 then
    health.ok('where there is no other, this one is started: ' .. table.concat(command, ' '))
  else
    health.warn(
      "sibyl's own language server is not installed",
      'Run `:Sibyl install`, or bring any Python language server of your own.'
    )
  end
end

local function records()
  health.start('sibyl: records')
  health.info('log: ' .. log.path())
  health.info('learned from you, on this machine only: ' .. host.memory())
  local delays = statistics.newest()
  if #delays > 0 then
    local worst = delays[math.max(1, math.floor(#delays * 0.95))]
    local median = delays[math.ceil(#delays / 2)]
    health.info(('added to lists: median %.1f ms, 95 of 100 within %.1f ms'):format(median, worst))
  end
  if log.last() then
    health.warn('last problem: ' .. log.last(), '`:Sibyl log` shows what came before.')
  else
    health.ok('no problem so far')
  end
end

--- `:checkhealth sibyl` calls this.
function M.check()
  editor()
  checks.await()
  standing()
  if checks.host() then
    checks.ranking()
    checks.memory()
  end
  menu()
  servers()
  records()
end

return M
