"""What the suggestion key waits for, and what comes late or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import FakeServer, items
from scripted import BEST
from test_suggest import KEY, WATCH

PATIENCE = "require('sibyl.completion.guesses').PATIENCE_MS = ..."
NEVER = 60_000
FOR_AN_OBJECT = items("__class__", "__doc__")


def test_servers_that_have_answered_are_not_waited_for(serve: Callable) -> None:
    """Guesses come as soon as each server has answered with nothing."""
    child, ranker, server = serve(lua=KEY)
    child.lua(PATIENCE, NEVER)
    server.set(items=[])
    FakeServer(child, name="second", items=[], delay=50)
    ranker.set(guess=["append"])
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(lambda: child.words() == ["append"], what="the guesses")


def test_the_last_press_counts(serve: Callable) -> None:
    """What an earlier press has waited for does not replace the list that a later one has opened."""
    child, ranker, server = serve(lua=KEY + WATCH)
    child.lua(PATIENCE, 500)
    server.set(items=[])
    slow = FakeServer(child, name="slow", items=[], delay=NEVER)
    ranker.set(guess=["append"])
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(slow.completions, what="the question")
    server.set(items=items("json", "yak"))
    slow.set(delay=0)
    child.type_keys("<C-s>")
    child.wait_for(lambda: child.words() == ["json", "yak"], what="the list")
    child.call("wait", 800, False)
    assert child.lua("return SEEN") == ["json yak"]


def test_a_list_that_comes_before_guesses_stays(serve: Callable) -> None:
    """A slow server answers while guesses are on their way: they do not replace its list."""
    child, ranker, _ = serve(lua=KEY + WATCH, items=items("json", "yak"), delay=500)
    child.lua(PATIENCE, 100)
    ranker.set(guess=["append"], delay=800)
    child.type_keys("or. <BS><C-s>")
    child.wait_for(lambda: ranker.calls("guess"), what="the question for guesses")
    ranker.set(best=["json"])
    child.wait_for(lambda: child.words() == ["json", "yak"], what="the list")
    child.call("wait", 800, False)
    assert child.lua("return SEEN") == ["json yak"]


def test_nothing_is_guessed_behind_a_list(serve: Callable) -> None:
    """Once a list is on the screen the host is not asked for guesses any more."""
    child, ranker, _ = serve(lua=KEY)
    child.lua(PATIENCE, 100)
    child.type_keys("or. <BS><C-s>")
    child.wait_menu()
    child.call("wait", 300, False)
    assert child.words()[:3] == BEST
    assert ranker.calls("guess") == []


def test_a_silent_server_is_answered_for_once(serve: Callable) -> None:
    """Its reply, which has waited, is given on with the first list; the lists of two others come whole."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[])
    FakeServer(child, name="second", items=items("json", "yak"), delay=100)
    FakeServer(child, name="third", items=items("zebu"), delay=300)
    ranker.set(best=["yak"])
    child.type_keys("or. <BS><C-s>")
    child.wait_menu()
    child.wait_for(lambda: sorted(child.words()) == ["json", "yak", "zebu"], what="both lists")
    assert ranker.calls("guess") == []


SLOWLY = """
local soon, longer = vim.defer_fn, ...
vim.defer_fn = function(callback, ms) return soon(callback, ms + longer) end
"""


def test_a_key_in_the_last_moment_keeps_guesses_away(scripted: Callable) -> None:
    """Between the answer and the menu a key may come: guesses for the place before it are not shown."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["append"])
    child.lua(SLOWLY, 300)
    child.type_keys("ox.<C-s>")
    child.wait_for(lambda: ranker.calls("guess"), what="the question")
    child.call("wait", 100, False)
    child.type_keys(" y")
    child.call("wait", 400, False)
    assert child.words() == []
    child.type_keys("<Esc>")
    assert (child.line(), child.messages()) == ("x. y", [])


@pytest.mark.parametrize("leave", ["bwipeout!", "stopinsert"])
def test_a_place_that_was_left_is_not_asked_about(serve: Callable, leave: str) -> None:
    """Who leaves it, or wipes its buffer out, while a server is slow meets no question and no error."""
    child, ranker, _ = serve(lua=KEY, delay=NEVER)
    child.lua(PATIENCE, 200)
    child.type_keys("or.<C-s>")
    child.command(leave)
    child.call("wait", 400, False)
    assert child.messages() == []
    assert ranker.calls("guess") == []


@pytest.mark.parametrize("keys", [" y", "<Left>", "<Esc>"])
def test_replies_that_have_waited_are_not_shown_elsewhere(serve: Callable, keys: str) -> None:
    """What every object has is not shown where the cursor has gone on while the host thought of guesses."""
    child, ranker, _ = serve(lua=KEY + WATCH, items=FOR_AN_OBJECT)
    ranker.set(guess=[], delay=300)
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(lambda: ranker.calls("guess"), what="the question")
    child.type_keys(keys)
    child.call("wait", 500, False)
    assert child.lua("return SEEN") == []
    assert child.messages() == []


def test_without_a_host_the_replies_come(serve: Callable) -> None:
    """Where nobody can be asked for guesses, what every object has is shown at once."""
    child, _, _ = serve(lua=KEY, items=FOR_AN_OBJECT)
    child.lua(
        "local client = require('sibyl.host.client') client.stop() client.start = function() end"
    )
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(lambda: child.words() == ["__class__", "__doc__"], what="the server's list")


def test_what_opens_by_itself_is_no_part_of_a_press(serve: Callable) -> None:
    """Behind guesses that the key has shown, the next word's list comes as ever."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[])
    ranker.set(guess=["append"], best=BEST)
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(lambda: child.words() == ["append"], what="the guesses")
    server.set(items=items("json", "text"))
    child.type_keys("<C-n><C-y>(r.")
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["json", "text"], what="the list")


def test_servers_that_cannot_be_asked(serve: Callable) -> None:
    """An error on the way to them is written into the log; the guesses come all the same."""
    child, ranker, _ = serve(lua=KEY)
    child.lua("vim.lsp.omnifunc = function() error('no way there') end")
    ranker.set(guess=["append"])
    child.type_keys("ox. <BS><C-s>")
    child.wait_for(lambda: child.words() == ["append"], what="the guesses")
    log = Path(child.lua("return require('sibyl.log').path()")).read_text()
    assert log.count("the servers could not be asked") == 1 and "no way there" in log


def test_a_buffer_that_no_event_told_of(scripted: Callable, tmp_path: Path) -> None:
    """The key begins with it: what is accepted there is learnt."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["append"])
    child.command(f"noautocmd edit {tmp_path / 'other.py'} | noautocmd setlocal filetype=python")
    child.type_keys("ox.<C-s>")
    child.wait_menu()
    child.type_keys("<C-n><C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
