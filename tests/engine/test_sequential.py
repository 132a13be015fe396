"""Intervals that may be looked at after every word hold what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sibyl.experiment.sequential import _RATES, boundary, effect, preference


def test_the_boundary_is_the_mixtures() -> None:
    """At the boundary the mixed evidence is exactly as large as may happen with that probability."""
    for spread in (0.0, 0.3, 7.0, 400.0, 1e5):
        (bound,) = boundary(np.array([spread]), 0.025)
        wealth = sum(
            math.exp(rate * bound - (-math.log(1 - rate) - rate) * spread) for rate in _RATES
        )
        assert wealth / len(_RATES) == pytest.approx(1 / 0.025, rel=1e-3)


@pytest.mark.parametrize("mean", [0.05, 0.5, 0.95])
def test_nothing_is_found_where_nothing_is(mean: float) -> None:
    """Looked at after each of 400 words, at most 5 % of experiments without an effect ever find one."""
    rng = np.random.default_rng(2)
    false_alarms = 0
    for _ in range(200):
        course = effect(rng.random(400) < mean, rng.random(400) < 0.5, 1.0)
        false_alarms += bool(((course.low > 0) | (course.high < 0)).any())
        assert not course.sign.any()
    assert false_alarms <= 10


def test_an_effect_is_found_and_held() -> None:
    """An effect of 2 letters in 16 is found within 800 words, and the intervals hold it all the time."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        ours = rng.random(800) < 0.5
        kinds = rng.integers(0, 2, 800)
        letters = rng.binomial(16, np.where(ours, 0.4, 0.275)) + kinds
        course = effect(letters, ours, 16, kinds)
        mean, low, high = course.last
        assert 0 < low < mean < high
        assert mean == pytest.approx(2, abs=0.6)
        assert bool(((course.low <= 2) & (course.high >= 2)).all())


def test_an_effect_that_changes_is_followed() -> None:
    """The mean effect of the words so far is what the interval holds, even if it was another one before."""
    rng = np.random.default_rng(4)
    ours = rng.random(2000) < 0.5
    true = np.where(np.arange(2000) < 1000, 4.0, 0.0)
    course = effect(6 + np.where(ours, true, 0), ours, 16)
    far = np.cumsum(true) / np.arange(1, 2001)
    assert bool(((course.low <= far) & (course.high >= far)).all())
    assert course.last[2] - course.last[1] < 2.5


def test_votes() -> None:
    """Votes for one side are a preference after a while, votes for both are none."""
    assert preference([1, 1, 0, 1] * 30).last[1] > 0
    assert preference([-1, -1, 0, -1] * 30).last[2] < 0
    assert preference([1, -1] * 200).last[1] < 0 < preference([1, -1] * 200).last[2]
