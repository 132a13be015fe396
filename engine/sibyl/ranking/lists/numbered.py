"""A list of names as it travels: numbers of names that were told before, so that a name is told once.

In: names as they are told, numbers of them.  Out: lists of names that know their numbers.

A list of a thousand names comes at every word, and most of its names were in a list before. Numbers are faster
to send, to read and to look up than texts.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, overload


@dataclass(eq=False)
class NameTable:
    """Names by number, in the order they came; it grows at its end alone."""

    names: list[str] = field(default_factory=list)
    over: bool = False  # all names were told again, into another table
    labels: Any = None  # the ``lists.labels.Labels`` of these names, once it was asked for


@dataclass(frozen=True, eq=False)
class NumberedNames(Sequence[str]):
    """Names of one list; all numbers are those of names that were told."""

    known: NameTable
    numbers: array[int]

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> NumberedNames: ...
    def __getitem__(self, at: int | slice) -> str | NumberedNames:
        """Return one name, or a part of the list."""
        if isinstance(at, slice):
            return NumberedNames(self.known, self.numbers[at])
        return self.known.names[self.numbers[at]]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return map(self.known.names.__getitem__, self.numbers)


class Reader:
    """Reads lists as they come, in the order they were sent."""

    def __init__(self) -> None:
        self._table = NameTable()

    def read(self, first: int, names: Sequence[str], numbers: bytes) -> NumberedNames | None:
        """Return a list of names, two bytes for each number, the low one first.

        ``names`` are told with it and have the numbers from ``first`` on; from zero on, all that was told
        before is forgotten. None where a number was never told: the editor has to tell all names again.
        """
        if first == 0 and names:
            self._table.over = True
            self._table = NameTable()
        table = self._table
        if first != len(table.names) or len(numbers) % 2:
            return None
        table.names += names
        listed = array("H", numbers)
        if sys.byteorder == "big":
            listed.byteswap()
        if listed and max(listed) >= len(table.names):
            return None
        return NumberedNames(table, listed)
