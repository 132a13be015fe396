"""What the orders of lists of members are worth.

In: sites, and a score for each of their candidates by each order.  Out: top-1, top-5 and MRR of each order,
slices, calibration, letters not typed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sibyl.learn.evaluation.baselines import Counts
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.schema import MEMBERS
from sibyl.learn.evaluation.tables import LETTERS
from sibyl.learn.metrics import calibration, interval, keystrokes, rank_of, summary
from sibyl.network.model import Floats
from sibyl.ranking.features.member_columns import COLUMNS
from sibyl.ranking.features.member_features import log_share
from sibyl.ranking.mix import Mix

Scores = dict[str, list[Floats]]


def baselines(sites: list[RecordedList], counts: Path) -> Scores:
    """Return the orders that need no network."""
    scores: Scores = {"server": [-np.arange(len(site.names), dtype=np.float32) for site in sites]}
    scores["alphabetical"] = [
        -np.argsort(np.argsort(np.asarray(site.names), kind="stable")).astype(np.float32)
        for site in sites
    ]
    known = Counts.load(counts)
    ordered = [known.orders(site) for site in sites]
    for name in ordered[0]:
        scores[name] = [order[name] for order in ordered]
    return scores


def remembered(sites: list[RecordedList], plain: Mix, mix: Mix, memories: Sequence[str]) -> Scores:
    """Return the order for each amount of memory, from nothing to all that was asked for."""
    scores: Scores = {}
    for memory in memories:
        factor, weights = MEMBERS.kept(memory), plain if memory == "none" else mix
        scores[memory] = [weights.scores(site.rows * factor) for site in sites]
    return scores


def gains(sites: list[RecordedList], by_memory: Scores) -> dict[str, dict[str, dict[str, float]]]:
    """Return, for each amount of memory, the measures by receiver and by how many other files are known."""
    measures = {}
    for memory, scores in by_memory.items():
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for site, values in zip(sites, scores, strict=True):
            rank = rank_of(values, site.truth)
            known = "0-50" if site.files <= 50 else "51-200" if site.files <= 200 else "201-"
            for group in ("all", f"receiver {site.kind}", f"project of {known} other files"):
                groups[group].append(rank)
        measures[memory] = {
            name: summary(ranks) | {"sites": len(ranks)} for name, ranks in sorted(groups.items())
        }
    return measures


def measure(sites: list[RecordedList], scores: Scores, star: float) -> dict:
    """Return all numbers: each order's, the slices of ``int8`` and ``full``, stars, calibration, letters."""
    repos = [site.repo for site in sites]
    ranks = {
        name: [rank_of(values, site.truth) for values, site in zip(by_site, sites, strict=True)]
        for name, by_site in scores.items()
    }
    orders = {
        name: summary(by_site) | {"top1_interval": interval(by_site, repos)}
        for name, by_site in ranks.items()
    }
    sure, _ = confidence(sites, scores["full"])
    return {
        "sites": len(sites),
        "repositories": len(set(repos)),
        "orders": orders,
        "slices": {
            name: slices(sites, ranks[name]) for name in ("server", "counts", "int8", "full")
        },
        "full": _probability(sure, ranks["full"], star),
        "letters": letters(sites, {name: scores[name] for name in ("server", "full")}),
    }


def confidence(sites: list[RecordedList], scores: list[Floats]) -> tuple[list[float], list[bool]]:
    """Return how sure an order is of each list's first item, and whether that is the truth."""
    sure = [float(np.exp(log_share(values)).max()) for values in scores]
    return sure, [
        rank_of(values, site.truth) == 1 for values, site in zip(scores, sites, strict=True)
    ]


def _probability(sure: list[float], ranks: list[int], star: float) -> dict[str, object]:
    """Return calibration, and how precise the first item is above each confidence."""
    confident, right = np.asarray(sure), np.asarray(ranks) == 1

    def at_least(least: float) -> dict[str, float]:
        chosen = confident >= least
        return {
            "share": round(float(chosen.mean()), 4),
            "precision": round(float(right[chosen].mean()), 4) if chosen.any() else 0.0,
        }

    above = {f"{least:.1f}": at_least(least) for least in np.arange(0.3, 0.95, 0.1)}
    return {"ece": calibration(confident, right), "above": above, "stars": at_least(star)}


def slices(sites: list[RecordedList], ranks: list[int]) -> dict[str, dict[str, float]]:
    """Return the measures by receiver, by length of list, by repository and by library."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for site, rank in zip(sites, ranks, strict=True):
        length = len(site.names)
        size = "1-20" if length <= 20 else "21-100" if length <= 100 else "101-"
        groups[f"receiver {site.kind}"].append(rank)
        groups[f"list {size}"].append(rank)
        groups[f"repository {site.repo}"].append(rank)
        library = site.origin.lstrip("@").split(".")[0].split("(")[0]
        if site.kind == "known" and library:
            groups[f"library {library}"].append(rank)
        private = (
            site.rows[site.truth, COLUMNS["private"]] or site.rows[site.truth, COLUMNS["dunder"]]
        )
        groups[f"truth {'private' if private else 'public'}"].append(rank)
    return {
        name: summary(members) | {"sites": len(members)}
        for name, members in sorted(groups.items())
        if len(members) >= 15 or not name.startswith("library")
    }


def letters(sites: list[RecordedList], scores: Scores) -> dict[str, object]:
    """Return the measures after 0 to 3 letters, and the share of letters not typed."""
    measures: dict[str, object] = {}
    for name, by_site in scores.items():
        ranks = []
        for count in range(LETTERS):
            allowed = [site.prefixed(count) for site in sites]
            ranks.append(
                [rank_of(v, s.truth, a) for v, s, a in zip(by_site, sites, allowed, strict=True)]
            )
        measures[name] = {str(count): summary(ranks[count]) for count in range(LETTERS)}
        measures[name]["keystrokes_saved"] = keystrokes(ranks, [len(site.member) for site in sites])  # type: ignore[index]
    return measures
