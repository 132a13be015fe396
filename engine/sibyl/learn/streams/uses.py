"""The members used in streams, each with what it followed, and the orders that counting them gives.

In: tokens and kinds of files laid end to end.  Out: for each member its origin and the member before it on the
same receiver; from counts of these, the order by popularity and that by a Markov chain.

``learn.evaluation.baselines`` counts whole corpora by it, for lists of language servers;
``learn.experiments.count_baselines`` the very tokens that a network reads, for the lists it is measured by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sibyl.code.tokens import MEMBER, NAME


@dataclass
class Uses:
    """Members used, in reading order; tokens are numbers of texts."""

    at: np.ndarray
    """The place of each member in the tokens."""
    origin: np.ndarray
    """The token before it: the origin of its receiver."""
    before: np.ndarray
    """The last member on the same receiver in the same file; -1 if there is none."""
    member: np.ndarray


def uses(tokens: np.ndarray, kinds: np.ndarray, firsts: np.ndarray) -> Uses:
    """Find the members in files laid end to end, ``firsts`` being where files begin.

    A receiver is told by its origin and its last name, if it has one. (What the reader knows besides, the whole
    spelling, is not in a stream: ``context.chain`` goes by that.)
    """
    at = np.flatnonzero(kinds == MEMBER)
    file = np.searchsorted(firsts, at, "right")
    inside = at - firsts[file - 1]  # tokens of the same file that stand before
    at, file, inside = (values[inside > 0] for values in (at, file, inside))
    origin, member = (np.asarray(tokens[at - back]).astype(np.int64) for back in (1, 0))
    named = (inside > 1) & np.isin(kinds[at - 2], (NAME, MEMBER))
    receiver = np.where(named, tokens[at - 2], -1)
    order = np.lexsort((at, receiver, origin, file))
    same = np.ones(len(at), bool)
    for key in (file, origin, receiver):
        same[1:] &= key[order][1:] == key[order][:-1]
    same[:1] = False
    before = np.full(len(at), -1, np.int64)
    before[order[same]] = member[order][np.flatnonzero(same) - 1]
    return Uses(at, origin, before, member)


def by_counts(
    overall: np.ndarray, after: np.ndarray, chain: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of candidates by popularity and by a Markov chain.

    ``overall`` says how often each was used at all, ``after`` how often after this origin, ``chain`` how often
    after this origin and the member before. Counts are whole, so that the coarser ones only tell equals apart.
    """
    popular = after + overall / (overall.max(initial=0) + 1.0)
    return popular, chain + popular / (popular.max(initial=0) + 1.0)
