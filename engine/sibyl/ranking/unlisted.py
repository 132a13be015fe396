"""Names that the user's own code speaks for and that a server's list lacks.

In: a place, the file's usage, what is remembered; later the server's list with its scores.
Out: the names worth showing among the items, each with its place in the order.

Servers often know a receiver in part: attributes set elsewhere, a base class or a module that is not installed,
a type that was narrowed wrongly. Of functions that take ``**kwargs`` they know no keyword argument. The user's
own code then knows more. Most lists lack none of its names, so these are looked at closely only where one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from heapq import nlargest
from math import log1p
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sibyl.context.groups import WORD_GROUPS
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.context.words import CONTEXTS
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features.feature_table import FeatureTable
from sibyl.ranking.features.member_columns import NETWORK
from sibyl.ranking.features.member_features import network_columns
from sibyl.ranking.features.word_head import server
from sibyl.ranking.lists.labels import is_dunder
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.mix import Mix

MOST = 24
"""Names that are considered, those used most lately or most often first."""
SHOWN = 6
LEAST = 0.05
"""What a name must be worth, as a probability among the items, to be shown (bench/LOG.md); one that this file
has used on this receiver, or with this function, is shown whatever it is worth."""
_LESS = 2.3
"""How much less likely a name is that the server lacks, as a log (bench/LOG.md)."""
_OVERRIDDEN = 6.0
"""How much likelier what a method overrides is than all else asked of its base, where the server knows nothing
of that one (bench/LOG.md)."""
_CALLEE, _POSITION, _VALUE = (CONTEXTS.index(name) for name in ("callee", "position", "value"))
_CALLEE_ELSEWHERE = WORD_GROUPS.index("callee")
_OF_LIST = (*NETWORK, "place", "place_share", "list")
_OF_WORDS = (
    *NETWORK,
    *("case", "prefix", "letters", "list", "tiers", "arguments"),
    *("place", "place_share", "first", "tier", "tier_place", "tier_last"),
)
"""The columns that depend on the list: of members, of words."""

Scores = npt.NDArray[np.float64]


class Unlisted(NamedTuple):
    """A name beside a server's list."""

    at: int  # how many items of the ranking stand before it
    name: str
    probability: float


def spoken_for(place: Place, usage: Usage, remembered: Remembered) -> dict[str, bool]:
    """Return what a method overrides, names of the receiver's class, those used on its like, here or elsewhere.

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
    names = dict.fromkeys([place.overridden] if place.overridden else [])
    names |= dict.fromkeys(name for source in sources for name in source if not is_dunder(name))
    return {name: name in spelled and name in origin for name in list(names)[:MOST]}


def arguments_for(place: Place, usage: Usage, remembered: Remembered) -> dict[str, bool]:
    """Return keyword arguments, with ``=``, that calls of this function were given, here or in other files.

    With each: whether one in this file was, that stood as this one would. None where no argument begins.
    """
    if place.word.where != "argument" or place.newest_token not in ("(", ","):
        return {}
    like = place.like(usage.words)
    here = like[_CALLEE]  # the latest first; of all functions of that name
    names = dict.fromkeys([*here, *remembered.words[_CALLEE_ELSEWHERE].most(2 * MOST)])
    given = {name + "=" for name in place.given}
    arguments = [name for name in names if name[-1:] == "=" and name not in given]
    return {name: name in like[_POSITION] or name in like[_VALUE] for name in arguments[:MOST]}


class Spoken:
    """The names that something speaks for at one place; looked at closely once a list lacks any of them."""

    def __init__(
        self,
        names: Mapping[str, bool],
        features: Callable[[], tuple[FeatureTable, Floats]],
        mix: Mix,
        place: Place,
    ) -> None:
        """``names``: see ``spoken_for`` and ``arguments_for``.

        ``features``: makes those of all names as if they alone were listed, and the network's logits of them.
        """
        self._names, self._here = list(names), list(names.values())
        self._lower = [name.lower() for name in names]
        self._features, self._mix, self._member = features, mix, place.member
        self._overridden = place.overridden
        self._columns = [
            mix.names.index(name) for name in (_OF_LIST if place.member else _OF_WORDS)
        ]

    @cached_property
    def _known(self) -> tuple[Floats, Floats]:
        """What the list does not change: sums (names, units and one) and logits (names)."""
        table, logits = self._features()
        rows = table.whole()
        rows[:, self._columns] = 0
        return self._mix.sums(rows), logits

    def beside(
        self, listed: WordList, logits: Floats, scores: Floats, final: Scores
    ) -> list[Unlisted]:
        """Return those worth showing beside a list, the likeliest first.

        ``logits`` (candidates): of the list. ``scores``: of what begins as typed. ``final``: what the list is
        ordered by, descending; what is not in it stands behind.
        """
        typed = listed.typed
        places = listed.listing.places if self._member else listed.listing.key_places
        lacking = [at for at, name in enumerate(self._names) if name not in places]
        if typed:
            begun = typed.lower()
            lacking = [
                at
                for at in lacking
                if self._lower[at].startswith(begun) and self._names[at] != typed
            ]
        if not lacking:
            return []
        own = self._scored(listed, logits, lacking)
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

    def _scored(self, listed: WordList, logits: Floats, lacking: list[int]) -> Floats:
        """Return the scores of some of the names: members as if behind the list, arguments as if before it."""
        count, more = len(listed), len(lacking)
        known_sums, known_logits = self._known
        together = np.concatenate((logits, known_logits[lacking]))
        network = np.empty((2, len(together)), np.float32)
        network_columns(together, network)
        if self._member:
            facts = [log1p(count), 1, log1p(count + more)]
        else:
            letters, (_, tiers) = len(listed.typed), listed.listing.once(server)
            arguments = int(listed.arguments.sum()) + more
            facts = [
                letters > 0,
                letters > 0,
                *map(log1p, (letters, count + more, tiers, arguments)),
            ]
        weights = self._mix.weights[self._columns]
        rows = np.zeros((more, len(weights)), np.float32)
        rows[:, :2] = network[:, count:].T
        rows[:, 2 : 2 + len(facts)] = facts
        scores: Floats = self._mix.scored(known_sums[lacking] + rows @ weights) - _LESS
        if self._overridden and all(map(is_dunder, listed.names)):
            own = np.array([self._names[at] == self._overridden for at in lacking])
            scores += own * np.float32(_LESS + _OVERRIDDEN)
        return scores
