"""The table of labels says what a look at each label would say.

In:   labels made by chance from pieces that collide: long beginnings in common, other cases, other alphabets.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from sibyl.ranking.lists import listing
from sibyl.ranking.lists.labels import Labels, bare, pieces_of
from sibyl.ranking.lists.word_list import WordList

PARTS = [
    "get",
    "_",
    "Attribute",
    "ATTRIBUTE",
    "é",
    "É",
    "ß",
    "names",
    "x" * 9,
    "1",
    "中文",
    "İ",
    "\udcff",
]
ENDS = ["", "=", "()", " (import a)", ".b"]


def labels(count: int, seed: int = 3) -> list[str]:
    """A number of labels, some of them twice."""
    chance = random.Random(seed)
    texts = [
        "".join(chance.choices(PARTS, k=chance.randint(0, 4))) + chance.choice(ENDS)
        for _ in range(count)
    ]
    return sorted(texts[: count // 2]) + texts[count // 2 :]


@pytest.mark.parametrize(
    "typed", ["g", "get", "GET", "getAttribute_names", "é", "xxxxxxxxxx", "中", "İ"]
)
def test_what_is_typed_is_found_as_text_would_find_it(typed: str) -> None:
    """Beginnings and whole names, to the letter or in any case, are those that strings have."""
    listed = WordList.of(labels(400), [0] * 400, typed)
    table, numbers = listed.rows
    exact = table.beginning(numbers, typed, False)
    assert exact.tolist() == [name.startswith(typed) for name in listed.names]
    assert table.being(numbers, typed, exact).tolist() == [name == typed for name in listed.names]
    folded = [name.lower().startswith(typed.lower()) for name in listed.names]
    assert listed.prefixed.tolist() == folded


def test_descents_are_those_of_the_text() -> None:
    """A descent of the alphabet is told from the first bytes, or from all where these are alike."""
    given = labels(400)
    low = [label.lower() for label in given]
    listed = WordList.of(given, [0] * 400, "")
    table, numbers = listed.rows
    assert table.descents(numbers, given) == [at for at in range(1, 400) if low[at] < low[at - 1]]


def test_shared_pieces_are_counted() -> None:
    """Each name that has a piece wanted is found, with the share of its pieces that are."""
    listed = WordList.of(labels(400), [0] * 400, "")
    table, numbers = listed.rows
    wanted = [frozenset(("get",)), frozenset(), frozenset(("attribute", "names", "nowhere"))]
    places, shares = table.shared(table.pieces_of(numbers), wanted)
    pieces = [pieces_of(name) for name in listed.names]
    hit = [at for at, of_name in enumerate(pieces) if of_name & (wanted[0] | wanted[2])]
    assert places.tolist() == hit
    expected = [[len(parts & pieces[at]) / len(pieces[at]) for parts in wanted] for at in hit]
    assert np.allclose(shares, expected)
    none, _ = table.shared(table.pieces_of(numbers[:0]), wanted)
    assert none.tolist() == []


def test_names_and_keys_are_the_labels() -> None:
    """A list's names are those its labels stand for; keyword arguments are told from names like them."""
    given = labels(300)
    listed = WordList.of(given, [0] * 300, "")
    names = [bare(label) for label in given]
    assert listed.names == names
    assert listed.arguments.tolist() == [label.endswith("=") for label in given]
    assert listed.listing.keys == [
        name + "=" if label.endswith("=") else name
        for label, name in zip(given, names, strict=True)
    ]


def test_a_full_table_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table does not grow for ever, and lists made before keep theirs."""
    monkeypatch.setattr(listing, "_table", Labels())
    monkeypatch.setattr(listing, "MOST", 50)
    before = WordList.of(labels(100), [0] * 100, "")
    after = WordList.of(labels(100, 5), [0] * 100, "")
    assert after.rows[0] is not before.rows[0] and len(after.rows[0]) <= 100
    again = WordList.named(labels(100), before.names, [0] * 100)
    assert before.listing.keys == again.listing.keys
