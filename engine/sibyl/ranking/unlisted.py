"""Names that were used on a receiver and that its server's list lacks.

In: a place, the file's usage, what is remembered; later the server's list with its scores.
Out: the names worth showing among the items, each with its place in the order.

Servers often know a receiver in part: attributes set elsewhere, a base class or a module that is not installed,
a type that was narrowed wrongly. The user's own code then knows more. All that does not depend on the list is
worked out before it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nlargest
from math import log1p
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.feature_table import FeatureTable
from sibyl.ranking.features import network_columns
from sibyl.ranking.labels import is_dunder
from sibyl.ranking.member_columns import COLUMNS, NETWORK
from sibyl.ranking.mix import Mix
from sibyl.ranking.word_list import WordList

MOST = 24
"""Names that are considered, those used most lately or most often first."""
SHOWN = 6
LEAST = 0.05
"""What a name must be worth, as a probability among the items, to be shown (bench/LOG.md); one that this file
has used on this receiver is shown whatever it is worth."""
_LESS = 2.3
"""How much less likely a name is that the server lacks, as a log (bench/LOG.md)."""

Scores = npt.NDArray[np.float64]


class Unlisted(NamedTuple):
    """A name beside a server's list."""

    at: int  # how many items of the ranking stand before it
    name: str
    probability: float


def spoken_for(place: Place, usage: Usage, remembered: Remembered) -> dict[str, bool]:
    """Return names of the receiver's class and those used on it or its like, here or in other files.

    With each: whether this file has used it on what is spelled so and comes from there.
    """
    spelled, origin = (usage.group(*group) for group in place.groups[:2])
    here: dict[str, int] = {}
    for group in (spelled, origin):
        for name, tokens in group.items():
            here[name] = max(here.get(name, 0), tokens[-1])
    latest = nlargest(MOST, here, key=here.__getitem__)
    often = [used.most(MOST) for used in remembered.project[:2]]
    sources: list[Iterable[str]] = [latest, *often, remembered.members, place.attributes]
    names = dict.fromkeys(name for source in sources for name in source if not is_dunder(name))
    return {name: name in spelled and name in origin for name in list(names)[:MOST]}


_OF_LIST = [COLUMNS[name] for name in (*NETWORK, "place", "place_share", "list")]
"""The columns that depend on the list."""


class Spoken:
    """The names that something speaks for at one place, with all that the list does not change."""

    def __init__(
        self, names: Mapping[str, bool], table: FeatureTable, logits: Floats, mix: Mix
    ) -> None:
        """``names``: see ``spoken_for``.

        ``table``: features (names) as if they alone were listed; ``logits`` (names) of the network.
        """
        self._names, self._here = list(names), list(names.values())
        self._lower = [name.lower() for name in names]
        self._logits, self._mix = logits, mix
        rows = table.whole()
        rows[:, _OF_LIST] = 0
        self._sums = mix.sums(rows)  # (names, units and one)
        self._weights = mix.weights[_OF_LIST]

    def beside(
        self, listed: WordList, logits: Floats, scores: Floats, final: Scores
    ) -> list[Unlisted]:
        """Return those worth showing beside a list, in order.

        ``logits`` and ``scores`` (candidates): of the list. ``final``: what it is ordered by, descending.
        """
        typed, places = listed.typed, listed.listing.places
        lacking = [at for at, name in enumerate(self._names) if name not in places]
        if typed:
            begun = typed.lower()
            lacking = [
                at
                for at in lacking
                if self._lower[at].startswith(begun) and self._names[at] != typed
            ]
            scores = scores[listed.prefixed]
        if not lacking:
            return []
        own = self._scored(logits, lacking)
        most = max(float(scores.max(initial=-np.inf)), float(own.max()))
        share = np.exp(own - most)
        share /= share.sum() + np.exp(scores - most).sum()
        best = [
            at
            for at in np.argsort(-own, kind="stable").tolist()
            if share[at] >= LEAST or self._here[lacking[at]]
        ]
        return [
            Unlisted(
                int(np.count_nonzero(final >= own[at])),
                self._names[lacking[at]],
                round(float(share[at]), 4),
            )
            for at in best[:SHOWN]
        ]

    def _scored(self, logits: Floats, lacking: list[int]) -> Floats:
        """Return the scores of some of the names, as if they stood behind the list."""
        count = len(logits)
        together = np.concatenate((logits, self._logits[lacking]))
        of_list = np.empty((len(_OF_LIST), len(together)), np.float32)
        network_columns(together, of_list)
        of_list[2:] = np.array([log1p(count), 1, log1p(count + len(lacking))])[:, None]
        sums = self._sums[lacking] + of_list[:, count:].T @ self._weights
        scores: Floats = self._mix.scored(sums) - _LESS
        return scores
