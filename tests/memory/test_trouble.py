"""When things go wrong: what was forgotten, damaged, locked, or has odd names.

In:   small projects in folders.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_build import ENGINE, place, read, wait, write

from sibyl.memory import manager
from sibyl.memory import project_files as files
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import noted
from sibyl.memory.manager import Manager
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_files import project_files
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY, remove

HERE = "import tools\ntools."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two files."""
    folder = tmp_path / "project"
    write(folder, tools="def saw(): pass\n", a="import tools\ntools.saw()\n")
    return folder


def kept(tmp_path: Path, notices: list[str] | None = None) -> Manager:
    """A manager_ of memories below a folder."""
    return Manager(
        tmp_path / "state",
        {},
        lambda _, text: (notices if notices is not None else []).append(text),
    )


def another(
    manager_: Manager, buffer: tuple[str, str], lost: BufferMemory | None = None
) -> BufferMemory:
    """What a buffer that lost its memory gets, as soon as there is any."""
    wait(lambda: not manager_.replaced(lost or BufferMemory(), *buffer).lost)
    return manager_.replaced(BufferMemory(), *buffer)


def recalls_of(manager_: Manager, buffer: tuple[str, str]) -> Callable[[], BufferMemory]:
    """What is remembered behind a buffer each time it is asked, as the host sees to it."""
    recalls = [manager_.memory_of(*buffer)]

    def recall() -> BufferMemory:
        if recalls[-1].lost:
            recalls.append(another(manager_, buffer, recalls[-1]))
        return recalls[-1]

    return recall


def damage_store(manager_: Manager, root: Path, statement: str) -> None:
    """Change what a project's memory holds behind its back."""
    base = sqlite3.connect(manager_.place(str(root)))
    base.executescript(statement)
    base.close()


def known(recall: BufferMemory) -> bool:
    """Whether the project's uses are known."""
    return "saw" in recall.at(place(HERE)).project[0]


def test_what_another_neovim_had_forgotten_is_not_read_again(root: Path, tmp_path: Path) -> None:
    """Its next list finds the memory gone, and nobody fills a new one before Neovim starts again."""
    other = kept(tmp_path)
    buffer = (str(root), str(root / "new.py"))
    recall = other.memory_of(*buffer)
    wait(lambda: known(recall))
    wait(lambda: not other.about()["reading"])
    remove(other.place(str(root)))
    assert other.about()["deleted"] == [str(other.place(str(root)))]
    assert other.about()["projects"] == {}
    assert not known(recall)
    assert recall.lost
    other.read(*buffer)
    assert other.about()["reading"] == []
    recall = other.replaced(recall, *buffer)
    other.read(*buffer)
    assert other.about()["reading"] == []
    assert recall.at(place(HERE)).files == 0
    other.close()


def test_a_reader_whose_host_is_gone_remembers_nothing(root: Path, tmp_path: Path) -> None:
    """A reader that was still starting when its host ended does not fill what was just forgotten."""
    store = tmp_path / "state" / "a.sqlite"
    ProjectStore(store).close()
    command = [sys.executable, "-m", "sibyl.memory.index", str(root), str(store), "--parent=1"]
    process = subprocess.run(command, cwd=ENGINE, check=False, stdout=subprocess.DEVNULL)
    assert process.returncode == 0
    assert ProjectStore(store).files() == 0


def test_names_that_are_no_text_are_left_out(root: Path, tmp_path: Path) -> None:
    """One file whose name is not UTF-8 costs the others nothing, and is told to nobody as damage."""
    try:
        (root / os.fsdecode(b"caf\xe9.py")).write_text("import tools\ntools.hammer()\n")
    except OSError:
        pytest.skip("this file system takes no such names")
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    for path in (root / "new.py", root / os.fsdecode(b"caf\xe9.py")):
        recall = manager_.memory_of(str(root), str(path))
        wait(lambda it=recall: known(it))  # type: ignore[misc]
    recall.accept(place(HERE), os.fsdecode(b"caf\xe9"))
    recall.accept(place(HERE), "saw")
    assert recall.at(place(HERE)).accepted == 1
    assert notices == []
    manager_.close()


def test_damage_inside_is_made_again(root: Path, tmp_path: Path) -> None:
    """A file that opens well and is broken further in is told once, deleted, and filled again."""
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    buffer = (str(root), str(root / "new.py"))
    recall = manager_.memory_of(*buffer)
    wait(lambda: known(recall))
    wait(lambda: not manager_.about()["reading"])
    manager_.close()
    file = manager_.place(str(root))
    with sqlite3.connect(file) as base:
        page = base.execute("SELECT rootpage FROM sqlite_master WHERE name='uses'").fetchone()[0]
        size = base.execute("PRAGMA page_size").fetchone()[0]
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base.close()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    manager_ = kept(tmp_path, notices)
    recall = another(manager_, buffer)
    assert not known(recall)
    recall = another(manager_, buffer, recall)
    wait(lambda: known(recall))
    assert len(notices) == 1
    assert "A new one is made" in notices[0]
    manager_.close()


