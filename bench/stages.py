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
from stopwatch import STEPS, Clock, Stopwatch

from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SIZES = (500, 2_000, 20_000)
BETWEEN = (1_000, 5_000, 10_000)  # for the picture alone
OPENED = (2_000, 20_000)
LISTS = (100, 700)
WORDS = (10, 100, 1_000, 2_000)
RESTED = 0.05
"""Seconds without work, after which nothing is left in the processor's caches: as between two keys."""
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
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    names, watch = names_of(ranker.model, 100), Stopwatch(clock)
    try:
        for cursor in places(data).values():
            session = Session(ranker, data)
            session.prepare(cursor)
            watch.look()  # what opening took is no keystroke's
            for character, at in zip(TYPED, keystrokes(session, cursor, TYPED), strict=True):
                for step, spent in watch.look().items():
                    if step != "rank":
                        found[step].append(spent * 1e3)
                if character == ".":
                    session.rank(at, names, [2] * len(names))
                    found["rank"].append(watch.look()["rank"] * 1e3)
    finally:
        watch.close()
    return found


def cold(folder: Path, data: bytes, clock: Clock, rounds: int) -> list[float]:
    """The cost in ms of the first keys after opening, each time with a model just loaded."""
    found = []
    for _ in range(rounds):
        keys = typed(Ranker(Model(folder)), data, len(data), clock)
        found += [next(keys)[0] for _ in range(COLD_KEYS)]
    return found


def allocated(ranker: Ranker, data: bytes) -> dict[str, float]:
    """Bytes a keystroke allocates in Python and numpy, kept and at most, and passes of the collector."""
    kept, most = [], []
    session = Session(ranker, data)
    session.prepare(len(data))
    passes = sum(one["collections"] for one in gc.get_stats())
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in keystrokes(session, len(data), TYPED):
        now, peak = tracemalloc.get_traced_memory()
        kept.append(now - before)
        most.append(peak - before)
        tracemalloc.reset_peak()
        before = now
    tracemalloc.stop()
    passes = sum(one["collections"] for one in gc.get_stats()) - passes
    return {
        "kept_mean": round(sum(kept) / len(kept)),
        "peak_p50": centiles(most)["p50"],
        "peak_max": centiles(most)["max"],
        "collections_per_1000": round(passes * 1e3 / len(kept), 2),
    }


def opened(ranker: Ranker, data: bytes, clock: Clock, times: int = 3) -> float:
    """The ms from a file's text to the first vector, the best of a few."""
    found = []
    for _ in range(times):
        began = clock()
        Session(ranker, data).prepare(len(data))
        found.append((clock() - began) * 1e3)
    return round(min(found), 2)


