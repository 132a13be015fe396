"""How mixtures are judged: on repositories that they have not seen, each left out in turn.

In: sites with their features.  Out: scores by mixtures that were learnt on other repositories; their measures,
the temperature that makes their probabilities right, and the probability from which an item is starred.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from sibyl.learn.evaluation.mixture import fit_all, scored
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.metrics import calibration, rank_of, summary
from sibyl.network.model import Floats
from sibyl.ranking.features.member_features import log_share

_STAR = 0.86  # wanted precision of a starred first item

Scored = list[tuple[RecordedList, Floats]]


def left_out(
    sites: list[RecordedList], columns: list[int], options: argparse.Namespace, views: Sequence[str]
) -> dict[str, Scored]:
    """Return, for each view, every site with scores by mixtures that have not seen its repository.

    Those of repositories that the network was trained on are learnt from alone.
    """
    judged = sorted({site.repo for site in sites if not site.read})
    order = np.random.default_rng(options.seed).permutation(judged)
    scores: dict[str, Scored] = {view: [] for view in views}
    schema = sites[0].schema
    for fold in range(min(options.folds, len(order))):
        held = set(order[fold :: options.folds])
        learnt = [site for site in sites if site.repo not in held]
        mixtures = fit_all(learnt, columns, options, views)
        for view, of_view in scores.items():
            of_view += [
                (site, scored(mixtures, site.rows * schema.kept(view)))
                for site in sites
                if site.repo in held
            ]
    return scores


def by_list(scores: Scored) -> dict[str, dict[str, float]]:
    """Return the measures for each kind of list and letters typed, members left out."""
    groups: dict[str, list[int]] = {}
    for site, values in scores:
        if site.listed != "member":
            letters = str(site.letters) if site.letters < 2 else "2 or more"
            groups.setdefault(f"{site.listed} {letters}", []).append(rank_of(values, site.truth))
    return {name: summary(ranks) | {"sites": len(ranks)} for name, ranks in sorted(groups.items())}


def sureness(scores: Scored, heat: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how sure each list's first item is, and whether it is the truth."""
    sure = np.asarray([float(np.exp(log_share(values / heat)).max()) for _, values in scores])
    return sure, np.asarray([rank_of(values, site.truth) == 1 for site, values in scores])


def judged(scores: Scored, heat: float, star: float) -> dict[str, float]:
    """Return the measures at a temperature, and how many first items are starred and right."""
    sure, right = sureness(scores, heat)
    starred = sure >= star
    return summary([rank_of(values, site.truth) for site, values in scores]) | {
        "ece": calibration(sure, right),
        "starred": round(float(starred.mean()), 4),
        "star_precision": round(float(right[starred].mean()), 4) if starred.any() else 0.0,
    }


def temperature(scores: Scored) -> float:
    """Return by what scores are divided to be as sure as they are right."""
    grid = np.arange(0.7, 2.55, 0.05).tolist()
    losses = [
        -np.mean([log_share(values / heat)[site.truth] for site, values in scores]) for heat in grid
    ]
    return round(grid[int(np.argmin(losses))], 2)


def threshold(confidence: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return the least confidence from which on the first item is right often enough to be starred."""
    for star in np.arange(0.15, 0.95, 0.01):
        sure = confidence >= star
        if sure.sum() >= 20 and right[sure].mean() >= _STAR:
            return round(float(star), 2), round(float(right[sure].mean()), 4)
    return 0.95, 0.0
