"""Memory: what is kept of buffers that nobody uses.

In:   the shipped model, the stand-in, the interpreter's own library as files to visit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sibyl.host import shelf
from sibyl.host.shelf import Shelf
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SOURCE = b"import os\nos.path.join(a)\nos."
NAMES = ["getcwd", "path", "sep", "listdir"]


def order(session: Session) -> list[int]:
    """What a session ranks at its end."""
    return session.rank(len(session.text), NAMES, [2] * len(NAMES)).order


def ready(small_shelf: Shelf) -> list[int]:
    """The buffers whose tokens are there."""
    return [buffer for buffer, (_, session) in small_shelf.items() if session.stream.kinds]


@pytest.fixture
def small_shelf(ranker: Ranker, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Six buffers, visited one after the other, where four are kept at all."""
    monkeypatch.setattr(shelf, "READY", 2 * len(SOURCE))
    monkeypatch.setattr(shelf, "TEXTS", 2 * len(SOURCE))
    new = Shelf()
    for buffer in range(6):
        new.put(buffer, 1, Session(ranker, SOURCE))
        order(new[buffer][1])
    return new


def test_only_the_buffers_used_last_are_kept_ready(small_shelf: Shelf) -> None:
    """Two are ready, two are text alone, two are not there; who is used again comes back to the front."""
    assert (list(small_shelf), ready(small_shelf)) == ([2, 3, 4, 5], [4, 5])
    small_shelf.use(3)
    order(small_shelf[3][1])
    assert (list(small_shelf), ready(small_shelf)) == ([2, 4, 5, 3], [5, 3])


def test_a_buffer_kept_as_text_follows_edits_and_ranks_as_before(
    small_shelf: Shelf, ranker: Ranker
) -> None:
    """Edits reach it; the next list equals one of a session that was never put away."""
    session = small_shelf[2][1]
    for edited in (session, other := Session(ranker, SOURCE)):
        edited.edit(0, 0, b"import re\n")
        edited.edit(len(edited.text), 0, b"path\nre.")
    assert order(session) == order(other)
    assert session.stream.texts == other.stream.texts


def test_the_buffer_in_use_is_kept_however_long(
    ranker: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two buffers beyond all limits stay ready: who goes to and fro between them waits for nothing."""
    monkeypatch.setattr(shelf, "READY", 0)
    monkeypatch.setattr(shelf, "TEXTS", 0)
    new = Shelf()
    for buffer in range(3):
        new.put(buffer, 1, Session(ranker, SOURCE))
        order(new[buffer][1])
    assert ready(new) == [1, 2]


def test_who_is_put_away_holds_no_memory(ranker: Ranker) -> None:
    """Answers kept of the project go too: what is remembered is asked again."""
    session = Session(ranker, SOURCE, BufferMemory())
    order(session)
    assert session.shed()
    assert session.recall.lost
    assert not session.shed()


VISIT = """
import queue, sys, sysconfig
from pathlib import Path
from sibyl.host import diagnostics as about
from sibyl.host.protocol import VERSION
from sibyl.host.worker import Desk
answers = queue.SimpleQueue()
desk = Desk(lambda *answer: answers.put(answer))
desk.take("start", {"protocol": VERSION})
assert answers.get()[2]["ok"]
library = Path(sysconfig.get_paths()["stdlib"])
files = sorted(path for path in library.rglob("*.py") if 10_000 < path.stat().st_size < 40_000)
def visit(buffer):
    text = files[buffer].read_bytes()
    desk.take("attach", buffer, 1, text)
    desk.take("rank", 1, buffer, 1, len(text), len(text), ["a", "b"], [2, 2])
    assert answers.get()[1] == "order"
visit(0)
one = about.resident()
for buffer in range(1, 120):
    visit(buffer)
print(about.resident() - one)
desk.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is asked of /proc")
def test_visited_buffers_take_no_more_memory_than_they_may() -> None:
    """After 120 files of 10 to 40 kB the host has at most 60 MB more than after one."""
    engine = Path(__file__).resolve().parents[2] / "engine"
    more = {"ORT_DISABLE_TELEMETRY": "1", "MALLOC_ARENA_MAX": "1", "PYTHONPATH": str(engine)}
    # As the editor starts the host.
    more |= {"MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "2097152"}
    command = [sys.executable, "-c", VISIT]
    done = subprocess.run(command, env=os.environ | more, check=True, capture_output=True)
    assert float(done.stdout) < 60
