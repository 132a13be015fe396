"""Lists that keep the server's order, and lists that no server should send.

In:   short sources with the cursor at their end, lists made by hand.
"""

from __future__ import annotations

import random

import pytest
from standin import StandIn
from test_words import mix_of

from sibyl.ranking.lists.listing import DEPRECATED, IMPORTS
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session


@pytest.fixture
def turning() -> Ranker:
    """A ranker that turns every list of words around."""
    ranker = Ranker(StandIn())  # type: ignore[arg-type]
    ranker.mix_words = mix_of(place=9.0)
    return ranker


LABELS = ["alpha", "beta", "gamma"]
COMMENTS = "# a\n" * 100


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("x = ", False),
        ("x = 'a ", True),
        ("x = d['", True),
        ('x = """a\nb # ', True),
        ("x = f'a {", False),
        ("x = f'{a} b", True),
        ("x = f\"{d['", True),
        ("# a ", True),
        ("x = 1  # a ", True),
        ("x = '#' + ", False),
        ("x = a + \\\n  ", False),
        (COMMENTS + "# ", True),
        (COMMENTS, False),
        ("x = 1  # a\n", False),
        ("match x:\n    case ", True),
        ("match x:\n    case Point(", True),
        ("match x:\n    case A | ", True),
        ("match x:\n    case A() if ", False),
        ("match x:\n    case Color.", False),
        ("match x:\n    case A():\n        y = ", False),
        ("case = ", False),
        ("case(", False),
    ],
)
def test_what_nobody_learned_keeps_the_servers_order(
    turning: Ranker, source: str, left: bool
) -> None:
    """In strings, comments and patterns the server's order stands, without stars; in code it does not."""
    ranking = Session(turning, source.encode()).rank(len(source.encode()), LABELS, [3, 6, 7])
    assert (ranking.order == [0, 1, 2]) is left
    assert not left or (ranking.stars == 0 and ranking.probability == [1 / 3] * 3)


def test_snippets_and_text_keep_their_order(turning: Ranker) -> None:
    """A list of snippets, or of words of the text, is no list of names; one name among them is enough."""
    session = Session(turning, b"x = ")
    assert session.rank(4, LABELS, [15, 15, 15]).order == [0, 1, 2]
    assert session.rank(4, LABELS, [1, 15 + IMPORTS, 1 + DEPRECATED]).order == [0, 1, 2]
    assert session.rank(4, LABELS, [15, 15, 6]).order != [0, 1, 2]
    assert session.explained() and session.rank(4, LABELS, [1, 1, 1]) and session.explained() == []


ODD = [
    "",
    "\0",
    "a\nb",
    "=",
    "x=",
    "★",
    "\udcff",
    "é" * 500,
    "a.b.c",
    "1",
    " ",
    "…",
    "__",
    "(",
    "x=",
]


@pytest.mark.parametrize(
    "source", ["x = ", "f(a, ", "from os import ", "import ", "", "x = ab", "a."]
)
def test_odd_lists_have_a_total_order(real: Ranker, source: str) -> None:
    """Whatever labels and kinds hold, each item comes out once, and twice the same way."""
    chance = random.Random(4)
    for count in (1, 2, 15):
        labels = chance.sample(ODD, count)
        kinds = [chance.randrange(256) for _ in labels]
        session = Session(real, source.encode())
        first = session.rank(len(source), labels, kinds)
        assert sorted(first.order) == list(range(count))
        assert session.rank(len(source), labels, kinds) == first
        assert sum(first.probability) == pytest.approx(1, abs=1e-3)
        assert session.explained()


@pytest.mark.parametrize("source", ["x = ", "a."])
def test_three_thousand_identical_names_keep_their_order(real: Ranker, source: str) -> None:
    """Items that nothing tells apart stand as the server has put them."""
    ranking = Session(real, source.encode()).rank(len(source), ["same"] * 3000, [6] * 3000)
    assert ranking.order == list(range(3000))


@pytest.mark.parametrize("source", ["x = ", "a."])
def test_ten_thousand_items_are_ranked(real: Ranker, source: str) -> None:
    """The longest list that the editor sends has an order of all its items."""
    labels = [f"name_{index:05}" for index in range(10_000)]
    ranking = Session(real, source.encode()).rank(
        len(source), labels, [index % 26 for index in range(10_000)]
    )
    assert sorted(ranking.order) == list(range(10_000))


def test_reasons_are_told_of_labels_as_they_were_sent(real: Ranker) -> None:
    """The page of reasons finds each item by its label: a keyword argument is not the name without its mark."""
    session = Session(real, b"f(key=1)\nf(")
    ranking = session.rank(11, ["key=", "key", "other="], [6, 6, 6])
    labels = ["key=", "key", "other="]
    assert [label for label, _ in session.explained()] == [labels[at] for at in ranking.order]
    assert any(group == "used in this file" for _, why in session.explained() for group, _ in why)


def test_what_is_told_of_a_list(turning: Ranker) -> None:
    """All items are told, best first, with the server's places; and what stands before the dot."""
    code = "import requests\nresp = requests.get('x')\nresp."
    session = Session(turning, code.encode())
    ranking = session.rank(len(code), LABELS, [3, 6, 7])
    description = session.told()
    assert description["names"] == [LABELS[index] for index in ranking.order]
    assert description["before"] == [index + 1 for index in ranking.order]
    assert len(description["probability"]) == 3
    assert description["receiver"] == {"spelled": "resp", "origin": "@requests.get()", "class": ""}
    session.rank(0, LABELS, [3, 6, 7])
    assert session.told()["receiver"]["origin"] == ""
