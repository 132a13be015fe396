"""Lists of one word have one order: what one of them brings keeps its place and its star in the next ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import items
from scripted import listed

OMNI = "NO_ENABLE = true"


def test_what_a_later_list_brings_stays_so(serve: Callable) -> None:
    """New items keep the places and stars of their first list, and what was away comes back where it was."""
    pages = [
        items("text", "tub", "two"),
        items("tab", "tag", "text", "two"),
        items("tab", "tag", "text", "tub", "two"),
    ]
    child, ranker, _ = serve(lua=OMNI, incomplete=True, pages=pages)
    ranker.set(best=["two", "text"], stars=1)
    assert listed(child, "or.") == ["*two", "text", "tub"]
    ranker.set(best=["two", "tag", "tab"], stars=2)
    assert listed(child, "t") == ["*two", "*tag", "tab", "text"]
    assert listed(child, "<BS>t") == ["*two", "*tag", "tab", "text", "tub"]
    assert len(ranker.calls("rank")) == 2


@pytest.mark.parametrize("keys", ["<CR>r.", "<Esc>a"])
def test_another_word_is_ranked_anew(serve: Callable, keys: str) -> None:
    """One in the same column of the next line, and one at the same place after insert mode was left."""
    child, ranker, _ = serve(lua=OMNI, items=items("text", "tub", "two"))
    ranker.set(best=["two"])
    assert listed(child, "or.") == ["two", "text", "tub"]
    ranker.set(best=["tub"])
    assert listed(child, keys) == ["tub", "text", "two"]


def test_the_same_place_of_another_buffer_is_another_word(serve: Callable, tmp_path: Path) -> None:
    """A word in the same row and column of another buffer is another one, though insert mode was not left."""
    child, ranker, server = serve(lua=OMNI, items=items("text", "tub", "two"))
    ranker.set(best=["two"])
    assert listed(child, "or.") == ["two", "text", "tub"]
    ranker.set(best=["tub"])
    child.open(tmp_path / "other.py", "import os\nr.\n")
    child.lua(
        "vim.lsp.buf_attach_client(0, ...) vim.api.nvim_win_set_cursor(0, { 2, 2 })", server.id
    )
    assert child.mode() == "i"
    assert listed(child, "") == ["tub", "text", "two"]


def test_an_edit_elsewhere_leaves_the_word_alone(serve: Callable, tmp_path: Path) -> None:
    """Another buffer may change while a word is written: its next list has the order of the first."""
    child, ranker, _ = serve(lua=OMNI, items=items("text", "tub", "two"))
    ours = child.call("bufnr")
    child.open(tmp_path / "other.py", "import os\n")
    child.command(f"buffer {ours}")
    ranker.set(best=["two"])
    assert listed(child, "or.") == ["two", "text", "tub"]
    ranker.set(best=["tub"])
    child.lua("vim.api.nvim_buf_set_lines(vim.fn.bufnr('other.py'), 0, 1, false, { 'x' })")
    assert listed(child, "t") == ["two", "text", "tub"]
    assert len(ranker.calls("rank")) == 1


def test_a_late_order_leaves_what_the_word_had(serve: Callable) -> None:
    """Where the order of a later list is late, names known keep their places, and new ones come last."""
    child, ranker, _ = serve(
        lua="NO_ENABLE = true",
        options={"deadline": 100},
        incomplete=True,
        pages=[items("jb", "ja", "jason", "json"), items("jaws", "jason", "json", "jsonp")],
    )
    ranker.set(best=["json", "jb"], stars=1, unlisted=[[1, "june"]])
    child.type_keys("oj<C-x><C-o>")
    child.wait_for(lambda: child.words() == ["json", "june", "jb", "ja", "jason"], what="the first")
    ranker.set(delay=2000)
    child.type_keys("<C-e><C-x><C-o>")
    wanted = ["json", "june", "jason", "jaws", "jsonp"]
    child.wait_for(lambda: child.words() == wanted, what="the second list")
    assert len(ranker.calls("rank")) == 2
