"""Neovim's own menu shows guesses behind a dot where no language server knows a member."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST, NAMES, open_menu

OBJECT = ("__class__", "__doc__", "__init__")
# As a buffer of sibyl's own server is; Neovim itself does not ask again on 0.10.
BY_ITSELF = """
if vim.fn.has('nvim-0.11') == 0 then
  local function wanted() return true end
  require('sibyl.server.autotrigger').prepare(vim.api.nvim_get_current_buf(), wanted)
end
"""
GUESSES = ["append", "attach", "pop"]


def asked(child: Child, text: str) -> None:
    """Type a text and ask for its list; the server has answered then."""
    child.type_keys(text)
    if child.version < (0, 11, 0) or not text.endswith("."):
        child.type_keys("<C-x><C-o>")


def test_a_silent_server_leaves_the_menu_to_guesses(serve: Callable) -> None:
    """An empty list brings guesses, marked as such; accepting one inserts it, and the host hears of it."""
    child, ranker, server = serve(resolve={"append": {"detail": "theirs"}})
    server.set(items=[])
    ranker.set(guess=GUESSES)
    assert open_menu(child, "ox.") == GUESSES
    assert ranker.calls("guess")[-1][3] == len("import os\nx.")
    assert {item.menu for item in child.menu()} == {"guess"}
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


def test_letters_ask_the_server_again(serve: Callable) -> None:
    """With a letter more the server is asked again, and what it knows then stands in the place of guesses."""
    child, ranker, server = serve()
    child.lua(BY_ITSELF)
    server.set(items=[])
    ranker.set(guess=["jump", "pop"], best=BEST)
    child.type_keys("oprint(x.")
    child.wait_for(lambda: child.words() == ["jump", "pop"], what="the guesses")
    server.set(items=items(*NAMES))
    child.type_keys("j")
    child.wait_for(lambda: child.words() == ["json"], what="the server's list")


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
    ["ox", "ovalue = 1.", "ofrom os.", "oimport os.", "oprint(...", "ox .", "o.", "ox2 = 12."],
)
def test_nothing_is_guessed_elsewhere(serve: Callable, text: str) -> None:
    """Names, numbers, an ellipsis and imports have no guesses."""
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


def test_a_cancelled_request_is_not_waited_for(serve: Callable) -> None:
    """Neovim drops the answer to a request that it has cancelled; the next one of the word has guesses."""
    child, ranker, server = serve(mute=True)
    server.set(items=[], delay=100)
    ranker.set(guess=GUESSES)
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(lambda: server.completions() > 0, what="the question")
    child.lua(
        "local p = vim.lsp.util.make_position_params(0, 'utf-16')"
        " local c = vim.lsp.get_client_by_id(...)"
        " local _, id = c.rpc.request('textDocument/completion', p, function() end)"
        " c.rpc.notify('$/cancelRequest', { id = id })",
        server.id,
    )
    child.type_keys("a<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["append", "attach"], what="the guesses")


def test_an_open_question_is_closed_once(serve: Callable) -> None:
    """A server may answer a request that was cancelled: it is counted as one answer, not as two."""
    child, ranker, server = serve()
    server.set(items=[], delay=100)
    FakeServer(child, name="second", items=items(*NAMES), delay=300)
    ranker.set(guess=GUESSES, best=BEST)
    child.type_keys("ox.")
    child.lua(
        "local p = vim.lsp.util.make_position_params(0, 'utf-16')"
        " local c = vim.lsp.get_client_by_id(...)"
        " local _, id = c.rpc.request('textDocument/completion', p, function() end)"
        " c.rpc.notify('$/cancelRequest', { id = id })",
        server.id,
    )
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
