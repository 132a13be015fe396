"""Milliseconds a keystroke costs in the ranker, step by step, without an editor.

In:   Python's own modules, joined to files of 500, 2,000 and 20,000 lines, and the shipped model.
Out:  tables for people; the last line is one JSON object. With --picture, cost against file size.

    python bench/stages.py                  on a busy machine: --cpu counts this thread's own time
    python bench/stages.py --profile 2000   where the time of typing into such a file goes

A text is typed character by character at the end of each file and in its middle. A *keystroke* is an edit
and all that is done until the vector for the next name is ready; a *rank* is one list, ready to be sent.
*Cold* are the first keys after a file was opened with a model that was just loaded. The steps, and what is
allocated, are measured in passes of their own, as watching costs time.
"""

from __future__ import annotations

import argparse
import gc
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import MODEL, TYPED, centiles, file_of, finish, keystrokes, middle_of, table
from list_cost import lists_measured, names_of
from stopwatch import STEPS, Clock, Stopwatch

from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SIZES = (500, 2_000, 20_000)
BETWEEN = (1_000, 5_000, 10_000)  # for the picture alone
OPENED = (2_000, 20_000)
COLD_KEYS = 10


def places(data: bytes) -> dict[str, int]:
    """Where is typed."""
    return {"end": len(data), "middle": middle_of(data)}


def typed(ranker: Ranker, data: bytes, cursor: int, clock: Clock) -> Iterator[tuple[float, int]]:
    """Type into a fresh session; yield each keystroke's cost in ms, and where the cursor is."""
    session = Session(ranker, data)
    session.prepare(cursor)
    keys = keystrokes(session, cursor, TYPED)
    while True:
        began = clock()
        at = next(keys, None)
        if at is None:
            return
        yield (clock() - began) * 1e3, at


def whole(ranker: Ranker, data: bytes, clock: Clock, rounds: int) -> dict[str, list[float]]:
    """The cost of each keystroke in ms, by place."""
    return {
        place: [cost for _ in range(rounds) for cost, _ in typed(ranker, data, cursor, clock)]
        for place, cursor in places(data).items()
    }


def by_step(ranker: Ranker, data: bytes, clock: Clock) -> dict[str, list[float]]:
    """The cost of each keystroke in ms by step; `rank` is a list of 100 names after each dot."""
    costs: dict[str, list[float]] = {step: [] for step in STEPS}
    names, watch = names_of(ranker.model, 100), Stopwatch(clock)
    try:
        for cursor in places(data).values():
            session = Session(ranker, data)
            session.prepare(cursor)
            watch.look()  # what opening took is no keystroke's
            for character, at in zip(TYPED, keystrokes(session, cursor, TYPED), strict=True):
                for step, spent in watch.look().items():
                    if step != "rank":
                        costs[step].append(spent * 1e3)
                if character == ".":
                    session.rank(at, names, [2] * len(names))
                    costs["rank"].append(watch.look()["rank"] * 1e3)
    finally:
        watch.close()
    return costs


def cold(folder: Path, data: bytes, clock: Clock, rounds: int) -> list[float]:
    """The cost in ms of the first keys after opening, each time with a model just loaded."""
    costs = []
    for _ in range(rounds):
        keys = typed(Ranker(Model(folder)), data, len(data), clock)
        costs += [next(keys)[0] for _ in range(COLD_KEYS)]
    return costs


def allocated(ranker: Ranker, data: bytes) -> dict[str, float]:
    """Bytes a keystroke allocates in Python and numpy, kept and at most, and passes of the collector."""
    retained, most = [], []
    session = Session(ranker, data)
    session.prepare(len(data))
    passes = sum(generation["collections"] for generation in gc.get_stats())
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in keystrokes(session, len(data), TYPED):
        now, peak = tracemalloc.get_traced_memory()
        retained.append(now - before)
        most.append(peak - before)
        tracemalloc.reset_peak()
        before = now
    tracemalloc.stop()
    passes = sum(generation["collections"] for generation in gc.get_stats()) - passes
    return {
        "kept_mean": round(sum(retained) / len(retained)),
        "peak_p50": centiles(most)["p50"],
        "peak_max": centiles(most)["max"],
        "collections_per_1000": round(passes * 1e3 / len(retained), 2),
    }


def opened(ranker: Ranker, data: bytes, clock: Clock, times: int = 3) -> float:
    """The ms from a file's text to the first vector, the best of a few."""
    costs = []
    for _ in range(times):
        began = clock()
        Session(ranker, data).prepare(len(data))
        costs.append((clock() - began) * 1e3)
    return round(min(costs), 2)


