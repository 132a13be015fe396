"""A model of a few lines that stands in for the real one: exact, instant, sensitive to every token.

Out:  `StandIn`: what `states` and `rank` ask of a `sibyl.network.model.Model`, without ONNX Runtime.

Its state is a sum over all tokens read, each weighed by its place, in whole numbers that wrap around. So it
is exact however the tokens are cut into steps, and one token changed, added or moved changes the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from sibyl.ranking.features.member_columns import FEATURES_VERSION, NAMES
from sibyl.ranking.mix import packed

_SIZE = 8
_BASE = 0x9E3779B97F4A7C15  # odd: no power of it is zero
_UNITS = 4


class Placed:
    """Gives what a model's ``vectors`` makes by places, which are never given away."""

    round = 0

    def places(self, texts: Sequence[str]) -> np.ndarray:
        """Return where the vectors of texts are: in the order they were asked for."""
        known = self.__dict__.setdefault("known_places", {})
        for text in texts:
            known.setdefault(text, len(known))
        return np.array([known[text] for text in texts], np.int64)

    def vectors_at(self, places: np.ndarray) -> np.ndarray:
        """Return the vectors at these places."""
        texts = list(self.__dict__["known_places"])
        return self.vectors([texts[place] for place in places.tolist()])  # type: ignore[attr-defined]


class StandIn(Placed):
    """Vectors from a hash of the text; a state that cannot forget."""

    def __init__(self) -> None:
        self.size = _SIZE
        self.hash = "stand-in"
        chance = np.random.default_rng(0)
        zero = np.zeros(1, np.uint64)
        self.begin = (zero, zero)
        self.meta = {
            "numbers": "whole",
            "mix": {
                "features": list(NAMES),
                "version": FEATURES_VERSION,
                "hidden": packed(chance.standard_normal((len(NAMES) + 1, _UNITS))),
                "out": packed(chance.standard_normal(_UNITS + len(NAMES))),
                "star": 0.3,
            },
        }
        self._known: dict[str, np.ndarray] = {}
        powers = [1]
        while len(powers) < 256:
            powers.append(powers[-1] * _BASE % 2**64)
        self._powers = np.asarray(powers, np.uint64)
        self.steps = 0
        self.tokens = 0

    def members(self) -> list[str]:
        """A small vocabulary of its own."""
        return ["append", "join", "items", "read", "split", "startswith"]

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return (n, size) small numbers that only the texts decide."""
        known = self._known
        for text in texts:
            if text not in known:
                seed = crc32(text.encode("utf-8", "surrogatepass"))
                known[text] = np.random.default_rng(seed).standard_normal(_SIZE).astype(np.float32)
        return np.stack([known[text] for text in texts])

    def step(self, vectors: np.ndarray, state: tuple) -> tuple:
        """Read tokens, return what is predicted and the state; how they are cut makes no difference."""
        self.steps += 1
        self.tokens += len(vectors)
        tokens = np.ascontiguousarray(vectors[:, :2]).view(np.uint64)[:, 0]
        total = state[0]
        for start in range(0, len(tokens), 128):
            part = tokens[start : start + 128]
            weights = self._powers[len(part) - 1 :: -1] if len(part) > 1 else self._powers[:1]
            total = total * self._powers[len(part)] + (part * weights[: len(part)]).sum()
        shifts = np.arange(_SIZE, dtype=np.uint64) * np.uint64(7)
        predicted = ((total >> shifts) & np.uint64(127)).astype(np.float32) / 64 - 1
        return predicted, (total, total)
