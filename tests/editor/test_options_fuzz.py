"""Options of any type: each bad one is one sentence, and none is an error."""

from __future__ import annotations

import json
from collections.abc import Callable

from child import Child

FUZZ = r"""
local rounds = ...
local cycle = {}
cycle.server, cycle.memory, cycle[1] = cycle, { project = cycle }, cycle
local values = {
  true, false, 0, 1, -1, 3, 5, 6, 0.5, 1e308, -1e308, 0 / 0, 1 / 0, 2 ^ 53, '', 'info', 'debug', 'a\nb', '\0',
  ('x'):rep(1e5), '\xff\xfe', {}, { 1 }, { '' }, { 'a', 2 }, { a = 'b' }, { [1] = 'a', [3] = 'c' }, { {} },
  cycle, vim.NIL, vim.empty_dict(),
  function() end, function() error('a\nb') end, print, coroutine.create(print),
  setmetatable({}, { __index = error, __tostring = error, __len = error, __call = error }),
}
local names = { 'nonsense', 'a\nb', '', 'server.server', 'memory.', '.', 3, true, 0.5 }
local config = require('sibyl.config')
for name in vim.spairs(require('sibyl.options').schema) do
  table.insert(names, name)
end
for _, group in ipairs({ 'server', 'memory' }) do
  table.insert(names, group)
end
math.randomseed(5)
local function any(list)
  return list[math.random(#list)]
end
local function put(options, name, value)
  local group, rest = tostring(name):match('^([^.]+)%.(.+)$')
  if group and math.random() < 0.7 then
    if type(options[group]) ~= 'table' then
      options[group] = {}
    end
    options[group] = vim.tbl_extend('force', { [rest] = value }, {})
  else
    options[name] = value
  end
end
local faults, bad = {}, 0
for round = 1, rounds do
  local options = {}
  for _ = 1, math.random(3) do
    put(options, any(names), any(values))
  end
  local given = math.random() < 0.05 and any(values) or options
  package.loaded['sibyl.config'] = nil
  config = require('sibyl.config')
  local function try(what, work)
    local fine, problem = pcall(work)
    if not fine and #faults < 9 then
      problem = type(problem) == 'string' and problem or type(problem)
      table.insert(faults, ('%s: %s in round %d'):format(what, problem, round))
    end
  end
  if round % 2 == 0 then
    -- vim.g holds what Vim knows; a function gives anything.
    try('vim.g', function()
      vim.g.sibyl = function()
        return given
      end
    end)
  else
    vim.g.sibyl = nil
    try('setup', function()
      config.merge(given)
    end)
  end
  try('options', function()
    local now = config.get()
    local seen = {}
    for _, problem in ipairs(config.problems()) do
      bad = bad + 1
      assert(not problem:find('\n') and not problem:find('%z') and #problem < 300, 'no sentence: ' .. problem)
      assert(not seen[problem], 'twice: ' .. problem)
      seen[problem] = true
    end
    for name, option in pairs(require('sibyl.options').schema) do
      local value = vim.tbl_get(now, unpack(vim.split(name, '.', { plain = true })))
      local fits = value == nil and option.default == vim.NIL or option.check(value)
      assert(fits, name .. ' is a ' .. type(value))
    end
    config.enabled(0)
  end)
end
return { faults, bad }
"""


def test_options_of_any_type_are_sentences(nvim: Child) -> None:
    """Values of any type under any name: all options have a value that fits, each fault is told in one line."""
    faults, bad = nvim.lua(FUZZ, 3000)
    assert faults == [], "\n".join(faults)
    assert bad > 2000


def test_all_goes_on_with_options_of_any_type(start_nvim: Callable) -> None:
    """With every option wrong, the commands, the check-up and a Python buffer work without an error."""
    for value in ("{}", "'x\\ny'", "-1", "true"):
        options = dict.fromkeys(
            ("enabled", "python", "model", "stars", "deadline", "log_level"), "V"
        )
        given = json.dumps(options | {"max_bytes": "V", "server": "V", "memory": {"project": "V"}})
        lua = f"vim.json.decode({given!r})"
        child = start_nvim(
            init=f"vim.g.sibyl = function() local o = {lua} for k, v in pairs(o) do"
            f" if v == 'V' then o[k] = {value} end end o.memory.project = {value} return o end"
        )
        child.command("enew | setfiletype python")
        child.type_keys("ia.b<Esc>")
        child.command("Sibyl")
        child.command("checkhealth sibyl")
        report = "\n".join(child.lines())
        assert "`deadline`" in report and "E5108" not in report and "Failed to run" not in report
        child.close()
