"""Long lists of which few items begin as typed: only those are looked at closely.

In:   the shipped model, a short source.
"""

from __future__ import annotations

import numpy as np
import pytest

from sibyl.context.place import Place
from sibyl.ranking.lists.listing import DEPRECATED, IMPORTS
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SOURCE = """\
import subprocess
from os import path, sep


class Runner(Base):
    def run(self, command, retries=2):
        first = subprocess.run(command, check=True)
        second = """


@pytest.mark.parametrize("typed", ["s", "pa", "R"])
def test_a_part_of_a_list_is_ranked_as_all_of_it(
    real: Ranker, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What begins as typed has the features and the order that it has among all; the rest stays as it came."""
    names = [*real.model.members()[:400], "path", "self", "command", "retries", "subprocess", "sep"]
    labels = [name + "=" * (at % 7 == 0) for at, name in enumerate(names)] + ["path", "sep", "Run"]
    kinds = [(6, 3, 7, 14, 3 + IMPORTS, 6 + DEPRECATED)[at % 6] for at in range(len(labels))]
    session = Session(real, (SOURCE + typed).encode())
    offset = len(session.text)
    predicted, place = session.prepare(offset), Place(session.stream, session.usage)
    remembered = session.recall.at(place)
    listed = session.listed(offset, labels, kinds)
    shown = listed.shown
    assert shown is not None and 2 < len(shown) < 100
    given = (listed, predicted, place, session.usage, remembered)
    part, whole = real.rows(*given, True)[0].whole(), real.rows(*given)[0].whole()
    assert np.array_equal(part, whole[shown])
    ranking = real.rank(*given)
    assert sorted(ranking.order) == list(range(len(labels)))
    rest = ranking.order[len(shown) :]
    adding = [at for at in rest if kinds[at] & IMPORTS]
    assert rest == sorted(set(rest) - set(adding)) + sorted(adding)
    assert len(ranking.probability) == len(labels) and sum(ranking.probability) == pytest.approx(1)
    again = session.rank(offset, labels, kinds)
    assert again.order == ranking.order
    assert [name for name, _ in session.explained()] == [labels[at] for at in again.order[:15]]
    monkeypatch.setattr(WordList, "shown", None)
    assert real.rank(*given).order == ranking.order
