"""Up to where a word is typed, as the host is told of it with a list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import items

ASK = """
local place = vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(0, 'textDocument/completion', place, function() end)
"""


@pytest.mark.parametrize(
    ("keys", "typed"), [("so", "jaso"), (" = y", "ja"), ("<Esc>:1|call setline(2, '')<CR>", "")]
)
def test_the_letters_typed_are_told(serve: Callable, keys: str, typed: str) -> None:
    """The host is told up to where the word is typed when the list is there, though more than was asked for."""
    child, ranker, _ = serve(delay=250, items=items("jack", "jason", "json", "other"))
    child.type_keys("oja")
    child.lua(ASK)
    child.type_keys(keys)
    child.wait_for(lambda: ranker.calls("rank"))
    assert ranker.calls("rank")[0][3] == len(f"import os\n{typed}")


ELSEWHERE = """
local params = { textDocument = { uri = vim.uri_from_bufnr(...) }, position = { line = 0, character = 2 } }
local rpc = vim.lsp.get_client_by_id(select(2, ...)).rpc
rpc.request('textDocument/completion', params, function() GOT = (GOT or 0) + 1 end)
"""


def test_letters_at_the_cursor_are_not_those_of_another_place(
    serve: Callable, tmp_path: Path
) -> None:
    """For a word in another line or buffer than the cursor's, letters are told up to where was asked."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    buf = child.call("bufnr")
    child.type_keys("oimpo")
    child.lua(ELSEWHERE, buf, server.id)
    child.wait_for(lambda: child.lua("return GOT") == 1, what="the first list")
    child.type_keys("<Esc>")
    child.open(tmp_path / "other.py", "impo\n")
    child.type_keys("A")
    child.lua(ELSEWHERE, buf, server.id)
    child.wait_for(lambda: child.lua("return GOT") == 2, what="the second list")
    assert [call[3] for call in ranker.calls("rank")] == [2, 2]
