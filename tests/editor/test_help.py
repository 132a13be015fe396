"""The help says what the program says."""

from __future__ import annotations

import re

from child import ROOT, Child

HELP = ROOT / "doc/sibyl.txt"
DEFAULTS = """
local wanted, given = {}, assert(loadstring('local vim = { g = {} } ' .. ... .. ' return vim.g.sibyl'))()
for path, option in pairs(require('sibyl.options').schema) do
  local value = vim.tbl_get(given, unpack(vim.split(path, '.', { plain = true })))
  local default = option.default ~= vim.NIL and option.default or nil
  if not vim.deep_equal(value, default) then table.insert(wanted, path) end
end
vim.g.sibyl = given
return { wanted, require('sibyl.config').problems() }
"""
STATES = (
    "return vim.tbl_map(function(s) return { s.name, s.says } end, require('sibyl.state').table)"
)


def section(tag: str) -> str:
    """The text of the help from a tag to the next line of equal signs or tag."""
    text = HELP.read_text(encoding="utf-8").split(f"*{tag}*", 1)[1]
    return re.split(r"^=====|^ +\*", text, maxsplit=1, flags=re.MULTILINE)[0]


def test_all_defaults_stand_in_one_block(nvim: Child) -> None:
    """The block of all defaults is what the schema has, can be copied, and names every option."""
    block = section("sibyl-defaults").split(">lua", 1)[1].split("\n<", 1)[0]
    assert nvim.lua(DEFAULTS, block) == [[], []]
    names = [
        name.rpartition(".")[2]
        for name in nvim.lua("return vim.tbl_keys(require('sibyl.options').schema)")
    ]
    assert [name for name in names if not re.search(rf"\b{name} = ", block)] == []


def test_the_states_are_those_of_the_program(nvim: Child) -> None:
    """Every state and its sentence stand in the help, in their order, and no others."""
    rows = re.findall(
        r"^    (\S.{0,20}\S) {2,}(\S.*(?:\n {26}.*)*)", section("sibyl-states"), re.MULTILINE
    )
    sentences = [[name, " ".join(says.split())] for name, says in rows]
    assert sentences == [[name, says.replace("%s", "…")] for name, says in nvim.lua(STATES)]
