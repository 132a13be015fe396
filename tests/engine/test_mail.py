"""The desk's worker and its mailbox, when the one is held up or ends and the other is full.

In:   the shipped model.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_desk import LONG, SOURCE, Office

from sibyl.host.handlers import Work
from sibyl.host.mail import LARGEST, MOST, Mailbox
from sibyl.host.worker import Desk


@pytest.fixture
def ready(model_folder: Path) -> Iterator[Office]:
    """A desk with the shipped model."""
    office = Office()
    assert office.start(model_folder)["ok"]
    yield office
    office.desk.close()


def test_who_waits_for_a_letter_gets_it() -> None:
    """Not even after one that was taken without waiting: a worker that found nothing would end."""
    mail = Mailbox()
    mail.put("cursor", (1, 1, 0))
    assert mail.get() == ("cursor", (1, 1, 0))
    threading.Timer(0.05, mail.put, ("cursor", (1, 2, 0))).start()
    assert mail.get() == ("cursor", (1, 2, 0))
    assert mail.quiet(0.01)
    with pytest.raises(queue.Empty):
        mail.get(timeout=0.01)


def test_a_worker_that_ends_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nothing should bring about, the end of the worker, is said to the caller, who can start another."""

    def leave(*_: object) -> None:
        raise SystemExit(1)

    ended = threading.Event()
    monkeypatch.setattr(Work, "changed", leave)
    desk = Desk(lambda *_: None, lambda _: ended.set())
    desk.take("changed", 1)
    assert ended.wait(LONG)


def test_no_message_ends_the_worker() -> None:
    """Arguments that nobody has thought of cost their own question only, even where no answer gets through."""
    ended, answered = threading.Event(), threading.Event()

    def send(number: object, *_: object) -> None:
        if number != 7:
            raise RuntimeError("the way back is closed")
        answered.set()

    desk = Desk(send, lambda _: ended.set())
    for name in ("start", "attach", "edit", "rank", "guess", "accepted", "project", "status"):
        desk.take(name, *([{}] * 3))
        desk.take(name, [])
    desk.take("status", 1)
    desk.take("status", 7)
    assert answered.wait(LONG) and not ended.is_set()
    desk.close()


def test_what_waits_for_a_busy_worker_is_bounded(
    ready: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is held up for long costs no memory without end: texts are asked for again afterwards."""
    held, freed = threading.Event(), threading.Event()

    def hold(*_: object) -> None:
        held.set()
        freed.wait(LONG)

    monkeypatch.setattr(Work, "memory", hold)
    ready.desk.take("attach", 1, 0, SOURCE)
    ready.desk.take("memory", 1)
    assert held.wait(LONG)
    for number in range(1, 100):
        ready.desk.take("attach", 2, number, b"x" * 1_000_000)
        assert ready.desk._mail.bytes <= LARGEST
    for number in range(1, 50_000):
        ready.desk.take("edit", 1, number, 0, 0, b"x")
        assert len(ready.desk._mail) <= MOST
    for number in range(100, 8000):
        ready.rank(number, SOURCE)
    assert len(ready.desk._mail) <= MOST
    ready.desk.take("ping", 9000)  # the door itself is not held up
    freed.set()
    got = []
    while not got or got[-1][0] != 7999:
        got.append(ready.sent.get(timeout=LONG))
    assert {number for number, _, _ in got} == {0, 9000, *range(100, 8000)}  # each once answered
    assert len(got) == len({number for number, _, _ in got if number}) + 2
    assert sorted(answer["buffer"] for number, kind, answer in got if kind == "lost") == [1, 2]
    ready.desk.take("edit", 1, 50_000, 0, 0, b"x")  # still not taken
    ready.desk.take("attach", 1, 50_001, SOURCE)
    ready.rank(1, SOURCE, 1, 50_001)
    ready.answer(1, "order")


def test_a_full_mailbox_keeps_its_end() -> None:
    """A letter that comes after the end does not take it away: the worker would wait for ever."""
    mail = Mailbox()
    for number in range(MOST):
        mail.put("cursor", (1, number, 0))
    mail.end()
    mail.put("opened", ())
    letters = [mail.get(timeout=0.1)]
    while letters[-1] is not None:
        letters.append(mail.get(timeout=0.1))
    assert len(letters) < MOST
