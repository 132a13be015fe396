"""A ranker that does as a test says, behind the real door and a real process.

In:   a folder for its files; what to answer (see tests/support/fake_host.py).
Out:  `ScriptedRanker`; `host_ready`, `mirrored`, `truth`: what the host holds and what it should hold.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from pathlib import Path
from typing import Any

from child import Child

FAKE_HOST = Path(__file__).resolve().with_name("fake_host.py")
STATUS = (
    "local got; require('sibyl.host.client').ask('status', function(_, s) got = s end)"
    " vim.wait(10000, function() return got ~= nil end, 2) return got or vim.NIL"
)
# As people write it: native completion where there is one, and a menu that inserts nothing itself.
NATIVE = """
vim.o.completeopt = 'menuone,noselect'
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  if vim.lsp.completion and vim.lsp.completion.enable and not NO_ENABLE then
    vim.lsp.completion.enable(true, event.data.client_id, event.buf, { autotrigger = true })
  end
end })
"""
LONGEST, PATIENT = 1000, 30_000
"""Milliseconds: the longest deadline that the option allows, and what a busy machine gets in its place."""
PREPARE = """
local options = require('sibyl.config').get()
options.deadline = options.deadline == ... and select(2, ...) or options.deadline
"""
READ = """
_G.was_read = nil
local buf, mirror = vim.api.nvim_get_current_buf(), require('sibyl.buffer.mirror')
mirror.flush(buf)
local bytes, client = require('sibyl.buffer.bytes'), require('sibyl.host.client')
local function done(kind) _G.was_read = kind end
client.ask('guess', done, buf, mirror.seq(buf), bytes.length(buf), (bytes.word(buf)), 1)
"""
NAMES = ("apparent", "close", "json", "next", "_private", "text")
BEST = ["json", "text", "_private"]


class ScriptedRanker:
    """A ranker that answers what the test says, behind the real door and a real interpreter."""

    def __init__(self, folder: Path) -> None:
        """Write the interpreter's stand-in into a folder."""
        self.orders, self.log = folder / "orders.json", folder / "calls.jsonl"
        self.python = folder / "python"
        self.set()
        self.python.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" "{FAKE_HOST}" "{self.orders}" "{self.log}" "$@"\n'
        )
        self.python.chmod(0o755)

    def set(self, **orders: Any) -> None:
        """Tell it how to answer from now on (see tests/support/fake_host.py)."""
        self.orders.write_text(json.dumps(orders))

    def init(self, **options: Any) -> str:
        """Return Lua that makes sibyl use it; other options as given."""
        server = {"server": {"enabled": False}}
        given = json.dumps({"python": str(self.python), "log_level": "debug"} | server | options)
        return f"vim.g.sibyl = vim.json.decode({given!r})"

    def calls(self, name: str) -> list[list[Any]]:
        """Return the arguments of every notification of a name that it got."""
        if not self.log.exists():
            return []
        written, _, _ = self.log.read_text().rpartition("\n")  # the last line may be half written
        lines = [json.loads(line) for line in written.splitlines()]
        return [arguments for called, arguments in lines if called == name]


def host_ready(child: Child) -> None:
    """Wait until the host has said that it can rank; from then on a busy machine makes no list late.

    Tests of lists that are late set a deadline below ``LONGEST``.
    """
    child.wait_for(
        lambda: child.lua("return require('sibyl.host.client').ready()"), 20, "the Python host"
    )
    child.lua(PREPARE, LONGEST, PATIENT)


def buffer_read(child: Child) -> None:
    """Wait until the real host has read the current buffer up to the cursor.

    A status does not tell: it makes the host skip the hint that would have made it read.
    """
    child.lua(READ)
    child.wait_for(
        lambda: child.lua("return _G.was_read ~= nil"), 60, "the host to read the buffer"
    )
    assert child.lua("return _G.was_read") == "guess"


def digest(text: bytes) -> list[int]:
    """Return what the host reports of a text."""
    return [len(text), zlib.crc32(text)]


def mirrored(child: Child) -> dict[str, Any]:
    """Return what the host holds of the current buffer: seq, length, crc32."""
    child.lua("require('sibyl.buffer.mirror').flush(vim.api.nvim_get_current_buf())")
    status = child.lua(STATUS)
    return status["buffers"].get(str(child.call("bufnr")))


def truth(child: Child) -> bytes:
    """Return the current buffer's text as the host must hold it."""
    lines = "vim.api.nvim_buf_get_lines(0, 0, -1, true)"
    text = f"table.concat({lines}, '\\n') .. '\\n'"
    return base64.b64decode(child.lua(f"return vim.base64.encode({text})"))


def open_menu(child: Child, text: str = "or.") -> list[str]:
    """Type a dot and get the menu, by autotrigger or the omni key; return its words."""
    child.type_keys(text)
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    child.wait_menu()
    return child.words()


def raw_replies(child: Child, position: tuple[int, int] | None = None) -> Any:
    """Ask the server as a plugin would; return what a plugin gets."""
    return child.lua(
        "local p = vim.lsp.util.make_position_params(0, 'utf-16')"
        " local got = vim.lsp.buf_request_sync(0, 'textDocument/completion', p, 5000)"
        " local _, reply = next(got) if reply and reply.result == vim.NIL then return 'null' end"
        " return reply and (reply.result or reply.err or reply.error) or 'nothing'"
    )


def listed(child: Child, keys: str) -> list[str]:
    """Type keys and ask as a plugin does; return the list in our order, a star before what wears one."""
    child.type_keys(keys)
    ranked = sorted(raw_replies(child)["items"], key=lambda item: item["sortText"])
    return ["*" * ("~sibyl*" in item["sortText"]) + item["label"] for item in ranked]
