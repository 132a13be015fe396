"""Neovim's own menu shows guesses behind a dot where no language server knows a member."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_server import FakeServer, items
from guessing import GUESSES, OBJECT, asked
from scripted import BEST, NAMES, open_menu

MOST = 12  # names that a person may look through, not a dictionary
# As a buffer of sibyl's own server is; Neovim itself does not ask again on 0.10.
PREPARE = """
local function wanted() return true end
require('sibyl.server.autotrigger').prepare(vim.api.nvim_get_current_buf(), wanted)
"""
BY_ITSELF = f"if vim.fn.has('nvim-0.11') == 0 then {PREPARE} end"


def test_a_silent_server_leaves_the_menu_to_guesses(serve: Callable) -> None:
    """An empty list brings guesses, marked as such; accepting one inserts it, and the host hears of it."""
    child, ranker, server = serve(resolve={"append": {"detail": "theirs"}})
    server.set(items=[])
    ranker.set(guess=GUESSES)
    assert open_menu(child, "ox.") == GUESSES
    assert ranker.calls("guess")[-1][3] == len("import os\nx.")
    assert ranker.calls("guess")[-1][4] == MOST
    assert {item.menu for item in child.menu()} == {"guess"}
    shown = child.lua("return vim.fn.complete_info({ 'items' }).items")
    assert all("not told by a language server" in item["info"] for item in shown)
    child.type_keys("<C-n><C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert child.line() == "x.append"
    assert ranker.calls("accepted")[-1][3] == "append"
    assert server.log("completionItem/resolve") == []
    assert child.messages() == []
    child.type_keys("<Esc>u")
    assert child.line() == "import os"


def test_what_every_object_has_stands_behind_guesses(serve: Callable) -> None:
    """Names that every object has come after guesses, each once, whatever their sort keys."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT, sortText="0"))
    ranker.set(guess=["append", "__init__"])
    assert open_menu(child, "ox.") == ["append", "__class__", "__doc__", "__init__"]


def test_a_list_that_has_all_guesses_is_ranked(serve: Callable) -> None:
    """Where the server lists each name that is guessed, its list is put in order as any other."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT, sortText="0"))
    ranker.set(guess=["__init__", "__doc__"], best=["__init__"], stars=1)
    assert open_menu(child, "ox.") == ["__init__", "__class__", "__doc__"]
    assert len(ranker.calls("rank")) == 1


@pytest.mark.parametrize("receiver", ["super()", "super(Job, self)", "super ()"])
def test_what_every_object_has_is_ranked_behind_super(serve: Callable, receiver: str) -> None:
    """A constructor calls its base's: no guess stands before a list that has it, whatever asks for it."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT, sortText="0"))
    ranker.set(guess=GUESSES, best=["__init__"])
    assert open_menu(child, f"o{receiver}.")[0] == "__init__"
    assert ranker.calls("guess") == []
    child.type_keys("<C-e><Esc>cc")
    assert open_menu(child, "mysuper().") == [*GUESSES, *OBJECT]


def test_keywords_are_no_members(serve: Callable) -> None:
    """A list with keywords behind a dot, as basedpyright gives it, knows no member; elsewhere it is a list."""
    child, ranker, server = serve()
    server.set(items=[*items("sep="), *items("import", kind=14)])
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("oprint(x.<C-x><C-o>")
    wanted = [*GUESSES, "import", "sep="]
    child.wait_for(lambda: child.words() == wanted, what="the guesses")
    child.type_keys("<C-e><Esc>ccprint(<C-x><C-o>")
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
    assert len(ranker.calls("guess")) == 1


def test_letters_keep_the_order_of_guesses(serve: Callable) -> None:
    """Behind a letter names keep their order, whatever the host's is; new ones come last, others go."""
    child, ranker, server = serve()
    child.lua(BY_ITSELF)
    server.set(items=[])
    ranker.set(guess=["pop", "push", "put", "jump"])
    child.type_keys("ox.")
    child.wait_for(lambda: child.words() == ["pop", "push", "put", "jump"], what="the guesses")
    ranker.set(guess=["pull", "push", "pop"])
    child.type_keys("p")
    child.wait_for(lambda: len(ranker.calls("guess")) > 1, what="the question for the letter")
    child.wait_for(lambda: child.words() == ["pop", "push", "pull"], what="the same order")
    child.type_keys("<Esc>ox.")
    child.wait_for(lambda: child.words() == ["pull", "push", "pop"], what="another word's order")


