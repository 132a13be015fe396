"""What sibyl adds to starting Neovim on a Python file, and when the first ranked menu is there.

In:   the Neovims there are, the shipped model.
Out:  tables for people; the last line is one JSON object.

*Started* is what `nvim --startuptime` says, without and with sibyl in turn; what is added is the difference
of neighbours, or that of the best of each kind. What sibyl does later, after the file is on the screen, it does
in steps between which keys are taken: *begin* is the longest that one step keeps the editor's main loop
(vim.lsp is loaded before). The host is on its way meanwhile: *host ready* is when it can rank, *first ranked
menu* when somebody who asks for a list again and again sees one in our order; both since the file's FileType
event, in a file of 2,000 lines, with an instant language server and sibyl's own settings.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import editor
from child import Child
from common import ROOT, centiles, finish, table
from fake_server import items
from isolation import isolated

LINES = 2_000
LAST = re.compile(r"^(\d+\.\d+) .*--- NVIM STARTED ---", re.MULTILINE)
# Timed from here: the file's FileType event, what plugin/sibyl.lua schedules then, and the host's word.
CLOCK = """
require('vim.lsp') -- with a language server it is loaded
vim.o.completeopt = 'menuone,noselect'
vim.g.sibyl = { server = { enabled = false } }
_G.start = { opened = 0, begin = 0, ready = 0 }
vim.api.nvim_create_autocmd('FileType', { pattern = 'python', once = true, callback = function()
  start.opened = vim.uv.hrtime()
end })
local schedule, defer = vim.schedule, vim.defer_fn
local function timed(step)
  return function()
    local began = vim.uv.hrtime()
    step()
    start.begin = math.max(start.begin, vim.uv.hrtime() - began)
  end
end
vim.schedule = function(step)
  local ours = debug.getinfo(step, 'S').source:find('plugin/sibyl.lua', 1, true)
  return schedule(ours and timed(step) or step)
end
vim.defer_fn = function(step, ms)
  local ours = debug.getinfo(step, 'S').source:find('lua/sibyl/init.lua', 1, true)
  return defer(ours and timed(step) or step, ms)
end
local timer = vim.uv.new_timer()
timer:start(0, 1, function()
  local host = package.loaded['sibyl.host.client']
  if type(host) == 'table' and host.state.phase == 'ready' then
    start.ready = vim.uv.hrtime()
    timer:stop()
  end
end)
"""


def started(nvim: Path, home: Path, file: Path, with_sibyl: bool) -> float:
    """Milliseconds until Neovim says it has started on the file."""
    log, init = home / "startup.log", home / f"init-{with_sibyl}.lua"
    log.unlink(missing_ok=True)
    rule = f"vim.opt.runtimepath:prepend({json.dumps(str(ROOT))})\n" if with_sibyl else ""
    init.write_text(f"{rule}vim.g.sibyl = {{ server = {{ enabled = false }} }}\n")
    # Python's own ftplugin would look for a provider in one interpreter of PATH after the other.
    lone = ["--cmd", "let g:loaded_python3_provider = 0"]
    command = [str(nvim), "--headless", "-u", str(init), "-i", "NONE", *lone]
    command += ["--startuptime", str(log), str(file), "+qall!"]
    subprocess.run(
        command,
        env=isolated(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    match = LAST.search(log.read_text())
    if not match:
        raise SystemExit(f"{nvim} --startuptime did not say when it had started.")
    return float(match.group(1))


def startuptimes(nvim: Path, home: Path, times: int) -> dict[str, dict[str, float]]:
    """Both ways in turn, after one start of each that fills the system's caches."""
    file = home / "file.py"
    file.write_text(editor.source(LINES))
    times_ms: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(times + 1):
        for way in (
            (False, True) if turn % 2 else (True, False)
        ):  # who comes second finds warm caches
            spent = started(nvim, home, file, way)
            times_ms[way] += [spent] if turn else []
    without, along = times_ms[False], times_ms[True]
    added = [together - alone for alone, together in zip(without, along, strict=True)]
    best = {"best": round(min(along) - min(without), 3)}
    return {"without": centiles(without), "with": centiles(along), "added": centiles(added) | best}


def first_menu(nvim: Path, home: Path) -> dict[str, float]:
    """One fresh Neovim until its first ranked menu: ms since the file was opened."""
    with closing(Child(nvim, home / "home", CLOCK + editor.WATCH)) as child:
        child.open(home / "file.py", editor.source(LINES) + "\nimport os\n\n")
        server = editor.serve(child)
        server.set(items=items(*(f"name_{index:04}" for index in range(100))))
        editor.wait_host(child)
        end = time.monotonic() + 30
        while not editor.once(child)["ranked"]:
            if time.monotonic() > end:
                raise SystemExit("No list was ranked in 30 seconds.")
        opened, begin, ready = child.lua("return { start.opened, start.begin, start.ready }")
        shown = child.lua("return bench.shown")
    since = {"ready": ready - opened, "ranked": shown - opened}
    return {"begin": begin / 1e6} | {name: spent / 1e6 for name, spent in since.items()}


def measure(nvim: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All of it in one Neovim."""
    with tempfile.TemporaryDirectory() as home:
        measured: dict[str, Any] = {"started_ms": startuptimes(nvim, Path(home), options.times)}
    times_ms: dict[str, list[float]] = {"begin": [], "ready": [], "ranked": []}
    for _ in range(options.fresh):
        with tempfile.TemporaryDirectory() as home:
            for name, spent in first_menu(nvim, Path(home)).items():
                times_ms[name].append(spent)
    return measured | {f"{name}_ms": centiles(spent) for name, spent in times_ms.items()}


def main() -> int:
    """Measure in every Neovim there is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--nvim", default="", metavar="VERSION", help="this one only, such as 0.12.4")
    add("--times", type=int, default=40, help="starts of each kind")
    add("--fresh", type=int, default=8, help="fresh Neovims until their first ranked menu")
    options = parser.parse_args()
    result = editor.each(measure, options)
    show(result)
    finish(result)
    return 0


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    starts = []
    for version, measured in result.items():
        started = measured["started_ms"]
        added = (started["added"][name] for name in ("p50", "p95", "best"))
        starts.append((version, started["without"]["p50"], started["with"]["p50"], *added))
    head = ("without p50", "with p50", "added p50", "added p95", "added, best of each")
    table(("started, ms", *head), starts)
    later = [
        (version, *(measured[f"{name}_ms"][at] for name in LATER for at in ("p50", "max")))
        for version, measured in result.items()
    ]
    after = ("begin p50", "max", "host ready p50", "max", "first ranked menu p50", "max")
    table(("after the file was opened, ms", *after), later)


LATER = ("begin", "ready", "ranked")

if __name__ == "__main__":
    raise SystemExit(main())
