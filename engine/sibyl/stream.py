"""Step 3 of 9: syntax to tokens, recomputed only where stale.

In: text, its edits, and the byte where the word being completed starts.  Out: tokens (kind, text, first
byte) in reading order, the members used so far, and the index of the first token that changed.
Called by: session while typing, ``learn.streams`` for whole files: the very same code.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from sibyl.reader import Reader
from sibyl.syntax import Syntax
from sibyl.text import Edit, Text
from sibyl.tokens import FIXED, MEMBER, NAME, ORIGIN, Use

__all__ = ["FIXED", "MEMBER", "NAME", "ORIGIN", "STREAM_VERSION", "Stream"]

STREAM_VERSION = 2
"""Counts up whenever the same text gives other tokens: a model only fits the stream it was made with."""

_EVERY = 16  # leaves between two kept moments: a rewind reads at most so many again


class Stream:
    """The tokens of a text up to the word being completed."""

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.syntax = Syntax()
        self._before: tuple[list[int], list[str], list[Use]] | None = None
        self._new_reader()

    def _new_reader(self) -> None:
        for tokens in (self.kinds, self.texts, self.starts):
            tokens.clear()
        self.reader = Reader(self.kinds, self.texts, self.starts)
        self._ends = [-1]  # end of the last leaf at each kept moment
        self._moments = [self.reader.keep()]
        self._leaf_ends = array("q")  # of all leaves read
        self._leaf_kinds: list[str] = []
        self._cursor: tuple | None = None

    @property
    def uses(self) -> list[Use]:
        """Members so far."""
        return self.reader.uses

    def edit(self, edit: Edit) -> None:
        """Note an edit of the text; nothing is computed before ``advance``."""
        self.syntax.edit(edit)

    def advance(self, text: Text, stop: int) -> int:
        """Read the text up to byte ``stop``, where the word being completed starts.

        Returns the index of the first token that may differ from those before.
        """
        reader = self.reader
        if self._cursor is not None:  # what was said of the empty place at the cursor
            reader.restore(self._cursor)
            self._cursor = None
        first = len(self.kinds)
        stale = self.syntax.advance(text, stop)
        if stale is not None:
            reader.data = text.data
            at = max(bisect_left(self._ends, self._really(stale)) - 1, 0)
            if self._ends[at] < reader.last_end:
                first = self._again(at)
            else:
                self._read(max(reader.last_end, 0))
            if self._before is not None:
                first = self._first_other(0, 0, *self._before)
                self._before = None
        moment = reader.keep()
        before = len(self.kinds)
        reader.line(stop, "")
        if len(self.kinds) > before:
            self._cursor = moment
        return min(first, before)

    def _really(self, stale: int) -> int:
        """Return the first byte whose leaves differ, not before ``stale``.

        In broken code tree-sitter may call the whole file changed where only its nesting is; to look at the
        leaves costs a fifth of reading them.
        """
        edited = self.syntax.edited
        ends, kinds = self._leaf_ends, self._leaf_kinds
        at = bisect_left(ends, stale)
        for begin, end, kind in self.syntax.leaves(ends[at - 1] if at else 0):
            if end >= edited or at == len(ends):
                break
            if ends[at] != end or kinds[at] != kind:
                return min(begin, edited)
            at += 1
        return min(ends[at], edited) if at < len(ends) else edited

    def refresh(self) -> None:
        """Parse and read all afresh at the next ``advance``."""
        self.syntax.refresh()
        self._before = self.kinds[:], self.texts[:], self.reader.uses
        self._new_reader()

    def _again(self, at: int) -> int:
        """Read on from a kept moment; return the index of the first token that became another.

        Going back to a moment goes back farther than the change: most of what is read again is as it was,
        and nobody after us need do it again.
        """
        reader, moment = self.reader, self._moments[at]
        first, use = moment[:2]
        before = self.kinds[first:], self.texts[first:], reader.uses[use:]
        del self._ends[at + 1 :], self._moments[at + 1 :]
        del self._leaf_ends[at * _EVERY :], self._leaf_kinds[at * _EVERY :]
        reader.restore(moment)
        self._read(max(reader.last_end, 0))
        return self._first_other(first, use, *before)

    def _first_other(
        self, first: int, use: int, kinds: list[int], texts: list[str], uses: list[Use]
    ) -> int:
        """Return the index of the first token from ``first`` on that is not as it was before."""
        alike = min(_alike(kinds, self.kinds[first:]), _alike(texts, self.texts[first:]))
        for before, now in zip(uses, self.reader.uses[use:], strict=False):
            if before != now:  # perhaps the same token after another receiver
                return min(first + alike, before.at, now.at)
        return first + alike

    def _read(self, start: int) -> None:
        reader, read = self.reader, self.reader.read
        ends, moments = self._ends, self._moments
        leaf_ends, leaf_kinds = self._leaf_ends, self._leaf_kinds
        left = _EVERY - len(leaf_ends) % _EVERY
        for leaf in self.syntax.leaves(start):
            read(leaf)
            leaf_ends.append(leaf[1])
            leaf_kinds.append(leaf[2])
            left -= 1
            if left == 0:
                left = _EVERY
                ends.append(leaf[1])
                moments.append(reader.keep())


def _alike(before: Sequence[object], now: Sequence[object]) -> int:
    """Return how many are the same from the front."""
    for index, (one, other) in enumerate(zip(before, now, strict=False)):
        if one != other:
            return index
    return min(len(before), len(now))
