"""Pages of ours: a window for each kind of page.

In:   Neovim with a scripted ranker, a list that was ranked.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from child import Child
from fake_server import FakeServer, items


def windows(child: Child) -> list[str]:
    """What the windows of the tab show: kinds of our pages, '' for all else."""
    code = """return vim.tbl_map(function(window)
      local name = vim.api.nvim_buf_get_name(vim.api.nvim_win_get_buf(window))
      return name:match('^sibyl://(%a+)/') or ''
    end, vim.api.nvim_tabpage_list_wins(0))"""
    return sorted(child.lua(code))


@pytest.fixture
def child(scripted: Callable) -> Child:
    """A Neovim where a list was ranked."""
    child_, ranker = scripted(
        "x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000, log_level="info"
    )
    ranker.set(best=["json"], stars=1)
    FakeServer(child_, items=items("close", "json"))
    child_.type_keys("or.<C-x><C-o>")
    child_.wait_menu()
    child_.type_keys("<Esc>")
    return child_


def test_a_page_takes_the_place_of_its_kind(child: Child) -> None:
    """Asked for again, a page is shown where the last one stands; pages of other kinds stay."""
    for times in range(2):
        for kind in ("explain", "stats"):
            child.command("1wincmd w")
            before = child.call("bufnr", "$")
            child.command(f"Sibyl {kind}")
            child.wait_for(lambda old=before: child.call("bufnr", "$") > old, what="the page")
        assert windows(child) == ["", "explain", "stats"], times
    assert child.lua("return vim.bo.filetype") == "sibyl-stats"
    child.type_keys("q")
    assert windows(child) == ["", "explain"]
    assert child.call("bufexists", "sibyl://stats") == 0 and child.messages() == []


def test_a_page_is_plain_text_and_closes(child: Child) -> None:
    """A page takes no part in a comparison that it was opened from; `q` closes it in the last window, too."""
    child.command("diffthis | set scrollbind")
    child.command("Sibyl stats")
    assert child.lua("return { vim.wo.diff, vim.wo.scrollbind, vim.wo.foldenable }") == [False] * 3
    child.command("only")
    child.type_keys("q")
    assert windows(child) == [""]
    assert child.messages() == []


@pytest.mark.parametrize("command", ["log", "explain", "stats"])
def test_no_page_from_the_command_line_window(child: Child, command: str) -> None:
    """No window can be opened from there: that is one sentence, not a traceback."""
    child.type_keys("q:")
    assert child.call("getcmdwintype") == ":"
    child.api.command(f"Sibyl {command}", async_=True)
    sentence = "sibyl: close the command-line window first"
    child.wait_for(lambda: any(sentence in line for line in child.screen()), what="the sentence")
    assert not any("E11" in line for line in child.screen())
