"""When the server's order stands against the weights.

In: the scores of a list, which of its candidates the user's code knows, what is typed.  Out: scores
whose descending order is the one that is shown.

The weights are learnt on places where people went on writing their own code. What a server knows beyond that
(an item is for type checkers only, a better module has the same name) shows in its order alone. So an item
moves up for reasons that are in the user's own code, or where nothing is typed yet and the server's order says
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from sibyl.network.model import Floats

_FEW_LETTERS = 2
"""Letters from which on a list is short enough for the server's order to say something."""
_LONG_NAME = 3
_LOOSE = -1e30
"""Below all scores: the value of what does not begin as typed."""
_EVIDENCE_ENDS = ("_count", "_weight")
_EVIDENCE_STARTS = ("bound_", "unbound", "project_", "parameter", "python")
"""Uses and scopes. That a class or module defines a name is no reason: the server knows that, too."""
Mask = npt.NDArray[np.bool_]


@cache
def evidence_columns(names: tuple[str, ...]) -> list[int]:
    """Return the columns that say what the file, the project or the person have to do with a candidate."""
    return [
        index
        for index, name in enumerate(names)
        if name.endswith(_EVIDENCE_ENDS) or name.startswith(_EVIDENCE_STARTS)
    ]


def has_evidence(rows: Floats, names: tuple[str, ...]) -> Mask:
    """Return which candidates (rows of the columns ``names``) the user's own code has to do with."""
    return np.asarray((rows[:, evidence_columns(names)] > 0).any(1))


def held(scores: Floats, evidence: Mask, letters: int) -> npt.NDArray[np.float64]:
    """Return the scores with those without evidence held below what the server put before them."""
    # Sums of the same numbers may differ in their last bits by where they stand in memory.
    rounded = scores.round(4).astype(np.float64)
    if letters < _FEW_LETTERS:
        return rounded
    return np.where(evidence, rounded, np.minimum.accumulate(rounded))


def guarded(
    scores: Floats,
    evidence: Mask,
    exact: Mask,
    letters: int,
    prefixed: Mask,
    imports: Mask,
    names: Sequence[str],
) -> npt.NDArray[np.float64]:
    """Return the scores (candidates) of a list in the server's order, as they are to be sorted by.

    ``evidence``: the user's own code has to do with it. ``exact``: it is what is typed. ``prefixed``: it
    begins so; what does not comes last, in the server's order, what would add an import behind the others.
    """
    if not prefixed.all():
        values = np.where(imports, 2 * _LOOSE, _LOOSE)
        shown = np.flatnonzero(prefixed)
        if len(shown):
            values[shown] = guarded(
                scores[shown], evidence[shown], exact[shown], letters, prefixed[shown], imports[shown],
                [names[at] for at in shown.tolist()],
            )  # fmt: skip
        return values
    values = held(scores, evidence, letters)
    steps = 1.0 * imports
    if imports.any():
        # Imports that nothing in the user's code asks for stay in the server's order.
        values = np.where(imports & ~evidence, values.min() - 1, values)
        best: dict[str, float] = {}
        asked_for = np.flatnonzero(imports & evidence).tolist()
        for index in asked_for:
            best[names[index]] = max(best.get(names[index], -np.inf), float(values[index]))
        for index in asked_for:
            values[index] = best[names[index]]  # one name of several modules: the server's order
        lifted = imports & exact & (letters >= _LONG_NAME)
        scope = np.flatnonzero(~imports)
        first = scope[0] if len(scope) else len(values)
        # The server itself put the exact name before all that is in scope.
        lifted[first:] = False
        steps[lifted] = -1
    return np.asarray(values - steps * (values.max() - values.min() + 1))
