"""Lists that are not of members: what is known of each candidate, and the order.

In:   short sources with the cursor at their end, lists made by hand.
"""

from __future__ import annotations

import numpy as np
import pytest
from standin import StandIn

from sibyl.context.place import Place
from sibyl.ranking.features.word_columns import (
    COLUMNS,
    NAMES,
    SORTED,
    UNLEARNT,
    WORD_FEATURES_VERSION,
)
from sibyl.ranking.features.word_features import word_features
from sibyl.ranking.lists.listing import DEPRECATED, IMPORTS
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.mix import Mix, packed
from sibyl.ranking.ranker import Ranker, Ranking
from sibyl.ranking.session import Session

SOURCE = """\
import os
import subprocess
from os import path, sep
limit = 3

class Runner(Base):
    timeout = 1

    def run(self, command, retries=2):
        first = subprocess.run(command, check=True, timeout=limit)
        second = subprocess.run(command, check=False)
        """


def mix_of(**weights: float) -> Mix:
    """Weights that look at a few columns, each in proportion."""
    names = list(weights)
    out = np.zeros(1 + len(names))
    out[1:] = list(weights.values())
    mixture = {
        "version": WORD_FEATURES_VERSION,
        "features": names,
        "hidden": packed(np.zeros((len(names) + 1, 1))),
        "out": packed(out),
        "star": 0.99,
    }
    return Mix(mixture, NAMES, WORD_FEATURES_VERSION, UNLEARNT)


def ranker_of(**weights: float) -> Ranker:
    """A ranker of words with such weights."""
    ranker = Ranker(StandIn())  # type: ignore[arg-type]
    ranker.mix_words = mix_of(**weights)
    return ranker


def rows_of(
    source: str, labels: list[str], kinds: list[int] | None = None, typed: str = ""
) -> dict[str, dict[str, float]]:
    """What is known of each label at the end of a source, columns that are zero left out."""
    session = Session(ranker_of(place=-1.0), (source + typed).encode())
    session.prepare(len(session.text))
    listed = session.listed(len(session.text), labels, kinds or [0] * len(labels))
    assert listed.typed == typed
    place = Place(session.stream, session.usage)
    table = word_features(
        listed, np.zeros(len(labels), np.float32), place, session.usage, session.recall.at(place)
    ).whole()
    return {
        label: {name: float(row[at]) for name, at in COLUMNS.items() if row[at]}
        for label, row in zip(labels, table, strict=True)
    }


def ranked(ranker: Ranker, source: str, labels: list[str], kinds: list[int]) -> list[str]:
    """Labels in the order of a ranking at the end of a source."""
    order = Session(ranker, source.encode()).rank(len(source.encode()), labels, kinds).order
    return [labels[index] for index in order]


def test_scopes_are_told_apart() -> None:
    """A name is of the innermost scope that binds it; class bodies are not seen from their methods."""
    labels = ["command", "first", "limit", "timeout", "run", "len", "os"]
    rows = rows_of(SOURCE, labels)
    bound = {
        label: [name for name in rows[label] if name.startswith("bound_") or name == "parameter"]
        for label in labels
    }
    assert bound == {
        "command": ["bound_function", "parameter", "bound_late"],
        "first": ["bound_function", "bound_late"],
        "limit": ["bound_module", "bound_late"],
        "timeout": [],
        "run": [],
        "len": [],
        "os": ["bound_module", "bound_late"],
    }


def test_what_is_bound_and_not_used_is_known() -> None:
    """A local, or a parameter, that nothing has read yet is likely to be meant; one reading is enough."""
    source, labels = SOURCE, ["first", "second", "retries", "command", "limit"]
    for read in ("", "second", "retries"):
        source += f"{read}\n        "
        labels = [label for label in labels if label != read]
        rows = rows_of(source, ["first", "second", "retries", "command", "limit"])
        assert [label for label in rows if "unused" in rows[label]] == labels[: len(labels) - 2]


def test_keyword_arguments_know_their_callee() -> None:
    """What calls of this callee were given counts; what this call has already is marked."""
    rows = rows_of(
        SOURCE + "subprocess.run(command, check=True, ", ["check=", "timeout=", "check", "env="]
    )
    assert rows["check="]["given"] == 1 and "given" not in rows["timeout="]
    assert rows["check="]["callee_count"] > rows["timeout="]["callee_count"] > 0
    assert "callee_count" not in rows["check"] and "callee_count" not in rows["env="]
    assert all("argument" in rows[label] for label in ("check=", "timeout=", "env="))
    assert "argument" not in rows["check"]