@pytest.mark.parametrize("completeopt", ["menuone,noselect", "menuone,noinsert"])
def test_letters_ask_the_server_again(serve: Callable, completeopt: str) -> None:
    """With a letter more the server is asked again, and what it knows then stands in the place of guesses."""
    child, ranker, server = serve()
    child.command(f"set completeopt={completeopt}")
    child.lua(BY_ITSELF)
    server.set(items=[])
    ranker.set(guess=["jump", "pop"], best=BEST)
    child.type_keys("oprint(x.")
    child.wait_for(lambda: child.words() == ["jump", "pop"], what="the guesses")
    server.set(items=items(*NAMES))
    child.type_keys("j")
    child.wait_for(lambda: child.words() == ["json"], what="the server's list")


def test_guesses_that_were_closed_stay_closed(serve: Callable) -> None:
    """Guesses that <C-e> has closed open again by the omni key alone, not by a letter; lists still do."""
    child, ranker, server = serve()
    child.lua(PREPARE)
    server.set(items=[])
    ranker.set(guess=GUESSES, best=BEST)
    assert open_menu(child, "ox.") == GUESSES
    child.type_keys("<C-e>a")
    child.wait_for(lambda: server.completions() > 1, what="the question for the letter")
    child.lua("vim.wait(150)")
    assert child.menu() == []
    child.type_keys("<C-x><C-o>")
    child.wait_for(
        lambda: child.words() == ["append", "attach"], what="the guesses that were asked for"
    )
    child.type_keys("<C-e><BS>j")
    server.set(items=items(*NAMES))
    child.type_keys("<BS>")
    child.wait_for(lambda: child.words()[:3] == BEST, what="the server's list")


def test_guesses_begin_as_typed(serve: Callable) -> None:
    """Behind letters the host is told of them, and what does not begin so is not shown."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES)
    asked(child, "ox.a")
    child.wait_menu()
    assert child.words() == ["append", "attach"]
    assert ranker.calls("guess")[-1][3] == len("import os\nx.a")


@pytest.mark.parametrize(
    "text",
    [
        *("ox", "ovalue = 1.", "ofrom os.", "oimport os.", "oprint(...", "ox .", "o.", "ox2 = 12."),
        *("ofrom ", "oimport ", "ofrom x ", "ox = from_import ", "o# import "),
        *("ofrom x import a as ", "ofrom x import a, b as c", "ofrom x import (a "),
    ],
)
def test_nothing_is_guessed_elsewhere(serve: Callable, text: str) -> None:
    """Names, numbers, an ellipsis, modules that are imported and lines that look so have no guesses."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES)
    asked(child, text)
    child.wait_for(lambda: server.completions() > 0, what="the question")
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: server.completions() > 1, what="the second question")
    assert ranker.calls("guess") == []


@pytest.mark.parametrize("text", ["o)[0].", "of(x).", "ox1.", "o'{}'."])
def test_receivers_of_any_form_have_guesses(serve: Callable, text: str) -> None:
    """Calls, subscripts, strings and names with digits are receivers."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES)
    assert open_menu(child, text) == GUESSES


@pytest.mark.parametrize(
    "text", ["ofrom x import ", "ofrom .x.y import a, ", "ofrom x import (", "ofrom x import a"]
)
def test_imports_have_guesses(serve: Callable, text: str) -> None:
    """Where a server does not find the module there are guesses of what is imported from it."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES)
    asked(child, text)
    wanted = [name for name in GUESSES if name.startswith(text[-1] if text[-1] == "a" else "")]
    child.wait_for(lambda: child.words() == wanted, what="the guesses")


def test_no_guesses_beside_a_list_of_imports(serve: Callable) -> None:
    """Whatever the server lists of a module is left as it is, dunders alone as well."""
    child, ranker, server = serve()
    server.set(items=items("__version__", "__all__"))
    ranker.set(guess=GUESSES)
    child.type_keys("ofrom x import <C-x><C-o>")
    child.wait_for(lambda: set(child.words()) == {"__all__", "__version__"}, what="the list")
    assert ranker.calls("guess") == []