def picture(path: Path, costs: dict[int, dict[str, float]]) -> str:
    """Draw cost against file size; return a sentence about it."""
    try:
        import matplotlib
    except ImportError:
        return "No picture: matplotlib is not installed (it is in requirements/learn.txt)."
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    for name in ("p50", "p95", "p99"):
        axes.plot(list(costs), [of_size[name] for of_size in costs.values()], "o-", label=name)
    axes.set(xlabel="lines in the file", ylabel="ms a keystroke", xscale="log", yscale="log")
    axes.set_xticks(list(costs), [f"{lines:,}" for lines in costs], minor=False)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return f"Cost against file size: {path.name}."


def drawn(path: Path, ranker: Ranker, by_size: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """Draw what was measured, with a few sizes more; return all of it."""
    costs = {int(lines): of_size for lines, of_size in by_size.items()}
    for lines in BETWEEN:
        by_place = whole(ranker, file_of(lines), clock, 1)
        costs[lines] = centiles([cost for of_place in by_place.values() for cost in of_place])
    costs = dict(sorted(costs.items()))
    print(picture(path, costs))
    return {str(lines): of_size for lines, of_size in costs.items()}


def profiled(ranker: Ranker, lines: int, clock: Clock) -> None:
    """Print where the time of typing goes."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(whole, ranker, file_of(lines), clock, 1)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def keys_measured(ranker: Ranker, options: argparse.Namespace, clock: Clock) -> dict[str, Any]:
    """Measure typing into files of each size; print the table."""
    measured: dict[str, Any] = {
        name: {} for name in ("keystroke_ms", "places_ms", "steps_ms", "cold_ms")
    }
    measured["allocations"] = {}
    rows: list[tuple[object, ...]] = []
    for lines in options.sizes:
        data, size = file_of(lines), str(lines)
        by_place = whole(ranker, data, clock, options.rounds)
        measured["keystroke_ms"][size] = centiles(
            [cost for of_place in by_place.values() for cost in of_place]
        )
        measured["places_ms"][size] = {
            place: centiles(of_place) for place, of_place in by_place.items()
        }
        measured["cold_ms"][size] = centiles(cold(options.model, data, clock, options.rounds))
        steps = by_step(ranker, data, clock)
        measured["steps_ms"][size] = {step: centiles(of_step) for step, of_step in steps.items()}
        measured["allocations"][size] = allocated(ranker, data)
        rows.append((f"**{lines:,} lines**", *measured["keystroke_ms"][size].values()))
        rows += [
            (f"at the {place}", *of_place.values())
            for place, of_place in measured["places_ms"][size].items()
        ]
        rows.append((f"the first {COLD_KEYS}, cold", *measured["cold_ms"][size].values()))
        rows += [
            (f"- {step}", *of_step.values()) for step, of_step in measured["steps_ms"][size].items()
        ]
    table(("ms a keystroke", "p50", "p95", "p99", "max"), rows)
    head = (
        "bytes a keystroke allocates",
        "kept, mean",
        "peak p50",
        "peak max",
        "gc per 1,000 keys",
    )
    table(
        head,
        [
            (f"{int(n):,} lines", *figures.values())
            for n, figures in measured["allocations"].items()
        ],
    )
    return measured


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--model", type=Path, default=MODEL)
    add("--sizes", type=int, nargs="+", default=SIZES, metavar="LINES")
    add("--opened", type=int, nargs="+", default=OPENED, metavar="LINES")
    add("--rounds", type=int, default=3, help="how often the text is typed at each place")
    add("--picture", type=Path, metavar="FILE", help="draw cost against file size")
    add("--cpu", action="store_true", help="count CPU time of this thread")
    add("--profile", type=int, metavar="LINES", help="profile typing instead")
    options = parser.parse_args()
    clock: Clock = time.thread_time if options.cpu else time.perf_counter
    ranker = Ranker(Model(options.model))
    whole(ranker, file_of(100) + b"\n\n\n", clock, 1)  # what is slow once is no keystroke's cost
    if options.profile:
        profiled(ranker, options.profile, clock)
        return 0
    measured = keys_measured(ranker, options, clock)
    measured["open_ms"] = {str(n): opened(ranker, file_of(n), clock) for n in options.opened}
    table(("from a file's text to ranked, ms", "best of 3"), measured["open_ms"].items())
    measured |= lists_measured(options.model, clock)
    if options.picture:
        measured["picture_ms"] = drawn(options.picture, ranker, measured["keystroke_ms"], clock)
    finish(measured)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
