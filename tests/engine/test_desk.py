"""The desk: notifications in, answers out, whatever happens in between.

In:   the shipped model.
"""

from __future__ import annotations

import gc
import queue
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sibyl.host.protocol import VERSION
from sibyl.host.worker import Desk
from sibyl.ranking.session import Session

SOURCE = b"import os\nos.path.join(a)\nos."
NAMES = ["getcwd", "path", "sep", "listdir"]
LONG = 60  # seconds; a busy machine is no failure


class Office:
    """A desk, and what it sent."""

    def __init__(self) -> None:
        self.sent: queue.Queue[tuple[int, str, dict[str, Any]]] = queue.Queue()
        self.desk = Desk(lambda *sent: self.sent.put(sent))

    def start(self, folder: Path) -> dict[str, Any]:
        """Start with a model; return what "ready" said."""
        self.desk.take("start", {"protocol": VERSION, "model": str(folder)})
        return self.answer(0, "ready")

    def answer(self, number: int, kind: str) -> dict[str, Any]:
        """The next thing sent, which must be this."""
        got = self.sent.get(timeout=LONG)
        assert (number, kind) == got[:2], got
        return got[2]

    def rank(self, number: int, text: bytes, buffer: int = 1, sequence: int = 0) -> None:
        """Ask for an order at the end of a text."""
        self.desk.take(
            "rank", number, buffer, sequence, len(text), len(text), NAMES, [2] * len(NAMES)
        )


@pytest.fixture
def office() -> Iterator[Office]:
    """A desk without a model."""
    new_office = Office()
    yield new_office
    new_office.desk.close()
    assert not new_office.desk._worker.is_alive()


@pytest.fixture
def ready(office: Office, model_folder: Path) -> Office:
    """A desk with the shipped model."""
    assert office.start(model_folder)["ok"]
    return office


def test_a_ranking_is_answered_with_its_number(ready: Office) -> None:
    """Attach, ask, and an order comes: every place once, probabilities, stars, what it lacks."""
    ready.desk.take("attach", 1, 0, SOURCE)
    ready.rank(7, SOURCE)
    answer = ready.answer(7, "order")
    assert sorted(answer["order"]) == [0, 1, 2, 3] and 0 <= answer["stars"] <= 4
    assert len(answer["probability"]) == 4 and answer["ms"] > 0 and "unlisted" not in answer
    ready.desk.take("attach", 2, 0, text := SOURCE.replace(b"path", b"mend"))
    ready.rank(8, text, buffer=2)
    assert [[4, "mend"]] == ready.answer(8, "order")["unlisted"]


def test_answers_come_in_the_order_of_the_questions(ready: Office) -> None:
    """However fast they are asked, each question has one answer, in order, of its own moment."""
    ready.desk.take("attach", 1, 0, SOURCE)
    text = SOURCE
    for number in range(1, 40):
        letter = b"x.y = (z)\n"[number % 10 : number % 10 + 1]
        ready.desk.take("edit", 1, number, len(text), 0, letter)
        text += letter
        ready.desk.take("cursor", 1, number, len(text))
        ready.rank(number, text, 1, number)
    for number in range(1, 40):
        ready.answer(number, "order")
    assert ready.sent.empty()


def test_an_answer_equals_the_sessions(ready: Office) -> None:
    """The desk adds nothing to a ranking and takes nothing from it."""
    ready.desk.take("attach", 1, 0, b"")
    for number, letter in enumerate(SOURCE):
        ready.desk.take("edit", 1, number + 1, number, 0, bytes((letter,)))
    ready.rank(1, SOURCE, 1, len(SOURCE))
    answer = ready.answer(1, "order")
    ranking = Session(ready.desk._work.ranker, SOURCE).rank(len(SOURCE), NAMES, [2] * len(NAMES))
    assert ranking.order == answer["order"] and ranking.stars == answer["stars"]


