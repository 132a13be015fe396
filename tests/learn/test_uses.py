"""What was used before, and the orders that counting it gives, counted by hand.

In: tokens of a few statements.
"""

from __future__ import annotations

import numpy as np
import pytest

from sibyl.code.stream import Stream
from sibyl.code.text import Text
from sibyl.code.tokens import MEMBER, NAME, ORIGIN
from sibyl.context.chain import MemberChain
from sibyl.learn.streams.uses import by_counts, uses

pytestmark = pytest.mark.learn


def test_uses_are_counted_as_by_hand() -> None:
    """The member before is that of the same receiver and origin in the same file."""
    # file 1: a @x .m, b @x .n, a @x .o; file 2: a @x .m    (origin stands before its member)
    a, b, x, m, n, o = range(6)
    tokens = np.array([a, x, m, b, x, n, a, x, o, a, x, m])
    kinds = np.array([NAME, ORIGIN, MEMBER] * 4)
    counted = uses(tokens, kinds, np.array([0, 9]))
    assert counted.member.tolist() == [m, n, o, m]
    assert counted.origin.tolist() == [x] * 4
    assert counted.before.tolist() == [-1, -1, m, -1]


def test_a_files_first_tokens_follow_nothing() -> None:
    """Where files are laid end to end, neither an origin nor a receiver is taken from the file before."""
    a, x, m, n = range(4)
    tokens = np.array([a, x, m, x, n, m])  # files: a @x .m | @x .n | .m
    kinds = np.array([NAME, ORIGIN, MEMBER, ORIGIN, MEMBER, MEMBER])
    counted = uses(tokens, kinds, np.array([0, 3, 5]))
    assert (counted.at.tolist(), counted.before.tolist()) == ([2, 4], [-1, -1])


def test_streams_and_the_editor_know_the_same_member_before() -> None:
    """Where receivers are single names of one origin, the arrays say what the chain of the live engine says."""
    source = b"import os\na.x\nb.y\na.z\nos.path\na.x\nos.sep\nb.x\n"
    text, stream = Text(source), Stream()
    stream.advance(text, len(source))
    texts = sorted(set(stream.texts))
    tokens = np.array([texts.index(name) for name in stream.texts])
    chain, befores = MemberChain(), []
    for use in stream.uses:
        befores.append(chain.last(use.spelled))
        chain.append(use.spelled, stream.texts[use.at])
    counted = uses(tokens, np.array(stream.kinds), np.array([0]))
    assert ["" if index < 0 else texts[index] for index in counted.before] == befores
    assert befores == ["", "", "x", "", "z", "path", "y"]
    chain.pop()
    chain.pop()
    assert (chain.last("b"), chain.last("os"), chain.last()) == ("y", "path", "x")


def test_rarer_counts_decide_first() -> None:
    """However often a member was used at all, that only orders those equal in the finer count."""
    overall, after, chain = np.array([[9_000_000, 1, 5, 7], [0, 2, 0, 0], [0, 0, 1, 1]])
    popular, markov = by_counts(overall, after, chain)
    assert np.argsort(-popular).tolist() == [1, 0, 3, 2]
    assert np.argsort(-markov).tolist() == [3, 2, 1, 0]
