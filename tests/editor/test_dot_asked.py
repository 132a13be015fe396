"""When the menu of sibyl's own server is asked for, whatever the server says: Neovim's function is a test's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from asking import MENU
from child import Child


def typed_at_once(child: Child, keys: str) -> None:
    """Type keys that are all there before the first of them is looked at."""
    child.api.input(keys)
    child.call("wait", 10, False)


@pytest.mark.parametrize("keys", ["ox.<Esc>", "ox. y", "ox.p = 1", "ox.p<Esc>", "ox.<Esc>gg0a"])
def test_a_place_that_was_left_is_not_asked_about(asked: Callable, keys: str) -> None:
    """Who types on within Neovim's 25 milliseconds has no list for a place where the cursor was."""
    child, look = asked()
    typed_at_once(child, keys)
    assert look() == []
    assert child.messages() == []


@pytest.mark.parametrize(
    ("text", "times"),
    [("3.e", 0), ("12.e", 0), ("0x1f.e", 0), ("1_0.e", 0), ("x1.e", 1), ("é1.e", 1), ("x.y", 1)],
)
def test_numbers_have_no_members(asked: Callable, text: str, times: int) -> None:
    """A dot behind a number is part of it, not so behind a name that ends with a digit."""
    child, look = asked()
    child.type_keys(f"o{text[:-1]}")
    look()
    child.type_keys(text[-1])
    assert len(look()) == times


SLOWLY = """
local soon = vim.defer_fn
vim.defer_fn = function(callback, ms) return soon(callback, ms + 300) end
"""


def test_what_is_taken_back_is_asked_about_once(asked: Callable) -> None:
    """However many letters go, the list is asked for when typing rests; a dot of old is left alone."""
    child, look = asked()
    child.type_keys("ox.abcd")
    look()
    child.lua(SLOWLY)
    child.type_keys("<BS><BS><BS>")
    child.call("wait", 400, False)
    assert len(look()) == 1
    child.type_keys("<Esc>oy.abc")
    child.call("wait", 400, False)
    look()
    child.type_keys("<Esc>kA<BS>")
    child.call("wait", 400, False)
    assert look() == [], "a word that was written before"


@pytest.mark.parametrize(
    ("keys", "oldest", "newest"),
    [(" = 1", 0, 0), ("a = 1", 0, 0), ("a<C-x><C-n>", 0, 0), ("<C-x><C-n>", 1, 0)],
)
def test_what_has_come_while_typing_rested_counts(
    asked: Callable, keys: str, oldest: int, newest: int
) -> None:
    """Another place, or another menu: only one that stands behind a dot is replaced by the dot's."""
    child, look = asked()
    child.type_keys("oabc xyz<Esc>")
    child.lua(SLOWLY)
    child.type_keys("ox.")
    child.type_keys(keys)
    child.call("wait", 400, False)
    assert len(look()) == (oldest if child.version < (0, 11, 0) else newest)


def test_nothing_is_asked_where_it_is_not_wanted(asked: Callable) -> None:
    """Neither at a dot nor behind a letter, one typed or one taken back."""
    child, look = asked()
    child.lua("WANTED = false")
    child.type_keys("ox.ab")
    assert look() == []
    child.type_keys("<BS>")
    assert look() == []


def test_others_see_that_no_key_has_asked(asked: Callable) -> None:
    """While it is asked for, what has asked is known; afterwards not."""
    child, look = asked()
    child.type_keys("ox.a")
    calls = look()
    assert calls
    assert all(call == {"by_itself": True, "refused": False} for call in calls)
    assert child.lua("return require('sibyl.server.autotrigger').asks()") is False


def test_an_error_is_written_into_the_log(asked: Callable) -> None:
    """Neovim's own function may fail: who types meets no message."""
    child, look = asked()
    child.lua("SHOWN = 'an error'")
    child.type_keys("ox.a")
    assert look()
    log = Path(child.lua("return require('sibyl.log').path()")).read_text()
    assert "the menu could not be asked for" in log and "no way there" in log
    assert child.lua("return require('sibyl.server.autotrigger').asks()") is False


def test_closed_by_hand_holds_for_that_dot(asked: Callable) -> None:
    """Behind a dot where a menu was closed guesses are refused; the next dot at its place is another one."""
    child, look = asked()
    child.type_keys("ox.")
    look()
    child.lua(MENU)
    child.type_keys("<C-e>ab")
    look()
    child.type_keys("<BS>")
    assert [call["refused"] for call in look()] == [True]
    child.type_keys("<BS><BS>.")
    look()
    child.type_keys("ab")
    look()
    child.type_keys("<BS>")
    assert [call["refused"] for call in look()] == [False]


def test_what_is_taken_back_behind_a_menu_is_asked_about(asked: Callable) -> None:
    """Neovim closes it with <BS>: of letters that were typed while it was open one less opens it again."""
    child, look = asked()
    child.type_keys("ox.a")
    look()
    child.type_keys("<BS>")
    look()
    child.lua(MENU)
    child.type_keys("al")
    assert look() == []
    child.type_keys("<BS>")
    assert len(look()) == 1


GUESSES = """
local item = { data = { sibyl = { guess = true } } }
local data = { nvim = { lsp = { completion_item = item } } }
vim.fn.complete(3, { { word = 'alpha', user_data = data }, { word = 'beta', user_data = data } })
"""


def test_behind_guesses_the_first_letter_asks(asked: Callable) -> None:
    """As Neovim 0.10 does not by itself: the server may know more by then; a list of its own is left."""
    child, look = asked()
    child.type_keys("ox.")
    look()
    child.lua(GUESSES)
    assert look() == []
    child.type_keys("a")
    assert len(look()) == (child.version < (0, 11, 0))
    child.type_keys("<Esc>ox.")
    look()
    child.lua(MENU)
    child.type_keys("a")
    assert look() == []


CATCH_UP = """
local function wanted() return true end
require('sibyl.server.autotrigger').catch_up(vim.api.nvim_get_current_buf(), wanted)
"""


def test_a_server_that_comes_late_opens_no_menu_elsewhere(asked: Callable) -> None:
    """Nor outside insert mode, nor over a menu that is open, nor where no dot stands."""
    child, look = asked()
    child.call("setline", 1, "x.y")
    child.type_keys("$")
    child.lua(CATCH_UP)
    assert look() == []
    child.type_keys("oalpha beta")
    child.lua(CATCH_UP)
    assert look() == []
    child.type_keys("<Esc>ox.")
    look()
    child.lua(MENU)
    child.lua(CATCH_UP)
    assert look() == []
    child.type_keys("<C-e>")
    child.lua(CATCH_UP)
    assert len(look()) == 1


@pytest.mark.parametrize("phase", ["looking", "starting"])
def test_the_ranker_is_waited_for_so_long(asked: Callable, phase: str) -> None:
    """A dot typed before the server waits for the ranker, so that its list comes ranked; not for ever."""
    child, look = asked()
    child.type_keys("ox.")
    look()
    child.lua("PHASE = require('sibyl.host.client').state.phase")
    child.lua("require('sibyl.host.client').state.phase = ...", phase)
    child.lua(CATCH_UP)
    assert look() == []
    child.call("wait", 3000, False)
    assert len(look()) == 1
    child.lua(CATCH_UP)
    assert look() == []
    child.lua("require('sibyl.host.client').state.phase = PHASE")
    assert len(look()) == 1
