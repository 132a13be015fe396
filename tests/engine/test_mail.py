"""The desk's worker and its mailbox, when the one is held up or ends and the other is full.

In:   the shipped model.
"""

from __future__ import annotations

import queue
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_desk import LONG, SOURCE, Office

from sibyl.host import worker
from sibyl.host.handlers import Work
from sibyl.host.mail import LARGEST, MOST, Letter, Mailbox
from sibyl.host.worker import Desk
from sibyl.ranking.lists.numbered import NameTable, NumberedNames
from sibyl.ranking.session import Session

NAMES, MANY = NameTable(), array("H", bytes(40_000))


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


@pytest.mark.parametrize(
    "letter",
    [
        lambda number: ("attach", (1, number, b"x" * 1_000_000)),
        lambda number: ("accepted", (1, number, 0, "x" * 1_000_000)),
        lambda number: ("rank", (number, 1, 1, 1, 1, NumberedNames(NAMES, MANY), b"")),
    ],
    ids=["texts", "names", "lists"],
)
def test_what_letters_hold_is_bounded(letter: Callable[[int], Letter]) -> None:
    """Long before there are too many of them: texts, names and lists of a hundred megabytes do not wait."""
    mail = Mailbox()
    for number in range(100):
        mail.put(*letter(number))
        assert len(mail) < 50


def test_what_was_taken_makes_room() -> None:
    """A worker that keeps up loses nothing, however much comes in the course of a day."""
    mail = Mailbox()
    mail.put("attach", (1, 0, b""))
    for number in range(1, 100):
        mail.put("attach", (1, number, b"x" * 1_000_000))
        assert mail.get() == ("attach", (1, number - 1, b"x" * 1_000_000 * (number > 1)))
    assert len(mail) == 1 and mail.get() and mail.bytes == 0


def test_a_full_mailbox_keeps_the_last_of_what_no_text_repairs() -> None:
    """In order, before the questions: the start, projects, ends of buffers. Edits of a lost text stay out."""
    mail = Mailbox()
    for name, *arguments in (
        ("start", {"model": "first"}), ("status", 7), ("detach", 1), ("project", 1, "/a", "a.py"),
        ("detach", 1), ("start", {"model": "second"}), ("project", 2, "/a", ""), ("project", 2, "/b", ""),
    ):  # fmt: skip
        mail.put(name, tuple(arguments))
    for number in range(MOST):
        mail.put("edit", (3, number, 0, 0, b"x"))
    mail.put("cursor", (4, 0, 0))
    letters = [mail.get(timeout=0.1) for _ in range(len(mail))]
    assert letters == [
        ("project", (1, "/a", "a.py")), ("detach", (1,)), ("start", ({"model": "second"},)),
        ("project", (2, "/b", "")), ("lost", (3,)), ("status", (7,)), ("cursor", (4, 0, 0)),
    ]  # fmt: skip


def test_quiet_is_over_when_a_letter_comes() -> None:
    """A dry run waits for the time it was told to, and ends its wait as soon as a list is there."""
    mail = Mailbox()
    began = time.monotonic()
    assert mail.quiet(0.05)
    assert time.monotonic() - began >= 0.04
    threading.Timer(0.05, mail.put, ("cursor", (1, 1, 0))).start()
    assert not mail.quiet(LONG)


def test_a_worker_with_nothing_to_do_rests_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while without work, not again and again, and it is ready for more; the end closes memories."""
    did: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(worker, "_IDLE", 0.02)
    for name in ("rest", "changed", "close"):
        monkeypatch.setattr(Work, name, lambda *_, name=name: did.put(name))
    desk = Desk(lambda *_: None)
    for _ in range(2):
        desk.take("changed", 1)
        assert [did.get(timeout=LONG) for _ in range(2)] == ["changed", "rest"]
        with pytest.raises(queue.Empty):
            did.get(timeout=0.2)
    desk.close()
    assert did.get(timeout=LONG) == "close"


def test_a_hint_is_left_out_where_more_waits(
    ready: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cursor's place is made ready for is over when something newer came: that comes first."""
    held, freed = threading.Event(), threading.Event()
    expected: list[int] = []
    monkeypatch.setattr(Session, "expect", lambda _, offset, __: expected.append(offset))
    monkeypatch.setattr(Work, "memory", lambda *_: held.set() or freed.wait(LONG))
    ready.desk.take("attach", 1, 0, SOURCE)
    ready.desk.take("memory", 1)
    assert held.wait(LONG)
    ready.desk.take("cursor", 1, 0, 5)
    ready.desk.take("cursor", 1, 0, 6)
    freed.set()
    ready.desk.close()
    assert 5 not in expected


def test_what_fails_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """With the name of the message and the place in the code: a report of a fault has something to go by."""
    desk = Desk(lambda *_: None)
    desk.take("edit", "no buffer")
    desk.close()
    (record,) = caplog.records
    assert record.getMessage() == "edit failed" and record.exc_info
