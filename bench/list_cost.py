"""Milliseconds one list costs to rank, by its length: of members, and of names in an expression.

In:   the shipped model, a file of 2,000 lines.
Out:  tables for people, and their numbers; `stages.py` runs it.
"""

from __future__ import annotations

import itertools
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import centiles, file_of, table
from stopwatch import Clock

from sibyl.network.model import Model
from sibyl.ranking.lists.numbered import NumberedNames, Reader
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

LISTS = (100, 700)
WORDS = (10, 100, 1_000, 2_000)
RESTED = 0.05
"""Seconds without work, after which nothing is left in the processor's caches: as between two keys."""


def names_of(model: Model, count: int) -> list[str]:
    """So many names, a few of which no vocabulary has."""
    names = [name for name in model.members() if name.isidentifier()][::3][: count - count // 5]
    return names + [f"someNew_name{index}" for index in range(count - len(names))]


def as_sent(names: list[str], count: int) -> Iterator[NumberedNames]:
    """Lists of ``count`` names as they come from the editor, which lacks another one each time."""
    reader = Reader()
    numbers = array("H", range(len(names)))
    if reader.read(0, names, numbers.tobytes()) is None:
        raise SystemExit("The names were not read.")
    for turn in itertools.count():
        at = 7 * turn % len(names)
        rest = (numbers[:at] + numbers[at + 1 :])[:count]
        listed = reader.read(len(names), [], rest.tobytes())
        assert listed is not None
        yield listed


def ranked(folder: Path, count: int, clock: Clock) -> list[float]:
    """The ms of one list after a dot, again and again; the first has the names' vectors to make."""
    data = file_of(2_000) + b"\nimport os\nresult = os.path.join(a)\nos.path."
    model = Model(folder)
    lists = as_sent(names_of(model, count + 1), count)
    session = Session(Ranker(model), data)
    session.prepare(len(data))
    costs, kinds = [], bytes([2] * count)
    for names in itertools.islice(lists, 101):
        began = clock()
        session.rank(len(data), names, kinds)
        costs.append((clock() - began) * 1e3)
    return costs


def words_ranked(folder: Path, count: int, clock: Clock) -> dict[str, list[float]]:
    """The ms of one list of names in an expression, one letter typed: again and again, and after rests.

    A rest ends as in the editor: with the hint that a list may be asked for here.
    """
    data = file_of(2_000) + b"\nimport os\nresult = os.path.join(s"
    model = Model(folder)
    labels, kinds = names_of(model, count + 1), bytes([6, 3, 7, 71] * (count // 4 + 1))[:count]
    labels[::10] = [f"{name}=" for name in labels[::10]]
    session, lists = Session(Ranker(model), data), as_sent(labels, count)
    session.rank(len(data), next(lists), kinds)
    costs: dict[str, list[float]] = {"loop": [], "rested": []}
    for kind, times in (("loop", 60), ("rested", 30)):
        for _ in range(times):
            if kind == "rested":
                time.sleep(RESTED)
                session.expect(len(data))
            names = next(lists)
            began = clock()
            session.rank(len(data), names, kinds)
            costs[kind].append((clock() - began) * 1e3)
    return costs


def lists_measured(folder: Path, clock: Clock) -> dict[str, Any]:
    """Rank lists of each length with a model; print the tables."""
    lists = {str(count): ranked(folder, count, clock) for count in LISTS}
    first = {count: round(costs[0], 4) for count, costs in lists.items()}
    tails = {count: centiles(costs[1:]) for count, costs in lists.items()}
    rows: list[tuple[object, ...]] = [
        (count, *tail.values(), first[count]) for count, tail in tails.items()
    ]
    table(("ms to rank so many names", "p50", "p95", "p99", "max", "new names"), rows)
    words = {
        str(count): {
            kind: centiles(costs) for kind, costs in words_ranked(folder, count, clock).items()
        }
        for count in WORDS
    }
    rows = [
        (f"{count}, {kind}", *figures.values())
        for count, by_kind in words.items()
        for kind, figures in by_kind.items()
    ]
    table(("ms to rank so many words, no members", "p50", "p95", "p99", "max"), rows)
    return {
        "rank_ms": {count: tail["p50"] for count, tail in tails.items()},
        "rank_tail_ms": tails,
        "rank_first_ms": first,
        "rank_words_ms": words,
    }
