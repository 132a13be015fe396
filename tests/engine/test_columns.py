"""Columns of features, counted by hand: a column that is counted wrong still gives some order.

In:   short texts, memories made up for the test; the stand-in for the network.
"""

from __future__ import annotations

from math import log1p

import numpy as np
import pytest
from rows import Row, having, near, rows_of
from standin import StandIn

from sibyl.code.tokens import Word
from sibyl.context.groups import (
    ACCEPTED,
    ACCEPTED_WORDS,
    GROUPS,
    WORD_GROUPS,
)
from sibyl.context.words import CONTEXTS, hashes
from sibyl.memory.class_lookup import Member
from sibyl.memory.project import Remembered
from sibyl.memory.project_store import Used
from sibyl.network.model import Floats
from sibyl.ranking.explain import reasons
from sibyl.ranking.features import member_columns
from sibyl.ranking.lists.listing import IMPORTS
from sibyl.ranking.mix import Mix, packed
from sibyl.ranking.ranker import Ranker, _stars
from sibyl.ranking.session import Session

MEMBERS = b"""\
class Box:
    def __init__(self):
        self.alpha = 1
        self.beta = 2
    def gamma(self):
        self.beta()
        self.alpha()
        self.beta()
        value = self."""
LISTED = ["alpha", "beta", "gamma", "__init__", "other", "alpha", "LOUD", "_hid"]
KINDS = [5, 5, 2, 2, 9, 5, 7, 1]


@pytest.fixture(scope="module")
def members() -> list[Row]:
    """The rows of a list of members, nothing remembered."""
    return rows_of(MEMBERS, LISTED, KINDS)


def test_uses_are_counted_by_what_they_followed(members: list[Row]) -> None:
    """On `self`: beta three times, alpha twice; after `self.beta`: alpha and beta once each."""
    counts = having(members, LISTED, "receiver_count")
    assert counts == pytest.approx({"alpha": log1p(2), "beta": log1p(3)}, abs=1e-4)
    after = having(members, LISTED, "after_count")
    assert after == pytest.approx({"alpha": log1p(1), "beta": log1p(1)}, abs=1e-4)
    assert having(members, LISTED, "just_used") == {"beta": 1}


def test_recency_is_that_of_the_last_use(members: list[Row]) -> None:
    """What matters is how many tokens ago a name was used last, not first."""
    session = Session(Ranker(StandIn()), MEMBERS)  # type: ignore[arg-type]
    session.prepare(len(MEMBERS))
    texts = session.stream.texts
    ago = {name: texts[::-1].index(name) + 1 for name in ("alpha", "beta")}
    assert ago["beta"] < ago["alpha"] < 20
    wanted = {name: 1 / (1 + 0.25 * log1p(tokens)) for name, tokens in ago.items()}
    assert having(members, LISTED, "receiver_recency") == pytest.approx(wanted, abs=1e-4)


def test_the_class_around_is_known(members: list[Row]) -> None:
    """Its attributes are defined here, two are methods, both unused; `gamma` comes next after `beta`."""
    own = {"alpha": 1, "beta": 1, "gamma": 1, "__init__": 1}
    assert having(members, LISTED, "defined_here") == own
    assert having(members, LISTED, "defined_method") == {"gamma": 1, "__init__": 1}
    assert having(members, LISTED, "defined_unused") == {"gamma": 1, "__init__": 1}
    order = having(members, LISTED, "defined_next")
    assert order and min(order.values()) > 0 and "beta" not in order
    assert order["gamma"] == max(order.values())


def test_a_name_listed_twice_has_the_same_features(members: list[Row]) -> None:
    """All but the network's columns and the kind are the first one's: so the server's order stays."""
    assert members[5] == members[0]
    assert members[5]["place"] == pytest.approx(log1p(0))
    assert [members[at]["place"] for at in (1, 7)] == pytest.approx([log1p(1), log1p(7)])
    assert members[7]["place_share"] == pytest.approx(7 / 8)


def test_kinds_and_shapes_have_columns(members: list[Row]) -> None:
    """The protocol's kinds fall into four columns, names into three shapes."""
    assert having(members, LISTED, "field") == {"alpha": 1, "beta": 1}
    assert having(members, LISTED, "callable") == {"gamma": 1, "__init__": 1}
    assert having(members, LISTED, "module") == {"other": 1}
    assert having(members, LISTED, "type") == {"LOUD": 1}
    shapes = {name: having(members, LISTED, name) for name in ("dunder", "upper", "private")}
    assert shapes == {"dunder": {"__init__": 1}, "upper": {"LOUD": 1}, "private": {"_hid": 1}}