def test_no_guesses_where_a_server_knows_members(serve: Callable) -> None:
    """A list with a member of its own is ranked and shown as ever."""
    child, ranker, _ = serve()
    ranker.set(guess=GUESSES, best=BEST)
    assert open_menu(child)[:3] == BEST
    assert ranker.calls("guess") == []


def test_one_of_two_servers_is_enough(serve: Callable) -> None:
    """Where one server of two knows members there are no guesses, even if the other one answers later."""
    child, ranker, server = serve()
    server.set(items=[], delay=50)
    FakeServer(child, name="second", items=items(*NAMES))
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.wait_for(lambda: child.words()[:3] == BEST, what="the list")
    assert ranker.calls("guess") == []


def test_another_receiver_at_the_same_place(serve: Callable) -> None:
    """What a server knew of one receiver says nothing of the next one that stands at its place."""
    child, ranker, server = serve()
    ranker.set(guess=GUESSES, best=BEST)
    assert open_menu(child)[:3] == BEST
    child.type_keys("<C-e><Esc>")
    server.set(items=[])
    assert open_menu(child, "ccx.") == GUESSES


@pytest.mark.parametrize("off", ["option", "buffer"])
def test_switched_off(serve: Callable, off: str) -> None:
    """Without the option, or with sibyl off, a silent server's list stays what it is."""
    child, ranker, server = serve(options={"guesses": off != "option"})
    child.lua("vim.b.sibyl_enabled = ...", off != "buffer")
    server.set(items=items(*OBJECT))
    ranker.set(guess=GUESSES)
    assert sorted(open_menu(child, "ox.")) == sorted(OBJECT)
    assert ranker.calls("guess") == []


def test_no_guess_is_inserted_by_itself(serve: Callable) -> None:
    """Where 'completeopt' makes a menu insert its first line there are no guesses: nobody has chosen one."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES)
    child.command("set completeopt=menu")
    asked(child, "ox.")
    child.wait_for(lambda: server.completions() > 0, what="the question")
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: server.completions() > 1, what="the second question")
    assert child.line() == "x."
    assert ranker.calls("guess") == []


def test_without_an_answer_the_list_comes_as_it_was(serve: Callable) -> None:
    """A host that does not answer in time, or has no guesses, leaves the server's list as it came."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT))
    for answer in ({"guess": []}, {"guess": GUESSES, "delay": 5000}):
        ranker.set(**answer)
        assert open_menu(child, "ox.") == list(OBJECT)
        child.type_keys("<C-e><Esc>")


def test_a_cursor_that_left_has_no_guesses(serve: Callable) -> None:
    """Guesses that come after the word was left are not shown."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES, delay=100)
    asked(child, "ox.")
    child.wait_for(lambda: ranker.calls("guess"), what="the question")
    child.type_keys("<Esc>ofoo bar")
    child.lua("vim.wait(300)")
    assert child.menu() == []
    assert child.line() == "foo bar"


@pytest.mark.parametrize("key", ["", "<F2>"])
def test_a_guess_is_explained_as_one(serve: Callable, key: str) -> None:
    """<Plug>(SibylExplain) says that it is a guess, though a list ranked before has the same name."""
    child, ranker, server = serve(
        "vim.keymap.set('i', '<F2>', '<Plug>(SibylSuggest)')"
        " vim.keymap.set('i', '<F3>', '<Plug>(SibylExplain)')"
    )
    assert open_menu(child)[:3] == BEST
    child.type_keys("<C-e><Esc>")
    server.set(items=[])
    ranker.set(guess=["json", "text"])
    asked(child, f"ox.{key}")
    child.wait_for(lambda: child.words() == ["json", "text"], what="the guesses")
    child.type_keys("<C-n><F3>")
    child.wait_for(lambda: "json" in "\n".join(child.messages()), what="the sentence")
    assert "json: A guess" in "\n".join(child.messages())


def test_without_guesses_the_list_is_ranked(serve: Callable) -> None:
    """Where the host has no guess, what every object has is ranked as any list is."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT))
    ranker.set(guess=[], best=["__init__"], stars=1)
    assert open_menu(child, "ox.")[0] == "__init__"
