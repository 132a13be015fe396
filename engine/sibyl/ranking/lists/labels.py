"""What is known of a label whatever the place, worked out once for each label.

In: labels as servers send them.  Out: numbers of labels, and arrays that are indexed by them.

A list of a thousand items comes at every word; what its labels look like does not change from list to list.
So a list costs one look-up a label, and all else is done to whole arrays.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log1p
from typing import Any

import numpy as np
import numpy.typing as npt

from sibyl.code.tokens import KEYWORDS
from sibyl.network.model import Floats
from sibyl.network.vocab import pieces
from sibyl.ranking.lists.numbered import NameTable

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LOOKS = ("private", "dunder", "upper")
SHAPES = ("private", "dunder", "upper", "title", "length", "python")
MOST = 10_000
"""Labels after which a table starts again empty; one list may have as many."""
_CODE = 8
"""Bytes that are compared as one number."""
_PIECES = 8
"""One more than a name has, so that a row of marks is one number."""

_COLUMNS: dict[str, tuple[Any, ...]] = {
    "shape": (np.float32, len(SHAPES)),
    "look": (np.int8,),  # the index in LOOKS, -1 for none
    "argument": (np.bool_,),
    "size": (np.int32,),  # bytes of the name
    "exact": (np.uint64,),  # its first bytes
    "folded": (np.uint64,),  # the same in lower case
    "label": (np.uint64, 2),  # those of the label in lower case
    "pieces": (np.int32, _PIECES),  # numbers of the pieces that say something, 0 for none
}
"""Kept apart: a list looks at few of them, and whole rows would bring all into the processor's caches."""
_FIRST = 1024  # rows that there is room for at first


def bare(label: str) -> str:
    """Return the name a label stands for: ``get`` for ``get(…)``, ``key`` for ``key=``, dotted names whole."""
    if label.isidentifier():
        return label
    match = re.match(r"\W*(\w+(?:\.\w+)*)", label)
    return match.group(1) if match else label


def is_dunder(name: str) -> bool:
    """Tell whether a name is one of Python's own protocol, as ``__init__``."""
    return name[:2] == "__" and name[-2:] == "__"


@lru_cache(50_000)
def pieces_of(name: str) -> frozenset[str]:
    """Return the pieces of a name that say something, in lower case."""
    return frozenset(part for part in pieces(name) if part[0].islower() and len(part) > 1)


def codes_of(text: str) -> tuple[np.uint64, np.uint64]:
    """Return the first 16 bytes of a text as two numbers that sort as they do."""
    data = text.encode("utf-8", "surrogatepass")
    return np.uint64(_code(data)), np.uint64(_code(data[_CODE:]))


def _code(data: bytes) -> int:
    """Return the first bytes as a number that sorts as they do."""
    return int.from_bytes(data[:_CODE].ljust(_CODE, b"\0"), "big")


def _look(name: str) -> int:
    """Return how a member looks, as an index of ``LOOKS``; an underscore says more than capitals."""
    if name[:1] == "_":
        return LOOKS.index("dunder" if is_dunder(name) else "private")
    return LOOKS.index("upper") if name.isupper() else -1


def _shape(name: str) -> tuple[float, ...]:
    dunder = is_dunder(name)
    return (
        name[:1] == "_" and not dunder,
        dunder,
        name.isupper() and len(name) > 1,
        name[:1].isupper() and not name.isupper(),
        log1p(len(name)),
        name in KEYWORDS,
    )


@dataclass(frozen=True)
class Pieces:
    """The pieces that the names of a list consist of, side by side."""

    places: Ints  # in the list, of the names that have any
    sizes: Ints  # how many each of these has
    begins: Ints  # where its own begin
    numbers: npt.NDArray[np.int32]  # of the pieces


