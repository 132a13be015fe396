"""Syntax to tokens, recomputed only where stale.

In: text, its edits, and the byte where the word being completed starts.  Out: tokens (kind and text) in
reading order, the members used so far, and the index of the first token that changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from sibyl.code.reader import Reader
from sibyl.code.syntax import Syntax
from sibyl.code.text import Edit, Text
from sibyl.code.tokens import FIXED, MEMBER, NAME, ORIGIN, Quoted, Use, Word

__all__ = ["FIXED", "MEMBER", "NAME", "ORIGIN", "STREAM_VERSION", "Stream"]

STREAM_VERSION = 4
"""Counts up whenever the same text gives other tokens: a model only fits the stream it was made with."""

_EVERY = 16  # leaves between two kept moments: a rewind reads at most this many again
_PATTERN = 64  # names of a statement that are looked through


class Stream:
    """The tokens of a text up to the word being completed."""

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.texts: list[str] = []
        self.syntax = Syntax()
        self.reader = Reader(self.kinds, self.texts)
        self._read = 0  # leaves read
        self._moments = [self.reader.keep()]  # one every ``_EVERY`` leaves
        self._cursor: tuple | None = None

    @property
    def uses(self) -> list[Use]:
        """Members so far."""
        return self.reader.uses

    @property
    def words(self) -> list[Word]:
        """Names that are no members so far."""
        return self.reader.words

    @property
    def strings(self) -> list[Quoted]:
        """What strings so far say."""
        return self.reader.strings

    def edit(self, edit: Edit) -> None:
        """Note an edit of the text; nothing is computed before ``advance``."""
        self.syntax.edit(edit)

    def advance(self, text: Text, stop: int) -> int:
        """Read the text up to byte ``stop``, where the word being completed starts.

        Returns the index of the first token that may differ from those before.
        """
        reader = self.reader
        replaced: list[str] = []
        if self._cursor is not None:  # what was said of the empty place at the cursor
            replaced = self.texts[self._cursor[0] :]
            reader.restore(self._cursor)
            self._cursor = None
        first = count = len(self.kinds)
        reader.data = text.data
        same = self.syntax.advance(text, stop)
        if same < self._read:
            first = self._again(same)
        else:
            self._read_on()
        moment = reader.keep()
        before = len(self.kinds)
        reader.line(stop, "")
        if len(self.kinds) > before:
            self._cursor = moment
            if first == count == before and replaced == self.texts[before:]:
                return len(self.kinds)
        return min(first, before)

    def refresh(self) -> None:
        """Let the next ``advance`` parse afresh what may have come to be by edits of broken code."""
        self.syntax.refresh()

    def in_prose(self, text: Text) -> bool:
        """Tell whether the word being completed stands in a string or a comment."""
        level = self.reader.level
        if level is not None and level.bracket == "'":
            return True
        stop, ends = self.syntax.stop, self.syntax.ends
        line = text.data.rfind(b"\n", 0, stop) + 1
        # Behind the last leaf there is nothing but white space and comments.
        return text.data.find(b"#", max(line, ends[-1] if ends else 0), stop) >= 0

    def in_pattern(self) -> bool:
        """Tell whether it stands in the pattern of a ``case``."""
        texts, kinds = self.texts, self.kinds
        for word in self.words[: -_PATTERN - 1 : -1]:
            if word.where == "statement":
                at = word.at
                # Of other names called ``case``, none has a name right behind it.
                behind = at + 1 == len(kinds) or kinds[at + 1] == NAME
                return texts[at] == "case" and behind and "if" not in texts[at:]
        return False

    def _again(self, same: int) -> int:
        """Read on where only the first ``same`` leaves are as they were; return the first token that changed.

        Going back to a moment goes back farther than the change: most of what is read again is as it was,
        and the steps after this one need not repeat it.
        """
        reader = self.reader
        del self._moments[same // _EVERY + 1 :]
        self._read = (len(self._moments) - 1) * _EVERY
        moment = self._moments[-1]
        first, use, word = moment[:3]
        kinds, texts = self.kinds[first:], self.texts[first:]
        uses, words = reader.uses[use:], reader.words[word:]
        reader.restore(moment)
        self._read_on()
        alike = min(_alike(kinds, self.kinds[first:]), _alike(texts, self.texts[first:]))
        changed = first + alike
        for before, now in ((uses, reader.uses[use:]), (words, reader.words[word:])):
            # Perhaps the same token after another receiver, or in another place.
            differing = _alike(before, now)
            changed = min(
                [changed, *(read[differing].at for read in (before, now) if differing < len(read))]
            )
        return changed

    def _read_on(self) -> None:
        """Read the leaves that have not been read."""
        reader, read, moments = self.reader, self.reader.read, self._moments
        left = _EVERY - self._read % _EVERY
        for begin, end, kind in self.syntax.leaves(self._read):
            read(begin, end, kind)
            left -= 1
            if left == 0:
                left = _EVERY
                moments.append(reader.keep())
        self._read = len(self.syntax.ends)


def _alike(before: Sequence[object], now: Sequence[object]) -> int:
    """Return how many are the same from the front."""
    for index, (old, new) in enumerate(zip(before, now, strict=False)):
        if old != new:
            return index
    return min(len(before), len(now))