def test_two_buffers_settle_on_a_replaced_memory(root: Path, tmp_path: Path) -> None:
    """After a memory was replaced, each buffer loses it once, and none takes it from the other."""
    notices: list[str] = []
    manager_ = kept(tmp_path, notices)
    buffers = [(str(root), str(root / name)) for name in ("new.py", "other.py")]
    recalls = [another(manager_, buffer) for buffer in buffers]
    wait(lambda: all(known(recall) for recall in recalls))
    wait(lambda: not manager_.about()["reading"])
    remove(manager_.place(str(root)))
    assert read(root, manager_.place(str(root)))
    lost = 0
    for _ in range(4):
        for index, buffer in enumerate(buffers):
            if not known(recalls[index]):
                lost += 1
                recalls[index] = another(manager_, buffer, recalls[index])
    assert lost <= 2
    assert all(known(recall) for recall in recalls)
    assert notices == []
    manager_.close()


def test_a_memory_that_was_locked_is_tried_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened in the very moment somebody else makes it, it is missing now and there a little later."""
    monkeypatch.setattr(manager, "_PAUSE_S", 0.1)
    manager_ = kept(tmp_path)
    file = manager_.place(str(root))
    ProjectStore(file).close()
    lock = sqlite3.connect(file, isolation_level=None)
    lock.execute("PRAGMA locking_mode=EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    lock.execute("UPDATE about SET version='another'")
    recall = manager_.memory_of(str(root), str(root / "new.py"))
    assert (recall.project, recall.lost) == (None, True)
    lock.close()
    recall = another(manager_, (str(root), str(root / "new.py")))
    wait(lambda: known(recall))
    manager_.close()


@pytest.mark.parametrize("name", ["-x.py", "../elsewhere/far.py"])
def test_odd_places_of_the_open_file(name: str, root: Path, tmp_path: Path) -> None:
    """A name like an option, a file outside of the root: the project is read all the same."""
    manager_ = kept(tmp_path)
    recall = manager_.memory_of(str(root), os.path.normpath(root / name))
    wait(lambda: known(recall))
    manager_.close()


def test_which_files_are_read_does_not_depend_on_the_open_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a project with too many files, saving here and there reads nothing twice."""
    monkeypatch.setattr(files, "MOST_FILES", 40)
    root = tmp_path / "project"
    write(root, **{f"{side}__m{index}": f"x.a{index}\n" for side in "ab" for index in range(30)})
    assert set(project_files(root, "a/m1.py")) == set(project_files(root, "b/m1.py"))
    assert next(iter(project_files(root, "b/m1.py"))).startswith("b/")


def test_a_git_hook_of_another_repository_changes_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neovim started from a hook inherits that repository's variables; the project's own files are listed."""
    other = tmp_path / "other"
    for folder in (root, other):
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert set(project_files(root)) == {"a.py", "tools.py"}


@pytest.mark.timing
def test_bases_that_go_in_circles_cost_nothing() -> None:
    """Ten classes with each other as bases: each is looked at once."""
    names = [f"K{index}" for index in range(10)]
    source = "".join(
        f"class {name}({', '.join(other for other in names if other != name)}):\n    {name.lower()} = 1\n"
        for name in names
    )
    store = ProjectStore(Path(IN_MEMORY))
    store.update([noted("k.py", (1, 1), b"from z import *\n" + source.encode())])
    here = place("from k import K9\nk = K9()\nk.")
    remembered, began = Remembered(), time.process_time()
    Project(store, "main.py").remembered(here, contexts(here), remembered)
    assert time.process_time() - began < 0.2
    assert remembered.kind == "class"
    assert "k9" in remembered.members


@pytest.mark.parametrize(
    "damage",
    ["UPDATE files SET notes=x'00'", "UPDATE files SET notes='x'"],
    ids=["notes that are no notes", "notes that are a word"],
)
def test_notes_that_are_none_are_made_again(damage: str, root: Path, tmp_path: Path) -> None:
    """Damaged notes are needed by no list; when a file changes, the reader makes all of them again."""
    manager_ = kept(tmp_path)
    buffer = (str(root), str(root / "new.py"))
    wait(lambda: known(another(manager_, buffer)))
    wait(lambda: not manager_.about()["reading"])
    manager_.close()
    damage_store(manager_, root, damage)
    manager_ = kept(tmp_path)
    recall = recalls_of(manager_, buffer)

    def members() -> dict[str, Any]:
        return recall().at(place("from tools import saw\nimport tools\ntools.")).members

    wait(lambda: "saw" in members())
    write(root, tools="def saw(): pass\ndef plane(): pass\n")
    manager_.read(*buffer)
    wait(lambda: {"saw", "plane"} <= set(members()))
    manager_.close()


def test_the_copy_on_disk_of_the_open_file_is_remembered(root: Path, tmp_path: Path) -> None:
    """What only the open file uses is known once it is saved; after another save, what that one uses."""
    manager_ = kept(tmp_path)
    buffer = (str(root), str(root / "a.py"))
    recall = recalls_of(manager_, buffer)

    def used() -> set[str]:
        return set(recall().at(place(HERE)).project[0])

    wait(lambda: used() == {"saw"})
    write(root, a="import tools\ntools.saw()\ntools.plane()\n")
    manager_.read(*buffer)
    wait(lambda: used() == {"saw", "plane"})
    manager_.close()
