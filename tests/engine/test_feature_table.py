"""Features without their zeros.

In:   lists with and without repeated names, ranked at a place of a small text.
Out:  nothing.
Who:  pytest.
"""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sibyl.context.place import Place
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import noted
from sibyl.memory.project import Project, Remembered
from sibyl.memory.project_store import ProjectStore
from sibyl.ranking import session as session_module
from sibyl.ranking.features import member_columns, word_columns
from sibyl.ranking.features.feature_table import FeatureTable, Known, recency
from sibyl.ranking.guard import evidence_columns
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SOURCE = b"import os\n\n\ndef run(path, limit):\n    os.getcwd()\n    os.getcwd()\n    total = limit\n    "
NAMES = ["limit", "getcwd", "path", "limit", "run", "for", "total", "os", "listdir", "getcwd", "T"]


def table_of(ranker: Ranker, source: bytes, names: list[str]) -> FeatureTable:
    """The features of names at the end of a source."""
    session = Session(ranker, source)
    predicted = session.prepare(len(source))
    listed = session.listed(len(source), names, [6] * len(names))
    place = Place(session.stream, session.usage)
    return ranker.rows(listed, predicted, place, session.usage, Remembered())[0]


@pytest.mark.parametrize("source", [SOURCE, SOURCE + b"os."], ids=["words", "members"])
def test_scores_are_those_of_the_whole_table(real: Ranker, source: bytes) -> None:
    """The score without the zeros is the score with them, but for the last bits of a sum."""
    mix = real.mix if source.endswith(b".") else real.mix_words
    assert mix is not None
    table = table_of(real, source, NAMES)
    whole = table.whole()
    assert whole.shape == (len(NAMES), len(mix.names)) and 0 < len(table.known) < len(NAMES)
    assert np.allclose(mix.scores(table), mix.scores(whole), atol=1e-4)
    columns = evidence_columns(mix.names)
    assert table.any(columns).tolist() == (whole[:, columns] > 0).any(1).tolist()


def test_evidence_is_found_among_the_known() -> None:
    """Every column that counts as evidence is one that only the known candidates have."""
    for names, first, last in (
        (member_columns.NAMES, member_columns.HEAD, member_columns.COLUMNS["own"]),
        (word_columns.NAMES, word_columns.HEAD, word_columns.FIRST_CONTEXT),
    ):
        assert all(first <= column < last for column in evidence_columns(names))


def test_what_is_put_stands_in_its_row() -> None:
    """Values and blocks of values land on their candidate and column, for each name that equals it, too."""
    known = Known({"a": 0, "b": 1, "c": 3}, 5, first=10, last=14)
    known.put("c", 11, 2.0)
    known.put("c", 11, 3.0)
    known.put_block(np.array([0]), 12, np.array([[5.0, 6.0]], np.float32))
    candidates, middle = known.gathered()
    assert candidates.tolist() == [0, 3]
    assert middle.tolist() == [[0, 0, 5, 6], [0, 3, 0, 0]]
    candidates, middle = known.gathered(np.array([0, 1, 0, 3, 3]))
    assert candidates.tolist() == [0, 2, 3, 4]
    assert middle[:, 1:3].tolist() == [[0, 5], [0, 5], [3, 0], [3, 0]]


def test_uses_are_logs_and_fade() -> None:
    """Times count by their log; how recent a use is falls with that of the tokens since."""
    known = Known({"a": 0, "b": 1, "c": 3}, 4, first=10, last=14)
    known.put_uses(["c", "a"], (10, 12), [1, 7], [0, 90])
    known.put_uses(["b"], (10, 12), [2], [3])
    known.put_all(["a", "c"], 13, [0.5, 2.0])
    known.put("b", 11, 4.0)
    candidates, middle = known.gathered()
    assert candidates.tolist() == [0, 1, 3]
    assert middle[:, 0] == pytest.approx([math.log1p(times) for times in (7, 2, 1)])
    assert middle[:, 1].tolist() == [0, 4, 0]
    assert middle[:, 2] == pytest.approx([recency(tokens) for tokens in (90, 3, 0)])
    assert middle[:, 3].tolist() == [0.5, 0, 2]
    assert recency(0) == 1 and 0 < recency(1_000_000) < recency(10) < 1


