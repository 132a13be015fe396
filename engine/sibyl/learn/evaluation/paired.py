"""Two models on the same recorded lists, and how sure their difference is.

In: for each model, the truth's rank in every list of members, as ``evaluate --ranks`` writes it.  Out: both
models' measures and the gain of the second, with 95 % intervals by bootstrap over files (the lists of one file
are alike; those of two less so).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.evaluation.member_measures import Scores
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.io import whole_file
from sibyl.learn.metrics import FEWEST, compare, rank_of

_MEASURES = {"top1": "top-1", "top5": "top-5", "mrr": "MRR"}


def write_ranks(path: Path, sites: Sequence[RecordedList], scores: Scores) -> None:
    """Write the file of each list, and the truth's rank in it by each order."""
    ranks = {
        order: [rank_of(values, site.truth) for values, site in zip(by_site, sites, strict=True)]
        for order, by_site in scores.items()
    }
    files = [f"{site.repo}/{site.path}" for site in sites]
    with whole_file(path) as file:
        file.write((json.dumps({"files": files, "ranks": ranks}) + "\n").encode())


def gain_table(first: tuple[str, Path], second: tuple[str, Path]) -> str:
    """Return, as a table, what the second model gains by each order; each is a name and its ranks."""
    (first_name, before), (second_name, after) = (
        (name, json.loads(path.read_text("utf-8"))) for name, path in (first, second)
    )
    if before["files"] != after["files"]:
        raise LearnError(f"{first[1]} and {second[1]} are not of the same lists.")
    files = before["files"]
    lines = [
        f"{len(files)} lists of {len(set(files))} files; intervals by bootstrap over files:",
        "",
        f"| remembered | measure | {first_name} | {second_name} | gain | 95 % |",
        "|---|---|---|---|---|---|",
    ]
    for order, ranks in before["ranks"].items():
        lines += _rows(order, ranks, after["ranks"][order], files)
    return "\n".join(lines)


def verdict(first: Path, second: Path, order: str) -> str:
    """Return one sentence on whether the second model is better than the first, by MRR of one order."""
    before, after = (json.loads(path.read_text("utf-8")) for path in (first, second))
    files = before["files"]
    gain = compare(before["ranks"][order], after["ranks"][order], files)["mrr"]
    numbers = f"MRR {gain.gain:+.3f}, 95 % {gain.low:+.3f} to {gain.high:+.3f}, {gain.groups} files"
    if gain.real:
        better = "better" if gain.gain > 0 else "worse"
        return f"The new model is {better} here with the {order}'s memory ({numbers})."
    why = "may be chance" if gain.groups >= FEWEST else f"is of fewer than {FEWEST} files"
    return (
        f"Whether the new model is better here with the {order}'s memory is not known: the difference {why} "
        f"({numbers})."
    )


def _rows(
    order: str, before: Sequence[int], after: Sequence[int], files: Sequence[str]
) -> list[str]:
    return [
        f"| {order} | {_MEASURES[name]} | {gain.first:.3f} | {gain.second:.3f} "
        f"| {gain.gain:+.3f} | {gain.low:+.3f} to {gain.high:+.3f} |"
        for name, gain in compare(before, after, files).items()
    ]
