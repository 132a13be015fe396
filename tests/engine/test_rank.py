"""Features and rank: candidates to an order.

In:   the stand-in, and the shipped model.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from standin import StandIn

from sibyl.errors import ModelError
from sibyl.ranking.features.member_columns import NAMES
from sibyl.ranking.mix import Mix
from sibyl.ranking.ranker import MOST_STARS, Ranker, Ranking
from sibyl.ranking.session import Session

MEMBER = b"import os\nos.path.join(a)\nos.path.exists(b)\nos.path."
PLAIN = b"import os\ndef f(path, name):\n    return "
ODD = [
    "",
    " ",
    "()",
    "join(…)",
    "key=",
    "★ join",
    "名前",
    "\n",
    "a" * 3000,
    "\x00",
    "\udc80",
    "a b",
]
PLACES = pytest.mark.parametrize("source", [MEMBER, PLAIN, b""], ids=["member", "name", "empty"])


def ranked(
    ranker: Ranker, source: bytes, names: list[str], kinds: list[int] | None = None
) -> Ranking:
    """A ranking at the end of a source."""
    kinds = [0] * len(names) if kinds is None else kinds
    return Session(ranker, source).rank(len(source), names, kinds)


@PLACES
@pytest.mark.parametrize("count", [1, 2, 10, 2000])
def test_every_candidate_comes_exactly_once(ranker: Ranker, source: bytes, count: int) -> None:
    """No item is lost, none is added, however many there are."""
    ranking = ranked(ranker, source, [f"name_{index % 700}" for index in range(count)])
    assert sorted(ranking.order) == list(range(count))
    assert len(ranking.probability) == count
    beside = sum(name.probability for name in ranking.unlisted)
    assert sum(ranking.probability) + beside == pytest.approx(1, abs=1e-3)
    assert 0 <= ranking.stars <= min(MOST_STARS, count)


@PLACES
def test_an_empty_list_stays_empty(ranker: Ranker, source: bytes) -> None:
    """Nothing to order is no error."""
    assert Ranking([], [], 0) == ranked(ranker, source, [])


@PLACES
def test_odd_labels_are_ranked_like_others(real: Ranker, source: bytes) -> None:
    """Whatever a server calls its items, they come back, with sound numbers."""
    ranking = ranked(real, source, ODD * 2)
    assert sorted(ranking.order) == list(range(2 * len(ODD)))
    assert np.isfinite(ranking.probability).all()


@PLACES
def test_odd_kinds_are_ranked_like_others(ranker: Ranker, source: bytes) -> None:
    """A kind that the protocol does not know yet changes nothing."""
    kinds = [0, 1, 25, 26, 63, 64, 99, 127, 1000, -1]
    ranking = ranked(ranker, source, [f"n{kind}" for kind in kinds], kinds)
    assert sorted(ranking.order) == list(range(len(kinds)))


def test_equal_names_keep_the_servers_order(real: Ranker) -> None:
    """Where the ranker sees no difference, the server's order stands."""
    order = ranked(real, PLAIN, ["same"] * 50).order
    assert order == list(range(50))


def test_probabilities_fall_among_members(ranker: Ranker) -> None:
    """The first is the likeliest."""
    probability = ranked(ranker, MEMBER, [f"n{index}" for index in range(30)]).probability
    assert probability == sorted(probability, reverse=True)


def test_a_label_counts_as_the_name_in_it(real: Ranker) -> None:
    """`join(…)` and `★ join` are ranked like `join`."""
    decorated = ranked(real, MEMBER, ["exists(…)", "★ join", "abspath()", "sep="])
    assert ranked(real, MEMBER, ["exists", "join", "abspath", "sep"]) == decorated


def test_a_member_used_before_rises(real: Ranker) -> None:
    """What the file has used after this receiver stands higher than without the use."""
    names = ["aaa_bbb", *(f"other_{index}" for index in range(30))]
    before = ranked(real, b"x = f()\nx.", names).order.index(0)
    used = b"x = f()\nx.aaa_bbb()\ny = 1\nx.aaa_bbb()\ny = 2\nx."
    after = ranked(real, used, names).order.index(0)
    assert after <= before
    assert after <= 3


@pytest.mark.parametrize(
    "source", [b"class A(Unknown):\n    def f(self):\n        self.", b"x = f()\nx."]
)
def test_the_unfinished_word_itself_stands_last(real: Ranker, source: bytes) -> None:
    """What is half typed, listed as an item of no kind, says nothing, unless the code knows the name."""
    names = ["con", "con_fig", "con_nect"]

    def first(source: bytes, kinds: list[int]) -> list[str]:
        session = Session(real, source + b"con")
        session.prepare(len(source) + 3)
        return [names[place] for place in session.rank(len(source) + 3, names, kinds).order]

    assert first(source, [0, 5, 2])[-1] == "con"
    assert (
        first(source, [6, 5, 2])[0] == first(source, [0, 0, 0])[0] == "con"
    )  # it has a kind, or nothing has
    once = source.replace(b"x = f()\n", b"x = f()\nx.con\n")
    used = once.replace(b"f(self):\n", b"f(self):\n        self.con\n")
    assert first(used, [0, 5, 2])[0] == "con"


@PLACES
def test_the_same_text_gives_the_same_ranking(real: Ranker, source: bytes) -> None:
    """A ranking depends on the text above and the list, not on who asked what before."""
    names = ["join", "exists", "path", "self", "append", "x"]
    first = ranked(real, source, names)
    ranked(real, MEMBER, ["others"] * 5)
    assert first == ranked(real, source, names)
    below = Session(real, source + b" \n.below(it)[")
    assert first == below.rank(len(source), names, [0] * len(names))


def test_features_are_numbers(real: Ranker) -> None:
    """Each feature of each candidate is a finite number, and the table is as wide as its names."""
    from sibyl.context.place import Place
    from sibyl.ranking.features.member_features import features
    from sibyl.ranking.lists.word_list import WordList

    session = Session(real, MEMBER)
    predicted = session.prepare(len(MEMBER))
    names = [*ODD, "join"]
    place = Place(session.stream, session.usage)
    listed = WordList.named(names, names, [2] * len(names))
    logits = real.logits(listed, predicted)
    rows = features(listed, logits, place, session.usage).whole()
    assert rows.shape == (len(names), len(NAMES))
    assert np.isfinite(rows).all()
    column = rows[:, NAMES.index("receiver_count")]
    assert column.argmax() == names.index("join") and not column[:-1].any()


def test_without_a_mixture_the_network_decides() -> None:
    """A model that was just exported has no mixing weights yet, and ranks all the same."""
    plain = StandIn()
    del plain.meta["mix"]
    ranking = ranked(Ranker(plain), MEMBER, [f"n{index}" for index in range(20)])  # type: ignore[arg-type]
    assert sorted(ranking.order) == list(range(20))
    assert ranking.stars == 0


@pytest.mark.parametrize("change", [{"features": ["other"]}, {"version": 99}, {"features": None}])
def test_weights_of_another_version_are_refused(change: dict[str, Any]) -> None:
    """Mixing weights that do not fit the features are never used."""
    with pytest.raises(ModelError, match="another version"):
        Mix(StandIn().meta["mix"] | change)  # type: ignore[operator]


def test_a_ranking_cannot_be_changed(ranker: Ranker) -> None:
    """Steps hand on frozen values."""
    ranking = ranked(ranker, MEMBER, ["a"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        ranking.stars = 3  # type: ignore[misc]
