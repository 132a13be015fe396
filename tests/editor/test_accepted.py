"""Words that have a list are followed from its first letter to their end, each told of once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import items
from scripted import BEST, NAMES

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


@pytest.mark.parametrize("keys", ["js<Esc>a(", "<CR>abcd", "js + x"])
def test_a_word_that_nobody_writes_is_not_followed(serve: Callable, keys: str) -> None:
    """Where the list comes outside insert mode, in another line or behind the word there is no outcome."""
    child, ranker, _ = serve(lua=WATCH)
    ranker.set(best=BEST, delay=300)
    child.type_keys("or.")
    child.lua(ASK)
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
    child.type_keys(keys.removesuffix("a("))
    child.wait_for(lambda: child.lua(ANSWERED), what="the list")
    child.type_keys(("a(" if keys.endswith("a(") else "") + "<Esc>")
    assert outcomes(child) == []


def test_a_word_of_another_buffer_is_not_followed(serve: Callable, tmp_path: Path) -> None:
    """Where the list comes while another buffer is current there is no outcome, whatever is written there."""
    child, ranker, _ = serve(lua=WATCH)
    ranker.set(best=BEST, delay=300)
    child.type_keys("or.")
    child.lua(ASK)
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
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
