"""Lists of one word have one order: what one of them brings keeps its place and its star in the next ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import items
from scripted import listed, open_menu, raw_replies

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


def test_a_new_item_that_comes_first_stays_first(serve: Callable) -> None:
    """It stands before all that were there, and does so in the word's next lists."""
    pages = [items("text", "tub"), items("tab", "text", "tub")]
    child, ranker, _ = serve(lua=OMNI, incomplete=True, pages=pages)
    ranker.set(best=["tub"])
    assert listed(child, "or.") == ["tub", "text"]
    ranker.set(best=["tab", "text"])
    assert listed(child, "t") == ["tab", "tub", "text"]
    assert listed(child, "<BS>t") == ["tab", "tub", "text"]
    assert len(ranker.calls("rank")) == 2


def test_items_of_one_name_are_told_apart_by_their_kinds(serve: Callable) -> None:
    """Where a later list has one of two items of a name, it has the star and the place of that one."""
    module, function = items("text", kind=9), items("text", kind=3)
    pages = [[*module, *items("tub"), *function], [*function, *items("tub")]]
    child, ranker, _ = serve(lua=OMNI, incomplete=True, pages=pages)
    ranker.set(best=["text"], stars=1)
    assert listed(child, "or.") == ["*text", "text", "tub"]
    assert listed(child, "t") == ["text", "tub"]
    assert len(ranker.calls("rank")) == 1


@pytest.mark.parametrize("keys", ["<CR>r.", "<Esc>a", "<BS><BS>s."])
def test_another_word_is_ranked_anew(serve: Callable, keys: str) -> None:
    """In the same column of the next line, at the same place in another insertion, of another receiver."""
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


@pytest.mark.parametrize(
    ("unlisted", "wanted"),
    [
        ([], {"tab": None, "tag": None}),
        ([[1, "token"]], {"token": "00001", "tab": "00002", "tag": "00003"}),
    ],
)
def test_a_late_list_of_new_names(serve: Callable, unlisted: list, wanted: dict) -> None:
    """It comes as the server sent it, but with the names that stood among the word's list before."""
    pages = [items("text", "tub"), items("tab", "tag")]
    child, ranker, _ = serve(lua=OMNI, options={"deadline": 100}, incomplete=True, pages=pages)
    ranker.set(best=["tub"], unlisted=unlisted)
    assert len(listed(child, "or.")) == 2 + len(unlisted)
    ranker.set(delay=2000)
    child.type_keys("t")
    got = raw_replies(child)["items"]
    assert {item["label"]: item.get("sortText", "")[:5] or None for item in got} == wanted


def test_a_list_shown_as_it_came_stays_so(serve: Callable) -> None:
    """An order that comes too late for a word's first list is not that of its next one, either."""
    child, ranker, server = serve(
        options={"deadline": 60}, incomplete=True, items=items("jack", "jason", "json")
    )
    if child.version < (0, 11, 0):
        pytest.skip("0.10 does not ask again")
    ranker.set(best=["json"], delay=300)
    assert open_menu(child) == ["jack", "jason", "json"]
    child.lua("vim.wait(600, function() return false end)")
    ranker.set(best=["json"])
    child.type_keys("j")
    child.wait_for(lambda: server.completions() == 2, what="another question")
    child.lua("vim.wait(200, function() return false end)")
    assert child.words() == ["jack", "jason", "json"]
    assert len(ranker.calls("rank")) == 1


def test_a_list_asked_for_again_is_ranked(serve: Callable) -> None:
    """Where a word's first list was late and is not on the screen any more, its next one is ranked."""
    child, ranker, _ = serve(lua=OMNI, options={"deadline": 60}, items=items("text", "tub", "two"))
    ranker.set(best=["two"], delay=300)
    child.type_keys("or.")
    assert raw_replies(child)["items"] == items("text", "tub", "two")
    ranker.set(best=["two"])
    assert listed(child, "t") == ["two", "text", "tub"]