def test_a_keyword_argument_named_like_a_local_is_known() -> None:
    """People write ``retries=retries``: what the function binds is likely to be passed on by its own name."""
    rows = rows_of(SOURCE + "call(", ["retries=", "limit=", "other="])
    assert rows["retries="]["argument_bound"] == 1 and "argument_bound" not in rows["limit="]
    assert rows["limit="]["argument_recency"] > 0 and "argument_recency" not in rows["other="]


def test_the_value_of_a_keyword_knows_the_keyword() -> None:
    """``timeout=limit`` was written before; ``name=name`` is what people write."""
    rows = rows_of(SOURCE + "subprocess.run(command, timeout=", ["limit", "timeout", "command"])
    assert rows["limit"]["value_count"] > 0 and "value_count" not in rows["command"]
    assert rows["timeout"]["keyword_same"] == 1
    assert rows["limit"]["keyword_value"] == 1


def test_imports_know_their_module() -> None:
    """What this file imported from a module is known where it imports from it again."""
    rows = rows_of("from os import path\nimport re\nfrom os import ", ["path", "sep", "re"])
    assert rows["path"]["imported_count"] > 0
    assert "imported_count" not in rows["sep"] and "imported_count" not in rows["re"]
    assert rows["path"]["where_import"] == 1


def test_imports_know_what_comes_next_in_the_alphabet() -> None:
    """Most code sorts its imports: the name before says what may follow, by case or not, and how far behind."""
    labels = ["Any", "Zero", "cast", "List", "overload"]
    rows = rows_of("from typing import Any, List, ", labels)
    having = {name: [rows[label].get(f"sorted_{name}", 0) for label in labels] for name in SORTED}
    assert having["after"] == having["like_after"] == [0, 1, 0, 0, 1]
    assert having["case"] == [0, 1, 1, 0, 1]
    assert having["gap"] == having["like_gap"] == pytest.approx([-0.6, 0.2, -0.4, -0.2, 0])
    assert rows["Any"]["sorted"] == 1
    rows = rows_of(
        "import sys, os\nfrom abc import ABC\nfrom ", ["abc", "os", "re", "sys", "zipfile"]
    )
    assert [label for label in rows if "sorted_after" in rows[label]] == [
        "os",
        "re",
        "sys",
        "zipfile",
    ]
    rows = rows_of("import sys, os\nfrom abc import ABC\nimport ", ["abc", "os", "re", "zipfile"])
    assert [label for label in rows if "sorted_like_after" in rows[label]] == ["zipfile"]
    assert "sorted" not in rows["re"]  # abc after os after sys: none in order
    assert rows["re"]["before_import"] == 1
    rows = rows_of("from os import path\ny = os\nx = ", ["path", "sep"])
    assert not [name for name in rows["sep"] if name.startswith("sorted")]


def test_long_names_have_their_place_in_the_alphabet() -> None:
    """Names that begin alike are told apart behind their first eight letters."""
    labels = ["validate_age", "validate_name", "validate_size"]
    rows = rows_of("from checks import validate_name, ", labels)
    assert [label for label in labels if "sorted_after" in rows[label]] == ["validate_size"]


def test_how_much_is_sorted_is_a_share() -> None:
    """One module in four that came out of order is a habit all the same; what came long ago says nothing."""
    rows = rows_of("import abc\nimport ast\nimport zlib\nimport os\nimport re\nimport ", ["sys"])
    assert rows["sys"]["sorted"] == pytest.approx(3 / 4)
    many = "".join(f"import m{number:02}\n" for number in range(30))
    assert rows_of("import zlib\n" + many + "import ", ["sys"])["sys"]["sorted"] == 1


def test_a_statement_begins_behind_the_line_before() -> None:
    """What a statement begins with was used in it; a name of the line before was not."""
    rows = rows_of("first = second\nthird(first, ", ["first", "second", "third"])
    assert [label for label in rows if "statement_count" in rows[label]] == ["first", "third"]


