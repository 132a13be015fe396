"""Candidates to an order, with probabilities and stars.

In: candidates in the server's order, the vector predicted for the next name, the place, the file's usage.
Out: a ``Ranking``: every candidate exactly once, best first.

A small network over the features decides (learned listwise on training repositories, weights in the model's
sidecar): one set of weights for members, one for all other words. What would add an import stays below what is
in scope. Where a model has no weights for a list, the server's order stands; equal scores keep it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sibyl.code.tokens import KEYWORD_ARGUMENT
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.context.words import IN_IMPORTS
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats, Model
from sibyl.ranking.features.feature_table import FeatureTable
from sibyl.ranking.features.member_columns import UNLEARNT
from sibyl.ranking.features.member_features import features, log_share
from sibyl.ranking.features.word_columns import COLUMNS as WORD_COLUMNS
from sibyl.ranking.features.word_columns import NAMES as WORD_NAMES
from sibyl.ranking.features.word_columns import UNLEARNT as WORD_UNLEARNT
from sibyl.ranking.features.word_columns import WORD_FEATURES_VERSION
from sibyl.ranking.features.word_features import word_features
from sibyl.ranking.guard import evidence_columns, guarded, held
from sibyl.ranking.lists.label_vectors import LabelVectors
from sibyl.ranking.lists.labels import bare, is_dunder
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.mix import Mix
from sibyl.ranking.unlisted import Spoken, Unlisted, arguments_for, spoken_for

MOST_STARS = 5


@dataclass(frozen=True)
class Ranking:
    """An order of candidates: positions in the given list, best first, and what each is worth."""

    order: list[int]
    probability: list[float]  # of the candidate at the same place of ``order``
    stars: int  # how many from the front are starred
    # Features of the candidates, where the mixture decided.
    rows: FeatureTable | None = field(default=None, compare=False, repr=False)
    mix: Mix | None = field(default=None, compare=False, repr=False)
    # Rows of the first candidates of ``order``; what does not begin as typed may have none.
    ranked: list[int] = field(default_factory=list, compare=False, repr=False)
    unlisted: Sequence[Unlisted] = ()  # names beside the list, the likeliest first


def as_given(count: int) -> Ranking:
    """Return the server's order of ``count`` candidates, at least one; nothing in it is starred."""
    return Ranking(list(range(count)), [1 / count] * count, 0)


_PARAMETER = 6
"""The protocol's kind of variables, which servers give keyword arguments."""
_SURE_AT_ONCE = 0.63
"""Probability from which on a word wears a star before a letter is typed: likelier ones are right as often
as is promised (bench/LOG.md)."""