class Labels:
    """A table of labels, one row each."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._pieces: dict[str, int] = {}
        self.names: list[str] = []
        self.rows: dict[str, npt.NDArray[Any]] = {
            name: np.zeros((_FIRST, *shape), kind) for name, (kind, *shape) in _COLUMNS.items()
        }

    @classmethod
    def of(cls, known: NameTable) -> Labels:
        """Return the table of names that were told, with their own numbers."""
        table: Labels = known.labels or cls()
        known.labels = table
        for name in known.names[len(table.names) :]:
            table._add(name, name, bare(name))
        return table

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, labels: Sequence[str]) -> Ints:
        """Return the numbers of labels."""
        known = self._numbers
        try:
            return np.fromiter(map(known.__getitem__, labels), np.int64, len(labels))
        except KeyError:
            numbers = [
                known[label] if label in known else self._add(label, label, bare(label))
                for label in labels
            ]
            return np.array(numbers, np.int64)

    def numbers_of(self, labels: Sequence[str], names: Sequence[str]) -> Ints:
        """Return the numbers of labels that stand for other names than theirs."""
        pairs = list(zip(labels, names, strict=True))
        known = self._numbers
        numbers = [known[pair] if pair in known else self._add(pair, *pair) for pair in pairs]
        return np.array(numbers, np.int64)

    def _add(self, key: Hashable, label: str, name: str) -> int:
        number = self._numbers[key] = len(self.names)
        if number == len(self.rows["look"]):
            for column, values in self.rows.items():
                self.rows[column] = np.concatenate((values, np.zeros_like(values)))
        self.names.append(name)
        data, lower = (text.encode("utf-8", "surrogatepass") for text in (name, name.lower()))
        pieces = [
            self._pieces.setdefault(piece, len(self._pieces) + 1) for piece in pieces_of(name)
        ]
        of_label: tuple[Any, ...] = (
            _shape(name),
            _look(name),
            label[-1:] == "=",
            len(data),
            _code(data),
            _code(lower),
            codes_of(label.lower()),
            (*pieces, *[0] * (_PIECES - len(pieces))),
        )
        for of_column, value in zip(self.rows.values(), of_label, strict=True):
            of_column[number] = value
        return number

    def beginning(self, numbers: Ints, typed: str, folded: bool) -> Mask:
        """Return which names begin with these letters."""
        data = typed.encode("utf-8", "surrogatepass")
        shift = 8 * max(_CODE - len(data), 0)
        codes = self.rows["folded" if folded else "exact"][numbers]
        equal: Mask = (codes >> np.uint64(shift)) == np.uint64(_code(data) >> shift)
        if len(data) > _CODE:
            for at in np.flatnonzero(equal).tolist():
                name = self.names[numbers[at]]
                equal[at] = (name.lower() if folded else name).startswith(typed)
        return equal

    def being(self, numbers: Ints, typed: str, beginning: Mask) -> Mask:
        """Return which of the names that begin with these letters have no others."""
        size = len(typed.encode("utf-8", "surrogatepass"))
        return beginning & (self.rows["size"][numbers] == size)

    def descents(self, numbers: Ints, labels: Sequence[str]) -> list[int]:
        """Return the places whose label comes before the label before it, in whatever case."""
        codes = self.rows["label"][numbers]
        high, low = codes[:, 0], codes[:, 1]
        same = high[1:] == high[:-1]
        down = (high[1:] < high[:-1]) | (same & (low[1:] < low[:-1]))
        for at in np.flatnonzero(same & (low[1:] == low[:-1])).tolist():
            down[at] = labels[at + 1].lower() < labels[at].lower()
        return [at + 1 for at in np.flatnonzero(down).tolist()]

    def pieces_of(self, numbers: Ints) -> Pieces:
        """Return the pieces of these names."""
        present = self.rows["pieces"][numbers]
        filled = present > 0
        sizes = filled.sum(1)
        places = np.flatnonzero(sizes)
        sizes = sizes[places]
        return Pieces(places, sizes, sizes.cumsum() - sizes, present[filled])

    def shared(self, pieces: Pieces, wanted: Sequence[Iterable[str]]) -> tuple[Ints, Floats]:
        """Return the places of names that have any of the pieces wanted, and which share is in each set."""
        # For each piece one number, whose bytes say which sets have it: their sums are counts side by side.
        marks = np.zeros((len(self._pieces) + 1, _CODE), np.uint8)
        for index, some in enumerate(wanted):
            marks[[self._pieces[piece] for piece in some if piece in self._pieces], index] = 1
        if not len(pieces.places):
            return pieces.places, np.zeros((0, len(wanted)), np.float32)
        counts = np.add.reduceat(marks.view(np.uint64)[:, 0].take(pieces.numbers), pieces.begins)
        hit = np.flatnonzero(counts)
        shared = counts[hit].view(np.uint8).reshape(-1, _CODE)[:, : len(wanted)]
        return pieces.places[hit], (shared / pieces.sizes[hit][:, None]).astype(np.float32)
