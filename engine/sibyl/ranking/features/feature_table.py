"""The features of a list's candidates, without the zeros.

In: numbers by candidate and column.  Out: a ``FeatureTable``, as a whole where all numbers are wanted.

Of a thousand candidates fifty have anything to do with the text: the columns that say so are zero for all
others. And a fifth of the columns is the same for all candidates. Only what differs is filled and
multiplied. That takes less time, and touches less memory, which counts where the caches are cold.

    columns    0 ......... first .............. last ......... all
    head       all candidates
    middle                  the known ones
    context                                      one row
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from sibyl.network.model import Floats

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


_AT_ONCE = 256
"""Candidates whose units are worked out together."""
_FADES = 0.25
"""How much a use fades with the log of the tokens since."""


@dataclass(frozen=True)
class FeatureTable:
    """Features of candidates in the server's order."""

    head: Floats  # (head columns, candidates): what the server and the labels themselves say
    known: Ints  # the candidates that have something in the columns after these, in order
    middle: Floats  # (known, middle columns)
    context: Floats  # (context columns): the same for all candidates

    def whole(self) -> Floats:
        """Return all features (candidates, columns)."""
        first, last = len(self.head), len(self.head) + self.middle.shape[1]
        table = np.zeros((self.head.shape[1], last + len(self.context)), np.float32)
        table[:, :first] = self.head.T
        table[self.known, first:last] = self.middle
        table[:, last:] = self.context
        return table

    def any(self, columns: Sequence[int]) -> Mask:
        """Return which candidates have more than zero in any of these columns, all of them middle ones."""
        positive = np.zeros(self.head.shape[1], np.bool_)
        places = np.asarray(columns) - len(self.head)
        positive[self.known] = (self.middle[:, places] > 0).any(1)
        return positive

    def scores(self, weights: Floats, out: Floats) -> Floats:
        """Return one score a candidate: a layer of rectified units, and the columns themselves.

        ``weights`` (columns and a bias, units and one for the column itself), ``out`` (units).
        """
        first, last = len(self.head), len(self.head) + self.middle.shape[1]
        # Most columns hold nothing but zeros in a list. What is left, the context as one more column, is
        # multiplied at once, some candidates after the other: where the caches are cold, calls and pages cost
        # more than sums.
        head, middle = np.flatnonzero(self.head.any(1)), np.flatnonzero(self.middle.any(0))
        columns = np.concatenate((head, first + middle))
        filled = np.empty((len(columns) + 1, weights.shape[1]), np.float32)
        filled[:-1] = weights[columns]
        filled[-1] = self.context @ weights[last:-1] + weights[-1]
        rows = np.zeros((self.head.shape[1], len(filled)), np.float32)
        rows[:, : len(head)] = self.head[head].T
        rows[self.known, len(head) : -1] = self.middle[:, middle]
        rows[:, -1] = 1
        result: Floats = np.empty(len(rows), np.float32)
        for begin in range(0, len(rows), _AT_ONCE):
            sums = rows[begin : begin + _AT_ONCE] @ filled
            result[begin : begin + _AT_ONCE] = np.maximum(sums[:, :-1], 0) @ out + sums[:, -1]
        return result


def recency(tokens: float) -> float:
    """Return how recent a use is that stands this many tokens above, from one down to zero."""
    return 1 / (1 + _FADES * log1p(tokens))


class _Values:
    """Numbers of candidates, each of one column, side by side."""

    def __init__(self) -> None:
        self.candidates: list[int] = []
        self.columns: list[int] = []
        self.numbers: list[float] = []

    def put(self, candidates: Sequence[int], column: int, numbers: Iterable[float]) -> None:
        """Note a number of a column for each of some candidates."""
        self.candidates += candidates
        self.columns += [column] * len(candidates)
        self.numbers += numbers


class Known:
    """What is known of some candidates, by column, while it is gathered."""

    def __init__(self, rows: Mapping[str, int], count: int, first: int, last: int) -> None:
        """``rows``: the first of ``count`` candidates with each name.

        ``first`` and ``last``: the middle columns' bounds.
        """
        self.rows = rows
        self._count = count
        self._first, self._last = first, last
        # Logs of many numbers are taken at once; one column's numbers are all of one sort.
        self._plain, self._times, self._tokens = _Values(), _Values(), _Values()
        self._blocks: list[tuple[Ints, int, Floats]] = []

    def put(self, name: str, column: int, value: float) -> None:
        """Note a value of a listed name; the last one of a column stands."""
        self._plain.candidates.append(self.rows[name])
        self._plain.columns.append(column)
        self._plain.numbers.append(value)

    def put_all(self, names: Iterable[str], column: int, values: Iterable[float]) -> None:
        """Note a value for each of some listed names."""
        self._plain.put([*map(self.rows.__getitem__, names)], column, values)

    def put_uses(
        self,
        names: Iterable[str],
        columns: tuple[int, int],
        times: Iterable[int],
        tokens: Iterable[int],
    ) -> None:
        """Note of some listed names how often each was used, and how many tokens above the last time."""
        candidates = [*map(self.rows.__getitem__, names)]
        self._times.put(candidates, columns[0], times)
        self._tokens.put(candidates, columns[1], tokens)

    def put_block(self, candidates: Ints, column: int, values: Floats) -> None:
        """Note values (candidates, columns) of columns side by side from ``column`` on."""
        self._blocks.append((candidates, column, values))

    def gathered(self, same: Ints | None = None) -> tuple[Ints, Floats]:
        """Return the known candidates and their middle columns.

        ``same``: for each candidate the first one that it equals, None where all differ.
        """
        plain, times, tokens = self._plain, self._times, self._tokens
        candidates = np.array(plain.candidates + times.candidates + tokens.candidates, np.int64)
        columns = np.array(plain.columns + times.columns + tokens.columns, np.int64) - self._first
        numbers = np.array(plain.numbers + times.numbers + tokens.numbers, np.float64)
        counted = numbers[len(plain.numbers) :]
        np.log1p(counted, out=counted)
        recent = numbers[len(numbers) - len(tokens.numbers) :]
        recent[:] = 1 / (1 + _FADES * recent)
        # Of each candidate in ``known``, -1 if it is not there.
        place = np.zeros(self._count, np.int64)
        for some in (candidates, *(block[0] for block in self._blocks)):
            place[some] = 1
        known: Ints = np.flatnonzero(place)
        place[:] = -1
        place[known] = np.arange(len(known))
        middle = np.zeros((len(known), self._last - self._first), np.float32)
        for some, column, values in self._blocks:
            left = column - self._first
            middle[place[some], left : left + values.shape[1]] = values
        middle[place[candidates], columns] = numbers
        if same is None:
            return known, middle
        place = place[same]
        repeated: Ints = np.flatnonzero(place >= 0)
        return repeated, middle[place[repeated]]
