"""Real Neovims under the clock: started, with a file open, with the host in step, with a server.

In:   the Neovims that scripts/neovim/find.py finds; scripts/neovim/child.py drives them.
Out:  functions that start one, and that complete once.

All clocks run inside Neovim (`vim.uv.hrtime`); what this side does between is not measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import find
from child import Child
from fake_server import FakeServer

INIT = """
vim.o.completeopt = 'menuone,noselect'
vim.g.sibyl = { server = { enabled = false }, deadline = 1000, max_bytes = 1e8 }
"""
# The reply leaves the server inside its callback: note the time there, before anyone else has it (this wrapper
# is the innermost, as it comes first), and when the menu shows. `key` is when the key that asks was typed.
WATCH = """
_G.bench = { key = 0, replied = 0, shown = 0, size = 0 }
vim.on_key(function(key, typed)
  if bench.armed == (typed or key) then bench.key, bench.armed = vim.uv.hrtime(), nil end
end)
vim.api.nvim_create_autocmd('CompleteChanged', { callback = function()
  if bench.shown == 0 and bench.replied > 0 then
    bench.shown, bench.size = vim.uv.hrtime(), vim.v.event.size
  end
end })
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  local request = client.rpc.request
  client.rpc.request = function(method, params, callback, ...)
    if method ~= 'textDocument/completion' then return request(method, params, callback, ...) end
    return request(method, params, function(...)
      bench.replied, bench.shown = vim.uv.hrtime(), 0
      return callback(...)
    end, ...)
  end
end })
"""


def neovims(wanted: str = "") -> list[Path]:
    """The Neovims to measure: all, or the one of a version."""
    installed = find.neovims()
    return [nvim for nvim in installed if not wanted or version(nvim) == wanted]


def each(measure: Callable[[Path, Any], Any], options: Any) -> dict[str, Any]:
    """What ``measure`` says of every Neovim asked for, by version; raises SystemExit where there is none."""
    asked_for = neovims(options.nvim)
    if not asked_for:
        raise SystemExit("No Neovim was found: `make neovim` brings some.")
    return {version(nvim): measure(nvim, options) for nvim in asked_for}


def version(nvim: Path) -> str:
    """Its version as text."""
    return ".".join(map(str, find.version_of(nvim)))


def newest() -> Path | None:
    """The newest Neovim there is."""
    installed = find.neovims()
    return max(installed, key=find.version_of) if installed else None


def source(lines: int) -> str:
    """About this many lines of the standard library, as text."""
    return common.file_of(lines).decode()


def wait_host(child: Child) -> None:
    """Wait until the host is ready."""
    child.wait_for(lambda: child.lua("return require('sibyl.host.client').ready()"), 60, "the host")


def in_step(child: Child) -> None:
    """Wait until the host has worked off all it was told, and has ranked once."""
    code = """
    _G.bench_status = nil
    require('sibyl.buffer.mirror').flush(0)
    require('sibyl.host.client').ask('status', function(_, answer) _G.bench_status = answer end)
    """
    child.lua(code)
    child.wait_for(lambda: child.lua("return _G.bench_status ~= nil"), 60, "the host's answer")


def opened(nvim: Path, home: Path, lines: int, init: str = INIT) -> Child:
    """Start a Neovim with a file open, a member to complete at its end, and the host ready."""
    child = Child(nvim, home / "home", init + WATCH)
    child.open(home / "file.py", source(lines) + "\nimport os\n\n")
    wait_host(child)
    return child


def serve(child: Child) -> FakeServer:
    """Attach a server that answers at once, from inside Neovim."""
    server = FakeServer(child)
    child.lua("vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'")
    return server


def once(child: Child, keys: str = "<C-x><C-o>", text: str = "Goos.") -> dict[str, float]:
    """Complete `os.` at the end of the file, by the last of the keys.

    Return ms from key and from reply to menu, its size, and whether it was ranked.
    """
    child.type_keys(text)
    child.lua("require('sibyl.completion.reply').last = nil")
    raw = keys.replace("<C-x>", "\x18").replace("<C-o>", "\x0f")
    last = raw[-1]
    child.api.input(raw[:-1])
    child.lua("bench.key, bench.replied, bench.shown, bench.armed = 0, 0, 0, ...", last)
    child.api.input(last)
    time.sleep(0.03)  # to ask Neovim whether the menu is there takes from its main loop, too
    child.wait_for(lambda: child.lua("return bench.shown > 0"), 10, "the menu")
    times = child.lua("return { bench.key, bench.replied, bench.shown, bench.size }")
    ranked = child.lua("return require('sibyl.completion.reply').last ~= nil")
    child.type_keys("<C-e><Esc>u")
    key, replied, shown, size = times
    return {
        "key": (shown - key) / 1e6,
        "reply": (shown - replied) / 1e6,
        "size": size,
        "ranked": bool(ranked),
    }
