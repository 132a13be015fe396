"""A server's list: what its labels stand for, what is typed of them, what adds an import.

In: labels and kinds in the server's order, and the letters typed.  Out: the same as arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sibyl.ranking.labels import MOST, Ints, Labels, Mask

IMPORTS, DEPRECATED = 64, 128
"""Added to the kind of a candidate whose acceptance adds an import, and of one that is deprecated."""
_MUCH_OF = 0.8
"""Share of a list up to which it pays to look at a part of it alone."""
_table = Labels()


def table() -> Labels:
    """Return the table of labels that new lists use; lists keep theirs when another is begun."""
    global _table
    if len(_table) > MOST:
        _table = Labels()
    return _table


@dataclass(frozen=True)
class WordList:
    """A list as the server gave it, in its order."""

    labels: Sequence[str]
    names: Sequence[str]  # what the labels stand for; equal for ``key`` and ``key=``
    kinds: Sequence[int]  # with IMPORTS and DEPRECATED added
    typed: str = ""  # letters of the word that are there
    unbound: frozenset[str] = frozenset()  # what the text below uses and nothing there binds

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        kinds: Sequence[int],
        typed: str,
        unbound: frozenset[str] = frozenset(),
    ) -> WordList:
        """Return a list whose labels stand for the names in them."""
        used = table()
        numbers = used.numbers(labels)
        names = list(map(used.names.__getitem__, numbers.tolist()))
        listed = cls(labels, names, kinds, typed, unbound)
        listed.__dict__["rows"] = used, numbers
        return listed

    @cached_property
    def rows(self) -> tuple[Labels, Ints]:
        """A table of labels, and the numbers of these."""
        used = table()
        return used, used.numbers_of(self.labels, self.names)

    @cached_property
    def shown(self) -> Ints | None:
        """Which candidates begin as typed, where that leaves many out; None: all count."""
        if not self.typed:
            return None
        shown = np.flatnonzero(self.prefixed)
        return shown if 0 < len(shown) < _MUCH_OF * len(self.labels) else None

    @cached_property
    def part(self) -> WordList:
        """Those candidates as a list of their own."""
        assert self.shown is not None
        places = self.shown.tolist()
        used, numbers = self.rows
        labels, names, kinds = (
            [field[at] for at in places] for field in (self.labels, self.names, self.kinds)
        )
        part = WordList(labels, names, kinds, self.typed, self.unbound)
        part.__dict__["rows"] = used, numbers[self.shown]
        part.__dict__["prefixed"] = np.ones(len(places), np.bool_)
        return part

    def others(self) -> list[int]:
        """Return the places of all that are not shown: in the server's order, what adds an import last."""
        others = np.flatnonzero(~self.prefixed)
        places: list[int] = others[np.argsort(self.imports[others], kind="stable")].tolist()
        return places

    @cached_property
    def keys(self) -> list[str]:
        """The names, with ``=`` for keyword arguments."""
        keys = list(self.names)
        for at in np.flatnonzero(self.arguments).tolist():
            keys[at] += "="
        return keys

    @cached_property
    def arguments(self) -> Mask:
        """Which candidates are keyword arguments."""
        used, numbers = self.rows
        return np.asarray(used.rows["argument"][numbers])

    @cached_property
    def prefixed(self) -> Mask:
        """Which candidates begin as typed, in whatever case: what a menu shows that does not match loosely."""
        used, numbers = self.rows
        return used.beginning(numbers, self.typed.lower(), True)

    @cached_property
    def numbers(self) -> Ints:
        """The kinds."""
        try:
            return np.frombuffer(bytes(self.kinds), np.uint8).astype(np.int64)
        except ValueError:  # one that no byte holds
            return np.array(list(self.kinds), np.int64)

    @cached_property
    def imports(self) -> Mask:
        """Which candidates add an import."""
        return (self.numbers & IMPORTS) > 0
