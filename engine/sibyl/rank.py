"""Step 8b of 9: candidates to an order, with probabilities and stars.

In: candidates in the server's order, the vector predicted for the next name, the place, the file's usage.
Out: a ``Ranking``: every candidate exactly once, best first.  Called by: session.

For members, a small network over the features decides (learned listwise on training repositories, weights
in the model's sidecar). For other names the language model alone does, and what would add an import
stays below what is in scope. Equal scores keep the server's order.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sibyl.errors import ModelError
from sibyl.features import COLUMNS, FEATURES_VERSION, NAMES, features, log_share
from sibyl.memory.project import Remembered
from sibyl.model import Floats, Model
from sibyl.usage import Place, Usage

IMPORTS = 64
"""Added to the kind of a candidate whose acceptance would add an import."""
MOST_STARS = 5


@dataclass(frozen=True)
class Ranking:
    """An order of candidates: positions in the given list, best first, and what each is worth."""

    order: list[int]
    probability: list[float]  # of the candidate at the same place of ``order``
    stars: int  # so many from the front are starred
    # Features of the candidates as given, where the mixture decided.
    rows: Floats | None = field(default=None, compare=False, repr=False)


def packed(numbers: npt.ArrayLike) -> str:
    """Return numbers as text for the sidecar: float16, base64."""
    return b64encode(np.asarray(numbers, "<f2").tobytes()).decode()


def unpacked(text: str) -> Floats:
    """Return the flat numbers that ``packed`` wrote."""
    return np.frombuffer(b64decode(text, validate=True), "<f2").astype(np.float32)


class Mix:
    """The learned mixture: a layer of rectified units over the features, then one score."""

    def __init__(self, kept: dict[str, Any]) -> None:
        names = kept.get("features") or []
        fit = bool(names) and set(names) <= set(NAMES)
        if kept.get("version") != FEATURES_VERSION or not fit:
            raise ModelError(
                "The model's mixing weights are of another version; get the model again."
            )
        # Those that look at a few columns only leave the others out.
        self._columns = None if names == list(NAMES) else [COLUMNS[name] for name in names]
        try:
            self.out = unpacked(kept["out"])  # (units + columns)
            units = len(self.out) - len(names)
            self.hidden = unpacked(kept["hidden"]).reshape(len(names) + 1, units)
            self.star = float(kept["star"])
            if not all(np.isfinite(one).all() for one in (self.out, self.hidden, self.star)):
                raise ValueError("numbers that are none")
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(
                "The model's mixing weights are damaged; get the model again."
            ) from error

    def scores(self, rows: Floats) -> Floats:
        """Return one score a row of features."""
        if self._columns is not None:
            rows = rows[:, self._columns]
        units = np.maximum(rows @ self.hidden[:-1] + self.hidden[-1], 0)
        return units @ self.out[: units.shape[1]] + rows @ self.out[units.shape[1] :]


class Ranker:
    """Ranks candidates with one model; ``mixed=False`` leaves its mixing weights alone."""

    def __init__(self, model: Model, mixed: bool = True) -> None:
        self.model = model
        kept = model.meta.get("mix") if mixed else None
        self.mix = Mix(kept) if kept else None

    def logits(self, names: Sequence[str], predicted: Floats) -> Floats:
        """Return the network's logits of the candidates."""
        return self.model.vectors(names) @ predicted

    def rank(
        self,
        names: Sequence[str],
        kinds: Sequence[int],
        predicted: Floats,
        place: Place,
        usage: Usage,
        remembered: Remembered,
    ) -> Ranking:
        """Order the candidates; at least one must be given."""
        logits = self.logits(names, predicted)
        rows: Floats | None = None
        if place.member and self.mix is not None:
            rows = features(names, kinds, logits, place, usage, remembered)
            scores = self.mix.scores(rows)
        else:
            scores = log_share(logits)
        # Sums of the same numbers may differ in their last bits by where they stand in memory.
        order = np.argsort(-np.round(scores, 4), kind="stable")
        if not place.member:
            imports = np.asarray(kinds)[order] >= IMPORTS
            order = np.concatenate((order[~imports], order[imports]))
        probability = np.exp(log_share(scores))[order]
        stars = self._stars(probability, place)
        return Ranking(order.tolist(), probability.tolist(), stars, rows)

    def _stars(self, probability: Floats, place: Place) -> int:
        """Return how many are worth a star: the first if it is likely, others if nearly as likely."""
        if not place.member or self.mix is None or probability[0] < self.mix.star:
            return 0
        worth = probability[:MOST_STARS] >= max(0.1, 0.2 * float(probability[0]))
        return int(np.argmin(worth)) if not worth.all() else len(worth)
