"""blink.cmp, the real one with its Lua matcher: our order, stars, guesses, and what is accepted there."""

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
require('blink.cmp').setup({
  fuzzy = { implementation = 'lua', sorts = require('sibyl.menus.blink').sorts },
  sources = { default = { 'lsp', 'sibyl' }, providers = { sibyl = { module = 'sibyl.menus.blink' } } },
  completion = { menu = { draw = { components = { kind_icon = require('sibyl.menus.blink').kind_icon } } } },
})
"""
LABELS = """
if not require('blink.cmp').is_menu_visible() then return {} end
return vim.tbl_map(function(item) return item.label end, require('blink.cmp.completion.list').items)
"""


@pytest.fixture
def blink(serve: Callable) -> Callable:
    """Start a Neovim with blink.cmp set up as the help says."""
    peers = loaded("blink.cmp")
    return lambda **server: serve(lua=peers + SETUP, **server)


def menu(child: Child) -> list[str]:
    """Return the labels of blink.cmp's menu, first to last."""
    return list(child.lua(LABELS))


def test_order_and_stars(blink: Callable) -> None:
    """Nothing typed: our order, with stars; letters typed: how well they match comes first."""
    child, _, _ = blink()
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:3] == BEST, what="blink.cmp's menu in our order")
    starred = [line for line in child.screen() if "★" in line]
    assert [name for line in starred for name in BEST if name in line] == BEST[:2]
    child.type_keys("t")
    child.wait_for(lambda: menu(child)[:1] == ["text"], what="the prefix before loose matches")
    assert menu(child).index("text") < menu(child).index("apparent")


def test_match_quality_comes_first(blink: Callable) -> None:
    """`ret` typed: exact, then what begins so, in our order, then what matches loosely."""
    names = items("returns", "request", "retry", "ret", "return_value")
    child, ranker, _ = blink(items=names)
    ranker.set(best=["request", "retry", "returns"])
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:3] == ["request", "retry", "returns"], what="our order")
    child.type_keys("ret")
    wanted = ["ret", "retry", "returns", "return_value", "request"]
    child.wait_for(lambda: menu(child) == wanted, what="exact, prefix, loose")


def test_accepted_is_remembered(blink: Callable) -> None:
    """What is accepted in its menu is told to the host, though brackets are added behind it."""
    child, ranker, _ = blink()
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:1] == ["json"], what="the menu")
    child.type_keys("<C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert child.line() == "r.json()"
    assert ranker.calls("accepted")[-1][2:] == [len("import os\nr."), "json"]


def test_names_that_the_list_lacks(blink: Callable) -> None:
    """They stand where the host says, and accepting one writes it and tells the host, once."""
    taken_among_items(blink, menu)


def test_guesses_are_a_source(blink: Callable) -> None:
    """Where the server knows only what every object has, guesses come before that; else there are none."""
    child, ranker, server = blink()
    ranker.set(guess=["append", "pop"], best=BEST)
    child.type_keys("or.")
    child.wait_for(lambda: menu(child)[:3] == BEST, what="the server's list")
    child.call("wait", 300, False)
    assert "append" not in menu(child)
    child.type_keys("<Esc>")
    server.set(items=items("__class__", "__doc__"))
    child.type_keys("ox.")
    child.wait_for(lambda: menu(child)[:2] == ["append", "pop"], what="the guesses")
    assert menu(child)[2:] == ["__class__", "__doc__"]
    child.type_keys("<C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert child.line() == "x.append"


def test_health_knows_the_setup(blink: Callable) -> None:
    """:checkhealth says that the order is shown, and what to do where it is not."""
    child, _, _ = blink()
    follows = "return require('sibyl.server.menu_plugins').follows(...)"
    assert child.lua(follows, "blink.cmp")
    child.lua("package.loaded['sibyl.menus.blink'] = nil")  # as `:Lazy reload` does
    assert child.lua(follows, "blink.cmp")
    child.lua("require('blink.cmp.config').fuzzy.sorts = { 'score', 'sort_text' }")
    assert not child.lua(follows, "blink.cmp")
