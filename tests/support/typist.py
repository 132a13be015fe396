"""What is done to one file while it is fuzzed: as people do it, and as nobody does.

In:   the name of a series, and files.  Out: `Typist`: the text to begin with, and what is done to it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sibyl.code import cuts

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
PAIRS = (
    "''' '''",
    '""" """',
    "f''' '''",
    'rb""" """',
    "' '",
    '" "',
    "( )",
    "f([ ])",
    "x={ }",
    "f'{ }'",
    "# \n",
)
"""What is opened, and what closes it."""
_BEGINS = re.compile(
    rb"^(?:def|class|import|from|@|if|for|try|with|[A-Za-z_.]+ ?[=(])", re.MULTILINE
)
_HEAVY = 4000  # bytes of a file that is edited; a few are larger
LONG = 150_000  # bytes: several thousand lines
_SPANS = (cuts.SPAN, 100, 300, 1500)  # bytes that decide where a text is cut


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
        if self.chance.random() < 0.7 and (statement := _BEGINS.search(data, start)) is not None:
            start = statement.start()  # sound code, as a rule, down to any line of it
        self.source = data[start : start + size]
        self.data = self.source
        self.cursor = len(self.data)
        self.undo: list[tuple[int, int, bytes]] = []

    def doings(self, edits: int) -> Iterator[list[Any]]:
        """Yield ["edit", start, old length, new, cursor after] and ["move", cursor]."""
        acts = [self._type, self._type, self._type, self._delete, self._paste, self._jump]
        acts += [self._undo, self._elsewhere, self._backspaces, self._jump]
        acts += [self._enclose, self._enclose, self._restore]
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

    def _enclose(self) -> Iterator[list[Any]]:
        """Open a string or a bracket on a line of its own, write on, and close it, as a rule."""
        chance, data = self.chance, self.data
        at = data.find(b"\n", self.cursor) if chance.random() < 0.5 else -1
        at = len(data) if at < 0 else at
        line = data[data.rfind(b"\n", 0, at) + 1 : at]
        begin, end = (half.encode() for half in chance.choice(PAIRS).split(" "))
        yield self._edit(at, 0, b"\n" + line[: len(line) - len(line.lstrip())] + begin)
        for _ in range(chance.randrange(5)):
            lines = chance.choice(
                (b"\n", b" t", b"\nt\n", b"\n    ", b"it's\n", b"\nx = 1\n", b" \\\n", b"")
            )
            yield self._edit(self.cursor, 0, lines or self._fragment())
        if chance.random() < 0.8:
            for letter in end if chance.random() < 0.5 else [end]:
                new = bytes((letter,)) if isinstance(letter, int) else letter
                yield self._edit(self.cursor, 0, new)

    def _restore(self) -> Iterator[list[Any]]:
        """Take all back at once, as if the file was read again."""
        before, now = self.data, self.source
        least = min(len(before), len(now))
        first = next((at for at in range(least) if before[at] != now[at]), least)
        last = next((at for at in range(least - first) if before[~at] != now[~at]), least - first)
        self.undo.clear()
        yield self._put(first, len(before) - first - last, now[first : len(now) - last])
