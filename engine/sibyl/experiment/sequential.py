"""Means that may be looked at after every word: intervals that hold at all times together.

In: outcomes of words in the order they were written, each with its arm, which a fair coin chose.
Out: the mean effect after each word, with a confidence sequence: with probability 1 - alpha its intervals hold
the true mean effect of the words so far after the first word, the second, and every later one.

The effect of a word is estimated by its outcome's distance from what was to be expected before the coin fell,
times 2 in our arm and times -2 in the server's: by the coin alone its expectation is the effect, for any words.
The sequence is the empirical Bernstein bound of Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform,
nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2), 2021 (theorem 4, with a discrete
mixture as boundary). It assumes bounded outcomes and a fair coin, and nothing else: no large numbers, no
independent words, no effect that stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The mixture: rates at which evidence is weighed, as shares of the largest that is allowed. The first suits a
# handful of words, the last a hundred thousand.
_RATES = 0.9 * 1.5 ** -np.arange(10.0)
_PSI = -np.log1p(-_RATES) - _RATES
_STEPS = 4
_GUESS = 0.25  # an effect is guessed from earlier words within so much
ALPHA = 0.05
DOUBT = 0.01
"""What a difference is called one by: several measures are looked at, and none should be found by chance."""


@dataclass(frozen=True)
class Course:
    """A mean as it went on: after each word its value, its interval (95 %), and whether it is beyond doubt."""

    mean: Floats
    low: Floats
    high: Floats
    sign: NDArray[np.int_]  # 1 or -1 where a wider interval, of ``DOUBT``, leaves no other, else 0

    @property
    def last(self) -> tuple[float, float, float]:
        """The mean and its interval after the last word."""
        return float(self.mean[-1]), float(self.low[-1]), float(self.high[-1])


def effect(outcomes: Any, ours: Any, most: float, groups: Any = None) -> Course:
    """Follow the effect of our arm on outcomes from 0 to ``most`` (more counts as that).

    ``ours``: for each word whether our arm was drawn.  ``groups``: for each word a small number known before
    the coin fell; what is expected of a word is the mean of earlier ones of its group.
    """
    values = np.clip(np.asarray(outcomes, float), 0, most) / most
    expected = np.clip(_expected(values, groups), 0.35, 0.65)
    effects = np.where(np.asarray(ours, bool), 2.0, -2.0) * (values - expected)  # within ±1.3
    return _course(effects, most, 1.3 + _GUESS)


def preference(votes: Any) -> Course:
    """Follow the mean of votes from -1 (for the server's order) to 1 (for ours)."""
    return _course(np.asarray(votes, float), 1.0, 1.0 + _GUESS)


def _expected(values: Floats, groups: Any) -> Floats:
    """Return for each value the mean of the earlier ones of its group, and of a half."""
    group = np.zeros(len(values), int) if groups is None else np.asarray(groups, int)
    expected = np.empty_like(values)
    for number in np.unique(group):
        of_group = values[group == number]
        expected[group == number] = (0.5 + np.cumsum(of_group) - of_group) / np.arange(
            1, len(of_group) + 1
        )
    return expected


def _course(values: Floats, unit: float, scale: float) -> Course:
    """Follow a mean; a value lies no farther than ``scale`` from any number within ±``_GUESS``."""
    count = np.arange(1, len(values) + 1)
    before = np.cumsum(values) - values
    guess = np.clip(before / count, -_GUESS, _GUESS)
    spread = np.cumsum(((values - guess) / scale) ** 2)
    mean = np.cumsum(values) / count
    radius, wide = (scale * boundary(spread, alpha / 2) / count for alpha in (ALPHA, DOUBT))
    sign = np.sign(mean).astype(int) * (np.abs(mean) > wide)
    return Course(unit * mean, unit * (mean - radius), unit * (mean + radius), sign)


def boundary(spread: Floats, alpha: float) -> Floats:
    """Return what a sum of such spread (of squares) exceeds at any time with probability ``alpha`` at most."""
    wanted = np.log(len(_RATES) / alpha)
    losses = _PSI[:, None] * spread
    sums = np.min((wanted + losses) / _RATES[:, None], axis=0)  # enough by one rate alone
    for _ in range(_STEPS):  # Newton's steps come from above: whatever is left is on the safe side
        logs = _RATES[:, None] * sums - losses
        top = logs.max(axis=0)
        shares = np.exp(logs - top)
        total = shares.sum(axis=0)
        sums = sums - (top + np.log(total) - wanted) / ((_RATES @ shares) / total)
    return sums
