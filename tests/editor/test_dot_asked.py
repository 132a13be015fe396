"""When the menu of sibyl's own server is asked for, whatever the server says: Neovim's function is a test's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import Child

# What is asked, with what others see of it meanwhile; and a buffer that is served.
ASKED = """
ASKED, WANTED, SHOWN = {}, true, nil
local dot, guesses = require('sibyl.server.autotrigger'), require('sibyl.completion.guesses')
local function ask()
  table.insert(ASKED, { by_itself = dot.asks(), refused = guesses.refused })
  if SHOWN == 'an error' then
    error('no way there')
  elseif SHOWN then
    vim.fn.complete(vim.fn.match(vim.fn.getline('.'):sub(1, vim.fn.col('.') - 1), '\\\\k*$') + 1, SHOWN)
  end
end
if vim.lsp.completion then
  vim.lsp.completion.get = ask
end
vim.lsp.omnifunc = ask
dot.prepare(vim.api.nvim_get_current_buf(), function() return WANTED end)
"""
REST = 150  # milliseconds, longer than the 25 that typing must rest for


@pytest.fixture
def asked(scripted: Callable) -> Callable[..., tuple[Child, Callable[[], list[Any]]]]:
    """Start a Neovim with such a buffer; the second value tells what was asked since it was looked at."""

    def start() -> tuple[Child, Callable[[], list[Any]]]:
        child, _ = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'")
        child.lua(ASKED)

        def look() -> list[Any]:
            child.call("wait", REST, False)
            calls: list[Any] = child.lua("local calls = ASKED ASKED = {} return calls")
            return calls

        return child, look

    return start


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


def test_what_is_taken_back_is_asked_about_once(asked: Callable) -> None:
    """However many letters go, the list is asked for when typing rests; a dot of old is left alone."""
    child, look = asked()
    child.type_keys("ox.abcd")
    look()
    typed_at_once(child, "<BS><BS><BS>")
    assert len(look()) == 1
    child.type_keys("<Esc>oy.abc")
    look()
    child.type_keys("<Esc>kA<BS>")
    assert look() == [], "a word that was written before"


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


def test_a_menu_of_others_stays(asked: Callable) -> None:
    """Where another menu has opened behind the letter meanwhile, it is not replaced."""
    child, look = asked()
    child.type_keys("oabc xyz<Esc>ox.")
    look()
    typed_at_once(child, "a<C-x><C-n>")
    assert look() == []
    assert child.words() == ["abc"]


MENU = "vim.fn.complete(3, { 'alpha', 'beta' })"


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


def test_what_is_taken_back_behind_a_closed_menu_is_asked_about(asked: Callable) -> None:
    """Letters that were typed while it was open count: one less opens the list again."""
    child, look = asked()
    child.type_keys("ox.")
    look()
    child.lua(MENU)
    child.type_keys("al<C-e>")
    look()
    child.type_keys("<BS>")
    assert len(look()) == 1


def test_enter_with_a_menu(asked: Callable) -> None:
    """With nothing selected it breaks the line, in the second menu as in the first; else it takes the item."""
    child, _ = asked()
    for keys, lines in (
        ("<C-e>", ["x."]),
        ("<CR>y", ["x.", "y"]),
        ("<C-n><CR>y", ["x.alpha", "y"]),
        ("<Down><CR>", ["x.alpha"]),
    ):
        child.type_keys("ox.")
        child.lua(MENU)
        child.type_keys(keys)
        assert child.lines()[-len(lines) :] == lines
        assert child.call("maparg", "<CR>", "i") == ""
        child.type_keys("<Esc>")


def mapped(child: Child) -> bool:
    """Whether <CR> is mapped."""
    return child.call("maparg", "<CR>", "i") != ""


@pytest.mark.parametrize("keys", ["<Esc>", "<C-c>", "<C-e>"])
def test_nothing_is_left_of_a_menu(asked: Callable, keys: str) -> None:
    """However it closes: <CR> is mapped, and keys are looked at, while it is open and no longer."""
    child, _ = asked()
    watched = child.lua("return vim.on_key()")
    child.type_keys("ox.")
    child.lua(MENU)
    if child.version < (0, 11, 0):
        assert mapped(child)
        assert child.lua("return vim.on_key()") > watched
    child.type_keys(keys)
    child.wait_for(lambda: not mapped(child), 2, "an end of the mapping")
    assert child.lua("return vim.on_key()") == watched


def test_nothing_is_left_of_a_menu_where_the_buffer_is_let_go_of(asked: Callable) -> None:
    """Another server may come while one types."""
    child, _ = asked()
    watched = child.lua("return vim.on_key()")
    child.type_keys("ox.")
    child.lua(MENU)
    child.lua("require('sibyl.server.autotrigger').undo(vim.api.nvim_get_current_buf())")
    assert not mapped(child)
    assert child.lua("return vim.on_key()") == watched


OURS = """
return #vim.tbl_filter(function(one)
  return (one.group_name or ''):find('^sibyl_dot_') ~= nil
end, vim.api.nvim_get_autocmds({}))
"""


def test_a_buffer_is_prepared_once_and_left_as_it_was(asked: Callable) -> None:
    """Twice prepared it is asked about once; let go of, not at all, and no autocommand is left of ours."""
    child, look = asked()
    once = child.lua(OURS)
    child.lua(ASKED)
    assert child.lua(OURS) == once > 0
    child.lua("require('sibyl.server.autotrigger').undo(vim.api.nvim_get_current_buf())")
    assert child.lua(OURS) == 0
    child.type_keys("ox.ab<BS>")
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