def filled(groups: tuple[str, ...], at: str, used: dict[str, tuple[float, float]]) -> tuple:
    """Answers of a memory: one context's names, nothing in the others."""
    return tuple(Used(used) if name == at else Used() for name in groups)


def test_other_files_and_the_person_have_columns() -> None:
    """Counts, shares of all in the context, files; weights and recencies; the class of another file."""
    remembered = Remembered(
        project=filled(GROUPS, "origin", {"alpha": (2, 1), "other": (6, 3)}),
        person=filled(ACCEPTED, "chain", {"beta": (1.5, 0.25)}),
        members={"gamma": Member(0, False), "beta": Member(1, True)},
        kind="class", files=7, accepted=30,
    )  # fmt: skip
    rows = rows_of(MEMBERS, LISTED, KINDS, remembered)
    shares = {"alpha": log1p(2) / log1p(8), "other": log1p(6) / log1p(8)}
    assert having(rows, LISTED, "project_origin_share") == pytest.approx(shares, abs=1e-4)
    counts = {"alpha": log1p(2), "other": log1p(6)}
    assert having(rows, LISTED, "project_origin_count") == pytest.approx(counts, abs=1e-4)
    files = {"alpha": log1p(1), "other": log1p(3)}
    assert having(rows, LISTED, "project_files") == pytest.approx(files, abs=1e-4)
    assert having(rows, LISTED, "project_last_count") == {}
    assert having(rows, LISTED, "person_chain_weight") == near(beta=log1p(1.5))
    assert having(rows, LISTED, "person_chain_recency") == {"beta": 0.25}
    assert having(rows, LISTED, "class_here") == {"gamma": 1}
    assert having(rows, LISTED, "class_base") == {"beta": 1}
    assert having(rows, LISTED, "class_method") == {"beta": 1}
    assert having(rows, LISTED, "class_unused") == {"gamma": 1}
    same = ("known_files", "known_class", "known_uses", "accepted", "list")
    wanted = [log1p(count) for count in (7, 2, 8, 30, 8)]
    assert [rows[3][name] for name in same] == pytest.approx(wanted)


WORDS = b"""\
import os
limit = 3
def run(total, size):
    extra = total
    print(limit)
    print(limit, sep=os, value="""
CANDIDATES = ["limit", "list", "list", "extra", "size", "total", "sep=", "os", "lime"]
WORD_KINDS = [6, 3, 3, 6, 6, 6, 6, 9, 3 + IMPORTS]


@pytest.fixture(scope="module")
def words() -> list[Row]:
    """The rows of a list of words after `li`, with what other files use."""
    remembered = Remembered(words=filled(WORD_GROUPS, "value", {"size": (3, 2)}))
    return rows_of(WORDS, CANDIDATES, WORD_KINDS, remembered, typed="li")


def test_a_tier_begins_where_the_alphabet_goes_back(words: list[Row]) -> None:
    """Limit list list | extra size total | sep | os | lime: equal neighbours are of one tier."""
    tiers = [0, 0, 0, 1, 1, 1, 2, 3, 4]
    assert [row["tier"] for row in words] == pytest.approx([log1p(tier) for tier in tiers])
    places = [0, 1, 1, 0, 1, 2, 0, 0, 0]  # twins of one kind stand where the first does
    assert [row["tier_place"] for row in words] == pytest.approx([log1p(at) for at in places])
    assert [row["tier_last"] for row in words] == [0] * 8 + [1]
    assert words[0]["tiers"] == pytest.approx(log1p(5))


def test_scopes_have_columns(words: list[Row]) -> None:
    """Parameters and locals are the function's, the rest the module's; in the body none is named twice."""
    inner = {"extra": 1, "size": 1, "total": 1}
    assert having(words, CANDIDATES, "bound_function") == inner
    assert having(words, CANDIDATES, "bound_module") == {"limit": 1, "os": 1}
    assert having(words, CANDIDATES, "parameter") == {"size": 1, "total": 1}
    assert having(words, CANDIDATES, "unused") == {"extra": 1, "size": 1}  # `total` was read
    once, twice = round(log1p(1), 4), round(log1p(2), 4)
    in_function = {"limit": twice, "extra": once, "total": once, "sep=": once, "os": once}
    assert having(words, CANDIDATES, "function_count") == in_function
    in_statement = {"limit": once, "sep=": once, "os": once}
    assert having(words, CANDIDATES, "statement_count") == in_statement


