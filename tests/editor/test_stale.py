"""Lists that come when their word was left are not shown where one writes by then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST, NAMES

OMNI = "vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'"
OPEN = "return vim.tbl_count(vim.lsp.get_client_by_id(...).requests)"
PREPARE = """
require('sibyl.server.autotrigger').prepare(vim.api.nvim_get_current_buf(), function() return true end)
"""
LATE = 1000  # milliseconds


def another_word(child: Child, server: FakeServer, folder: Path) -> None:
    """Begin another line."""
    child.type_keys("<CR>os.")


def another_buffer(child: Child, server: FakeServer, folder: Path) -> None:
    """Begin a line of another buffer that the same server completes."""
    child.type_keys("<Esc>")
    child.open(folder / "other.py", "import os\n")
    child.lua("vim.lsp.buf_attach_client(0, ...)", server.id)
    child.lua(OMNI)
    child.type_keys("oos.")


@pytest.mark.parametrize("go", [another_word, another_buffer])
def test_a_late_list_is_not_shown_elsewhere(serve: Callable, go: Callable, tmp_path: Path) -> None:
    """A list that the server sends when another word is written is not shown there, and closes no menu."""
    child, _, server = serve(lua="NO_ENABLE = true", delay=LATE)
    child.lua(OMNI)
    child.type_keys("oos.<C-x><C-o>")
    child.wait_for(server.completions, what="the first request")
    go(child, server, tmp_path)
    server.set(delay=0)
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: set(child.words()) == set(NAMES), what="the menu of the second word")
    server.set(items=items("late_one", "late_two"))
    child.wait_for(lambda: child.lua(OPEN, server.id) == 0, what="the late list")
    child.lua("vim.wait(200, function() return false end)")  # it is shown some moments later
    assert set(child.words()) == set(NAMES)


def test_no_list_where_the_dot_was_left(serve: Callable) -> None:
    """On 0.10, where sibyl asks after a dot, a dot that was left behind meanwhile asks for nothing."""
    child, _, server = serve(lua="NO_ENABLE = true")
    if child.version >= (0, 11, 0):
        pytest.skip("Neovim itself asks after a dot")
    child.lua(PREPARE)
    child.type_keys("o")
    child.api.input("os.getcwd()<CR>pa")  # in one go: the dot is left before it is looked at
    child.lua("vim.wait(300, function() return false end)")
    assert server.completions() == 0
    child.type_keys("<CR>os.pa")
    child.wait_for(server.completions, what="a list for a word behind a dot")


def test_nobody_waits_for_a_request_that_was_taken_back(serve: Callable) -> None:
    """A request that was taken back, and so is never answered, keeps no word from being asked about."""
    child, _, server = serve(shape="silent")
    child.type_keys("or.")
    buf, row = child.call("bufnr"), child.cursor()[0] - 1
    child.lua(
        "local buf, row, client = ... local rpc = vim.lsp.get_client_by_id(client).rpc"
        " local uri = { uri = vim.uri_from_bufnr(buf) }"
        " local params = { textDocument = uri, position = { line = row, character = 2 } }"
        " local _, id = rpc.request('textDocument/completion', params, function() end)"
        " vim.wait(200)"
        " require('sibyl.completion.guesses').unless_listed(buf, row, 2, function() TOLD = true end)"
        " for number = 1, id + 3 do rpc.notify('$/cancelRequest', { id = number }) end",
        buf,
        row,
        server.id,
    )
    child.wait_for(lambda: child.lua("return TOLD"), 3, "the end of waiting")


def test_a_list_that_no_menu_was_open_for_comes(serve: Callable) -> None:
    """That another menu was opened and closed by hand while the server was busy takes no list away."""
    child, _, server = serve(lua="NO_ENABLE = true", delay=LATE)
    child.lua(OMNI)
    child.type_keys("oos.<C-x><C-o>")
    child.wait_for(server.completions, what="the request")
    child.type_keys("<C-x><C-n>")
    child.wait_for(lambda: "import" in child.words(), what="the other menu")
    child.type_keys("<C-e>")
    child.wait_for(lambda: set(child.words()) == set(NAMES), what="the list")


def test_nobody_waits_for_a_request_that_was_not_sent(serve: Callable) -> None:
    """Where a server takes no requests any more, no word is kept from being asked about."""
    child, _, server = serve(shape="closed")
    child.type_keys("or.")
    child.lua(
        "local rpc, buf = vim.lsp.get_client_by_id(...).rpc, vim.api.nvim_get_current_buf()"
        " local params = vim.lsp.util.make_position_params(0, 'utf-16')"
        " rpc.request('textDocument/completion', params, function() end)"
        " local function told() TOLD = true end"
        " require('sibyl.completion.guesses').unless_listed(buf, params.position.line, 2, told)",
        server.id,
    )
    child.wait_for(lambda: child.lua("return TOLD"), 3, "the end of waiting")


TWO = """
local rpc, ids = vim.lsp.get_client_by_id(...).rpc, {}
local params = vim.lsp.util.make_position_params(0, 'utf-16')
CALLED = {}
for number = 1, 2 do
  local _, id = rpc.request('textDocument/completion', params, function() table.insert(CALLED, number) end)
  ids[number] = id
end
vim.wait(150, function() return false end)
rpc.notify('$/cancelRequest', { id = ids[1] })
vim.wait(600, function() return #CALLED > 1 end)
return { CALLED, require('sibyl.statistics').lines()[2] }
"""


def test_only_the_request_that_was_taken_back_has_no_answer(serve: Callable) -> None:
    """Of two requests to a server the one that was taken back is neither answered nor counted."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    ranker.set(best=BEST, delay=300)
    child.type_keys("or.")
    called, counted = child.lua(TWO, server.id)
    assert len(ranker.calls("rank")) == 2
    assert (called, counted) == ([2], "  lists: 1 ranked in time, 0 late, 0 not ranked")
