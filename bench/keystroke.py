"""Milliseconds from a server's reply to the menu, and what typing costs the editor, with and without sibyl.

In:   the oldest and newest Neovims, an instant language server inside them, the shipped model.
Out:  a table for people; the last line is one JSON object.
Who:  `make bench`.

Both are measured in one run and in turn, one completion with sibyl, one without, so that a machine's moods
hit both alike. The clock runs inside Neovim: from the moment the server gives its reply to the client to the
first CompleteChanged. Main-loop gaps come from a timer that fires every millisecond while keys arrive 15
times a second in a file of 20,000 lines.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "neovim"), str(ROOT / "tests")]

import find  # noqa: E402 (found through the line above, as the next)
from child import Child  # noqa: E402
from fake import FakeServer, items  # noqa: E402

SIZES = (10, 100, 700, 2_000)
INIT = """
vim.o.completeopt = 'menuone,noselect'
vim.g.sibyl = { server = { enabled = false }, deadline = 200, max_bytes = 1e8 }
"""
# The reply leaves the server inside its callback: note the time there, before anyone else has it (this wrapper
# is the innermost, as it comes first), and when the menu shows.
WATCH = """
_G.bench = { replied = 0, shown = 0 }
vim.api.nvim_create_autocmd('CompleteChanged', { callback = function()
  if bench.shown == 0 and bench.replied > 0 then bench.shown = vim.uv.hrtime() end
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
GAPS = """
_G.gaps = { longest = 0, all = {} }
local last = vim.uv.hrtime()
gaps.timer = vim.uv.new_timer()
gaps.timer:start(0, 1, function()
  local now = vim.uv.hrtime()
  gaps.all[#gaps.all + 1] = (now - last) / 1e6
  last = now
end)
"""


def percentile(values: list[float], share: float) -> float:
    """Return the value below which the share lies."""
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)


def summary(values: list[float]) -> dict[str, float]:
    """Return median and tails."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: percentile(values, share) for name, share in shares.items()}


def source(lines: int) -> str:
    """Return Python text of so many lines, made of the standard library's."""
    text = inspect.getsource(argparse)
    return "\n".join((text * (lines // text.count("\n") + 1)).split("\n")[:lines]) + "\n"


def wait_host(child: Child) -> None:
    """Wait until the host is ready."""
    child.wait_for(lambda: child.lua("return require('sibyl.bridge').ready()"), 60, "the host")


def opened(nvim: Path, home: Path, lines: int) -> Child:
    """Start a Neovim with a file open and the host ready."""
    child = Child(nvim, home / "home", INIT + WATCH)
    child.open(home / "file.py", source(lines) + "\nimport os\n\n")
    wait_host(child)
    return child


def once(child: Child) -> tuple[float, bool]:
    """Complete `os.` at the end of the file; return milliseconds from reply to menu, and if ranked."""
    child.type_keys("Goos.")
    child.lua("bench.replied, bench.shown = 0, 0 require('sibyl.reply').last = nil")
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: child.lua("return bench.shown > 0"), 10, "the menu")
    took = float(child.lua("return (bench.shown - bench.replied) / 1e6"))
    ranked = bool(child.lua("return require('sibyl.reply').last ~= nil"))
    child.type_keys("<C-e><Esc>u")
    return took, ranked


def delays(child: Child, times: int) -> dict[str, Any]:
    """Return, by length of list, the delays native and ranked, and what we add."""
    server = FakeServer(child)
    child.lua("vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'")
    made: dict[str, Any] = {}
    for size in SIZES:
        server.set(items=items(*(f"name_{index:04}" for index in range(size))))
        found: dict[str, list[float]] = {"native": [], "ranked": []}
        for turn in range(2 * times + 6):
            ranked = turn % 2 == 0
            child.lua("vim.b.sibyl_enabled = ...", ranked)
            took, was_ranked = once(child)
            if turn >= 6 and was_ranked != ranked:
                raise SystemExit(
                    f"a list of {size} was {'not ' * ranked}ranked: nothing to compare"
                )
            if turn >= 6:  # the first fill caches: names' vectors, Neovim's own
                found["ranked" if ranked else "native"].append(took)
        made[str(size)] = {name: summary(its) for name, its in found.items()}
        pairs = zip(found["ranked"], found["native"], strict=True)
        made[str(size)]["added"] = summary([one - other for one, other in pairs])
    return made


def gaps(child: Child, keys: int) -> dict[str, dict[str, float]]:
    """Return the main loop's gaps while typing, without and with sibyl."""
    made = {}
    for name, on in (("native", False), ("ranked", True)):
        child.command("Sibyl enable" if on else "Sibyl disable")
        if on:
            wait_host(child)
        child.type_keys("10000Go")
        time.sleep(1.5)
        child.lua(GAPS)
        for index in range(keys):
            child.api.input("value = other.name "[index % 19])
            time.sleep(1 / 15)
        all_gaps = child.lua("gaps.timer:stop() return gaps.all")
        child.type_keys("<Esc>u")
        made[name] = summary(all_gaps) | {"longest": round(max(all_gaps), 2)}
    return made


def main() -> None:
    """Measure in every Neovim there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40, help="completions of each kind and length")
    parser.add_argument("--keys", type=int, default=150, help="keys typed for the main loop's gaps")
    options = parser.parse_args()
    result: dict[str, Any] = {}
    print("| Neovim | items | native p50 | ranked p50 | added p50 | added p99 |")
    print("|---|---|---|---|---|---|")
    for nvim in find.neovims():
        with tempfile.TemporaryDirectory() as folder:
            child = opened(nvim, Path(folder), 2_000)
            version = ".".join(map(str, child.version))
            result[version] = {"reply_to_menu_ms": delays(child, options.times)}
            child.close()
            for size, one in result[version]["reply_to_menu_ms"].items():
                native, ranked, added = (one[name] for name in ("native", "ranked", "added"))
                print(
                    f"| {version} | {size} | {native['p50']} | {ranked['p50']} "
                    f"| {added['p50']} | {added['p99']} |"
                )
        with tempfile.TemporaryDirectory() as folder:
            child = opened(nvim, Path(folder), 20_000)
            result[version]["loop_gap_ms"] = gaps(child, options.keys)
            child.close()
            print(f"Neovim {version}, main loop: {json.dumps(result[version]['loop_gap_ms'])}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
