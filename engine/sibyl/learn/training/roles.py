"""In which role a word stands: what the network predicts beside members.

In: an open split, the rows of its texts, its vocabulary.  Out: kinds that tell keywords and names
of keyword arguments from other names, and rows of texts in both roles.

Where a word begins, the truth may be a name, a keyword (``return``, ``None``), or the name of a keyword
argument. A keyword argument is compared by the vector of its name plus one row that all keyword arguments
share, ``<kw>``: the network can tell ``timeout`` from ``timeout=``, for names never seen in either role too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sibyl.code.tokens import FIXED, KEYWORD_ARGUMENT, KEYWORDS, NAME
from sibyl.learn.training.batches import Shard
from sibyl.network.vocab import FIXED_ROWS

KEYWORD, ARGUMENT = 4, 5
"""Kinds of tokens in training, beside those of ``sibyl.code.tokens``: a keyword, the name of a keyword
argument."""
WORDS = (NAME, KEYWORD, ARGUMENT)
"""Kinds that are told apart from one another wherever a word begins."""
_LAST_FIXED = len(FIXED_ROWS)


@dataclass(frozen=True)
class Roles:
    """Texts in the roles they can have: number ``text`` as a plain word, ``texts + text`` as an argument."""

    texts: int
    rows: np.ndarray
    """(2 · texts, 9): row of the whole, rows of the pieces, row of the role; -1 where there is none."""

    @classmethod
    def of(cls, rows: np.ndarray) -> Roles:
        """Make them from the rows (texts, 8) of all texts."""
        none = np.full((len(rows), 1), -1, rows.dtype)
        role = np.full_like(none, FIXED_ROWS.index(KEYWORD_ARGUMENT))
        plain, argument = (np.concatenate((rows, last), 1) for last in (none, role))
        return cls(len(rows), np.concatenate((plain, argument)))

    @property
    def plain(self) -> np.ndarray:
        """The rows (texts, 8) of all texts, whatever their role."""
        return self.rows[: self.texts, :-1]

    def target(self, tokens: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        """Return the numbers of words in the roles they stand in."""
        return tokens + self.texts * (kinds == ARGUMENT)


def with_roles(shard: Shard, rows: np.ndarray) -> Shard:
    """Return a split whose kinds tell keywords and names of keyword arguments apart."""
    kinds = np.array(shard.kinds)
    fixed = np.where((rows[:, 0] >= 0) & (rows[:, 0] < _LAST_FIXED), rows[:, 0], -1)
    keyword = np.isin(fixed, [FIXED_ROWS.index(word) for word in KEYWORDS])
    mark = fixed == FIXED_ROWS.index(KEYWORD_ARGUMENT)
    tokens = shard.tokens
    for first in range(0, len(kinds), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        kinds[part][keyword[tokens[part]] & (kinds[part] == FIXED)] = KEYWORD
        before = kinds[max(first - 1, 0) : first + _AT_ONCE]
        named = mark[tokens[max(first - 1, 0) : first + _AT_ONCE]]
        before[:-1][named[1:] & (before[:-1] == NAME)] = ARGUMENT
    return Shard(tokens, kinds, shard.firsts)


_AT_ONCE = 1 << 22  # tokens; whole splits would take gigabytes of masks