def test_the_servers_tiers_are_seen() -> None:
    """Each descent of the alphabet begins a tier."""
    rows = rows_of("x = ", ["beta", "delta", "alpha", "gamma", "abc"])
    tiers = [rows[label].get("tier", 0.0) for label in ("beta", "delta", "alpha", "gamma", "abc")]
    assert tiers == pytest.approx([0, 0, np.log1p(1), np.log1p(1), np.log1p(2)], abs=1e-6)
    assert [label for label in rows if "tier_last" in rows[label]] == ["abc"]


def test_marks_of_the_server_are_seen() -> None:
    """Deprecated items and those that add an import are told from others."""
    rows = rows_of("x = ", ["a", "b", "c"], [3, 3 + IMPORTS, 7 + DEPRECATED])
    assert "adds_import" in rows["b"] and "deprecated" in rows["c"]
    assert "adds_import" not in rows["c"] and "deprecated" not in rows["b"]
    assert "kind_function" in rows["b"] and "kind_class" in rows["c"]


def test_letters_typed_are_seen() -> None:
    """An exact name, one that begins so, and one that only matches loosely are told apart."""
    rows = rows_of("x = ", ["Path", "path", "pathlib", "os_path"], typed="path")
    columns = {
        label: [name for name in ("exact", "case", "prefix") if name in rows[label]]
        for label in rows
    }
    assert columns == {
        "Path": ["prefix"],
        "path": ["exact", "case", "prefix"],
        "pathlib": ["case", "prefix"],
        "os_path": [],
    }


def test_equal_names_in_both_roles_are_two_candidates() -> None:
    """``timeout`` in scope and ``timeout=`` of a call have uses of their own."""
    rows = rows_of("timeout = 1\nf(timeout=timeout)\nf(", ["timeout", "timeout="])
    assert rows["timeout"]["word_count"] == pytest.approx(np.log1p(2), abs=1e-6)
    assert rows["timeout="]["word_count"] == pytest.approx(np.log1p(1), abs=1e-6)


def test_without_weights_the_servers_order_stands() -> None:
    """A model that has learnt nothing of such lists leaves them alone, and stars nothing."""
    ranker = Ranker(StandIn())  # type: ignore[arg-type]
    assert ranker.mix_words is None
    ranking = Session(ranker, b"x = ").rank(4, ["b", "a", "c"], [0, 0, 0])
    assert ranking == Ranking([0, 1, 2], [1 / 3] * 3, 0)


def test_imports_stay_below_what_is_in_scope() -> None:
    """However likely an import is, what is in scope and begins as typed comes first; loose matches last."""
    ranker = ranker_of(adds_import=9.0, place=-1.0)
    labels, kinds = ["apple", "xalpha", "alps", "Alarm"], [3 + IMPORTS, 3, 3, 3]
    assert ranked(ranker, "x = ", labels, kinds) == ["xalpha", "alps", "Alarm", "apple"]
    assert ranked(ranker, "x = al", labels, kinds) == ["alps", "Alarm", "xalpha", "apple"]
    labels[0] = "all_of"
    assert ranked(ranker, "x = al", labels, kinds) == ["alps", "Alarm", "all_of", "xalpha"]


def test_a_learned_weight_moves_items() -> None:
    """The order is that of the weighed sum: names used more stand higher."""
    ranker = ranker_of(word_count=1.0)
    assert ranked(ranker, "b = 1\nc = b + b\nx = ", ["a", "b", "c"], [6, 6, 6]) == ["b", "c", "a"]


def test_a_keyword_argument_is_told_from_a_name_by_the_network() -> None:
    """The logits of ``key=`` are those of ``key`` and of the mark that all keyword arguments share."""
    ranker = Ranker(StandIn())  # type: ignore[arg-type]
    predicted = ranker.model.vectors(["anything"])[0]
    plain, argument, mark = (
        ranker.word_logits(WordList.named([label], [name], [0]), predicted)[0]
        for label, name in (("key", "key"), ("key=", "key"), ("<kw>", "<kw>"))
    )
    assert argument == pytest.approx(plain + mark, abs=1e-5)
    assert argument != plain


def test_shuffled_lists_give_the_same_order_where_no_place_counts() -> None:
    """Without the server's columns, what a name is worth does not depend on where it stood."""
    ranker = ranker_of(network=1.0, word_count=0.5)
    labels = [f"name_{index}" for index in range(30)]
    wanted = ranked(ranker, "name_3 = 1\nx = ", labels, [6] * 30)
    assert wanted == ranked(ranker, "name_3 = 1\nx = ", labels[::-1], [6] * 30)
