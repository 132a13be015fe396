"""A server's list, and how its names look.

In: labels and kinds in the server's order.  Out: what is typed of them, what adds an import; shapes of names,
each worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from sibyl.code.tokens import KEYWORDS
from sibyl.network.model import Floats

IMPORTS, DEPRECATED = 64, 128
"""Added to the kind of a candidate whose acceptance adds an import, and of one that is deprecated."""
SHAPES = ("private", "dunder", "upper", "title", "length", "python")
_MOST_SHAPES = 50_000


def is_dunder(name: str) -> bool:
    """Tell whether a name is one of Python's own protocol, as ``__init__``."""
    return name[:2] == "__" and name[-2:] == "__"


@dataclass(frozen=True)
class WordList:
    """A list as the server gave it, in its order."""

    labels: Sequence[str]
    names: Sequence[str]  # what the labels stand for; equal for ``key`` and ``key=``
    kinds: Sequence[int]  # with IMPORTS and DEPRECATED added
    typed: str = ""  # letters of the word that are there

    @property
    def prefixed(self) -> npt.NDArray[np.bool_]:
        """Which candidates begin as typed, in whatever case: what a menu shows that does not match loosely."""
        typed = self.typed.lower()
        if not typed:
            return np.ones(len(self.names), bool)
        return np.asarray([name.lower().startswith(typed) for name in self.names])

    @property
    def imports(self) -> npt.NDArray[np.bool_]:
        """Which candidates add an import."""
        return (np.asarray(self.kinds, np.int64) & IMPORTS) > 0


class Shapes:
    """How names look, each worked out once: (names, shapes) in one array."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._table = np.zeros((1024, len(SHAPES)), np.float32)

    def of(self, names: Sequence[str]) -> Floats:
        """Return the shapes (names, shapes)."""
        numbers = self._numbers
        if len(numbers) > _MOST_SHAPES:
            numbers.clear()
        try:
            found = [numbers[name] for name in names]
        except KeyError:
            found = [self._number(name) for name in names]
        return self._table[found]

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
            if number >= len(self._table):
                self._table = np.concatenate((self._table, np.zeros_like(self._table)))
            dunder = is_dunder(name)
            self._table[number] = (
                name[:1] == "_" and not dunder,
                dunder,
                name.isupper() and len(name) > 1,
                name[:1].isupper() and not name.isupper(),
                log1p(len(name)),
                name in KEYWORDS,
            )
        return number
