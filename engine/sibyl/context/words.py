"""Names that are no members: the contexts they are counted under, and what this file has used in them.

In: the stream.  Out: for a place, the names that stood in places like it, with how often and how recently.

A file has five times as many names as members, so that nothing is kept of a name but one hash for each of its
contexts. A list asks for a few contexts; finding them is one comparison of an array each. Names of keyword
arguments end with ``=``: in one context ``timeout=`` and ``timeout`` are two names.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from sibyl.code.stream import NAME, Stream
from sibyl.code.tokens import KEYWORD_ARGUMENT, Word

CONTEXTS = (
    "where", "mark", "callee", "position", "value", "target", "pair", "run", "imported", "after",
)  # fmt: skip
"""What a word's place has in common with another: the part of a statement; that and the token before; the
callee; the callee and the position among its arguments; the keyword it is the value of, or the keyword given
before; the name assigned to; the last two tokens; the last four; the module; the word before."""
IN_IMPORTS = ("import", "module")
"""Where a word is imported, or is what is imported from."""
_MOST_FOUND = 256
"""Places like this one that are looked at, the latest: older ones say nothing that these do not."""
_NOWHERE = 0


class Seen(NamedTuple):
    """How often a name stood in a context, and its last token index there."""

    times: int
    last: int


def hashes(word: Word, texts: list[str], before: str) -> list[int]:
    """Return one number for each of ``CONTEXTS``, 0 where a place has none; ``before`` is the word before."""
    at, call = word.at, word.where == "argument"
    called = word.called or word.callee
    near = texts[max(at - 4, 0) : at]
    value = ("v", word.keyword) if word.keyword else ("g", called, word.given) if call else None
    keys = (
        ("w", word.where),
        ("x", word.where, near[-1] if near else ""),
        ("c", word.callee) if call else None,
        ("p", called, word.argument, word.keyword) if call else None,
        value,
        ("t", word.target) if word.target else None,
        ("2", *near[-2:]),
        ("4", *near),
        ("i", word.module) if word.where in IN_IMPORTS else None,
        ("a", before),
    )
    return [_NOWHERE if key is None else hash(key) or 1 for key in keys]


class WordUsage:
    """The words of one stream, each with its contexts."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._at = array("I")
        self._contexts = tuple(array("q") for _ in CONTEXTS)
        self._places: dict[str, list[int]] = {}  # by name: its places in ``names``

    @property
    def before(self) -> str:
        """The last word, '' if there is none."""
        return self.names[-1] if self.names else ""

    def advance(self, stream: Stream, first: int) -> None:
        """Follow the stream, whose tokens before ``first`` are as they were.

        The last token, if it is a name, waits for the token after it: that says whether it is a keyword
        argument's.
        """
        kinds, texts, words = stream.kinds, stream.texts, stream.words
        if first and first <= len(kinds) and kinds[first - 1] == NAME:
            first -= 1
        keep = bisect_left(self._at, first)
        self._rewind(keep)
        last = len(kinds) - 1
        for index in range(keep, len(words)):
            word = words[index]
            if word.at == last:
                return
            name = texts[word.at]
            if texts[word.at + 1] == KEYWORD_ARGUMENT:
                name += "="
            self._add(word, name, texts)

    def _add(self, word: Word, name: str, texts: list[str]) -> None:
        numbers = hashes(word, texts, self.before)
        self._places.setdefault(name, []).append(len(self.names))
        self.names.append(name)
        self._at.append(word.at)
        for context, number in zip(self._contexts, numbers, strict=True):
            context.append(number)

    def _rewind(self, keep: int) -> None:
        for name in reversed(self.names[keep:]):
            places = self._places[name]
            places.pop()
            if not places:
                del self._places[name]
        del self.names[keep:], self._at[keep:]
        for context in self._contexts:
            del context[keep:]

    def seen(self) -> Mapping[str, list[int]]:
        """Return all names, each with the numbers of its places, in rising order."""
        return self._places

    def tokens_of(self, place: int) -> int:
        """Return the token index of a place."""
        return self._at[place]

    def since(self, token: int) -> int:
        """Return the number of the first place at or behind a token."""
        return bisect_left(self._at, token)

    def like(self, numbers: Iterable[int]) -> list[dict[str, Seen]]:
        """Return for each context the names that stood in it, the latest first."""
        by_context: list[dict[str, Seen]] = []
        for context, number in zip(self._contexts, numbers, strict=True):
            merged: dict[str, Seen] = {}
            if number != _NOWHERE and context:
                matches = np.flatnonzero(np.frombuffer(context, np.int64) == number)
                for place in matches[: -_MOST_FOUND - 1 : -1].tolist():
                    name = self.names[place]
                    before = merged.get(name)
                    merged[name] = (
                        Seen(1, self._at[place])
                        if before is None
                        else Seen(before.times + 1, before.last)
                    )
            by_context.append(merged)
        return by_context
