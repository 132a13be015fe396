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


@pytest.mark.parametrize(
    ("code", "wanted"), [(-32603, GUESSES), (-32800, []), (-32801, []), (-32802, [])]
)
def test_a_server_that_fails_last_leaves_the_menu_to_guesses(
    serve: Callable, code: int, wanted: list[str]
) -> None:
    """An error says nothing of a receiver, even the last answer; that a server has not looked is none."""
    child, ranker, server = serve()
    server.set(items=[])
    error = {"code": code, "message": "no"}
    FakeServer(child, name="second", shape="error", error=error, delay=50)
    ranker.set(guess=GUESSES)
    asked(child, "ox.")
    child.lua("vim.wait(200)")
    assert child.words() == wanted


# As Neovim's own menu asks, and takes back what it has asked.
MENU_ASKS = """
local client = vim.lsp.get_client_by_id(...)
local code = "local request, done, params = ... "
  .. "local _, id = request('textDocument/completion', params, done) return id"
local ask = loadstring(code, '@vim/lsp/completion.lua')
CALLED = 0
local params = vim.lsp.util.make_position_params(0, 'utf-16')
local id = ask(client.rpc.request, function() CALLED = CALLED + 1 end, params)
vim.wait(100, function() return false end)
client.rpc.notify('$/cancelRequest', { id = id })
vim.wait(300, function() return false end)
return CALLED
"""


def test_a_request_taken_back_gets_no_guesses(serve: Callable) -> None:
    """A request that Neovim's menu takes back while guesses for it are looked for is not answered."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=[])
    ranker.set(guess=GUESSES, delay=180)
    child.type_keys("ox.")
    assert child.lua(MENU_ASKS, server.id) == 0
    assert len(ranker.calls("guess")) == 1


def test_an_empty_list_without_guesses_leaves_the_menu_to_others(serve: Callable) -> None:
    """Where neither a server nor the host has a name, what a client of snippets lists is shown."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=[])
    ranker.set(guess=[])
    FakeServer(child, name="snippets", triggers=[], items=items("just", kind=15))
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["just"], what="the snippet")


def test_one_list_of_imports_is_enough(serve: Callable) -> None:
    """Where one of two servers lists names of a module there are no guesses, though the last one is silent."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=items("__all__"))
    FakeServer(child, name="second", items=[], delay=50)
    ranker.set(guess=GUESSES)
    child.type_keys("ofrom x import <C-x><C-o>")
    child.wait_for(lambda: child.words() == ["__all__"], what="the list")
    assert ranker.calls("guess") == []


def test_another_dot_at_the_same_place(serve: Callable) -> None:
    """What a server knew behind a dot says nothing of the next dot that is typed there."""
    child, ranker, server = serve()
    child.lua(BY_ITSELF)
    ranker.set(guess=GUESSES, best=BEST)
    assert open_menu(child, "ox.")[:3] == BEST
    server.set(items=[])
    child.type_keys("<C-e><BS>")
    assert open_menu(child, ".") == GUESSES


# As the sources of completion plugins do: the servers and we are asked in one go.
SOURCE = """
GOT = {}
local buf, place = vim.api.nvim_get_current_buf(), vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(buf, 'textDocument/completion', place, function() end)
require('sibyl.completion.guesses').ask(buf, function(names) table.insert(GOT, table.concat(names, ' ')) end)
"""


@pytest.mark.parametrize(("labels", "wanted"), [(NAMES, ""), ((), " ".join(GUESSES))])
def test_a_source_waits_for_a_slow_server(
    serve: Callable, labels: tuple[str, ...], wanted: str
) -> None:
    """It answers once; a menu keeps that, and guesses would stay beside the names that the server has."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=items(*labels), delay=2000)
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("ox.")
    child.lua(SOURCE)
    child.call("wait", 1700, False)
    assert child.lua("return GOT") == []
    child.call("wait", 1700, False)
    assert child.lua("return GOT") == [wanted]


def test_a_source_waits_for_no_word_that_was_left(serve: Callable) -> None:
    """A server that never answers keeps no source waiting once the cursor stands elsewhere."""
    child, ranker, _ = serve(lua="NO_ENABLE = true", shape="silent")
    ranker.set(guess=GUESSES)
    child.type_keys("ox.")
    child.lua(SOURCE)
    child.type_keys("<CR>y.")
    child.wait_for(lambda: child.lua("return GOT") == [""], what="no names")


@pytest.mark.parametrize(
    "leave",
    [
        "vim.api.nvim_win_set_cursor(0, { 2, 0 })",
        "vim.api.nvim_win_set_buf(0, OTHER) vim.api.nvim_win_set_cursor(0, { 2, 2 })",
    ],
    ids=["another word", "another buffer"],
)
def test_a_source_has_no_guesses_where_the_word_was_left(serve: Callable, leave: str) -> None:
    """By the time that the servers have answered with nothing the cursor stands elsewhere."""
    child, ranker, _ = serve(lua="NO_ENABLE = true", items=[], delay=200)
    ranker.set(guess=GUESSES)
    child.lua(
        "OTHER = vim.api.nvim_create_buf(true, false)"
        " vim.api.nvim_buf_set_lines(OTHER, 0, -1, false, { 'import os', 'x.' })"
        " vim.bo[OTHER].filetype, vim.o.hidden = 'python', true"
    )
    child.type_keys("ox.")
    child.lua(SOURCE + leave)
    child.wait_for(lambda: child.lua("return GOT") == [""], what="the answer")
    assert ranker.calls("guess") == []
