"""Words that have a list are followed from its first letter to their end, each told of once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import items
from scripted import BEST, NAMES, open_menu

WATCH = """
NO_ENABLE = true
OUTCOMES = {}
require('sibyl.completion.accepted').when_written(function(outcome) table.insert(OUTCOMES, outcome) end)
"""
ASK = """
GOT = nil
local place = vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(0, 'textDocument/completion', place, function(_, reply) GOT = reply end)
"""
ANSWERED = "return GOT ~= nil"
TAKEN = "require('sibyl.completion.accepted').taken(vim.api.nvim_get_current_buf(), ...)"


def outcomes(child: Child) -> list[dict]:
    """What became of the words so far."""
    return child.lua("return OUTCOMES")


def asked(child: Child, keys: str) -> None:
    """Type keys, and get a list as a plugin does."""
    child.type_keys(keys)
    child.lua(ASK)
    child.wait_for(lambda: child.lua(ANSWERED), what="the list")


def waiting(serve: Callable) -> Child:
    """A Neovim where a word's list has come, and the host still ranks it."""
    child, ranker, _ = serve(lua=WATCH)
    ranker.set(best=BEST, delay=300)
    child.type_keys("or.")
    child.lua(ASK)
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
    return child


@pytest.mark.parametrize("keys", ["js<Esc>a(", "<CR>abcd", "js + x"])
def test_a_word_that_nobody_writes_is_not_followed(serve: Callable, keys: str) -> None:
    """Where the list comes outside insert mode, in another line or behind the word there is no outcome."""
    child = waiting(serve)
    child.type_keys(keys.removesuffix("a("))
    child.wait_for(lambda: child.lua(ANSWERED), what="the list")
    child.type_keys(("a(" if keys.endswith("a(") else "") + "<Esc>")
    assert outcomes(child) == []


def test_a_word_of_another_buffer_is_not_followed(serve: Callable, tmp_path: Path) -> None:
    """Where the list comes while another buffer is current there is no outcome, whatever is written there."""
    child = waiting(serve)
    child.open(tmp_path / "other.py", "import os\nr.js\n")
    child.lua("vim.api.nvim_win_set_cursor(0, { 2, 4 })")
    child.wait_for(lambda: child.lua(ANSWERED), what="the list")
    child.type_keys("on(<Esc>")
    assert outcomes(child) == []


@pytest.mark.parametrize("key", ["<Home>", "<End>", "<Up>"])
def test_a_word_ends_where_the_cursor_leaves_it(serve: Callable, key: str) -> None:
    """Before it, behind it or in another line; what stands behind it in its line is no part of it."""
    child, _, _ = serve(lua=WATCH)
    asked(child, "or.xyz + 1<Esc>F.a")
    child.type_keys(f"json{key}")
    child.wait_for(lambda: outcomes(child), what="the outcome")
    assert child.mode() == "i"
    (outcome,) = outcomes(child)
    assert (outcome["place"], outcome["typed"], outcome["saved"]) == (1, 4, 0)


def test_a_word_is_told_of_once(serve: Callable) -> None:
    """What is told again or of another buffer changes nothing; the sign of an argument is no letter."""
    child, _, server = serve(lua=WATCH)
    server.set(items=[*items(*NAMES), *items("timeout=")])
    asked(child, "oget(ti")
    child.lua("require('sibyl.completion.accepted').taken(9999, 'json', 0)")
    assert outcomes(child) == []
    for _ in range(2):
        child.lua(TAKEN, "timeout=", len("import os\nget("))
    (outcome,) = outcomes(child)
    assert (outcome["began"], outcome["typed"], outcome["saved"]) == (2, 2, 5)
    assert outcome["kind"] == "keyword"


INPUT = "vim.api.nvim_input(...)"
ELSEWHERE = ASK.replace("_params(0, 'utf-16')\n", "_params(0, 'utf-16')\nplace.position.line = 0\n")


@pytest.mark.parametrize(
    ("first", "keys", "wanted"),
    [
        ("or.js", "<Home>", {"began": 2, "typed": 2, "place": 0, "kind": "member"}),
        ("or.js", "<Home>x", {"began": 2, "typed": 2, "place": 0}),
        ("or.", "json(", {"began": 0, "typed": 4, "place": 1}),
        ("or.grö", "ße(", {"began": 3, "typed": 5, "saved": 0}),
    ],
)
def test_keys_may_come_all_at_once(
    serve: Callable, first: str, keys: str, wanted: dict[str, int]
) -> None:
    """Where Neovim has no time to tell of each change, a word ends with its letters, and those alone."""
    child, _, _ = serve(lua=WATCH)
    asked(child, first)
    child.lua(INPUT, keys)
    child.wait_for(lambda: outcomes(child), what="the outcome")
    (outcome,) = outcomes(child)
    assert {name: outcome[name] for name in wanted} == wanted


def test_a_word_that_was_left_empty_begins_again(serve: Callable) -> None:
    """At the same place, after insert mode was left, another word is followed."""
    child, _, _ = serve(lua=WATCH)
    asked(child, "or.")
    asked(child, "<Esc>a")
    child.type_keys("json(")
    assert [outcome["place"] for outcome in outcomes(child)] == [1]


