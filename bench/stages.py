"""Milliseconds a keystroke costs in the ranker, step by step, without an editor.

In:   Python's own modules, joined to files of 500, 2,000 and 20,000 lines, and the shipped model.
Out:  a table for people; the last line is one JSON object.
Who:  `make bench`; whoever changes a step.

    python bench/stages.py                  on a busy machine: --cpu counts this thread's own time
    python bench/stages.py --profile 2000   where the time of typing into such a file goes

A text is typed character by character at the end of each file and in its middle. A *keystroke* is an edit
and all that is done until the vector for the next name is ready; a *rank* is one list, ready to be sent. The
first list of names costs more than the next ones: vectors of names are made once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "engine"))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the desk does, before numpy is there

from sibyl.model import Model  # noqa: E402 (found through the line above)
from sibyl.rank import Ranker  # noqa: E402
from sibyl.session import Session  # noqa: E402
from sibyl.states import States  # noqa: E402
from sibyl.stream import Stream  # noqa: E402
from sibyl.syntax import Syntax  # noqa: E402
from sibyl.text import Text  # noqa: E402
from sibyl.usage import Usage  # noqa: E402

SIZES = (500, 2_000, 20_000)
LISTS = (100, 700)
TYPED = '''

def collect(paths: list[str], limit: int = 10) -> dict[str, float]:
    """Return the newest files."""
    found = {}
    for path in paths:
        with open(os.path.join(path, "index.json"), encoding="utf-8") as file:
            entries = json.load(file)
        if not isinstance(entries, dict) or len(entries) > limit:
            continue
        found[path] = max(entry.get("time", 0) for entry in entries.values())
    logger.info("%d of %d", len(found), len(paths))
    return found

'''
STEPS = ("text", "syntax", "stream", "usage", "states")
Clock = Callable[[], float]


def file_of(lines: int) -> bytes:
    """Python's own modules, one after the other, cut at so many lines."""
    found: list[bytes] = []
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.glob("[a-z]*.py")) + sorted(library.glob("asyncio/*.py")):
        found += path.read_bytes().splitlines(keepends=True)
        if len(found) >= lines:
            break
    return b"".join(found[:lines])


class Stopwatch:
    """Adds up the time spent in each step; a step inside another is not counted twice."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.spent = dict.fromkeys(STEPS, 0.0)
        self.inner = 0.0
        watched: tuple[tuple[Any, str, str], ...] = (
            (Text, "apply", "text"),
            (Text, "word_start", "text"),
            (Syntax, "edit", "syntax"),
            (Syntax, "advance", "syntax"),
            (Stream, "advance", "stream"),
            (Usage, "advance", "usage"),
            (States, "advance", "states"),
        )
        self.whole = [(owner, name, getattr(owner, name)) for owner, name, _ in watched]
        for owner, name, step in watched:
            setattr(owner, name, self._timed(getattr(owner, name), step))

    def _timed(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        @wraps(function)
        def timed(*arguments: Any) -> Any:
            outer, self.inner = self.inner, 0.0
            began = self.clock()
            try:
                return function(*arguments)
            finally:
                took = self.clock() - began
                self.spent[step] += took - self.inner
                self.inner = outer + took

        return timed

    def close(self) -> None:
        """Take the watch off."""
        for owner, name, function in self.whole:
            setattr(owner, name, function)


def keystrokes(session: Session, cursor: int, text: str) -> Iterator[None]:
    """Type; one turn is one keystroke."""
    for character in text:
        new = character.encode()
        session.edit(cursor, 0, new)
        cursor += len(new)
        session.prepare(cursor)
        yield


def middle_of(data: bytes) -> int:
    """A place between two statements near the middle."""
    return data.index(b"\n\n\n", len(data) // 2) + 1


def typed(
    ranker: Ranker, data: bytes, clock: Clock, watch: Stopwatch | None
) -> list[dict[str, float]]:
    """The cost of each keystroke at the end and in the middle, in ms, whole and by step."""
    found = []
    for cursor in (len(data), middle_of(data)):
        session = Session(ranker, data)
        session.prepare(cursor)
        keys = keystrokes(session, cursor, TYPED)
        while True:
            if watch is not None:
                watch.spent = dict.fromkeys(STEPS, 0.0)
            began = clock()
            if next(keys, keys) is keys:
                break
            cost = {"whole": (clock() - began) * 1e3}
            if watch is not None:
                cost |= {step: spent * 1e3 for step, spent in watch.spent.items()}
            found.append(cost)
    return found


def centiles(values: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max."""
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[round(share * last)], 4) for name, share in at.items()}


def opened(ranker: Ranker, data: bytes, clock: Clock, times: int = 3) -> float:
    """The ms from a file's text to the first vector, the best of a few."""
    found = []
    for _ in range(times):
        began = clock()
        Session(ranker, data).prepare(len(data))
        found.append((clock() - began) * 1e3)
    return round(min(found), 2)


def ranked(model: Model, count: int, clock: Clock) -> tuple[float, float]:
    """The ms of a list of so many names after a dot: median of later ones, and the first."""
    data = file_of(2_000) + b"\nimport os\nresult = os.path.join(a)\nos.path."
    names = [name for name in model.members() if name.isidentifier()][::3][: count - 20]
    names += [f"someNew_name{index}" for index in range(count - len(names))]
    session = Session(Ranker(model), data)
    session.prepare(len(data))
    found = []
    for _ in range(40):
        began = clock()
        session.rank(len(data), names, [2] * count)
        found.append((clock() - began) * 1e3)
    return centiles(found[1:])["p50"], round(found[0], 4)


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models")
    parser.add_argument("--cpu", action="store_true", help="count CPU time of this thread")
    parser.add_argument("--profile", type=int, metavar="LINES", help="profile typing instead")
    options = parser.parse_args()
    clock: Clock = time.thread_time if options.cpu else time.perf_counter
    model = Model(options.model)
    ranker = Ranker(model)
    typed(
        ranker, file_of(100) + b"\n\n\n", clock, None
    )  # what is slow once is not a keystroke's cost
    if options.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.runcall(typed, ranker, file_of(options.profile), clock, None)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return 0
    told: dict[str, dict[str, Any]] = {"keystroke_ms": {}, "rank_ms": {}, "open_ms": {}}
    print(f"{'ms a keystroke':24}" + "".join(f"{name:>9}" for name in ("p50", "p95", "p99", "max")))
    for lines in SIZES:
        data = file_of(lines)
        whole = centiles([cost["whole"] for cost in typed(ranker, data, clock, None)])
        told["keystroke_ms"][str(lines)] = whole
        watch = Stopwatch(clock)
        costs = typed(ranker, data, clock, watch)
        watch.close()
        rows = {f"{lines:,} lines": whole}
        rows |= {f"    {step}": centiles([cost[step] for cost in costs]) for step in STEPS}
        for name, row in rows.items():
            print(f"{name:24}" + "".join(f"{value:9.3f}" for value in row.values()))
    for lines in SIZES[1:]:
        told["open_ms"][str(lines)] = opened(ranker, file_of(lines), clock)
        print(f"open {lines:,} lines: {told['open_ms'][str(lines)]} ms")
    for count in LISTS:
        told["rank_ms"][str(count)], first = ranked(Model(options.model), count, clock)
        print(f"rank {count} names: {told['rank_ms'][str(count)]} ms, the first time {first} ms")
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
