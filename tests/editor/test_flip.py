"""`<Plug>(SibylCompare)` shows the list of one word in the server's own order, and again in ours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer
from scripted import BEST, NAMES, listed, open_menu

KEY = "vim.keymap.set('i', '<F2>', '<Plug>(SibylCompare)')"


def test_there_and_back(serve: Callable) -> None:
    """The key shows the other order of the list at the cursor, the server's without stars."""
    child, _, _ = serve(lua=KEY)
    assert open_menu(child)[:3] == BEST
    child.type_keys("<F2>")
    child.wait_for(lambda: child.words() == sorted(NAMES), what="the server's order")
    assert not any("★" in item.abbr + item.kind for item in child.menu())
    child.type_keys("<F2>")
    child.wait_for(lambda: child.words()[:3] == BEST, what="our order")
    assert child.line() == "r."


def the_next_line(child: Child, server: FakeServer, folder: Path) -> None:
    """Begin a word in the same column."""
    child.type_keys("<C-e><CR>r.")


def another_buffer(child: Child, server: FakeServer, folder: Path) -> None:
    """Go to a word at the same place of another buffer."""
    child.open(folder / "other.py", "import os\nr.\n")
    child.lua(
        "vim.lsp.buf_attach_client(0, ...) vim.api.nvim_win_set_cursor(0, { 2, 2 })", server.id
    )


def back_to_it(child: Child, server: FakeServer, folder: Path) -> None:
    """Leave insert mode, and go on behind the same dot."""
    child.type_keys("<C-e><Esc>a")


@pytest.mark.parametrize("go", [the_next_line, another_buffer, back_to_it])
def test_it_holds_for_one_word(serve: Callable, go: Callable, tmp_path: Path) -> None:
    """The next list is in our order, wherever its word stands."""
    child, _, server = serve(lua=KEY + " NO_ENABLE = true")
    child.type_keys("or.<F2>")
    child.wait_for(lambda: child.words() == sorted(NAMES), what="the server's order")
    go(child, server, tmp_path)
    assert listed(child, "")[:3] == ["*json", "*text", "_private"]


def test_nothing_is_asked_outside_insert_mode(serve: Callable) -> None:
    """There is no list to show in another order: no server is asked for one."""
    child, _, server = serve(lua=KEY)
    child.lua("require('sibyl.completion.flip').flip() vim.wait(100)")
    assert server.completions() == 0


@pytest.mark.parametrize("leave", ["<Esc>", "<C-c>"])
def test_the_other_order_is_over_however_insert_mode_ends(serve: Callable, leave: str) -> None:
    """CTRL-C leaves the word as <Esc> does: the next list at that place is in our order."""
    child, _, _ = serve(lua=KEY + " NO_ENABLE = true")
    child.type_keys("or.<F2>")
    child.wait_for(lambda: child.words() == sorted(NAMES), what="the server's order")
    child.type_keys(f"<C-e>{leave}a")
    assert listed(child, "")[:3] == ["*json", "*text", "_private"]
