"""What is measured of an order.

In: for each site, the truth's rank (from 1) or the probabilities.  Out: top-1, top-5, MRR with intervals,
calibration, and what one order gains over another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


def rank_of(scores: npt.ArrayLike, truth: int, allowed: npt.NDArray[np.bool_] | None = None) -> int:
    """Return the truth's place, from 1; candidates with equal scores keep their given order."""
    values = np.asarray(scores)
    better = values > values[truth]
    better[:truth] |= values[:truth] == values[truth]
    if allowed is not None:
        better &= allowed
    return int(better.sum()) + 1


def summary(ranks: Sequence[int]) -> dict[str, float]:
    """Return top-1, top-5 and mean reciprocal rank."""
    if not len(ranks):
        return {"top1": 0.0, "top5": 0.0, "mrr": 0.0}
    array = np.asarray(ranks)
    return {
        "top1": round(float((array == 1).mean()), 4),
        "top5": round(float((array <= 5).mean()), 4),
        "mrr": round(float((1 / array).mean()), 4),
    }


def interval(ranks: Sequence[int], groups: Sequence[str], times: int = 1000) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of top-1, drawing whole repositories."""
    hits = np.asarray(ranks) == 1
    low, high = _Draws(groups, times, seed=0).interval(hits.astype(np.float64))
    return round(low, 4), round(high, 4)


class _Draws:
    """A bootstrap over whole groups, drawn with replacement: lists of one group are alike."""

    def __init__(self, groups: Sequence[str], times: int, seed: int) -> None:
        names, self._group_of = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
        self.groups = len(names)
        self._counts = np.bincount(self._group_of, minlength=self.groups)
        self._drawn = np.random.default_rng(seed).integers(self.groups, size=(times, self.groups))

    def interval(self, values: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Return the 95 % interval of the mean of ``values``, one for each list."""
        sums = np.bincount(self._group_of, values, self.groups)
        means = sums[self._drawn].sum(1) / self._counts[self._drawn].sum(1)
        low, high = np.quantile(means, (0.025, 0.975))
        return float(low), float(high)


def calibration(probability: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> float:
    """Return the expected calibration error: mean distance of confidence from accuracy, by bins."""
    confident, correct = np.asarray(probability), np.asarray(right, np.float64)
    places = np.minimum((confident * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        in_bin = places == place
        if in_bin.any():
            error += in_bin.mean() * abs(confident[in_bin].mean() - correct[in_bin].mean())
    return round(float(error), 4)


def keystrokes(ranks_by_letters: Sequence[Sequence[int]], lengths: Sequence[int]) -> float:
    """Return the share of letters not typed, by a person who looks at five items and takes the truth.

    ``ranks_by_letters[k][site]`` is the truth's rank after k letters; choosing rank r costs r - 1 steps
    down and one key to accept.
    """
    typed = saved = 0
    for site, length in enumerate(lengths):
        costs = [length]
        for letters, ranks in enumerate(ranks_by_letters):
            if letters < length and ranks[site] <= 5:
                costs.append(letters + ranks[site])
        typed += length
        saved += length - min(costs)
    return round(saved / max(typed, 1), 4)


_DRAWS = 4_000
FEWEST = 5
"""Groups below which a bootstrap over groups says nothing."""
_VALUES: dict[str, Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]]] = {
    "top1": lambda ranks: (ranks <= 1).astype(np.float64),
    "top5": lambda ranks: (ranks <= 5).astype(np.float64),
    "mrr": lambda ranks: 1 / ranks,
}


@dataclass(frozen=True)
class Gain:
    """A measure of two orders of the same lists, and the 95 % interval of its difference."""

    first: float
    second: float
    gain: float
    low: float
    high: float
    groups: int

    @property
    def real(self) -> bool:
        """Tell whether chance explains the difference badly: the interval leaves 0 out."""
        return self.groups >= FEWEST and (self.low > 0 or self.high < 0)


def compare(first: Sequence[int], second: Sequence[int], groups: Sequence[str]) -> dict[str, Gain]:
    """Return how much better the second order is than the first: a paired comparison of ranks.

    The interval is a bootstrap's over whole groups, files or repositories: lists of one group are alike. With
    fewer than five groups no difference counts as real.
    """
    if not len(groups):
        return {name: Gain(0.0, 0.0, 0.0, 0.0, 0.0, 0) for name in _VALUES}
    draws = _Draws(groups, _DRAWS, seed=1)
    comparison = {}
    for name, value in _VALUES.items():
        before, after = value(np.asarray(first, np.int64)), value(np.asarray(second, np.int64))
        low, high = draws.interval(after - before)
        numbers = (before.mean(), after.mean(), (after - before).mean(), low, high)
        first_mean, second_mean, gain, low, high = (round(float(number), 4) for number in numbers)
        comparison[name] = Gain(first_mean, second_mean, gain, low, high, draws.groups)
    return comparison
