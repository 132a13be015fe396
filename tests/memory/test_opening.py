"""Opening: files that are locked, slow to open, or none of ours.

In:   small projects in folders.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from test_build import place, wait, write
from test_trouble import HERE, another, kept, known

from sibyl.memory import manager
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.project_store import ProjectStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two files."""
    made = tmp_path / "project"
    write(made, tools="def saw(): pass\n", a="import tools\ntools.saw()\n")
    return made


@pytest.mark.timing
def test_no_list_waits_for_a_memory_that_is_locked(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process holds both files, ten of ten lists have their recall at once; it is told why."""
    monkeypatch.setattr(manager, "_PAUSE_S", 0.0)  # each list tries again
    told: list[str] = []
    manager_ = kept(tmp_path, told)
    buffer = (str(root), str(root / "new.py"))
    locks = []
    for file in (manager_.place(str(root)), tmp_path / "state" / "person.sqlite"):
        file.parent.mkdir(parents=True, exist_ok=True)
        locks.append(lock := sqlite3.connect(file, isolation_level=None))
        lock.execute("BEGIN EXCLUSIVE")
    recall, took = manager_.memory_of(*buffer), []
    for _ in range(10):
        began = time.perf_counter()
        recall = manager_.replaced(BufferMemory(), *buffer)
        recall.at(place(HERE))
        took.append(time.perf_counter() - began)
        time.sleep(0.06)
    assert sorted(took)[5] < 0.03  # to wait for the lock would take 50 ms each time
    assert recall.lost
    assert "locked" in " ".join(manager_.about()["off"])
    assert told == []
    for lock in locks:
        lock.close()
    wait(lambda: known(another(manager_, buffer)))
    assert manager_.about()["off"] == []
    manager_.close()


@pytest.mark.timing
def test_no_list_waits_for_a_slow_disk(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory that takes a second to open is not there for the lists of that second, and then is."""

    def slow(path: Path) -> ProjectStore:
        time.sleep(1.0)
        return ProjectStore(path)

    monkeypatch.setattr(manager, "ProjectStore", slow)
    monkeypatch.setattr(manager, "_FIRST_S", 0.05)
    manager_ = kept(tmp_path)
    buffer = (str(root), str(root / "new.py"))
    manager_.memory_of(*buffer)
    began = time.perf_counter()
    assert manager_.replaced(BufferMemory(), *buffer).project is None
    assert time.perf_counter() - began < 0.03
    wait(lambda: known(another(manager_, buffer)))
    manager_.close()


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
    "notes that are no notes": "UPDATE files SET notes=x'00'",
    "notes that are a word": "UPDATE files SET notes='x'",
}


@pytest.mark.parametrize("damage", BREAKS.values(), ids=BREAKS)
def test_a_file_that_is_no_store_of_ours_is_made_again(
    damage: str, root: Path, tmp_path: Path
) -> None:
    """Missing tables and rows of other types are damage: told once, deleted, filled again; no list fails."""
    told: list[str] = []
    manager_ = kept(tmp_path, told)
    buffer = (str(root), str(root / "new.py"))
    (root / "new.py").write_text("x = 1\n")
    manager_.memory_of(*buffer)
    wait(lambda: known(another(manager_, buffer)))
    wait(lambda: not manager_.about()["reading"])
    manager_.close()
    base = sqlite3.connect(manager_.place(str(root)))
    base.executescript(damage)
    base.close()
    manager_ = kept(tmp_path, told)
    recalls = [manager_.memory_of(*buffer)]

    def healed() -> bool:
        if recalls[-1].lost:
            recalls.append(another(manager_, buffer, recalls[-1]))
        return "saw" in recalls[-1].at(place("from tools import saw\nimport tools\ntools.")).members

    wait(healed)
    assert len(told) == 1, told
    assert "A new one is made" in told[0]
    manager_.close()


@pytest.mark.parametrize(
    "damage", ["UPDATE picks SET weight='x'", "UPDATE picked SET items='x'", "DROP TABLE picked"]
)
def test_accepted_items_of_wrong_types_are_made_again(damage: str, tmp_path: Path) -> None:
    """A person's file with rows of other types is damage as well: told, and begun again."""
    told: list[str] = []
    manager_ = kept(tmp_path, told)
    another(manager_, ("", "")).accept(place(HERE), "saw")
    manager_.close()
    base = sqlite3.connect(tmp_path / "state" / "person.sqlite")
    base.executescript(damage)
    base.close()
    manager_ = kept(tmp_path, told)
    recall = None
    for _ in range(2):
        recall = another(manager_, ("", ""), recall)
        found = recall.at(place(HERE))
    assert (found.accepted, len(told)) == (0, 1)
    recall.accept(place(HERE), "saw")
    assert recall.at(place(HERE)).accepted == 1
    manager_.close()