@pytest.mark.parametrize("fault", ["gap", "length", "unknown", "detached", "impossible"])
def test_out_of_step_is_said_and_mended_by_the_text(ready: Office, fault: str) -> None:
    """A mirror that is not the editor's is never ranked with; the whole text brings it back."""
    text = SOURCE + b"x"
    if fault != "unknown":
        ready.desk.take("attach", 1, 0, SOURCE)
    if fault == "impossible":
        ready.desk.take("edit", 1, 1, 10**6, 3, b"x")
    else:
        ready.desk.take("edit", 1, 2 if fault == "gap" else 1, len(SOURCE), 0, b"x")
    if fault == "detached":
        ready.desk.take("detach", 1)
    ready.rank(1, text + b"?" * (fault == "length"), 1, 2 if fault == "gap" else 1)
    assert ready.answer(1, "none")["reason"] == "out of step"
    ready.desk.take("attach", 1, 5, text)
    ready.rank(2, text, 1, 5)
    ready.answer(2, "order")


def test_buffers_do_not_know_of_each_other(ready: Office) -> None:
    """What is done to one buffer changes nothing in another."""
    ready.desk.take("attach", 1, 0, SOURCE)
    ready.desk.take("attach", 2, 0, b"x.")
    ready.rank(1, SOURCE)
    first = ready.answer(1, "order")
    ready.desk.take("edit", 2, 9, 0, 0, b"y")  # out of step
    ready.desk.take("detach", 2)
    ready.rank(2, SOURCE)
    again = ready.answer(2, "order")
    assert (first["order"], first["probability"]) == (again["order"], again["probability"])


def test_without_a_model_there_is_one_notice_and_no_order(office: Office, tmp_path: Path) -> None:
    """A model that cannot be loaded is told once, in a sentence; every question is still answered."""
    office.desk.take("start", {"protocol": VERSION, "model": str(tmp_path / "nowhere")})
    notice = office.answer(0, "notice")
    assert notice["level"] == "error" and notice["text"].endswith(".")
    assert office.answer(0, "ready")["ok"] is False
    office.desk.take("attach", 1, 0, SOURCE)
    office.desk.take("edit", 1, 1, 0, 0, b"x")
    for number in range(1, 5):
        office.rank(number, b"x" + SOURCE, 1, 1)
        assert office.answer(number, "none")["reason"] == "no model"
    office.desk.take("status", 9)
    assert office.answer(9, "status")["trouble"] == notice["text"]
    assert office.sent.empty()


def test_before_the_start_nothing_is_ranked(office: Office) -> None:
    """A question that comes too early is answered like one without a model."""
    office.rank(1, SOURCE)
    assert office.answer(1, "none")["reason"] == "no model"


