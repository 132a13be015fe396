"""The learned mixture: features of candidates to scores.

In: weights from a model's sidecar, rows of features.  Out: one score a row.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sibyl.errors import ModelError
from sibyl.network.model import Floats
from sibyl.ranking.features.feature_table import FeatureTable
from sibyl.ranking.features.member_columns import FEATURES_VERSION, NAMES


def packed(numbers: npt.ArrayLike) -> str:
    """Return numbers as text for the sidecar: float16, base64."""
    return b64encode(np.asarray(numbers, "<f2").tobytes()).decode()


def unpacked(text: str) -> Floats:
    """Return the flat numbers that ``packed`` wrote."""
    return np.frombuffer(b64decode(text, validate=True), "<f2").astype(np.float32)


class Mix:
    """The learned mixture: a layer of rectified units over the features, then one score."""

    def __init__(
        self,
        weights: dict[str, Any],
        names: Sequence[str] = NAMES,
        version: int = FEATURES_VERSION,
        unlearnt: Mapping[str, float] | None = None,
    ) -> None:
        """Read a sidecar's entry; raises ModelError if it is damaged or for other features than ``names``.

        ``unlearnt``: weights that are set for columns it was not learnt with, by name; None: no weight.
        """
        features = weights.get("features") or []
        if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
            raise ModelError("The model's mixing weights are damaged; get the model again.")
        self.names = tuple(names)
        if weights.get("version") != version or not features or not set(features) <= set(names):
            raise ModelError(
                "The model's mixing weights are of another version; get the model again."
            )
        try:
            out = unpacked(weights["out"])  # (units + columns)
            units = len(out) - len(features)
            hidden = unpacked(weights["hidden"]).reshape(len(features) + 1, units)
            self.star = float(weights["star"])
            if not all(np.isfinite(weights).all() for weights in (out, hidden, self.star)):
                raise ValueError("numbers that are none")
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(
                "The model's mixing weights are damaged; get the model again."
            ) from error
        # Columns that it does not look at weigh nothing, or what is set for them.
        columns = [self.names.index(name) for name in features]
        # One more row for the bias, one more column for the weight of a feature itself.
        self.weights = np.zeros((len(names) + 1, units + 1), np.float32)
        self.weights[[*columns, -1], :-1] = hidden
        self.weights[:-1, -1] = [(unlearnt or {}).get(name, 0) for name in names]
        self.weights[columns, -1] = out[units:]
        self.out = out[:units]

    def scores(self, rows: Floats | FeatureTable) -> Floats:
        """Return one score a row of features."""
        if isinstance(rows, FeatureTable):
            return rows.scores(self.weights, self.out)
        return self.scored(self.sums(rows))

    def sums(self, rows: Floats) -> Floats:
        """Return what the units see of rows of features, and the columns' own sum (rows, units and one)."""
        result: Floats = rows @ self.weights[:-1] + self.weights[-1]
        return result

    def scored(self, sums: Floats) -> Floats:
        """Return the scores that such sums make."""
        result: Floats = np.maximum(sums[:, :-1], 0) @ self.out + sums[:, -1]
        return result
