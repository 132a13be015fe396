"""Opening: files that are locked, slow to open, or none of ours.

In:   small projects in folders.
"""

from __future__ import annotations

import os
import queue
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from test_build import ENGINE, place, wait, write
from test_trouble import HERE, another, damage_store, kept, known, recalls_of

from sibyl.errors import MemoryTrouble
from sibyl.host.protocol import VERSION
from sibyl.host.worker import Desk
from sibyl.memory import manager
from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.project_store import ProjectStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two files."""
    folder = tmp_path / "project"
    write(folder, tools="def saw(): pass\n", a="import tools\ntools.saw()\n")
    return folder


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how many seconds it was waited for an opening, each time."""
    waits: list[float] = []
    done = manager.Opening.done

    def noted(self: manager.Opening, seconds: float) -> bool:
        waits.append(seconds)
        return done(self, seconds)

    monkeypatch.setattr(manager.Opening, "done", noted)
    return waits


def test_no_list_waits_for_a_memory_that_is_locked(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> None:
    """While another process holds both files, lists have their recall at once; it is told why it is empty."""
    monkeypatch.setattr(manager, "_PAUSE_S", 0.0)  # each list tries again
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    buffer = (str(root), str(root / "new.py"))
    locks = []
    for file in (manager_.place(str(root)), tmp_path / "state" / "person.sqlite"):
        file.parent.mkdir(parents=True, exist_ok=True)
        locks.append(lock := sqlite3.connect(file, isolation_level=None))
        lock.execute("BEGIN EXCLUSIVE")
    recall = manager_.memory_of(*buffer)
    waited.clear()
    for _ in range(10):
        recall = manager_.replaced(BufferMemory(), *buffer)
        recall.at(place(HERE))
        time.sleep(0.06)
    assert len(waited) == 20 and not any(waited)
    assert recall.lost
    assert "locked" in " ".join(manager_.about()["off"])
    assert notices == []
    for lock in locks:
        lock.close()
    wait(lambda: known(another(manager_, buffer)))
    assert manager_.about()["off"] == []
    manager_.close()


def slow_disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Have a project's memory opened only when the event that is returned is set, or after a minute."""
    opens = threading.Event()

    def slow(path: Path) -> ProjectStore:
        opens.wait(60)
        return ProjectStore(path)

    monkeypatch.setattr(manager, "ProjectStore", slow)
    monkeypatch.setattr(manager, "_FIRST_S", 0.05)
    return opens


def test_no_list_waits_for_a_slow_disk(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory that is still being opened is not there for the lists of that time, and then is."""
    opens = slow_disk(monkeypatch)
    manager_ = kept(tmp_path)
    buffer = (str(root), str(root / "new.py"))
    manager_.memory_of(*buffer)
    assert manager_.replaced(BufferMemory(), *buffer).project is None
    opens.set()
    wait(lambda: known(another(manager_, buffer)))
    manager_.close()


def test_a_project_is_read_as_soon_as_its_memory_is_open(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory that took long to open is filled though nobody types, or asks for a list, meanwhile."""
    opens = slow_disk(monkeypatch)
    answers: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    desk = Desk(lambda *answer: answers.put(answer))

    def projects() -> dict[str, Any]:
        desk.take("memory", 1)
        while (answer := answers.get(timeout=60))[1] != "memory":
            pass
        return dict(answer[2]["projects"])

    desk.take("start", {"protocol": VERSION, "state": str(tmp_path / "state")})
    desk.take("project", 1, str(root), str(root / "new.py"))
    desk.take("attach", 1, 1, b"import tools\n")
    assert projects() == {}
    opens.set()
    wait(lambda: projects().get(str(root), {}).get("files", 0) > 0)
    desk.close()


LISTS = r"""
import queue, sys, time
from sibyl.memory import manager, sqlite
manager._PAUSE_S, sqlite.opened.__defaults__ = 0.0, (5.0,)  # each list tries again; each try waits long
from sibyl.host.protocol import VERSION
from sibyl.host.worker import Desk
state, root = sys.argv[1:]
answers = queue.SimpleQueue()
desk = Desk(lambda *answer: answers.put(answer[1:]))
desk.take("start", {"protocol": VERSION, "state": state})
assert answers.get()[1]["ok"]
desk.take("project", 1, root, root + "/new.py")
text = b"import tools\ntools."
desk.take("attach", 1, 1, text)
desk.take("status", 9)
answers.get()  # what is opened once, before any list, is over
began, kinds = time.perf_counter(), []
for number in range(10):
    desk.take("rank", number, 1, 1, len(text), len(text), ["saw", "see"], [2, 2])
    kinds.append(answers.get()[0])
    time.sleep(0.1)
assert time.perf_counter() - began < 5
assert kinds == ["order"] * 10, kinds
end = time.perf_counter() + 30
while time.perf_counter() < end:  # until the tries have ended
    desk.take("rank", 1, 1, 1, len(text), len(text), ["saw", "see"], [2, 2])
    desk.take("memory", 2)
    answers.get()
    off = answers.get()[1]["off"]
    if len(off) == 2:
        break
    time.sleep(0.1)
print("; ".join(off))
desk.close()
"""
NO_LOCKS = """
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
static int call(int file, int what, void *more) {
  if (what == F_SETLK || what == F_SETLKW || what == F_GETLK) { errno = ENOLCK; return -1; }
  return syscall(SYS_fcntl, file, what, more);
}
int fcntl(int file, int what, ...) {
  va_list all; va_start(all, what); void *more = va_arg(all, void *); va_end(all);
  return call(file, what, more);
}
int fcntl64(int file, int what, ...) {
  va_list all; va_start(all, what); void *more = va_arg(all, void *); va_end(all);
  return call(file, what, more);
}
"""


@pytest.mark.parametrize("how", ["another process holds it", "locks fail"])
def test_ten_of_ten_lists_are_ranked_without_a_memory(how: str, root: Path, tmp_path: Path) -> None:
    """Where no memory can be opened, each list is ranked, none waits for a try, and it is told why."""
    state, more, locks = tmp_path / "state", {}, []
    if how == "locks fail":
        if sys.platform != "linux" or shutil.which("cc") is None:
            pytest.skip("no C compiler for a library that makes locks fail")
        (tmp_path / "locks.c").write_text(NO_LOCKS)
        library = str(tmp_path / "locks.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", library, str(tmp_path / "locks.c")], check=True
        )
        more["LD_PRELOAD"] = library
    else:
        for file in (kept(tmp_path).place(str(root)), state / "person.sqlite"):
            file.parent.mkdir(parents=True, exist_ok=True)
            locks.append(lock := sqlite3.connect(file, isolation_level=None))
            lock.execute("BEGIN EXCLUSIVE")
    done = subprocess.run(
        [sys.executable, "-c", LISTS, str(state), str(root)],
        env=os.environ | {"ORT_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ENGINE)} | more,
        check=False,
        capture_output=True,
        text=True,
    )
    for lock in locks:
        lock.close()
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot be used now") == 2


BREAKS = {
    "a table is missing": "DROP TABLE uses",
    "a column is missing": "ALTER TABLE uses DROP COLUMN files",
    "a view in its place": "ALTER TABLE uses RENAME TO x; CREATE VIEW uses AS SELECT * FROM x",
    "counts that are words": "UPDATE uses SET times='many'",
    "counts that are nothing": "UPDATE uses SET files=NULL",
    "counts below zero": "UPDATE uses SET times=-5",
    "counts beyond all": "UPDATE uses SET times=1e300",
    "a class that is a number": "UPDATE defined SET said='5'",
    "a class without an end": "UPDATE defined SET said='" + "[" * 100_000 + "'",
}


@pytest.mark.parametrize("damage", BREAKS.values(), ids=BREAKS)
def test_a_file_that_is_no_store_of_ours_is_made_again(
    damage: str, root: Path, tmp_path: Path
) -> None:
    """Missing tables and rows of other types are damage: told once, deleted, filled again; no list fails."""
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    buffer = (str(root), str(root / "new.py"))
    (root / "new.py").write_text("x = 1\n")
    manager_.memory_of(*buffer)
    wait(lambda: known(another(manager_, buffer)))
    wait(lambda: not manager_.about()["reading"])
    manager_.close()
    damage_store(manager_, root, damage)
    manager_ = kept(tmp_path, notices)
    recall = recalls_of(manager_, buffer)
    here = place("from tools import saw\nimport tools\ntools.")
    wait(lambda: "saw" in recall().at(here).members)
    assert len(notices) == 1, notices
    assert "A new one is made" in notices[0]
    manager_.close()


@pytest.mark.parametrize(
    "damage", ["UPDATE picks SET weight='x'", "UPDATE picked SET items='x'", "DROP TABLE picked"]
)
def test_accepted_items_of_wrong_types_are_made_again(damage: str, tmp_path: Path) -> None:
    """A person's file with rows of other types is damage as well: told, and begun again."""
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    another(manager_, ("", "")).accept(place(HERE), "saw")
    manager_.close()
    base = sqlite3.connect(tmp_path / "state" / "person.sqlite")
    base.executescript(damage)
    base.close()
    manager_ = kept(tmp_path, notices)
    recall = None
    for _ in range(2):
        recall = another(manager_, ("", ""), recall)
        remembered = recall.at(place(HERE))
    assert (remembered.accepted, len(notices)) == (0, 1)
    recall.accept(place(HERE), "saw")
    assert recall.at(place(HERE)).accepted == 1
    manager_.close()


def test_a_file_that_is_refused_is_closed(
    tmp_path: Path, connections: list[tuple[object, sqlite3.Connection]]
) -> None:
    """What is damaged is deleted next, and not every system deletes a file that is open."""
    path = tmp_path / "person.sqlite"
    Accepted(path).close()
    base = sqlite3.connect(path)
    base.executescript("INSERT INTO picked VALUES (1, 'x')")
    base.close()
    connections.clear()
    with pytest.raises(MemoryTrouble, match="damaged"):
        Accepted(path)
    (refused,) = [connection for place, connection in connections if place == path]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        refused.execute("SELECT 1")