class Ranker:
    """Ranks candidates with one model; ``mixed=False`` leaves its mixing weights alone."""

    def __init__(self, model: Model, mixed: bool = True) -> None:
        self.model = model
        self._vectors = LabelVectors(model)
        members, words = (model.meta.get(name) if mixed else None for name in ("mix", "mix_words"))
        self.mix = Mix(members, unlearnt=UNLEARNT) if members else None
        self.mix_words = (
            Mix(words, WORD_NAMES, WORD_FEATURES_VERSION, WORD_UNLEARNT) if words else None
        )

    def logits(self, listed: WordList, predicted: Floats) -> Floats:
        """Return the network's logits of the candidates."""
        return self._vectors.of(*listed.rows) @ predicted

    def word_logits(self, listed: WordList, predicted: Floats) -> Floats:
        """Return the network's logits of words: a keyword argument is told from a name like it."""
        logits = self.logits(listed, predicted)
        if listed.arguments.any():
            marks = listed.arguments.astype(np.float32)
            logits += marks * (self.model.vectors([KEYWORD_ARGUMENT]) @ predicted)
        return logits

    def rows(
        self,
        listed: WordList,
        predicted: Floats,
        place: Place,
        usage: Usage,
        remembered: Remembered,
        in_part: bool = False,
    ) -> tuple[FeatureTable, Floats]:
        """Return the features of a list's candidates, or of the words shown (``in_part``), and all logits."""
        if place.member:
            logits = self.logits(listed, predicted)
            return features(listed, logits, place, usage, remembered), logits
        logits = self.word_logits(listed, predicted)
        return word_features(listed, logits, place, usage, remembered, in_part), logits

    def spoken(
        self, predicted: Floats, place: Place, usage: Usage, remembered: Remembered
    ) -> Spoken | None:
        """Return the names that something speaks for at a place, whatever a server lists."""
        mix = self.mix if place.member else self.mix_words
        names = (spoken_for if place.member else arguments_for)(place, usage, remembered)
        if not names or mix is None:
            return None

        def features_alone() -> tuple[FeatureTable, Floats]:
            kinds = [0 if place.member else _PARAMETER] * len(names)
            listed = WordList.named([*names], [bare(name) for name in names], kinds)
            return self.rows(listed, predicted, place, usage, remembered)

        return Spoken(names, features_alone, mix, place)

    def rank(
        self,
        listed: WordList,
        predicted: Floats,
        place: Place,
        usage: Usage,
        remembered: Remembered,
        spoken: Spoken | None = None,
    ) -> Ranking:
        """Order the candidates; at least one must be given. ``spoken``: names that may stand beside them."""
        mix = self.mix if place.member else self.mix_words
        if mix is None:
            return as_given(len(listed))
        # Imports stand in an order that all of their list makes; members are filtered by letters typed later.
        whole = place.member or place.word.where in IN_IMPORTS
        shown = None if whole else listed.shown
        in_part = shown is not None
        rows, logits = self.rows(listed, predicted, place, usage, remembered, in_part)
        of_rows = listed.part if in_part else listed
        scores = mix.scores(rows)
        evidence = rows.any(evidence_columns(mix.names))
        letters = len(listed.typed)
        if place.member:
            final = held(scores, evidence, letters)
            if (echo := listed.echo) is not None and not evidence[echo]:
                final[echo] = final.min() - 1
        else:
            exact = rows.head[WORD_COLUMNS["exact"]] > 0
            final = guarded(
                scores, evidence, exact, letters, of_rows.prefixed, of_rows.imports, of_rows.names
            )
        beside: Sequence[Unlisted] = ()
        if spoken is not None:
            begun = scores[of_rows.prefixed] if listed.typed else scores
            beside = spoken.beside(listed, logits, begun, final)
        order = np.argsort(-final, kind="stable")
        left = np.float32(1 - sum(name.probability for name in beside))
        probability = np.exp(log_share(scores))[order] * left
        at_once = not (place.member or listed.typed)
        stars = _stars(probability, max(mix.star, _SURE_AT_ONCE) if at_once else mix.star)
        # A dunder is meant only where one has been begun, and an import that the project never makes is none.
        hidden = [
            (listed.typed[:1] != "_" and is_dunder(of_rows.names[at]))
            or (of_rows.imports[at] and not evidence[at])
            for at in order[:stars]
        ]
        stars = hidden.index(True) if True in hidden else stars
        ranked = order.tolist()
        if shown is None:
            return Ranking(ranked, probability.tolist(), stars, rows, mix, ranked, beside)
        others = listed.others()
        likely = [*probability.tolist(), *[0.0] * len(others)]
        return Ranking([*shown[order].tolist(), *others], likely, stars, rows, mix, ranked, beside)

    def likely(
        self,
        listed: WordList,
        predicted: Floats,
        place: Place,
        usage: Usage,
        remembered: Remembered,
        support: Floats,
    ) -> list[tuple[int, float]]:
        """Return candidates that no server has listed, the likeliest first, each with its probability.

        ``support``: what speaks for each of them beside all that speaks for items of a server's list, as a log.
        """
        mix = self.mix if place.member else self.mix_words
        if mix is None:
            return []
        rows, _ = self.rows(listed, predicted, place, usage, remembered)
        share = np.exp(log_share(mix.scores(rows) + support))
        order = np.argsort(-share, kind="stable")
        return list(zip(order.tolist(), share[order].tolist(), strict=True))


def _stars(probability: Floats, sure: float) -> int:
    """Return how many are worth a star: the first if it is likely, others if nearly as likely."""
    if probability[0] < sure:
        return 0
    worth = probability[:MOST_STARS] >= max(0.1, 0.2 * float(probability[0]))
    return int(np.argmin(worth)) if not worth.all() else len(worth)
