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
import random
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

from sibyl.code import cuts  # noqa: E402
from sibyl.ranking.ranker import Ranker  # noqa: E402

SNIPPETS = (
    *"( [ { ) ] } : , . = \" ' ''' \"\"\" \\ # @ -> := * ** ; \n \n\n \r\n \t \f \x00 é 名前 🎉 f'{".split(
        " "
    ),
    "\n    ",
    "\n        ",
    "\nimport numpy as np\n",
    "\nfrom os import (path,\n",
    "\nclass Some(Base, metaclass=Meta):\n    def run(self, x: int = 3) -> 'Some':\n        self.",
    "\ndef f(a, b: Optional[str] = None, *args, **kw):\n    return ",
    "\n@property\ndef",
    "\nasync def go():\n    async with open(x) as (a, b): await a.",
    "\nfor index, value in enumerate(items):\n    value.",
    "\ntry:\n    pass\nexcept (OSError, ValueError) as error:\n    error.",
    "\nmatch x:\n    case Point(x=0) if y: x.",
    "\nlambda x: x.y",
    "[x.y for x in z if x.",
    "self.a.b.c(d)[0].",
    "x = f'{a.b!r:>{width}} {c.",
    "if (n := len(a.b)) > 3:",
    " \\\n    ",
    "\nprint 'old'",
    "\n<<<<<<< HEAD\n",
    "yield from ",
    "\ndel a.b; global c; x.",
)
_HEAVY = 4000  # bytes of a file that is edited; a few are larger
LONG = 150_000  # bytes: several thousand lines
_SPANS = (cuts.SPAN, cuts.SPAN, 300, 1500)  # bytes that decide where a text is cut


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


class Typist:
    """Makes up what is done to one file."""

    def __init__(self, name: str, sources: list[Path], long: bool = False) -> None:
        self.chance = random.Random(name)
        self.long = long or self.chance.random() < 0.03
        sizes = (0, 300, 1000, 2000, _HEAVY, _HEAVY, 5 * _HEAVY)
        size = LONG if self.long else self.chance.choice(sizes)
        self.span = cuts.SPAN if self.long else self.chance.choice(_SPANS)
        data = self.chance.choice(sources).read_bytes()
        while len(data) < size:
            data += self.chance.choice(sources).read_bytes()
        start = data.rfind(b"\n", 0, self.chance.randrange(max(len(data) - size, 1))) + 1
        self.source = data[start : start + size]
        self.data = self.source
        self.cursor = len(self.data)
        self.undo: list[tuple[int, int, bytes]] = []

    def doings(self, edits: int) -> Iterator[list[Any]]:
        """Yield ["edit", start, old length, new, cursor after] and ["move", cursor]."""
        acts = [self._type, self._type, self._type, self._delete, self._paste, self._jump]
        acts += [self._undo, self._elsewhere, self._backspaces, self._jump]
        done = 0
        while done < edits:
            for doing in self.chance.choice(acts)():
                yield doing
                done += doing[0] == "edit"

    def _edit(self, start: int, old: int, new: bytes, cursor: int | None = None) -> list[Any]:
        self.undo.append((start, len(new), self.data[start : start + old]))
        return self._put(start, old, new, cursor)

    def _put(self, start: int, old: int, new: bytes, cursor: int | None = None) -> list[Any]:
        self.data = self.data[:start] + new + self.data[start + old :]
        self.cursor = start + len(new) if cursor is None else cursor
        return ["edit", start, old, new.decode("latin-1"), self.cursor]

    def _fragment(self) -> bytes:
        """A piece of text: made to break things, or from this very file."""
        chance = self.chance
        if chance.random() < 0.5 or not self.source:
            return chance.choice(SNIPPETS).encode()
        start = chance.randrange(len(self.source))
        if chance.random() < 0.5:
            start = self.source.rfind(b"\n", 0, start) + 1
        return self.source[start : start + chance.choice((1, 5, 20, 60))]

    def _type(self) -> Iterator[list[Any]]:
        for character in self._fragment().decode("utf-8", "ignore"):
            yield self._edit(self.cursor, 0, character.encode())

    def _backspaces(self) -> Iterator[list[Any]]:
        for _ in range(min(self.chance.randrange(1, 12), self.cursor)):
            yield self._edit(self.cursor - 1, 1, b"")

    def _delete(self) -> Iterator[list[Any]]:
        """Delete a stretch that ends or begins at the cursor, or a number of lines."""
        length = self.chance.choice((1, 2, 8, 30, 200))
        start = max(0, self.cursor - self.chance.choice((0, length // 2, length)))
        end = min(start + length, len(self.data))
        if self.chance.random() < 0.4:
            start = self.data.rfind(b"\n", 0, start) + 1
            end = self.data.find(b"\n", end) + 1 or len(self.data)
        yield self._edit(start, end - start, b"")

    def _paste(self) -> Iterator[list[Any]]:
        many = (
            self._fragment() * self.chance.choice((1, 1, 1, 3)) if len(self.data) < 40_000 else b"x"
        )
        old = min(self.chance.choice((0, 0, 3, 20)), len(self.data) - self.cursor)
        yield self._edit(self.cursor, old, many)

    def _jump(self) -> Iterator[list[Any]]:
        near = max(0, min(len(self.data), self.cursor + self.chance.randrange(-80, 80)))
        anywhere = self.chance.randrange(len(self.data) + 1)
        self.cursor = self.chance.choice((near, anywhere, len(self.data)))
        yield ["move", self.cursor]

    def _undo(self) -> Iterator[list[Any]]:
        for _ in range(min(self.chance.choice((1, 3, 20)), len(self.undo))):
            start, length, old = self.undo.pop()
            yield self._put(start, length, old)

    def _elsewhere(self) -> Iterator[list[Any]]:
        """Somebody else edits: the cursor stays at its text."""
        start = self.chance.randrange(len(self.data) + 1)
        old = min(self.chance.choice((0, 1, 10)), len(self.data) - start)
        new = self._fragment()
        cursor = self.cursor
        if start + old <= cursor:
            cursor += len(new) - old
        elif start < cursor:
            cursor = start
        yield self._edit(start, old, new, cursor)


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
    """Play a saved series again, compared after every doing; the first ones only as their result."""
    saved = json.loads(path.read_text())
    data, doings = saved["source"].encode("latin-1"), saved["done"]
    first = 0 if last is None else max(len(doings) - last, 0)
    cursor = len(data)
    for doing in doings[:first]:
        if doing[0] == "edit":
            data = data[: doing[1]] + doing[3].encode("latin-1") + data[doing[1] + doing[2] :]
        cursor = doing[-1]
    differ = Differ(Ranker(StandIn()), data, cursor)
    with cut_by(saved["span"]):
        differ.check()
        play(differ, iter(doings[first:]), 1, [])
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