def test_nothing_known_is_no_error() -> None:
    """A list whose names nothing is known of has a table of zeros."""
    candidates, middle = Known({"a": 0}, 2, 3, 5).gathered(np.array([0, 0]))
    assert not len(candidates) and middle.shape == (0, 2)


def test_a_list_again_is_ranked_as_by_a_fresh_session(real: Ranker) -> None:
    """What is kept of a place between two lists never outlives an edit before the word."""
    session = Session(real, SOURCE)
    for edit in (
        (len(SOURCE), 0, b"to"),
        (len(SOURCE) - 4, 0, b"x = 1; "),
        (0, 0, b"import re\n"),
        (9, 1, b""),
    ):
        session.edit(*edit)
        text = session.text.data
        again = session.rank(len(text), NAMES, [6] * len(NAMES))
        assert session.rank(len(text), NAMES, [6] * len(NAMES)) == again
        assert Session(real, text).rank(len(text), NAMES, [6] * len(NAMES)) == again


class Counting(BufferMemory):
    """Counts how often it is asked."""

    asked = 0

    def at(self, _: Place) -> Remembered:
        """Count, and know nothing."""
        self.asked += 1
        return Remembered()


def test_memory_is_asked_once_a_word(real: Ranker) -> None:
    """Letters typed in a word do not ask the memories again; an accepted item or another place does."""
    recall = Counting()
    session = Session(real, SOURCE, recall)

    def rank() -> int:
        session.rank(len(session.text), NAMES, [6] * len(NAMES))
        return recall.asked

    assert rank() == 1
    session.edit(len(SOURCE), 0, b"t")
    assert rank() == 1
    session.accepted(len(session.text), "total")
    assert rank() == 2
    session.edit(len(SOURCE), 1, b"x = ")
    assert rank() == 3


def test_memory_is_asked_again_soon_and_where_another_one_takes_over(
    real: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one word, too: what another Neovim noted is there a second later, a memory that opens late at once."""
    now = [0.0]
    monkeypatch.setattr(session_module, "monotonic", lambda: now[0])
    recall, other = Counting(), Counting()
    session = Session(real, SOURCE, recall)
    for seconds, asked in ((0.0, 1), (0.1, 1), (1.0, 2), (1.1, 2)):
        now[0] = seconds
        session.rank(len(SOURCE), NAMES, [6] * len(NAMES))
        assert recall.asked == asked
    session.recall = other
    session.rank(len(SOURCE), NAMES, [6] * len(NAMES))
    assert (recall.asked, other.asked) == (2, 1)


def test_what_a_list_lacks_follows_the_memory(
    real: Ranker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a file that is saved meanwhile speaks for stands in the next list of the same word."""
    now, source = [0.0], b"import ledger\nfetch(ledger."
    monkeypatch.setattr(session_module, "monotonic", lambda: now[0])
    labels = ["conjugate", "denominator", "imag", "numerator", "real"]
    path = tmp_path / "project.db"
    with closing(ProjectStore(path)) as written, closing(ProjectStore(path)) as store:
        session = Session(real, source, BufferMemory(Project(store, "main.py")))

        def unlisted() -> list[str]:
            ranking = session.rank(len(source), labels, [5] * len(labels))
            return [beside.name for beside in ranking.unlisted]

        assert unlisted() == []
        other = b"import ledger\nfrom client import fetch\n" + b"fetch(ledger.balance)\n" * 9
        written.update([noted("other.py", (1, 1), other)])
        now[0] = 1.0
        assert unlisted() == ["balance"]
