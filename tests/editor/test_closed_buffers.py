"""Buffers that are gone before the server has answered about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from own_server import wait_clients

# All that the server answers, but for the first handshake, comes this much later.
LATE_MS = 400
LATE = f"""
local start = vim.lsp.rpc.start
vim.lsp.rpc.start = function(...)
  local rpc = start(...)
  local request = rpc.request
  rpc.request = function(method, params, callback, ...)
    if method == 'initialize' or method == 'shutdown' then
      return request(method, params, callback, ...)
    end
    ASKED = (ASKED or 0) + 1
    return request(method, params, function(...)
      local answer = {{ ... }}
      vim.defer_fn(function()
        ANSWERED = (ANSWERED or 0) + 1
        callback(unpack(answer, 1, 2))
      end, {LATE_MS})
    end, ...)
  end
  return rpc
end
"""


@pytest.mark.parametrize("way", ["bwipeout!", "bdelete!", "bunload!"])
def test_late_answers_show_no_error(served: Callable, tmp_path: Path, way: str) -> None:
    """What the server answers about a buffer that was closed meanwhile shows nothing on the screen."""
    child, _ = served("import os\n", LATE)
    wait_clients(child, "sibyl")
    child.open(tmp_path / "other.py", "import os\n")
    wait_clients(child, "sibyl")
    child.wait_for(lambda: child.lua("return (ASKED or 0) > 0"), what="a question")
    asked = child.lua("return ASKED")
    child.command(way)
    child.wait_for(
        lambda: child.blocked() or child.lua("return ANSWERED or 0") >= asked, what="the answers"
    )
    child.wait_for(lambda: not child.blocked(), what="a Neovim that waits for no key")
    assert not [line for line in child.messages() if "rror" in line]