def names_of(model: Model, count: int) -> list[str]:
    """So many names, a few of which no vocabulary has."""
    names = [name for name in model.members() if name.isidentifier()][::3][: count - count // 5]
    return names + [f"someNew_name{index}" for index in range(count - len(names))]


def ranked(folder: Path, count: int, clock: Clock) -> list[float]:
    """The ms of one list after a dot, again and again; the first has the names' vectors to make."""
    data = file_of(2_000) + b"\nimport os\nresult = os.path.join(a)\nos.path."
    model = Model(folder)
    names = names_of(model, count)
    session = Session(Ranker(model), data)
    session.prepare(len(data))
    found = []
    for _ in range(101):
        began = clock()
        session.rank(len(data), names, [2] * count)
        found.append((clock() - began) * 1e3)
    return found


def words_ranked(folder: Path, count: int, clock: Clock) -> dict[str, list[float]]:
    """The ms of one list of names in an expression, one letter typed: again and again, and after rests.

    A rest ends as in the editor: with the hint that a list may be asked for here.
    """
    data = file_of(2_000) + b"\nimport os\nresult = os.path.join(s"
    model = Model(folder)
    labels, kinds = names_of(model, count), [6, 3, 7, 71] * (count // 4 + 1)
    labels[::10] = [f"{name}=" for name in labels[::10]]
    session = Session(Ranker(model), data)
    session.rank(len(data), labels, kinds[:count])
    found: dict[str, list[float]] = {"loop": [], "rested": []}
    for kind, times in (("loop", 60), ("rested", 30)):
        for _ in range(times):
            if kind == "rested":
                time.sleep(RESTED)
                session.expect(len(data))
            began = clock()
            session.rank(len(data), labels, kinds[:count])
            found[kind].append((clock() - began) * 1e3)
    return found


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
        axes.plot(list(costs), [one[name] for one in costs.values()], "o-", label=name)
    axes.set(xlabel="lines in the file", ylabel="ms a keystroke", xscale="log", yscale="log")
    axes.set_xticks(list(costs), [f"{lines:,}" for lines in costs], minor=False)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    return f"Cost against file size: {path.name}."


def profiled(ranker: Ranker, lines: int, clock: Clock) -> None:
    """Print where the time of typing goes."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(whole, ranker, file_of(lines), clock, 1)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def keys_told(ranker: Ranker, options: argparse.Namespace, clock: Clock) -> dict[str, Any]:
    """Measure typing into files of each size; print the table."""
    told: dict[str, Any] = {
        name: {} for name in ("keystroke_ms", "places_ms", "steps_ms", "cold_ms")
    }
    told["allocations"] = {}
    rows: list[tuple[object, ...]] = []
    for lines in options.sizes:
        data, size = file_of(lines), str(lines)
        found = whole(ranker, data, clock, options.rounds)
        told["keystroke_ms"][size] = centiles([cost for its in found.values() for cost in its])
        told["places_ms"][size] = {place: centiles(its) for place, its in found.items()}
        told["cold_ms"][size] = centiles(cold(options.model, data, clock, options.rounds))
        steps = by_step(ranker, data, clock)
        told["steps_ms"][size] = {step: centiles(its) for step, its in steps.items()}
        told["allocations"][size] = allocated(ranker, data)
        rows.append((f"**{lines:,} lines**", *told["keystroke_ms"][size].values()))
        rows += [
            (f"at the {place}", *its.values()) for place, its in told["places_ms"][size].items()
        ]
        rows.append((f"the first {COLD_KEYS}, cold", *told["cold_ms"][size].values()))
        rows += [(f"- {step}", *its.values()) for step, its in told["steps_ms"][size].items()]
    table(("ms a keystroke", "p50", "p95", "p99", "max"), rows)
    head = (
        "bytes a keystroke allocates",
        "kept, mean",
        "peak p50",
        "peak max",
        "gc per 1,000 keys",
    )
    table(head, [(f"{int(n):,} lines", *one.values()) for n, one in told["allocations"].items()])
    return told


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
    told = keys_told(ranker, options, clock)
    told["open_ms"] = {str(n): opened(ranker, file_of(n), clock) for n in options.opened}
    table(("from a file's text to ranked, ms", "best of 3"), told["open_ms"].items())
    lists = {str(count): ranked(options.model, count, clock) for count in LISTS}
    told["rank_ms"] = {count: centiles(its[1:])["p50"] for count, its in lists.items()}
    told["rank_tail_ms"] = {count: centiles(its[1:]) for count, its in lists.items()}
    told["rank_first_ms"] = {count: round(its[0], 4) for count, its in lists.items()}
    rows = [(n, *one.values(), told["rank_first_ms"][n]) for n, one in told["rank_tail_ms"].items()]
    table(("ms to rank so many names", "p50", "p95", "p99", "max", "new names"), rows)
    words = {str(count): words_ranked(options.model, count, clock) for count in WORDS}
    told["rank_words_ms"] = {
        count: {kind: centiles(its) for kind, its in found.items()}
        for count, found in words.items()
    }
    rows = [
        (f"{count}, {kind}", *its.values())
        for count, found in told["rank_words_ms"].items()
        for kind, its in found.items()
    ]
    table(("ms to rank so many words, no members", "p50", "p95", "p99", "max"), rows)
    if options.picture:
        costs = {int(lines): one for lines, one in told["keystroke_ms"].items()}
        for lines in BETWEEN:
            found = whole(ranker, file_of(lines), clock, 1)
            costs[lines] = centiles([cost for its in found.values() for cost in its])
        costs = dict(sorted(costs.items()))
        told["picture_ms"] = {str(lines): one for lines, one in costs.items()}
        print(picture(options.picture, costs))
    finish(told)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