@pytest.mark.parametrize(
    ("after", "bound"), [("    other = ", {"flag": 1}), ("    def f(self):\n        return ", {})]
)
def test_a_class_is_not_seen_from_its_methods(after: str, bound: dict[str, float]) -> None:
    """What a class body binds can be named in the body, not in the functions of it."""
    source = b"class A:\n    flag = 1\n" + after.encode()
    assert having(rows_of(source, ["flag"], [6]), ["flag"], "bound_class") == bound


def test_what_is_typed_and_given_has_columns(words: list[Row]) -> None:
    """`li` begins limit, list and lime; `sep=` was given in this call."""
    for column in ("case", "prefix"):
        assert having(words, CANDIDATES, column) == {"limit": 1, "list": 1, "lime": 1}
    assert having(words, CANDIDATES, "exact") == {}
    assert having(words, CANDIDATES, "given") == {"sep=": 1}
    assert having(words, CANDIDATES, "argument") == {"sep=": 1}
    assert having(words, CANDIDATES, "adds_import") == {"lime": 1}
    same = ("letters", "list", "arguments")
    assert [words[4][name] for name in same] == pytest.approx([log1p(2), log1p(9), log1p(1)])
    assert words[4]["keyword_value"] == 1


def test_words_are_counted_in_this_file_and_in_others(words: list[Row]) -> None:
    """limit: bound once and named twice; the last time is what recency tells."""
    counts = having(words, CANDIDATES, "word_count")
    wanted = {"limit": 3, "total": 2, "extra": 1, "size": 1, "os": 2, "sep=": 1}
    assert counts == pytest.approx({n: log1p(often) for n, often in wanted.items()}, abs=1e-4)
    recency = having(words, CANDIDATES, "word_recency")
    assert recency["sep="] < recency["os"] and recency["total"] < recency["limit"]
    assert recency["size"] < recency["extra"] < recency["total"]
    assert having(words, CANDIDATES, "project_value_count") == near(size=log1p(3))
    assert having(words, CANDIDATES, "project_value_share") == {"size": 1}
    assert having(words, CANDIDATES, "project_files") == near(size=log1p(2))


def test_contexts_tell_places_apart() -> None:
    """The position among arguments knows the keyword; a receiver's last member knows the receiver."""
    word = Word(3, "argument", "open", "", 0, "mode", "", "", "")
    other = word._replace(keyword="encoding")
    at = CONTEXTS.index("position")
    texts = ["open", "(", "x"]
    assert hashes(word, texts, "")[at] != hashes(other, texts, "")[at]
    rows = rows_of(b"a.x()\na.y()\nb.x()\nb.", ["y"], [2])
    assert having(rows, ["y"], "after_count") == {}
    assert having(rows, ["y"], "newest_count") == near(y=log1p(1))


def test_stars_are_of_the_likely_and_of_those_nearly_so() -> None:
    """None where the first is unsure; others from a fifth of the first and a tenth of all on."""

    def stars(*probability: float, sure: float = 0.5) -> int:
        return _stars(np.asarray(probability, np.float32), sure)

    assert stars(0.49, 0.4) == 0
    assert stars(0.6, 0.2, 0.11, 0.09) == 2
    assert stars(0.2, 0.2, 0.05, sure=0.1) == 2
    assert stars(0.3, 0.14, 0.14, 0.14, 0.14, 0.14, sure=0.1) == 5


def test_reasons_point_the_right_way() -> None:
    """What lifts an item is worth something above zero to it, what holds it down below."""
    weights = {"version": member_columns.FEATURES_VERSION, "features": ["receiver_count", "private"],
               "hidden": packed([]), "out": packed([2, -4]), "star": 0.5}  # fmt: skip
    rows: Floats = np.zeros((2, len(member_columns.NAMES)), np.float32)
    rows[0, member_columns.COLUMNS["receiver_count"]] = 1
    rows[1, member_columns.COLUMNS["private"]] = 1
    first, second = reasons(Mix(weights), rows, [0, 1])
    assert dict(first) == {"used in this file": 1.0, "kind and shape": 2.0}
    assert dict(second) == {"used in this file": -1.0, "kind and shape": -2.0}
    assert [group for group, _ in first] == ["kind and shape", "used in this file"]


def test_person_contexts_of_words_are_those_kept() -> None:
    """Each context under which words are accepted has its columns."""
    remembered = Remembered(person=filled(ACCEPTED_WORDS, "callee_last", {"size": (1.0, 0.5)}))
    rows = rows_of(WORDS, CANDIDATES, WORD_KINDS, remembered)
    assert having(rows, CANDIDATES, "person_callee_last_weight") == near(size=log1p(1))
    assert having(rows, CANDIDATES, "person_anywhere_weight") == {}
