"""What remembering a project and a person costs: the first reading, a warm start, a list, megabytes.

In:   Python's own modules, laid out as a project of 500 files; the shipped model.
Out:  a table for people; the last line is one JSON object.

The reading is done as in real life, by a process of its own at a low priority; what is counted is its
CPU time. A list is one of 100 names after a dot at the end of a file that the project has not seen, with all
memories on and with that of the file alone, in turn. *First* is a place not asked about before. Resident memory
of this process is taken before the memories are opened and after the lists.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from common import MODEL, ROOT, centiles, finish, table
from memory import resident

if TYPE_CHECKING:
    from sibyl.memory.buffer_memory import BufferMemory
    from sibyl.network.model import Model

FILES = 500
PLACES = (
    "os.path.",
    "self.",
    "logger.",
    "parser.",
    "re.",
    "path.",
    "json.",
    "response.",
    "super().",
)
HEAD = (
    b"import os, re, json, logging, argparse\nparser = argparse.ArgumentParser()\nclass A(dict):\n"
)


def project(root: Path, files: int) -> int:
    """Lay out a project of this many files; return its lines."""
    library, lines, written = Path(sysconfig.get_path("stdlib")), 0, 0
    for path in sorted(library.rglob("*.py")):
        inside = path.relative_to(library)
        if written == files or "site-packages" in inside.parts or "test" in inside.parts[:1]:
            continue
        data = path.read_bytes()
        if 20 < data.count(b"\n") < 1_500:
            target = root / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            lines, written = lines + data.count(b"\n"), written + 1
    return lines


def read(root: Path, store: Path) -> tuple[float, float]:
    """Have a project read; return CPU and wall seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "sibyl.memory.index", str(root), str(store)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "engine")}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return round(cpu, 2), round(time.perf_counter() - began, 2)


def recalled(store: Path, person: Path) -> tuple[BufferMemory, float]:
    """Open the memories and ask about one place; return them and the milliseconds that took."""
    from sibyl.memory.accepted import Accepted
    from sibyl.memory.buffer_memory import BufferMemory
    from sibyl.memory.project import Project
    from sibyl.memory.project_store import ProjectStore

    began = time.perf_counter()
    recall = BufferMemory(Project(ProjectStore(store), "new.py"), Accepted(person))
    assert recall.project is not None
    recall.project.look()
    recall.project.uses("o @self")
    return recall, round((time.perf_counter() - began) * 1e3, 2)


def lists(model: Model, recall: BufferMemory, times: int) -> dict[str, dict[str, float]]:
    """Rank lists of 100 names with all memories and with the file's alone; return ms."""
    from sibyl.memory.buffer_memory import BufferMemory
    from sibyl.ranking.ranker import Ranker
    from sibyl.ranking.session import Session

    ranker, times_ms = Ranker(model), {"first": [], "all": [], "file": []}  # type: ignore[var-annotated]
    names = [name for name in model.members() if name.isidentifier()][::3][:100]
    alone = BufferMemory()
    for place in PLACES:
        source = HEAD + b"    def f(self, path, logger, response):\n        x = " + place.encode()
        session = Session(ranker, source)
        session.rank(len(source), names, [2] * len(names))
        for turn in range(2 * times):
            session.recall = recall if turn % 2 == 0 else alone
            began = time.perf_counter()
            session.rank(len(source), names, [2] * len(names))
            took = (time.perf_counter() - began) * 1e3
            times_ms["first" if turn == 0 else "file" if turn % 2 else "all"].append(took)
        session.recall = recall
        session.accepted(len(source), names[0])
    return {name: centiles(values) for name, values in times_ms.items()}


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--times", type=int, default=60, help="lists at each place")
    options = parser.parse_args()
    from sibyl.memory.sqlite import size_on_disk
    from sibyl.network.model import Model

    with tempfile.TemporaryDirectory() as folder:
        root, store = Path(folder) / "project", Path(folder) / "project.sqlite"
        lines = project(root, options.files)
        cpu, wall = read(root, store)
        again, _ = read(root, store)
        model = Model(MODEL)
        model.vectors(model.members()[:100])
        gc.collect()
        before = resident()
        recall, warm = recalled(store, Path(folder) / "person.sqlite")
        took = lists(model, recall, options.times)
        gc.collect()
        grown = round(resident().all - before.all, 1)
        size = round(size_on_disk(store) / 1e6, 2)
    rows = [
        (f"reading {options.files} files, {lines:,} lines, the first time: CPU s", cpu),
        ("the same, in seconds that passed", wall),
        ("looking for changes: CPU s", again),
        ("warm start to the first answer, ms", warm),
        *(
            (f"rank 100 names, {name}, {centile} ms", took[key][centile])
            for key, name in (("all", "all memories"), ("file", "file alone"), ("first", "first"))
            for centile in ("p50", "p95", "max")
        ),
        ("host memory, MB", grown),
        ("on disk, MB", size),
    ]
    table(("a project's memory", "measured"), rows)
    finish(
        {
            "files": options.files,
            "lines": lines,
            "build_cpu_s": cpu,
            "build_wall_s": wall,
            "look_cpu_s": again,
            "warm_ms": warm,
            "rank_100_ms": took,
            "host_mb": grown,
            "disk_mb": size,
        }
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
