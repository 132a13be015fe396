"""Step 8c: why an item stands where it stands, in a few words.

In: the features of a ranked list and the mixture.  Out: for each of the first items, what moved it most.
Called by: session, for ``:Sibyl explain``.

What a group of features is worth to an item is the difference its score would have if the group said the same
of all items: the group's columns are replaced by their means over the list.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sibyl.features import NAMES
from sibyl.model import Floats
from sibyl.rank import Mix

_KIND = ("private", "dunder", "upper", "callable", "field", "type", "module")
_WORDS = ("target_same", "target_pieces", "function_pieces", "near_pieces", "receiver_pieces")


def _group(name: str) -> str:
    """Return the group of a column, as a person reads it; '' for what is the same for all items."""
    if name in _KIND:
        return "kind and shape"
    if name in _WORDS:
        return "words around"
    if name.startswith(("network", "place")):
        return "network" if name[0] == "n" else "server's order"
    if name.startswith(("defined_", "class_", "module_")):
        return "its class"
    if name.startswith("project_"):
        return "other files"
    if name.startswith("person_"):
        return "accepted before"
    return "used in this file" if name.endswith(("_count", "_recency", "just_used")) else ""


GROUPS: dict[str, list[int]] = {}
"""The columns of each group."""
for _index, _name in enumerate(NAMES):
    if _group(_name):
        GROUPS.setdefault(_group(_name), []).append(_index)
_WORTH = 0.1  # smaller differences are not told


def reasons(
    mix: Mix, rows: Floats, order: Sequence[int], most: int = 15
) -> list[list[tuple[str, float]]]:
    """Return, for each of the first items, the groups with what they are worth to it, largest first."""
    scores = mix.scores(rows)
    top = np.asarray(order[:most])
    worth: dict[str, Floats] = {}
    for group, columns in GROUPS.items():
        level = rows.copy()
        level[:, columns] = rows[:, columns].mean(0)
        without = mix.scores(level)
        worth[group] = (scores - scores.mean())[top] - (without - without.mean())[top]
    made = []
    for index in range(len(top)):
        told = [(group, round(float(values[index]), 2)) for group, values in worth.items()]
        kept = [one for one in told if abs(one[1]) >= _WORTH]
        made.append(sorted(kept, key=lambda one: -abs(one[1])))
    return made
