"""Megabytes the ranker takes, from bare imports to hours of typing.

In:   Python's own modules, and the shipped model; a Neovim, if there is one.
Out:  tables for people; the last line is one JSON object. MB are 10^6 bytes.

    python bench/memory.py --keystrokes 200000      about an hour's worth of typing

Resident memory of a fresh process after each step, each step on top of those before. What is promised is the
distance from bare imports (interpreter, pynvim, numpy, ONNX Runtime, tree-sitter) to one buffer of 2,000 lines.
Two thirds of what the model takes are ONNX Runtime's own code, touched when any model is opened: it is shown
apart, as memory that is mapped from files ("file") beside what is our own ("own").

*Growth* is what our own memory gains in the second half of the keystrokes: caches fill in the first.
The last row of the first table is the real thing: the host as Neovim runs it, with 2,000 lines open.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common import MODEL, TYPED, file_of, finish, keystrokes, table

if TYPE_CHECKING:
    from sibyl.ranking.ranker import Ranker
    from sibyl.ranking.session import Session

KEYSTROKES = 200_000
BUFFERS = 10


class Resident(NamedTuple):
    """Resident memory in MB: all of it, and what is mapped from files."""

    all: float
    file: float

    @property
    def own(self) -> float:
        """What no file backs."""
        return round(self.all - self.file, 1)


def resident(process: int | str = "self") -> Resident:
    """Resident memory of a process."""
    pages = Path(f"/proc/{process}/statm").read_text().split()
    size = os.sysconf("SC_PAGE_SIZE") / 1e6
    return Resident(round(int(pages[1]) * size, 1), round(int(pages[2]) * size, 1))


def now() -> Resident:
    """Resident memory of this process, without what only waits for the collector."""
    gc.collect()
    return resident()


def opened(ranker: Ranker, lines: int) -> Session:
    """A session that has ranked a list at the end of its text."""
    from sibyl.ranking.session import Session

    session = Session(ranker, file_of(lines))
    end = len(session.text)
    session.prepare(end)
    session.rank(end, ranker.model.members()[:100], [2] * 100)
    return session


def type_on(session: Session, least: int) -> int:
    """Type a text and take it back, again and again; return how many keystrokes it were."""
    done, end = 0, len(session.text)
    while done < least:
        done += sum(1 for _ in keystrokes(session, end, TYPED))
        session.edit(end, len(TYPED.encode()), b"")
        session.prepare(end)
    return done


def steps(count: int, one_buffer: bool) -> tuple[dict[str, Resident], list[Resident], int]:
    """Go through all steps; return memory after each, and along the keystrokes, and their number."""
    after = {"python": now()}
    import numpy  # noqa: F401
    import pynvim  # noqa: F401
    import tree_sitter_python  # noqa: F401

    from sibyl.network.runtime import onnxruntime

    onnxruntime()

    after["imports"] = now()
    from sibyl.network.model import Model
    from sibyl.ranking.ranker import Ranker

    ranker = Ranker(Model(MODEL))
    after["model"] = now()
    small = opened(ranker, 2_000)
    after["buffer_2000"] = now()
    done, along = 0, [now()]
    for _ in range(10):
        done += type_on(small, max(count // 10, 1))
        along.append(now())
    after["keystrokes"] = along[-1]
    if one_buffer:
        return after, along, done
    more = [opened(ranker, 2_000) for _ in range(BUFFERS - 1)]
    after["buffers_10"] = now()
    del more
    large = opened(ranker, 20_000)
    after["buffer_20000"] = now()
    del large
    return after, along, done


def in_neovim() -> Resident | None:
    """The host's memory as Neovim runs it, with a file of 2,000 lines; None without a Neovim."""
    import editor
    from fake_server import items

    nvim = editor.newest()
    if nvim is None:
        return None
    with (
        tempfile.TemporaryDirectory() as home,
        closing(editor.opened(nvim, Path(home), 2_000)) as child,
    ):
        server = editor.serve(child)
        server.set(items=items(*(f"name_{index:04}" for index in range(100))))
        # Read the file, rank a list: nothing is left to be done at the first one.
        child.wait_for(lambda: editor.once(child)["ranked"], 60, "a ranked list")
        return resident(child.lua("return require('sibyl.host.client').state.pid"))


NAMED = {
    "python": "the interpreter",
    "imports": "bare imports",
    "model": "the model",
    "buffer_2000": "one buffer of 2,000 lines",
    "keystrokes": "{:,} keystrokes in it",
    "buffers_10": "ten such buffers",
    "buffer_20000": "nine of them closed, one of 20,000",
    "neovim": "**host in Neovim, 2,000 lines**",
}


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--keystrokes", type=int, default=KEYSTROKES)
    parser.add_argument("--no-neovim", action="store_true", help="leave the real host out")
    parser.add_argument("--one-buffer", action="store_true", help="leave ten and the large out")
    options = parser.parse_args()
    after, along, done = steps(options.keystrokes, options.one_buffer)
    host = None if options.no_neovim else in_neovim()
    rows, before = [], Resident(0, 0)
    for name, used in after.items():
        figures = (used.all, f"{used.all - before.all:+.1f}", used.file, used.own)
        rows.append((NAMED[name].format(done), *figures))
        before = used
    if host:
        rows.append((NAMED["neovim"], host.all, "", host.file, host.own))
    table(("resident, MB", "all", "more", "file", "own"), rows)
    bare, buffer = after["imports"], after["buffer_2000"]
    growth = round(along[-1].own - along[len(along) // 2].own, 2)
    files = {path.name: path.stat().st_size for path in map(MODEL.joinpath, SHIPPED)}
    table(
        ("MB", ""),
        [
            ("above bare imports, 2,000 lines", round(buffer.all - bare.all, 1)),
            ("of that our own", round(buffer.own - bare.own, 1)),
            *([("the same of the host in Neovim", round(host.own - bare.own, 1))] if host else []),
            (f"growth in the last {done // 2:,} keystrokes", growth),
            *((f"models/{name}", size / 1e6) for name, size in files.items()),
            ("model on disk", sum(files.values()) / 1e6),
        ],
    )
    resident_mb = {name: used.all for name, used in after.items()}
    finish(
        {
            "resident_mb": resident_mb | ({"neovim": host.all} if host else {}),
            "own_mb": {name: used.own for name, used in after.items()}
            | ({"neovim": host.own} if host else {}),
            "above_imports_mb": round(buffer.all - bare.all, 1),
            "above_imports_own_mb": round(buffer.own - bare.own, 1),
            "host_above_imports_own_mb": round(host.own - bare.own, 1) if host else None,
            "keystrokes": done,
            "growth_mb": growth,
            "along_own_mb": [used.own for used in along],
            "model_bytes": sum(files.values()),
        }
    )
    return 0


SHIPPED = ("sibyl.onnx", "rows.npy", "vocab.txt", "meta.json")

if __name__ == "__main__":
    raise SystemExit(main())
