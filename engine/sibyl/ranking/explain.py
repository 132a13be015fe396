"""Why an item stands where it stands, in a few words.

In: the features of a ranked list and the mixture.  Out: for each of the first items, what moved it most.

What a group of features is worth to an item is the difference its score would have if the group said the same
of all items: the group's columns are replaced by their means over the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sibyl.context.place import Place
from sibyl.network.model import Floats
from sibyl.ranking.mix import Mix
from sibyl.ranking.ranker import Ranking

_KIND = (
    "private",
    "dunder",
    "upper",
    "title",
    "length",
    "callable",
    "field",
    "type",
    "module",
    "python",
)
_WORDS = ("target_same", "keyword_same", "string_same", "in_braces", "receiver_pieces")
_SERVER = (
    "place",
    "place_share",
    "first",
    "tier",
    "tier_place",
    "tier_last",
    "deprecated",
    "adds_import",
)
_TYPED = ("exact", "case")
_SCOPE = ("parameter", "bound_late", "unused")


def _group(name: str) -> str:
    """Return the group of a column, as a person reads it; '' for what is the same for all items."""
    if name in _KIND or name.startswith("kind_"):
        return "kind and shape"
    if name in _WORDS or name.endswith("_pieces"):
        return "words around"
    if name in _SERVER:
        return "server's order"
    if name in _SCOPE or name.startswith("bound_"):
        return "its scope"
    if name in _TYPED:
        return "what is typed"
    if name in ("argument", "given"):
        return "keyword arguments"
    for start, group in _STARTS.items():
        if name.startswith(start):
            return group
    return "used in this file" if name.endswith(("_count", "_recency", "just_used")) else ""


_STARTS = {
    "network": "network", "defined_": "its class", "class_": "its class", "module_": "its class",
    "project_": "other files", "person_": "accepted before", "sorted_": "order of imports",
    "unbound": "used below", "imported_already": "imported already",
    "signature_": "order of parameters", "reserved": "kind and shape",
}  # fmt: skip


def groups_of(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the columns of each group."""
    by_group: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if _group(name):
            by_group.setdefault(_group(name), []).append(index)
    return by_group


_WORTH = 0.1  # smaller differences are not told


def reasons(
    mix: Mix, rows: Floats, order: Sequence[int], most: int = 15
) -> list[list[tuple[str, float]]]:
    """Return, for each of the first items, the groups with what they are worth to it, largest first."""
    scores = mix.scores(rows)
    top = np.asarray(order[:most])
    worth: dict[str, Floats] = {}
    for group, columns in groups_of(mix.names).items():
        level = rows.copy()
        level[:, columns] = rows[:, columns].mean(0)
        without = mix.scores(level)
        worth[group] = (scores - scores.mean())[top] - (without - without.mean())[top]
    ranked = []
    for index in range(len(top)):
        shares = [(group, round(float(values[index]), 2)) for group, values in worth.items()]
        worthwhile = [share for share in shares if abs(share[1]) >= _WORTH]
        ranked.append(sorted(worthwhile, key=lambda share: -abs(share[1])))
    return ranked


def explained(names: Sequence[str], ranking: Ranking) -> list[tuple[str, list[tuple[str, float]]]]:
    """Return the first items of a ranked list, with what moved each most; none where no mixture decided."""
    if ranking.rows is None or ranking.mix is None:
        return []
    why = reasons(ranking.mix, ranking.rows.whole(), ranking.ranked)
    return [
        (names[index], reasons_of) for index, reasons_of in zip(ranking.order, why, strict=False)
    ]


def told(names: Sequence[str], ranking: Ranking, place: Place) -> dict[str, Any]:
    """Return a ranked list as a page shows it.

    ``items``: see ``explained``. ``names``, ``before`` and ``probability``: every item, best first, the
    server's places counted from 1. ``receiver``: what stands before the dot, where that comes from and which
    class it is, as far as the text above tells; all '' for a list that is not of members.
    """
    return {
        "items": explained(names, ranking),
        "names": [names[index] for index in ranking.order],
        "before": [index + 1 for index in ranking.order],
        "probability": [round(share, 4) for share in ranking.probability],
        "receiver": {"spelled": place.spelled, "origin": place.origin, "class": place.cls},
    }
