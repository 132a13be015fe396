"""Hours of typing in a short time: a real Neovim, the real host, a real language server, real files.

In:   how many keys, a seed, a Neovim; files are copies of Python's own modules.
Out:  what was done and seen, as one line and as JSON. Exit status 1 where a promise was broken:
      the log has no error, text and mirror are equal after each burst, sampled rankings equal those of a fresh
      start, the host's memory does not grow after the first third by more than GROWTH.

    python tests/soak.py --keys 300000 --seed 1 --seconds 3600

Keys are lines of the files typed at random places, undone, deleted, pasted, completed, in a few buffers.
On broken code the tree may lag behind a fresh one until the host rests (`drift`, see tests/support/differ.py);
such a ranking is asked for again after a rest and must be equal then.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import sysconfig
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
HERE = Path(__file__).resolve().parent
PLACES = ("tests/support", "scripts", "scripts/neovim", "engine")
sys.path[:0] = [str(HERE.parent / place) for place in PLACES]

import find  # noqa: E402 (found through the line above)
from child import ROOT, Child  # noqa: E402
from scripted import digest, host_ready, mirrored, truth  # noqa: E402

from sibyl.network.model import Model  # noqa: E402
from sibyl.ranking.ranker import Ranker  # noqa: E402
from sibyl.ranking.session import Session  # noqa: E402

NAMES = (
    "append",
    "close",
    "get",
    "items",
    "join",
    "name",
    "path",
    "read",
    "split",
    "strip",
    "write",
    "_x",
)
KINDS = [2] * len(NAMES)
FILES = ("argparse", "shutil", "textwrap", "queue", "calendar")
GROWTH = 40.0  # MB (10^6 bytes) of the host after the first third
RESTED_S = 3.0  # after which the host has parsed broken code afresh
RANK = """
local client, mirror = require('sibyl.host.client'), require('sibyl.buffer.mirror')
local buf = vim.api.nvim_get_current_buf()
mirror.flush(buf)
local bytes = require('sibyl.buffer.bytes')
local offset, kind, got = bytes.word(buf), nil, nil
local names, kinds = require('sibyl.host.numbered').packed((...)), string.char(unpack((select(2, ...))))
local function take(k, answer) kind, got = k, answer end
client.ask('rank', take, buf, mirror.seq(buf), bytes.length(buf), offset, names, kinds)
vim.wait(60000, function() return kind ~= nil end, 2)
return { kind or 'nothing', got and (got.order or got.reason) or vim.NIL, offset }
"""


@dataclass
class Seen:
    """What was done, and what was seen."""

    keys: int = 0
    bursts: int = 0
    rankings: int = 0
    drift: int = 0
    menus: int = 0
    seconds: float = 0.0
    host_mb: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Soak:
    """One Neovim at work."""

    def __init__(self, nvim: Path, home: Path, seed: int) -> None:
        self.chance, self.seen = random.Random(seed), Seen()
        python = ROOT / ".venv/bin/python"
        self.child = Child(
            nvim,
            home / "home",
            f"vim.g.sibyl = {{ python = '{python}', deadline = 1000, server = {{ delay = 0 }},"
            " memory = { project = false, person = false } }\n"
            "vim.o.completeopt = 'menuone,noselect' vim.o.swapfile = false",
        )
        library = Path(sysconfig.get_path("stdlib"))
        self.lines = []
        for name in FILES:
            text = (library / f"{name}.py").read_text()
            (home / f"{name}.py").write_text(text)
            self.lines += [line.strip() for line in text.splitlines() if 3 < len(line.strip()) < 70]
        self.paths = [home / f"{name}.py" for name in FILES]
        self.child.open(self.paths[0])
        host_ready(self.child)
        self.ranker = Ranker(Model(ROOT / "models"))

    def burst(self) -> None:
        """Do one thing a person does."""
        chance, child = self.chance, self.child
        act = chance.random()
        if act < 0.70:
            keys = f"{chance.randrange(1, 400)}Go{chance.choice(self.lines)}<Esc>"
        elif act < 0.80:
            keys = chance.choice(("u", "3u", "<C-r>", "dd", "yyp", "3ddP", ">>", "xp", "J"))
        elif act < 0.86:
            keys = f"Go{chance.choice(('self', 'os', 'x', 'parser'))}.<C-n><Esc>"
        elif act < 0.90:
            keys = f"o{chance.choice(('def f(', 'class A(', chr(34) * 3, '[', 'if (n :='))}<Esc>u"
        elif act < 0.93:
            keys = f":silent! {chance.choice(('%s/self/self/g', 'g/^$/d', '1,5m$', 'silent earlier 5'))}<CR>"
        else:
            child.command(f"silent! edit! {self.chance.choice(self.paths)}")
            keys = "G"
        child.type_keys(keys)
        self.seen.keys += len(keys)
        self.seen.bursts += 1
        if act >= 0.80 and act < 0.86:
            self.seen.menus += 1

    def check(self) -> None:
        """Compare the mirror, and a ranking with that of a fresh start."""
        child, seen = self.child, self.seen
        text = truth(child)
        held = mirrored(child)
        if [held["length"], held["crc32"]] != digest(text):
            seen.faults.append(f"after {seen.keys} keys: the mirror is not the text")
        for again in (False, True):
            kind, order, offset = child.lua(RANK, list(NAMES), KINDS)
            fresh = Session(self.ranker, text).rank(offset, NAMES, KINDS).order
            seen.rankings += 1
            if kind == "order" and order == fresh:
                return
            if kind != "order" or again:
                seen.faults.append(f"after {seen.keys} keys: ranked {kind} {order}, afresh {fresh}")
                return
            seen.drift += 1
            time.sleep(RESTED_S)

    def memory(self) -> None:
        """Take note of the host's memory."""
        pid = self.child.lua("return require('sibyl.host.client').state.pid")
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            kilobytes = int(status.read_text().split("VmRSS:")[1].split()[0])
            self.seen.host_mb.append(round(kilobytes * 1024 / 1e6, 1))

    def finish(self) -> None:
        """Judge log, messages and growth, and end Neovim."""
        seen, child = self.seen, self.child
        log = Path(child.lua("return require('sibyl.log').path()"))
        text = log.read_text() if log.exists() else ""
        bad = [
            x for x in text.splitlines() if "ERROR" in x or "Traceback" in x or "out of step" in x
        ]
        seen.faults += [f"log: {line}" for line in bad[:5]]
        if child.lua("return require('sibyl.host.client').state.restarts"):
            seen.faults.append("the host ended and was started again")
        if (
            len(seen.host_mb) > 2
            and seen.host_mb[-1] - seen.host_mb[len(seen.host_mb) // 3] > GROWTH
        ):
            seen.faults.append(f"the host grew: {seen.host_mb} MB")
        child.close()


def run(nvim: Path, home: Path, keys: int, seed: int, seconds: float) -> Seen:
    """Type this many keys, for this many seconds at most."""
    soak, began = Soak(nvim, home, seed), time.monotonic()
    seen = soak.seen
    try:
        while seen.keys < keys and time.monotonic() - began < seconds:
            soak.burst()
            if seen.bursts % 20 == 0:
                soak.check()
            if seen.bursts % 60 == 0:
                soak.memory()
        soak.check()
        soak.memory()
    finally:
        soak.finish()
    seen.seconds = round(time.monotonic() - began, 1)
    return seen


def main() -> int:
    """Type, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=7200.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = run(find.neovims()[-1], Path(folder), options.keys, options.seed, options.seconds)
    report: dict[str, Any] = asdict(seen)
    print(
        f"{seen.keys} keys in {seen.seconds} s, {seen.rankings} rankings compared ({seen.drift} lagged until "
        f"a rest), {len(seen.faults)} faults"
    )
    print(json.dumps(report))
    return int(bool(seen.faults))


if __name__ == "__main__":
    raise SystemExit(main())
