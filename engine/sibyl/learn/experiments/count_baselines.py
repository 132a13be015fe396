"""Orders by counting alone, over streams: how often a member, after its origin, after the member before.

In: tokens that networks are trained on, lists that they are measured by.  Out: ranks as a network's.
(``learn.evaluation.baselines`` counts the same for lists of language servers.)
"""

from __future__ import annotations

import numpy as np

from sibyl.learn.streams.uses import Uses, by_counts, uses
from sibyl.learn.training.batches import Lanes, Shard
from sibyl.learn.training.validation import Watch, ranks_of


def uses_in(shard: Shard) -> Uses:
    """Find all members of a split."""
    return uses(shard.tokens, shard.kinds, shard.firsts[:-1])


def uses_read(lanes: Lanes, steps: int) -> Uses:
    """Find the members in the first chunks of all lanes; places are lane by lane."""
    chunks = [lanes.step(step) for step in range(steps)]
    tokens, kinds = (np.stack([chunk[n] for chunk in chunks], 1).reshape(-1) for n in (0, 1))
    begins = np.stack([chunk[2] for chunk in chunks], 1)
    begins[:, 0] = True
    return uses(tokens, kinds, np.flatnonzero(begins) * lanes.length)


class Counted:
    """Counts of members, to order lists by."""

    def __init__(self, seen: Uses, texts: int) -> None:
        self._texts = texts
        self._overall = np.bincount(seen.member, minlength=texts)
        self._after = _Table(seen.origin * texts + seen.member)
        self._contexts = np.unique(seen.origin * (texts + 1) + seen.before + 1)
        self._chain = _Table(self._chained(seen.origin, seen.before) * texts + seen.member)

    @property
    def entries(self) -> tuple[int, int]:
        """How many counts the order by frequency needs, and how many the chain needs with them."""
        after = len(self._after.keys) + int(np.count_nonzero(self._overall))
        return after, after + len(self._chain.keys)

    def ranks(self, watch: Watch) -> dict[str, np.ndarray]:
        """Return the rank of each true member by frequency after its origin, and by the chain."""
        lanes, steps = watch.lanes, len(watch.lists)
        used = uses_read(lanes, steps)
        place = {at: index for index, at in enumerate(used.at.tolist())}
        by_order: dict[str, list[np.ndarray]] = {"frequency": [], "markov": []}
        for step, (lane, time, lists) in enumerate(watch.lists):
            at = (lane * steps + step) * lanes.length + time + 1
            index = np.asarray([place[token] for token in at.tolist()], np.int64)
            origin, listed = used.origin[index][:, None], np.maximum(lists, 0).astype(np.int64)
            after = self._after.counts(origin * self._texts + listed)
            context = self._chained(used.origin[index], used.before[index])[:, None]
            chain = self._chain.counts(context * self._texts + listed)
            chain = np.where(context < 0, 0, chain)
            popular, markov = by_counts(self._overall[listed], after, chain)
            for name, scores in (("frequency", popular), ("markov", markov)):
                by_order[name].append(ranks_of(np.where(lists < 0, -np.inf, scores)))
        return {name: np.concatenate(ranks) for name, ranks in by_order.items()}

    def _chained(self, origin: np.ndarray, before: np.ndarray) -> np.ndarray:
        """Return the number of a context, -1 if it was never seen."""
        keys = origin * (self._texts + 1) + before + 1
        place = np.minimum(np.searchsorted(self._contexts, keys), len(self._contexts) - 1)
        return np.where(self._contexts[place] == keys, place, -1)


class _Table:
    """How often each key was seen."""

    def __init__(self, keys: np.ndarray) -> None:
        self.keys, self._counts = np.unique(keys, return_counts=True)

    def counts(self, keys: np.ndarray) -> np.ndarray:
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self._counts[place], 0)
