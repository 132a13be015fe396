"""Guesses and what servers and the host do otherwise: cancelled, late, odd or half silent replies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import FakeServer, items
from guessing import GUESSES, OBJECT, asked
from scripted import BEST, NAMES, open_menu

# A request that is taken back before it is answered.
CANCELLED = """
local p = vim.lsp.util.make_position_params(0, 'utf-16')
local c = vim.lsp.get_client_by_id(...)
local _, id = c.rpc.request('textDocument/completion', p, function() end)
c.rpc.notify('$/cancelRequest', { id = id })
"""


def test_a_cancelled_request_is_not_waited_for(serve: Callable) -> None:
    """Neovim drops the answer to a request that it has cancelled; the next request has its guesses."""
    child, ranker, server = serve(mute=True)
    server.set(items=[], delay=100)
    ranker.set(guess=GUESSES)
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(lambda: server.completions() > 0, what="the question")
    child.lua(CANCELLED, server.id)
    child.type_keys("a<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["append", "attach"], what="the guesses")


def test_an_open_question_is_closed_once(serve: Callable) -> None:
    """A server may answer a request that was cancelled: it is counted as one answer, not as two."""
    child, ranker, server = serve()
    server.set(items=[], delay=100)
    FakeServer(child, name="second", items=items(*NAMES), delay=300)
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("ox.")
    child.lua(CANCELLED, server.id)
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: child.words()[:3] == BEST, what="the list")
    assert ranker.calls("guess") == []


def test_a_list_that_cannot_be_read_stays(serve: Callable) -> None:
    """A list whose sort keys are no texts is not ranked, but it is no silence either: it comes as it was."""
    child, ranker, server = serve()
    server.set(items=[{"label": name, "sortText": 9 - at} for at, name in enumerate(NAMES)])
    ranker.set(guess=GUESSES)
    assert open_menu(child, "ox.") == [*reversed(NAMES)]
    assert ranker.calls("guess") == []


def test_what_a_server_lists_is_no_guess(serve: Callable) -> None:
    """A name that the server has listed, too, is shown as the server's own item."""
    child, ranker, server = serve()
    server.set(items=items(*OBJECT, detail="theirs"))
    ranker.set(guess=["__init__", "__iter__"])
    asked(child, "ox.__")
    child.wait_for(lambda: len(child.words()) == len(OBJECT) + 1, what="the list")
    assert {item.word for item in child.menu() if item.menu == "guess"} == {"__iter__"}
    assert {item.word for item in child.menu() if item.menu == "theirs"} == {*OBJECT}


def test_defaults_of_an_empty_list_do_not_make_snippets(serve: Callable) -> None:
    """Items of the server's would be snippets by default; a guess is plain text."""
    child, ranker, server = serve(defaults={"insertTextFormat": 2})
    server.set(items=[])
    ranker.set(guess=GUESSES)
    assert open_menu(child, "ox.") == GUESSES
    formats = child.lua(
        "return vim.tbl_map(function(line)"
        " return line.user_data.nvim.lsp.completion_item.insertTextFormat"
        " end, vim.fn.complete_info({'items'}).items)"
    )
    assert formats == [1, 1, 1]


def test_late_guesses_do_not_replace_a_list(serve: Callable) -> None:
    """Once a server knows members of the word, guesses that were asked for before are dropped."""
    child, ranker, server = serve(options={"deadline": 20})
    server.set(items=[])
    ranker.set(guess=["jump", "pop"], delay=180)
    asked(child, "ox.")
    child.wait_for(lambda: ranker.calls("guess"), what="the question")
    server.set(items=items(*NAMES))
    child.type_keys("j<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["json"], what="the list")
    child.lua("vim.wait(400)")
    assert child.words() == ["json"]


def test_a_host_out_of_step_is_told_the_text(serve: Callable) -> None:
    """A host that cannot guess as its copy of the buffer is wrong gets the whole text again."""
    child, ranker, server = serve()
    server.set(items=[])
    ranker.set(guess=GUESSES, reason="out of step")
    before = len(ranker.calls("attach"))
    asked(child, "ox.")
    child.wait_for(lambda: len(ranker.calls("attach")) > before, what="the whole text")
    ranker.set(guess=GUESSES)
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: child.words() == GUESSES, what="the guesses")


