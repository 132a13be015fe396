"""The door hands each notification to the desk as the desk wants it, and never raises.

In:   the door of rplugin/python3, in this process; a desk that writes down what it gets, a Neovim that does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from child import ROOT

import sibyl.host.worker

DOOR = ROOT / "rplugin/python3/sibyl_host.py"


class Desk:
    """Writes down what it is handed; raises if told to."""

    failing = False

    def __init__(self, send: Any, _ended: Any) -> None:
        self.send, self.got, self.closed = send, [], False

    def take(self, name: str, *arguments: Any) -> None:
        """Write a message down."""
        if Desk.failing:
            raise ValueError("no")
        self.got.append((name, *arguments))

    def close(self) -> None:
        """Take note."""
        self.closed = True


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a door whose Neovim writes requests down, in `door.sent`."""
    monkeypatch.setattr(sibyl.host.worker, "Desk", Desk)
    monkeypatch.setattr(Desk, "failing", False)
    spec = importlib.util.spec_from_file_location("sibyl_host", DOOR)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sent: list[Any] = []

    def request(*words: Any, async_: bool) -> None:
        assert async_, "the door waits for Neovim"
        sent.append(words[2])

    loop = SimpleNamespace(call_soon_threadsafe=lambda call, *given: call(*given))
    host = module.SibylHost(SimpleNamespace(loop=loop, request=request))
    host.sent = sent
    return host


@pytest.mark.parametrize(
    ("given", "handed"),
    [
        (("start", {"model": "m"}), ("start", {"model": "m"})),
        (("attach", 1, 2, "\u00e9\udcff"), ("attach", 1, 2, b"\xc3\xa9\xff")),
        (("edit", 1, 3, 0, 4, "\udc80"), ("edit", 1, 3, 0, 4, b"\x80")),
        (("status", 8), ("status", 8)),
        (("model", 9, "/m"), ("model", 9, "/m")),
    ],
)  # fmt: skip
def test_notifications_reach_the_desk(door: Any, given: Any, handed: Any) -> None:
    """Texts arrive as the buffer's bytes, all else as it came."""
    name, *arguments = given
    getattr(door, name)(*arguments)
    assert door.desk.got == [handed]


def test_lists_reach_the_desk_one_after_the_other(door: Any) -> None:
    """A name is told once; later lists name it by its number, and kinds are a byte each."""
    door.rank(7, 1, 3, 9, 5, [0, "a\0b\0", "\1\0\0\0"], "\x02\x05")
    door.rank(8, 1, 3, 9, 5, [2, "c\0", "\2\0\1\0\2\0"], "\x02\udcc2\x05")
    lists = [([*names], kinds) for *_, names, kinds in door.desk.got]
    assert lists == [(["b", "a"], b"\2\5"), (["c", "b", "c"], b"\2\xc2\5")]


def test_a_question_that_cannot_be_read_is_answered(door: Any) -> None:
    """A list in an older form makes no menu wait: its question is answered at once."""
    door.rank(7, 1, 3, 9, 5, "path\0sep", "\5\5")
    assert [answer[:2] for answer in door.sent] == [[0, "notice"], [7, "none"]]


def test_answers_reach_neovim_without_waiting(door: Any) -> None:
    """What the desk sends arrives on Neovim's loop with its number and its kind."""
    door.start({})
    door.desk.send(3, "order", {"order": [1, 0, 258], "stars": 1})
    assert door.sent == [[3, "order", {"order": b"\1\0\0\0\2\1", "stars": 1}]]


def test_an_order_too_long_for_two_bytes_arrives_as_it_is(door: Any) -> None:
    """No position is cut."""
    door.start({})
    answer = {"order": list(range(65_537))}
    door.desk.send(3, "order", answer)
    assert door.sent == [[3, "order", answer]]


def test_what_fails_is_one_notice(door: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A notification that fails raises nothing: the user gets a sentence, the log the traceback."""
    Desk.failing = True
    door.detach(1)
    assert [answer[1] for answer in door.sent] == ["notice"]
    assert "ValueError" in door.sent[0][2]["text"] and "Traceback" in capsys.readouterr().err
    Desk.failing = False
    door.status(2)
    assert door.desk.got == [("status", 2)]


def test_a_desk_that_cannot_be_made_is_told_once(
    door: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the engine cannot be imported, one notice says so, however many notifications follow."""
    monkeypatch.delattr(sibyl.host.worker, "Desk")
    for number in range(3):
        door.detach(number)
    assert len(door.sent) == 1
    assert "ImportError" in capsys.readouterr().err


def test_the_desk_is_closed_with_neovim(door: Any) -> None:
    """Ending closes the desk, and is silent where there never was one."""
    door.shutdown()
    door.ping(1)
    desk = door.desk
    door.shutdown()
    assert desk.closed and door.alive([]) is True
