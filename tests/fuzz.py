"""Random edits of real files: every layer kept incrementally must equal the one made from scratch.

In:   how many edits and a seed, or a series saved earlier.
Out:  counts of edits, comparisons and drift; a failing series as JSON, to be replayed. Exit status 1 then.

    python tests/fuzz.py --edits 100000 --seed 1
    python tests/fuzz.py --redo build/fuzz/1-17.json --last 5     the last 5 edits alone, if they suffice

Files are parts of Python's own modules, a few of them several thousand lines long, and of odd ones: the tests
of its grammar, and what its own converter and tokenizer are tested with. One *series* is one file
edited a few hundred times: typed into character by character, deleted from, pasted into, undone, with jumps of
the cursor, and with broken code that piles up. Short files are cut into sections as if they were long, too.
What a series does depends on seed and number alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE.parent / "engine")]

from differ import Differ  # noqa: E402 (found through the line above)
from fuzzed_files import files  # noqa: E402
from standin import StandIn  # noqa: E402
from typist import Typist  # noqa: E402

from sibyl.code import cuts  # noqa: E402
from sibyl.ranking.ranker import Ranker  # noqa: E402


@dataclass
class Counts:
    """What was done."""

    edits: int = 0
    comparisons: int = 0
    broken: int = 0
    drift: int = 0
    series: int = 0

    def told(self) -> dict[str, Any]:
        """Return it for people and scripts, with rates."""
        rate = {"drift_per_edit": self.drift / max(self.edits, 1)}
        return {**vars(self), **rate}


def play(differ: Differ, doings: Iterator[list[Any]], every: int, done: list[list[Any]]) -> None:
    """Do it, compare after each ``every`` edits and at the end; ``done`` takes what was done so far."""
    for number, doing in enumerate(doings, 1):
        done.append(doing)
        if doing[0] == "edit":
            differ.edit(doing[1], doing[2], doing[3].encode("latin-1"))
            differ.cursor = doing[4]
        else:
            differ.cursor = doing[1]
        if number % every == 0:
            differ.check()
        elif number % 5:  # else nobody asks: edits come in bursts
            differ.session.prepare(differ.cursor)
    differ.check()


@contextmanager
def cut_by(span: int) -> Iterator[None]:
    """Let this many bytes decide where a text is cut."""
    before = cuts.SPAN, cuts.LONG
    cuts.SPAN, cuts.LONG = span, 8 * span
    try:
        yield
    finally:
        cuts.SPAN, cuts.LONG = before


def run(
    edits: int,
    seed: int,
    every: int = 5,
    folder: Path | None = None,
    each: int = 250,
    long: bool = False,
) -> Counts:
    """Play series until this many edits are done; raises what the first failing one raised."""
    sources = files()
    counts, ranker = Counts(), Ranker(StandIn())
    while counts.edits < edits:
        typist = Typist(f"{seed}-{counts.series}", sources, long)
        differ, done = Differ(ranker, typist.source), []
        try:
            with cut_by(typist.span):
                play(differ, typist.doings(min(each, edits - counts.edits)), every, done)
        except Exception as error:
            if folder is not None:
                path = folder / f"{seed}-{counts.series}.json"
                folder.mkdir(parents=True, exist_ok=True)
                report = {
                    "error": str(error),
                    "span": typist.span,
                    "every": every,
                    "source": typist.source.decode("latin-1"),
                    "done": done,
                }
                path.write_text(json.dumps(report))
                error.args = (f"{error} (saved as {path})",)
            raise
        for name in ("edits", "comparisons", "broken", "drift"):
            setattr(counts, name, getattr(counts, name) + getattr(differ, name))
        counts.series += 1
        if folder is not None and counts.series % 20 == 0:
            print(f"{counts.edits} edits, drift in {counts.drift}", file=sys.stderr, flush=True)
    return counts


def redo(path: Path, last: int | None) -> Differ:
    """Play a saved series again, as it was and then compared after every doing.

    A comparison mends drift, so that one more may hide what came of it. With ``last`` the doings before these
    are played as their result.
    """
    saved = json.loads(path.read_text())
    data, doings = saved["source"].encode("latin-1"), saved["done"]
    first = 0 if last is None else max(len(doings) - last, 0)
    cursor = len(data)
    for doing in doings[:first]:
        if doing[0] == "edit":
            data = data[: doing[1]] + doing[3].encode("latin-1") + data[doing[1] + doing[2] :]
        cursor = doing[-1]
    for every in (saved.get("every", 5), 1):
        differ = Differ(Ranker(StandIn()), data, cursor)
        with cut_by(saved["span"]):
            differ.check()
            play(differ, iter(doings[first:]), every, [])
    return differ


def main() -> int:
    """Fuzz, or replay."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--edits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=5, help="compare after this many edits")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/fuzz"), help="for failing series"
    )
    parser.add_argument("--redo", type=Path, help="a saved series")
    parser.add_argument("--last", type=int, help="with --redo: only this many of its last doings")
    options = parser.parse_args()
    began = time.perf_counter()
    try:
        if options.redo:
            differ = redo(options.redo, options.last)
            print(f"no difference in {differ.edits} edits, drift {differ.drift}")
            return 0
        counts = run(options.edits, options.seed, options.every, options.folder)
    except AssertionError as error:
        print(f"DIFFERENT: {error}", file=sys.stderr)
        return 1
    report = counts.told() | {"seconds": round(time.perf_counter() - began, 1)}
    print(
        f"{counts.edits} edits in {counts.series} files, {counts.comparisons} comparisons "
        f"({counts.broken} on broken code), drift in {counts.drift}, no other difference"
    )
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