def test_names_among_a_list_belong_to_that_list(serve: Callable) -> None:
    """Those of a later list of the word are found there; those of a list for another place are not."""
    child, ranker, server = serve(lua=WATCH)
    server.set(items=items("text", "tub"), incomplete=True)
    asked(child, "or.")
    server.set(items=items("text", "tub", "two"), incomplete=True)
    ranker.set(best=["text"], unlisted=[[1, "token"]])
    asked(child, "t")
    ranker.set(unlisted=[[0, "other"]])
    child.lua(ELSEWHERE)
    child.wait_for(lambda: child.lua(ANSWERED), what="the list")
    assert len(ranker.calls("rank")) == 3
    child.lua(TAKEN, "token", len("import os\nr."))
    (outcome,) = outcomes(child)
    assert (outcome["place"], outcome["server"], outcome["length"]) == (2, 0, 3)


@pytest.mark.parametrize(
    ("label", "text"), [("json", "json()"), ("json=", "json="), ("json", "json[]")]
)
def test_what_is_accepted_is_told_where_its_name_begins(
    serve: Callable, label: str, text: str
) -> None:
    """Brackets, and the `=` of an argument, that an item writes behind its name are no part of the place."""
    child, ranker, _ = serve(items=[{"label": label, "insertText": text, "kind": 2}])
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<C-n><C-y>")
    assert child.line() == f"r.{text}"
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert ranker.calls("accepted")[-1][2:] == [len("import os\nr."), label]


def test_an_argument_accepted_in_another_menu_is_told_where_it_begins(serve: Callable) -> None:
    """Menus of plugins tell of an item when it is written, the `=` behind its name included."""
    child, ranker, _ = serve(lua="require('sibyl.menus.accepted')")
    child.type_keys("or.json=")
    event = "{ pattern = 'BlinkCmpAccept', data = { item = { label = 'json=' } } }"
    child.lua(f"vim.api.nvim_exec_autocmds('User', {event})")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert ranker.calls("accepted")[-1][2:] == [len("import os\nr."), "json="]


@pytest.mark.parametrize(
    ("label", "offset"), [("", None), ("os", 17), ("x.os", None), ("%w", None), ("%w os", None)]
)
def test_a_name_is_told_of_where_it_stands_last(
    serve: Callable, label: str, offset: int | None
) -> None:
    """What a plugin has inserted is looked for before the cursor as it is spelled; an empty name is nowhere."""
    child, ranker, _ = serve(lua="require('sibyl.menus.accepted')")
    child.type_keys("ox-y os.os(")
    child.lua("require('sibyl.menus.accepted').tell({ label = ... })", label)
    child.call("wait", 100, False)
    assert [call[2] for call in ranker.calls("accepted")] == ([] if offset is None else [offset])


KEPT = ["<C-y>", "(", ".", " ", "<CR>", "<Esc>", "<Left>"]
LEFT = ["x", "_", "<BS>", "<C-e>", "<C-n><C-n>"]


@pytest.mark.parametrize("key", [*KEPT, *LEFT])
def test_what_is_chosen_and_stays_is_accepted(serve: Callable, key: str) -> None:
    """An item chosen with CTRL-N is told of if a key leaves it there, and never if letters go on with it."""
    child, ranker, _ = serve(lua="vim.o.completeopt = 'menuone,noselect'")
    ranker.set(best=BEST)
    words = open_menu(child)
    if key == "<C-n><C-n>":
        key = "<C-n>" * len(words) + "("  # behind the last item stands what was typed
    child.type_keys(f"<C-n>{key}", every=0.02)
    child.call("wait", 150, False)
    accepted = [call[2:] for call in ranker.calls("accepted")]
    assert accepted == ([[len("import os\nr."), words[0]]] if key in KEPT else [])


def test_what_is_chosen_on_the_command_line_is_not_remembered(scripted: Callable) -> None:
    """Plugins complete `:` and `/`, too; the word may stand before the cursor of the buffer by chance."""
    child, ranker = scripted("import os\n")
    tell = "require('sibyl.menus.accepted').tell({ label = 'import' })"
    child.lua(f"vim.keymap.set({{ 'c', 'i' }}, '<F2>', function() {tell} end)")
    child.type_keys("Oimport<F2> <Esc>")
    child.wait_for(
        lambda: len(ranker.calls("accepted")) == 1, what="what is accepted in the buffer"
    )
    child.type_keys("$:<F2><Esc>")
    child.lua("vim.wait(100)")
    assert len(ranker.calls("accepted")) == 1


@pytest.mark.parametrize("leave", ["<Esc>", "<C-c>"])
def test_a_word_is_over_however_insert_mode_ends(serve: Callable, leave: str) -> None:
    """What CTRL-C leaves is counted, and another word at its place is a word of its own."""
    child, _, _ = serve()
    child.lua(
        "WRITTEN = {} require('sibyl.completion.accepted').when_written("
        "function(outcome) table.insert(WRITTEN, outcome.typed) end)"
    )
    open_menu(child)
    child.type_keys(f"json{leave}")
    child.lua("vim.wait(20)")
    assert child.lua("return WRITTEN") == [4]
    child.type_keys("S")
    open_menu(child, "r.")
    child.type_keys(f"text{leave} ")
    assert child.lua("return WRITTEN") == [4, 4]
