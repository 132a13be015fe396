"""When the server's order stands against the weights.

In:   scores and features made by hand, in the server's order.
Out:  nothing.
Who:  pytest.
"""

from __future__ import annotations

import numpy as np

from sibyl.ranking.features.word_columns import COLUMNS, NAMES
from sibyl.ranking.guard import guarded, has_evidence, held

NONE = np.zeros(3, bool)
ABC = ["a", "b", "c"]


def rows_of(*features: dict[str, float]) -> np.ndarray:
    """Features of candidates that are zero but for what is told."""
    rows = np.zeros((len(features), len(NAMES)), np.float32)
    for row, values in zip(rows, features, strict=True):
        for name, value in values.items():
            row[COLUMNS[name]] = value
    return rows


def guarded_by(
    scores: np.ndarray,
    rows: np.ndarray,
    letters: int,
    prefixed: np.ndarray,
    imports: np.ndarray,
    names: list[str],
) -> np.ndarray:
    """The scores that are sorted by, of candidates with these features."""
    evidence, exact = has_evidence(rows, NAMES), rows[:, COLUMNS["exact"]] > 0
    return guarded(scores, evidence, exact, letters, prefixed, imports, names)


def order_of(scores: np.ndarray) -> list[int]:
    """Candidates by falling scores."""
    return np.argsort(-scores, kind="stable").tolist()


def test_what_the_users_code_knows_is_evidence() -> None:
    """Uses, bindings and the project are reasons; the server's marks and the network are none."""
    features = [{name: 1.0} for name in NAMES]
    known = has_evidence(rows_of(*features), NAMES)
    evidence = {name for name, is_known in zip(NAMES, known, strict=True) if is_known}
    assert {"word_count", "callee_count", "bound_module", "parameter", "project_files"} <= evidence
    assert {"unbound", "python"} <= evidence
    assert {name for name in NAMES if name.endswith("_weight")} <= evidence
    assert not evidence & {
        "network",
        "place",
        "tier",
        "adds_import",
        "deprecated",
        "exact",
        "length",
    }
    assert not evidence & {"where_import", "letters", "list", "accepted"}


def test_without_evidence_nothing_passes_what_the_server_put_before_it() -> None:
    """From two letters on; with none or one the server's order says little, and the weights decide."""
    scores = np.array([1.0, 0.5, 2.0, 3.0])
    none = np.zeros(4, bool)
    assert order_of(held(scores, none, 2)) == [0, 1, 2, 3]
    assert order_of(held(scores, none, 1)) == [3, 2, 0, 1]
    known = np.array([False, False, False, True])
    assert order_of(held(scores, known, 2)) == [3, 0, 1, 2]


def test_imports_without_evidence_keep_the_servers_order() -> None:
    """Of modules that offer the same name the server knows the better one, unless the project uses another."""
    rows = rows_of({"adds_import": 1}, {"adds_import": 1}, {"adds_import": 1, "project_files": 1})
    scores = np.array([0.0, 5.0, 1.0])
    imports = ~NONE
    assert order_of(guarded_by(scores, rows, 1, ~NONE, imports, ABC)) == [2, 0, 1]


def test_the_exact_name_keeps_the_place_that_the_server_gave_it() -> None:
    """An import of exactly what is typed stays first where the server put it before all that is in scope."""
    features = {"adds_import": 1, "exact": 1}, {"word_count": 1}, {"adds_import": 1, "exact": 1}
    scores = np.array([0.0, 5.0, 9.0])
    imports = np.array([True, False, True])
    assert order_of(guarded_by(scores, rows_of(*features), 3, ~NONE, imports, ABC)) == [0, 1, 2]
    assert order_of(guarded_by(scores, rows_of(*features), 2, ~NONE, imports, ABC))[0] == 1


def test_loose_matches_come_last() -> None:
    """What begins as typed stands before what only holds its letters, whatever the weights say."""
    prefixed = np.array([False, True, False])
    scores = np.array([9.0, 0.0, 1.0])
    assert order_of(guarded_by(scores, rows_of({}, {}, {}), 1, prefixed, NONE, ABC)) == [1, 0, 2]


def test_one_name_of_several_modules_keeps_the_servers_order() -> None:
    """Which module a name is imported from is the server's to say, however the weights look at its place."""
    features = [{"adds_import": 1, "word_count": 1}] * 3
    scores, names = np.array([1.0, 3.0, 2.0]), ["a", "b", "a"]
    assert order_of(guarded_by(scores, rows_of(*features), 1, ~NONE, ~NONE, names)) == [1, 0, 2]


def test_what_does_not_begin_as_typed_comes_last() -> None:
    """However likely: in the server's order, and what would add an import behind what is in scope."""
    scores, prefixed = np.array([1.0, 9.0, 8.0, 7.0]), np.array([True, False, False, False])
    imports, none = np.array([False, True, False, False]), np.zeros(4, bool)
    values = guarded(scores, none, none, 1, prefixed, imports, ["a", "b", "c", "d"])
    assert order_of(values) == [0, 2, 3, 1]


def test_equal_scores_keep_the_servers_order() -> None:
    """Scores that differ in their last bits, as sums of the same numbers may, are equal."""
    assert order_of(held(np.array([1.0, 1.00001]), np.ones(2, bool), 1)) == [0, 1]


def test_what_begins_as_typed_is_ordered_as_if_it_came_alone() -> None:
    """By its scores; of several modules with one name the first stays the first."""
    prefixed = np.array([False, True, True, True])
    scores, known, none = np.array([9.0, 1.0, 3.0, 2.0]), np.ones(4, bool), np.zeros(4, bool)
    names = ["x", "a", "b", "a"]
    assert order_of(guarded(scores, known, none, 1, prefixed, none, names)) == [2, 3, 1, 0]
    assert order_of(guarded(scores, known, none, 1, prefixed, known, names)) == [2, 1, 3, 0]


def test_what_adds_an_import_stands_behind_what_is_in_scope() -> None:
    """However likely, and though the user's own code uses it."""
    scores, known, none = np.array([9.0, 1.0, 5.0]), np.ones(3, bool), np.zeros(3, bool)
    imports = np.array([True, False, True])
    assert order_of(guarded(scores, known, none, 3, known, imports, ABC)) == [1, 0, 2]
    exact = np.array([False, False, True])
    assert order_of(guarded(scores, known, exact, 3, known, known, ABC)) == [2, 0, 1], "nothing is"


def test_modules_of_one_name_have_the_score_of_the_best_of_them() -> None:
    """Wherever it stands, of those that are asked for; the score of a name in scope is none of theirs."""
    known, none = np.ones(3, bool), np.zeros(3, bool)
    names, imports = ["a", "b", "a"], np.array([False, True, True])
    scores = np.array([3.0, 2.0, 1.0])
    assert order_of(guarded(scores, known, none, 1, known, known, names)) == [0, 2, 1]
    assert order_of(guarded(scores, known, none, 1, known, imports, names)) == [0, 1, 2]
    some, low = np.array([False, True, True]), np.array([0.0, 5.0, 1.0])
    assert order_of(guarded(low, some, none, 1, known, known, names)) == [1, 2, 0]
