"""A server's list, whatever is typed: what its labels stand for, and all that follows from them alone.

In: labels and kinds in the server's order.  Out: the same as arrays; what features made of them, kept.

The same list comes again and again: the members of ``self``, the names in scope after the next letter. So the
last few lists are kept with what was worked out of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from sibyl.ranking.lists.labels import MOST, Ints, Labels, Mask, Pieces
from sibyl.ranking.lists.numbered import NumberedNames

KIND, IMPORTS, DEPRECATED = 63, 64, 128
"""Bits of a candidate's kind: the protocol's own; accepting it adds an import; it is deprecated."""
_LISTS, _NAMES = 4, 8_000
"""Lists that are kept, and names in them: about 2 MB."""
_table = Labels()
T = TypeVar("T")


def table() -> Labels:
    """Return the table of labels that new lists use; lists keep theirs when another is begun."""
    global _table
    if len(_table) > MOST:
        _table = Labels()
    return _table


class Listing:
    """A list as the server gave it, in its order."""

    def __init__(
        self,
        labels: Sequence[str],
        names: Sequence[str],
        kinds: Sequence[int],
        rows: tuple[Labels, Ints],
    ) -> None:
        """``names``: what the labels stand for; equal for ``key`` and ``key=``. ``rows``: see there."""
        self.labels, self.names, self.kinds = labels, names, kinds
        self.rows = rows  # a table of labels, and the numbers of these
        self._made: dict[Callable[[Any], Any], Any] = {}

    def once(self, make: Callable[[Listing], T]) -> T:
        """Return what a function makes of this list, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        result: T = self._made[make]
        return result

    @cached_property
    def keys(self) -> list[str]:
        """The names, with ``=`` for keyword arguments."""
        keys = list(self.names)
        for at in np.flatnonzero(self.arguments).tolist():
            keys[at] += "="
        return keys

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each name stands first."""
        return _firsts(self.names)

    @cached_property
    def key_places(self) -> dict[str, int]:
        """Where each of the keys stands first."""
        return _firsts(self.keys)

    @cached_property
    def arguments(self) -> Mask:
        """Which candidates are keyword arguments."""
        used, numbers = self.rows
        return np.asarray(used.rows["argument"][numbers])

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

    @cached_property
    def pieces(self) -> Pieces:
        """The pieces of the names."""
        used, numbers = self.rows
        return used.pieces_of(numbers)

    def part(self, places: Ints) -> Listing:
        """Return the candidates at these places as a list of their own."""
        labels, names, kinds = (
            [field[at] for at in places.tolist()] for field in (self.labels, self.names, self.kinds)
        )
        used, numbers = self.rows
        return Listing(labels, names, kinds, (used, numbers[places]))


def _firsts(names: Sequence[str]) -> dict[str, int]:
    return dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))


def same_as_first(names: Sequence[str], places: dict[str, int]) -> Ints | None:
    """Return for each name where it stands first, None where all differ."""
    if len(places) == len(names):
        return None
    return np.fromiter(map(places.__getitem__, names), np.int64, len(names))


def listing_of(labels: Sequence[str], kinds: Sequence[int], keep: bool = True) -> Listing:
    """Return a list whose labels stand for the names in them; made now unless ``keep`` it as it was."""
    if isinstance(labels, NumberedNames):
        return _kept(labels, bytes(kinds)) if keep else _numbered(labels, kinds)
    used = table()
    numbers = used.numbers(labels)
    return Listing(labels, _names(used, numbers), kinds, (used, numbers))


def listing_named(labels: Sequence[str], names: Sequence[str], kinds: Sequence[int]) -> Listing:
    """Return a list whose labels stand for these names."""
    used = table()
    return Listing(labels, names, kinds, (used, used.numbers_of(labels, names)))


def _names(used: Labels, numbers: Ints) -> list[str]:
    return list(map(used.names.__getitem__, numbers.tolist()))


def _numbered(labels: NumberedNames, kinds: Sequence[int]) -> Listing:
    used = Labels.of(labels.known)
    numbers = np.frombuffer(labels.numbers, np.uint16).astype(np.int64)
    return Listing(labels, _names(used, numbers), kinds, (used, numbers))


_recent: dict[tuple[int, bytes, bytes], Listing] = {}


def _kept(labels: NumberedNames, kinds: bytes) -> Listing:
    """Return a list as it was kept, or made now."""
    # A table lives as long as a list of it is kept, so no other has its place in memory.
    key = id(labels.known), labels.numbers.tobytes(), kinds
    listing = _recent.pop(key, None) or _numbered(labels, kinds)
    _recent[key] = listing
    while len(_recent) > 1 and (
        len(_recent) > _LISTS or sum(len(recent.names) for recent in _recent.values()) > _NAMES
    ):
        del _recent[next(iter(_recent))]
    return listing
