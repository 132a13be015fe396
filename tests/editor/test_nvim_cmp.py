"""nvim-cmp, the real one: our order among equal matches, stars, guesses, and what is accepted there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from child import Child
from fake_server import items
from guessing import taken_among_items
from peers import loaded
from scripted import BEST

SETUP = """
NO_ENABLE = true
local cmp = require('cmp')
require('cmp_nvim_lsp').setup()
local compare = cmp.config.compare
cmp.setup({
  mapping = cmp.mapping.preset.insert({ ['<C-y>'] = cmp.mapping.confirm({ select = true }) }),
  sorting = {
    comparators = { compare.offset, compare.exact, compare.score, require('sibyl').comparator, compare.order },
  },
  formatting = { format = require('sibyl.menus.cmp').format },
  sources = { { name = 'nvim_lsp' }, { name = 'sibyl' } },
})
"""
LABELS = """
local cmp = require('cmp')
if not cmp.visible() then return {} end
return vim.tbl_map(function(entry) return entry.completion_item.label end, cmp.get_entries())
"""


@pytest.fixture
def cmp(serve: Callable) -> Callable:
    """Start a Neovim with nvim-cmp set up as the help says."""
    peers = loaded("nvim-cmp", "cmp-nvim-lsp")
    return lambda **server: serve(lua=peers + SETUP, **server)


def menu(child: Child) -> list[str]:
    """Return the labels of nvim-cmp's menu, first to last."""
    return list(child.lua(LABELS))


def test_match_quality_comes_first(cmp: Callable) -> None:
    """Nothing typed: our order with stars; `ret` and accept give what begins so, not the likelier `request`."""
    names = items("returns", "request", "retry", "ret", "return_value")
    child, ranker, _ = cmp(items=names)
    ranker.set(best=["request", "retry", "returns"], stars=1)
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:3] == ["request", "retry", "returns"], what="our order")
    child.wait_for(lambda: any("★" in line and "request" in line for line in child.screen()))
    child.type_keys("ret")
    wanted = ["ret", "retry", "returns", "return_value", "request"]
    child.wait_for(lambda: menu(child) == wanted, what="exact, prefix, loose")
    child.type_keys("u")
    child.wait_for(lambda: menu(child) == ["returns", "return_value"], what="what is left")
    child.type_keys("<C-y>")
    child.wait_for(lambda: child.line() == "r.returns", what="the accepted item")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert ranker.calls("accepted")[-1][2:] == [len("import os\nr."), "returns"]


def test_preselect_follows_the_order(cmp: Callable) -> None:
    """An item that the server wants selected does not take the selection away from our first."""
    names = items("apparent", "close", "json", "next", "text")
    names[3]["preselect"] = True
    child, _, _ = cmp(items=names)
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:2] == BEST[:2], what="our order")
    child.type_keys("<C-y>")
    child.wait_for(lambda: child.line() == "r.json", what="the first item")


def test_names_that_the_list_lacks(cmp: Callable) -> None:
    """They stand where the host says, and accepting one writes it and tells the host, once."""
    taken_among_items(cmp, menu)


def test_guesses_are_a_source(cmp: Callable) -> None:
    """Where the server is silent, the source `sibyl` has guesses; where it is not, none."""
    child, ranker, server = cmp()
    ranker.set(guess=["append", "pop"], best=BEST)
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:3] == BEST, what="the server's list")
    child.call("wait", 300, False)
    assert "append" not in menu(child)
    child.type_keys("<Esc>")
    server.set(items=[])
    child.type_keys("ox.")
    child.wait_for(lambda: menu(child) == ["append", "pop"], what="the guesses")


def test_health_knows_the_setup(cmp: Callable) -> None:
    """:checkhealth says that the order is shown, and what to do where it is not."""
    child, _, _ = cmp()
    follows = "return require('sibyl.server.menu_plugins').follows(...)"
    assert child.lua(follows, "cmp")
    child.lua(
        "require('cmp').setup({ sorting = { comparators = { require('cmp').config.compare.score } } })"
    )
    assert not child.lua(follows, "cmp")
