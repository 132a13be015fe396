"""Guesses in a server's reply: who gets none, and how long a list waits for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from child import Child
from fake_server import items
from guessing import GUESSES
from scripted import open_menu, raw_replies

# How long is waited, for whatever.
WAITS = """
local soon = vim.defer_fn
WAITS = {}
vim.defer_fn = function(callback, ms)
  table.insert(WAITS, ms)
  return soon(callback, ms)
end
"""


def test_a_plugin_that_asks_by_itself_gets_no_guesses(serve: Callable) -> None:
    """It gets what the server sent: where its menu has a source of guesses it asks for them there."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    ranker.set(guess=GUESSES)
    for reply in ([], items("__class__", "__doc__")):
        server.set(items=reply)
        child.type_keys("<Esc>ox.")
        assert [item["label"] for item in raw_replies(child)["items"]] == [
            item["label"] for item in reply
        ]
    assert ranker.calls("guess") == []


def test_a_late_host_is_not_waited_for(serve: Callable) -> None:
    """What every object has comes 200 milliseconds later than without guesses, no more."""
    child, ranker, server = serve()
    server.set(items=items("__class__", "__doc__"))
    ranker.set(guess=GUESSES, delay=60_000)
    child.lua(WAITS)
    assert open_menu(child, "ox.") == ["__class__", "__doc__"]
    assert 200 in child.lua("return WAITS")


JOINED = """
require('sibyl.completion.guesses').names = function(_, done) done({ 'append' }) return true end
local reply = { isIncomplete = false, itemDefaults = { data = 7 }, items = { { label = '__doc__' } } }
local before, given = vim.deepcopy(reply), nil
local function give(whole) given = whole end
local place = { known = false, names = {} }
require('sibyl.completion.guessed').guess({ buf = 1, native = ... }, place, reply, give, give)
local labels = vim.tbl_map(function(item) return item.label end, given.items)
return { labels, given.itemDefaults, given.isIncomplete, vim.deep_equal(reply, before) }
"""


@pytest.mark.parametrize("native", [True, False])
def test_a_reply_with_guesses_keeps_all_else(nvim: Child, native: bool) -> None:
    """What a server says of all its items holds for them still; Neovim's own menu alone asks again."""
    assert nvim.lua(JOINED, native) == [["append", "__doc__"], {"data": 7}, native, True]


TWICE = """
local answer, given = nil, {}
require('sibyl.completion.guesses').names = function(_, done) answer = done return true end
local function give(reply) table.insert(given, #reply.items) end
local place = { known = false, names = {} }
require('sibyl.completion.guessed').guess({ buf = 1, native = true }, place, { items = {} }, give, give)
place.known = ... == 'known'
if ... ~= 'late' then
  answer({ 'append' })
end
vim.wait(300, function() return false end)
answer({ 'append' })
return given
"""


@pytest.mark.parametrize(("when", "guesses"), [("in time", 1), ("late", 0), ("known", 0)])
def test_a_reply_is_given_on_once(nvim: Child, when: str, guesses: int) -> None:
    """With guesses; as it came where the host is late, or another server knows members by then."""
    assert nvim.lua(TWICE, when) == [guesses]


NOBODY = """
require('sibyl.completion.guesses').names = function() return false end
local place = { known = false, names = {} }
return require('sibyl.completion.guessed').guess({ buf = 1 }, place, { items = {} }, print, print)
"""


def test_a_reply_is_not_kept_where_nobody_can_be_asked(nvim: Child) -> None:
    """It is treated as any other then."""
    assert nvim.lua(NOBODY) is False