BY_ITSELF = """
local function wanted() return true end
require('sibyl.server.autotrigger').prepare(vim.api.nvim_get_current_buf(), wanted)
"""
MENU = "local m = vim.fn.complete_info({ 'selected', 'pum_visible' }) return { m.pum_visible, m.selected }"


@pytest.mark.parametrize("completeopt", ["menuone,noselect", "menuone,noinsert"])
@pytest.mark.parametrize("key", ["<C-n>", "<Down>"])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_was_chosen_stays_chosen(
    serve: Callable, completeopt: str, key: str, at_once: bool
) -> None:
    """An answer for the letter before that comes when a guess is chosen takes neither menu nor choice away."""
    child, ranker, server = serve()
    child.lua("vim.o.completeopt = ...", completeopt)
    child.lua(BY_ITSELF)
    server.set(items=[])
    ranker.set(guess=GUESSES)
    assert open_menu(child, "ox.") == GUESSES
    server.set(delay=150)
    if at_once:
        child.api.input("a" + key)  # before the server is asked for the letter
    else:
        child.type_keys("a")
        child.wait_for(lambda: server.completions() > 1, what="the question for the letter")
        child.type_keys(key)
    child.lua("vim.wait(500, function() return false end)")
    chosen = child.lua(MENU)
    assert chosen == [1, 0 if completeopt.endswith("noselect") else 1]
    child.type_keys("<C-y>")
    assert child.line() == ("x.append" if completeopt.endswith("noselect") else "x.attach")
    assert child.messages() == []


def test_the_same_place_of_another_buffer_is_another_one(serve: Callable, tmp_path: Path) -> None:
    """What a server has listed in one buffer takes no guesses from another, at the same row and column."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    omni = "vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'"
    child.lua(omni)
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(lambda: child.words()[:3] == BEST, what="the list")
    child.type_keys("<C-e><Esc>")
    child.open(tmp_path / "other.py", "import os\n")
    child.lua("vim.lsp.buf_attach_client(0, ...)", server.id)
    child.lua(omni)
    server.set(items=[])
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(lambda: child.words() == GUESSES, what="the guesses")


@pytest.mark.parametrize(("code", "wanted"), [(-32603, GUESSES), (-32801, [])])
def test_a_server_that_fails_last_leaves_the_menu_to_guesses(
    serve: Callable, code: int, wanted: list[str]
) -> None:
    """An error says nothing of a receiver, even the last answer; where the text has changed it is not one."""
    child, ranker, server = serve()
    server.set(items=[])
    error = {"code": code, "message": "no"}
    FakeServer(child, name="second", shape="error", error=error, delay=50)
    ranker.set(guess=GUESSES)
    asked(child, "ox.")
    child.lua("vim.wait(200)")
    assert child.words() == wanted


ASK = """
GOT = nil
local place = vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(0, 'textDocument/completion', place, function() end)
require('sibyl.completion.guesses').ask(vim.api.nvim_get_current_buf(), function(names) GOT = names end)
"""


@pytest.mark.parametrize(("labels", "wanted"), [(NAMES, []), ((), GUESSES)])
def test_a_source_waits_for_a_slow_server(
    serve: Callable, labels: tuple[str, ...], wanted: list[str]
) -> None:
    """A menu keeps what a source has given: guesses would stay beside the names that the server has."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=items(*labels), delay=2000)
    ranker.set(guess=GUESSES)
    child.type_keys("ox.")
    child.lua(ASK)
    child.lua("vim.wait(1700)")
    assert child.lua("return GOT") is None
    child.wait_for(lambda: child.lua("return GOT") == wanted, what="the names")


def test_a_source_waits_for_no_word_that_was_left(serve: Callable) -> None:
    """A server that never answers keeps no source waiting once the cursor stands elsewhere."""
    child, ranker, _ = serve(lua="NO_ENABLE = true", shape="silent")
    ranker.set(guess=GUESSES)
    child.type_keys("ox.")
    child.lua(ASK)
    child.type_keys("<CR>y.")
    child.wait_for(lambda: child.lua("return GOT") == [], what="no names")