def test_a_fault_in_one_question_leaves_the_others(
    ready: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails inside, its question is answered, and the next one works again."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("on purpose")

    ready.desk.take("attach", 1, 0, SOURCE)
    with monkeypatch.context() as patched:
        patched.setattr(Session, "rank", broken)
        ready.rank(1, SOURCE)
        answer = ready.answer(1, "none")
        assert (answer["reason"], answer["detail"]) == ("error", "on purpose")
        patched.setattr(Session, "prepare", broken)
        ready.desk.take("attach", 1, 1, SOURCE)
        ready.desk.take("cursor", 1, 1, 3)
        time.sleep(0.5)  # a hint is only followed where nothing waits behind it
        ready.desk.take("status", 2)
        assert ready.answer(2, "status")["buffers"] == {}
    ready.desk.take("rank", 3, 1, 0, 0, 0, ["a"], [])
    ready.answer(3, "none")
    ready.desk.take("attach", 1, 4, SOURCE)
    ready.desk.take("rank", 4, 1, 4, len(SOURCE), len(SOURCE), ["a", "b"], [2])
    assert ready.answer(4, "none")["reason"] == "error"
    ready.desk.take("attach", 1, 5, SOURCE)
    ready.rank(5, SOURCE, 1, 5)
    ready.answer(5, "order")


@pytest.mark.timing
def test_calls_return_at_once(ready: Office) -> None:
    """The door never waits for the worker: it may be reading a large file."""
    ready.desk.take("attach", 1, 0, b"import os\n" * 50_000)
    began = time.perf_counter()
    for number in range(1, 200):
        ready.desk.take("edit", 1, number, 0, 0, b"x")
    assert time.perf_counter() - began < 0.5
    ready.desk.take("status", 1)
    assert ready.answer(1, "status")["buffers"]["1"]["sequence"] == 199


def test_status_says_how_things_stand(ready: Office) -> None:
    """Health is told the buffers, the timings, the memory, the model."""
    ready.desk.take("attach", 3, 8, SOURCE)
    ready.rank(1, SOURCE, 3, 8)
    ready.answer(1, "order")
    ready.desk.take("status", 2)
    status = ready.answer(2, "status")
    assert (status["buffers"]["3"]["sequence"], status["buffers"]["3"]["length"]) == (
        8,
        len(SOURCE),
    )
    assert status["ms"]["rank"]["n"] == 1 and status["hash"]
    assert status["python"] and status["versions"]["numpy"] != "?"


def test_guesses_come_with_probabilities(ready: Office) -> None:
    """Where no server helps, the model names names that the file can justify."""
    source = (
        b"def f(handle):\n    handle.read()\n    handle.close()\n    handle.read()\n    handle."
    )
    ready.desk.take("attach", 1, 0, source)
    ready.desk.take("guess", 1, 1, 0, len(source), len(source), 5)
    answer = ready.answer(1, "guess")
    assert 1 <= len(answer["names"]) == len(answer["probability"]) <= 5


NOISE = random.Random(1).randbytes(30_000)
BAD_TEXTS = {
    "long": b"x = os.path.join(self.name, 'a')\n" * 5_000,
    "one line": b"a.b(c, " * 10_000,
    "one long line": b"# " + b"words " * 180_000,
    "brackets": b"([{" * 5_000,
    "dots": b"." * 100_000,
    "deep": b"".join(b" " * depth + b"if x:\n" for depth in range(300)),
    "string": b'"' + b"x" * 1_000_000,
    "noise": NOISE,
    "not UTF-8": b"\xff\xfe\x80x.y = '\xc3\x28'\n" * 500,
    "zeros": b"\x00" * 50_000,
    "surrogates": "x = '\udc80\ud800'\n".encode("utf-8", "surrogatepass") * 100,
    "names of one letter more": b"\n".join(b"x" * length for length in range(800)),
    "carriage returns alone": b"x.y\r" * 2_000,
}


@pytest.mark.timing
@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_odd_texts_are_answered(ready: Office, text: bytes) -> None:
    """Whatever is in a buffer, a question is answered within a bound, and so is the next keystroke's."""
    text += b"\nx."
    ready.desk.take("attach", 1, 0, text)
    began = time.perf_counter()
    ready.rank(1, text)
    ready.answer(1, "order")
    opened = time.perf_counter() - began
    ready.desk.take("edit", 1, 1, len(text), 0, b"y")
    ready.desk.take("edit", 1, 2, len(text) + 1, 0, b".")
    began = time.perf_counter()
    ready.rank(2, text + b"y.", 1, 2)
    ready.answer(2, "order")
    typed = time.perf_counter() - began
    assert opened < LONG / 2
    assert typed < LONG / 4


@pytest.mark.timing
@pytest.mark.slow
def test_a_huge_file_is_answered(ready: Office) -> None:
    """Two hundred thousand lines are opened in the background; a list in them costs a hundredth of that."""
    text, took = b"f(x)\n" * 200_000 + b"module.", []
    ready.desk.take("attach", 1, 0, text)
    for number in range(6):
        began = time.process_time()
        ready.rank(number, text, 1, number)
        ready.answer(number, "order")
        took.append(time.process_time() - began)
        ready.desk.take("edit", 1, number + 1, len(text), 0, b"x")
        text += b"x"
    assert min(took[1:]) < took[0] / 100


def test_closing_finishes_what_waits(model_folder: Path) -> None:
    """What was asked before the end is answered, and the worker is gone."""
    office = Office()
    office.start(model_folder)
    office.desk.take("attach", 1, 0, SOURCE)
    office.rank(1, SOURCE)
    office.desk.close()
    assert office.sent.get_nowait()[:2] == (1, "order")
    assert office.desk._worker not in threading.enumerate()


def test_the_collector_does_not_look_through_packages(ready: Office) -> None:
    """What was there when the ranker was ready is left alone: a key would wait for it."""
    ready.desk.take("status", 1)
    ready.answer(1, "status")
    left, frozen = len(gc.get_objects()), gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 10_000 > left
