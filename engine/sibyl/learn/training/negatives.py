"""What a name is told apart from in training.

In: counts of names in the training split.  Out: for a batch, a shared set of candidates with the
correction that makes a softmax over the sample estimate one over all names, and for each member a few
others of the same receiver origin.

The correction is sampled softmax's (Bengio & Senécal 2008; Jean et al. 2015): from each logit the log of
the chance of being in the sample is taken, so that frequent names are not punished for being there often.
"""

from __future__ import annotations

import numpy as np

from sibyl.code.tokens import ORIGIN
from sibyl.learn.training.batches import Shard


class Sampler:
    """Draws candidates for one kind of target (members, or other words)."""

    def __init__(self, targets: np.ndarray, numbers: int, sample: int, expected: int) -> None:
        counts = np.bincount(targets, minlength=numbers).astype(np.float64)
        share = counts / counts.sum()
        drawn = counts**0.75
        drawn /= drawn.sum()
        self.sample = sample
        self._cumulated = np.cumsum(drawn)
        chance = -np.expm1(-(expected * share + sample * drawn))
        self.correction = -np.log(np.clip(chance, 0.01, 1.0)).astype(np.float32)

    def draw(self, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the candidates (n) for a batch's targets, and each target's place among them."""
        drawn = self.frequent(rng, (self.sample,))
        candidates, places = np.unique(np.concatenate((targets, drawn)), return_inverse=True)
        return candidates, places[: len(targets)]

    def frequent(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return texts drawn by how frequent they are, the most frequent damped."""
        return np.searchsorted(self._cumulated, rng.random(shape) * self._cumulated[-1])


class Siblings:
    """The members most seen after each origin, the likeliest to be in one menu together."""

    def __init__(self, shard: Shard, texts: int, most: int = 64, fewest: int = 6) -> None:
        at = np.flatnonzero(shard.kinds[:-1] == ORIGIN)
        pairs = np.asarray(shard.tokens[at]).astype(np.int64) * texts + shard.tokens[at + 1]
        pairs, counts = np.unique(pairs, return_counts=True)
        origins, members = pairs // texts, pairs % texts
        order = np.lexsort((-counts, origins))
        origins, members = origins[order], members[order]
        firsts = np.flatnonzero(np.diff(origins, prepend=-1))
        sizes = np.diff(np.append(firsts, len(origins)))
        self._most = most
        self._first = np.zeros(texts, np.int64)
        self._size = np.zeros(texts, np.int64)
        enough = sizes >= fewest
        self._first[origins[firsts[enough]]] = firsts[enough]
        self._size[origins[firsts[enough]]] = np.minimum(sizes[enough], most)
        self._members = members.astype(np.int32)

    def all(self, origins: np.ndarray) -> np.ndarray:
        """Return (n, most) all known members of n origins; -1 behind the last."""
        place = np.arange(self._most)
        known = place < self._size[origins][:, None]
        picks = np.where(known, self._first[origins][:, None] + place, 0)
        return np.where(known, self._members[picks], -1)

    def draw(self, origins: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Return (n, count) members seen after each of n origins; -1 where too few are known."""
        sizes = self._size[origins]
        picks = self._first[origins][:, None] + (
            rng.random((len(origins), count)) * sizes[:, None]
        ).astype(np.int64)
        return np.where(sizes[:, None] > 0, self._members[picks], -1)
