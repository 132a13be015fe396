"""What the network is asked beside members: names, keywords, and names of keyword arguments."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.learn

from sibyl.code.tokens import FIXED, KEYWORD_ARGUMENT, MEMBER, NAME  # noqa: E402
from sibyl.learn.streams.parts import tokens_of  # noqa: E402
from sibyl.learn.streams.stage import rows_of  # noqa: E402
from sibyl.learn.training.batches import Shard  # noqa: E402
from sibyl.learn.training.network import Network, Sizes  # noqa: E402
from sibyl.learn.training.repeats import repeats  # noqa: E402
from sibyl.learn.training.roles import (  # noqa: E402
    ARGUMENT,
    KEYWORD,
    WORDS,
    Roles,
    with_roles,
)
from sibyl.learn.training.stage import rate_at  # noqa: E402
from sibyl.network.vocab import FIXED_ROWS, Vocab  # noqa: E402

SOURCE = b"def f(a, b=1):\n    return g(a, b=not a)\n"


def shard_of(source: bytes) -> tuple[Shard, np.ndarray, list[str]]:
    """Return a split of one file, the rows of its texts, and its texts."""
    kinds, texts = tokens_of(source)
    numbers: dict[str, int] = {}
    tokens = np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int32)
    rows = rows_of(numbers, Vocab(["a"], ["a", "b", "g"], 4))
    firsts = np.array([0, len(tokens)])
    return Shard(tokens, np.array(kinds, np.uint8), firsts), rows, texts


def test_words_are_told_apart_by_their_role() -> None:
    """Keywords and names of keyword arguments are targets of their own; a default is neither."""
    shard, rows, texts = shard_of(SOURCE)
    kinds = with_roles(shard, rows).kinds.tolist()
    roles = [(text, kind) for text, kind in zip(texts, kinds, strict=True) if kind != FIXED]
    assert roles == [
        ("def", KEYWORD), ("f", NAME), ("a", NAME), ("b", NAME), ("return", KEYWORD),
        ("g", NAME), ("a", NAME), ("b", ARGUMENT), ("not", KEYWORD), ("a", NAME),
    ]  # fmt: skip
    assert list(shard.kinds) != kinds, "the split itself stays as it was"


def test_a_split_longer_than_one_part_is_told_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name and its mark may lie on both sides of a border between parts."""
    shard, rows, _ = shard_of(SOURCE)
    whole = with_roles(shard, rows).kinds.tolist()
    for size in (1, 2, 3, 5):
        monkeypatch.setattr("sibyl.learn.training.roles._AT_ONCE", size)
        assert with_roles(shard, rows).kinds.tolist() == whole, size


def test_an_argument_is_its_name_and_the_row_of_all_arguments() -> None:
    """What a keyword argument is compared by is what the live ranker makes of ``name=``."""
    shard, rows, texts = shard_of(SOURCE)
    roles = Roles.of(rows)
    network = Network(Sizes(Vocab(["a"], ["a", "b", "g"], 4).rows, 8, 8))
    name = int(shard.tokens[texts.index("b")])
    target = int(roles.target(np.array([name]), np.array([ARGUMENT]))[0])
    plain, argument = network.vectors(torch.from_numpy(roles.rows[[name, target]]))
    shared = network.rows.weight[FIXED_ROWS.index(KEYWORD_ARGUMENT)]
    assert torch.allclose(argument, plain + shared)


def test_the_rate_rises_stays_and_falls() -> None:
    """Warm-up, stable, decay: a run can go on from any step before the decay."""
    options = SimpleNamespace(steps=100, warm=10, decay=20)
    rates = [rate_at(step, options) for step in range(100)]
    assert rates[0] == 0.1 and rates[9:81] == [1.0] * 72
    assert rates[81:] == sorted(rates[81:], reverse=True) and rates[-1] < 0.03
    longer = SimpleNamespace(steps=200, warm=10, decay=20)
    assert [rate_at(step, longer) for step in range(80)] == rates[:80]


def test_a_repetition_is_what_its_own_file_has_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member repeats after the same origin only, a word in the same role only, never another file's."""
    source = b"import os, re\nos.sep\nre.sep\nos.sep\nf(sep=sep)\nf(sep=1)\n"
    shard, rows, texts = shard_of(source)
    shard = with_roles(shard, rows)
    expected = [
        ("os", False), ("re", False), ("os", True), ("sep", False), ("re", True), ("sep", False),
        ("os", True), ("sep", True), ("f", False), ("sep", False), ("sep", False), ("f", True),
        ("sep", True),
    ]  # fmt: skip
    repeated = repeats(shard)
    asked = [at for at, kind in enumerate(shard.kinds) if kind in (MEMBER, *WORDS)]
    words = [at for at in asked if shard.kinds[at] != KEYWORD]
    assert [(texts[at], bool(repeated[at])) for at in words] == expected
    assert not repeated[[at for at in range(len(texts)) if at not in asked]].any()
    twice = Shard(
        np.concatenate((shard.tokens, shard.tokens)),
        np.concatenate((shard.kinds, shard.kinds)),
        np.array([0, len(texts), 2 * len(texts)]),
    )
    assert repeats(twice).tolist() == 2 * repeated.tolist()
    monkeypatch.setattr("sibyl.learn.training.repeats._AT_ONCE", 1)
    assert repeats(twice).tolist() == 2 * repeated.tolist()
