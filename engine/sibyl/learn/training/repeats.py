"""Which targets only repeat what their file holds already.

In: an open split whose kinds tell roles apart.  Out: for each token whether its file has the same word
before it: a member after the same origin, another word in the same role.

A member that its file has used before is ranked by the memories: leaving the network out of such lists
costs little. First uses are what a network is there for, so a training may give repetitions less weight
(``--repeats``).
"""

from __future__ import annotations

import numpy as np

from sibyl.code.tokens import MEMBER
from sibyl.learn.training.batches import Shard
from sibyl.learn.training.roles import WORDS


def repeats(shard: Shard) -> np.ndarray:
    """Return (tokens,) bool, True where the file has the word before; False for tokens that are no targets."""
    repeated = np.zeros(len(shard.kinds), bool)
    for first in range(0, len(shard.firsts) - 1, _AT_ONCE):
        files = shard.firsts[first : first + _AT_ONCE + 1]
        part = slice(int(files[0]), int(files[-1]))
        repeated[part] = _repeats(shard.tokens[part], shard.kinds[part], files - files[0])
    return repeated


_AT_ONCE = 2_000  # files; whole splits would take gigabytes of keys


def _repeats(tokens: np.ndarray, kinds: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    at = np.flatnonzero(np.isin(kinds, (MEMBER, *WORDS)))
    file = np.searchsorted(firsts, at, "right")
    of_member = kinds[at] == MEMBER
    origin = np.where(of_member, tokens[np.maximum(at - 1, 0)], -1)
    order = np.lexsort((at, tokens[at], origin, kinds[at], file))
    same = np.ones(max(len(at) - 1, 0), bool)
    for key in (file, kinds[at], origin, tokens[at]):
        same &= key[order][1:] == key[order][:-1]
    repeated = np.zeros(len(kinds), bool)
    repeated[at[order[1:][same]]] = True
    return repeated
