"""What is done before a list comes, so that it is ranked at once.

In:   the stand-in; short sources.
"""

from __future__ import annotations

from typing import Any

import pytest

from sibyl.code.stream import Stream
from sibyl.network.model import Model
from sibyl.ranking import session as session_module
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker, Ranking
from sibyl.ranking.session import Session


@pytest.mark.parametrize(
    ("questions", "spoken", "ranked"),
    [(0, 0, 0), (1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 1, 1), (5, 1, 2), (6, 1, 3)],
)
def test_getting_ready_stops_when_a_list_came(
    model: Model, questions: int, spoken: int, ranked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a list does not need is left out as soon as something waits; what it needs is done first."""
    source, rankings, names = b"import os\nos.", [], []
    answers = iter([True] * questions + [False])
    session = Session(Ranker(model), source)
    monkeypatch.setattr(Ranker, "rank", lambda *given: rankings.append(given))
    monkeypatch.setattr(Ranker, "spoken", lambda *given: names.append(given))
    session.expect(len(source), lambda _: next(answers))
    assert (len(names), len(rankings)) == (spoken, ranked)


def test_nothing_is_worked_out_for_a_list_in_a_string(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists in strings and comments keep the server's order: getting ready for one costs nothing."""
    names: list[object] = []
    monkeypatch.setattr(Ranker, "spoken", lambda *given: names.append(given))
    for source in (b"x = 1  # os.", b'import os\nx = "os.'):
        Session(Ranker(model), source).expect(len(source), lambda _: True)
    assert not names
    Session(Ranker(model), b"import os\nos.").expect(13, lambda _: True)
    assert names


def test_names_that_a_list_has_cost_nothing_beside_it(
    real: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that something speaks for are looked at closely where a list lacks one, and once for a place."""
    tables, rows = [], Ranker.rows
    monkeypatch.setattr(Ranker, "rows", lambda *given: tables.append(given) or rows(*given))
    source = b"def login(request):\n    print(request.user, request.tenant)\n    return request."
    session = Session(real, source)
    ranking = session.rank(len(source), ["tenant", "user", "imag"], [5, 5, 5])
    assert (len(tables), len(ranking.unlisted)) == (1, 0)
    ranking = session.rank(len(source), ["user", "imag"], [5, 5])
    assert (len(tables), len(ranking.unlisted)) == (3, 1)
    session.edit(len(source), 0, b"t")
    ranking = session.rank(len(source) + 1, ["user", "imag"], [5, 5])
    assert (len(tables), len(ranking.unlisted)) == (4, 1)


def test_ranking_is_kept_warm_where_a_list_is_likely(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a dot, and after a word's first letter; later where the server is asked again; never for long."""
    rankings: list[bool] = []
    clock = iter(range(1_000_000))
    monkeypatch.setattr(session_module, "monotonic", lambda: next(clock) / 100)

    def times(source: bytes, session: Session | None = None) -> int:
        rankings.clear()
        session = session or Session(ranker, source)
        monkeypatch.setattr(session, "_ranked", lambda *_, dry: rankings.append(dry))
        session.expect(session.text.word_start(len(source)), lambda _: True)
        monkeypatch.undo()
        assert all(rankings)  # each as if its list had never come
        monkeypatch.setattr(session_module, "monotonic", lambda: next(clock) / 100)
        return len(rankings)

    assert [times(source) for source in (b"x = ", b"x = ab", b"os.ab")] == [1, 1, 1]
    warm = [times(source) for source in (b"os.", b"x = a", b"os.a")]
    assert all(2 <= many <= 6 for many in warm)  # the clock goes on 10 ms a look, of 50
    session = Session(ranker, b"x = ab")
    session.rank(6, ["abc", "abd"], [6, 6])
    assert times(b"x = ab", session) == warm[1]
    assert times(b"x = ab", session) == 1


def test_it_is_kept_warmest_while_a_server_usually_answers(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dry runs follow each other closely for some milliseconds, then seldom, then no more."""
    now, pauses = [0.0], []

    def quiet(seconds: float) -> bool:
        now[0] += seconds
        pauses.append(seconds)
        return True

    session = Session(ranker, b"os.")
    monkeypatch.setattr(session_module, "monotonic", lambda: now[0])
    monkeypatch.setattr(session, "_ranked", lambda *_, **__: None)
    session.expect(3, quiet)
    waits = [pause for pause in pauses if pause > 0][1:]  # the first lets a fast server's list pass
    assert waits == sorted(waits) and waits[0] <= 0.001 and waits[-1] >= 0.004
    assert 0.01 <= sum(pause for pause in waits if pause <= 0.001) <= 0.02
    assert 0.04 <= sum(waits) <= 0.06 and len(waits) <= 30


def test_getting_ready_after_a_long_list(ranker: Ranker) -> None:
    """A dry run takes the first names of the last list, each with its kind, however long that was."""
    session = Session(ranker, b"import os\nos.")
    many = session_module._DRY_NAMES * 2
    session.rank(13, [f"name_{number}" for number in range(many)], bytes([2] * many))
    rankings = []
    rank = ranker.rank

    def ranked(listed: WordList, *given: Any) -> Ranking:
        rankings.append(len(listed.listing.names))
        assert len(listed.imports) == rankings[-1]
        return rank(listed, *given)

    ranker.rank = ranked  # type: ignore[method-assign]
    session.expect(13)
    assert set(rankings) == {session_module._DRY_NAMES}


def test_a_rest_parses_what_is_broken_since_an_edit(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the quiet moment itself, once, and no long text: a list that came just then would wait."""
    parsed: list[str] = []
    refresh, advance = Stream.refresh, Stream.advance
    monkeypatch.setattr(Stream, "refresh", lambda of: parsed.append("afresh") or refresh(of))
    monkeypatch.setattr(Stream, "advance", lambda *of: parsed.append("read") or advance(*of))

    def rested(session: Session) -> list[str]:
        session.prepare(len(session.text))
        parsed.clear()
        session.rest()
        return [*parsed]

    sound, broken = Session(ranker, b"x = 1\n"), Session(ranker, b"x = (1\ndef\n")
    assert rested(sound) == rested(broken) == []
    for session in (sound, broken):
        session.edit(0, 0, b"y = 2\n")
    assert rested(sound) == []
    assert rested(broken) == ["afresh", "read"]
    assert rested(broken) == []
    monkeypatch.setattr(session_module, "_MOST_RESTED", 5)
    broken.edit(0, 0, b"y = 2\n")
    assert rested(broken) == []
