"""A project's memory is open while a buffer belongs to the project, and deleted when nobody wants it.

In:   two small projects, read; the host's table of buffers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from test_build import ENGINE, place, read, wait, write

from sibyl.host.memories import Memories
from sibyl.memory import manager
from sibyl.memory.index import _alone, tidy
from sibyl.memory.manager import Manager
from sibyl.memory.project_store import ProjectStore

HERE = "import tools\ntools."


@pytest.fixture
def roots(tmp_path: Path) -> list[str]:
    """Two projects whose memories hold something."""
    folders = [tmp_path / name for name in ("first", "second")]
    naming = Manager(tmp_path / "state", {}, lambda *_: None)
    for folder in folders:
        write(folder, tools="def saw(): pass\n", a="import tools\ntools.saw()\n")
        store = naming.place(str(folder))
        store.parent.mkdir(parents=True, exist_ok=True)
        assert read(folder, store)
    naming.close()
    return [str(folder) for folder in folders]


@pytest.fixture
def memories(tmp_path: Path) -> Memories:
    """Those of a host that reads nothing by itself."""
    opened = Memories(lambda *_: None, lambda: None)
    opened.open({"state": str(tmp_path / "state"), "memory": {"read": False}})
    return opened


def files(state: Path) -> int:
    """How many files below a folder this process has open."""
    links = (str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return sum(link.startswith(str(state / "projects")) for link in links)


def knows(memories: Memories, buffer: int) -> bool:
    """Whether what a buffer's project uses is remembered."""
    memory = memories.of(buffer)
    return memory is not None and "saw" in memory.at(place(HERE)).project[0]


def test_it_is_closed_with_the_last_buffer(memories: Memories, roots: list[str]) -> None:
    """A hundred visited projects are no hundred open files; the project of another buffer stays."""
    for buffer, root in ((1, roots[0]), (2, roots[0]), (3, roots[1])):
        assert memories.move(buffer, root, f"{root}/new{buffer}.py")
        assert knows(memories, buffer)
    memories.forget(1)
    assert set(memories.about()["projects"]) == {*roots} and knows(memories, 2)
    memories.forget(2)
    assert set(memories.about()["projects"]) == {roots[1]} and knows(memories, 3)
    assert memories.move(4, roots[0], f"{roots[0]}/again.py")
    assert knows(memories, 4)
    memories.close()


def test_it_is_closed_when_a_buffer_moves(memories: Memories, roots: list[str]) -> None:
    """A buffer that is saved into another project leaves its own."""
    for root in (roots[0], roots[1], roots[0]):
        assert memories.move(1, root, f"{root}/new.py")
        assert knows(memories, 1)
        assert set(memories.about()["projects"]) == {root}
    memories.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="open files are counted in /proc")
def test_no_file_stays_open(memories: Memories, roots: list[str], tmp_path: Path) -> None:
    """The file, its log and its index are closed, however often a project is visited."""
    for buffer in range(6):
        root = roots[buffer % 2]
        memories.move(buffer, root, f"{root}/new.py")
        assert knows(memories, buffer) and files(tmp_path / "state")
        memories.forget(buffer)
        assert files(tmp_path / "state") == 0
    memories.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="open files are counted in /proc")
def test_one_that_opens_late_is_closed(
    memories: Memories, roots: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A memory that is still being opened when its last buffer goes does not stay open."""
    opened = threading.Event()

    def late(path: Path) -> ProjectStore:
        time.sleep(0.2)
        store = ProjectStore(path)
        opened.set()
        return store

    monkeypatch.setattr(manager, "_FIRST_S", 0.0)
    monkeypatch.setattr(manager, "ProjectStore", late)
    memories.move(1, roots[0], f"{roots[0]}/new.py")
    memory = memories.of(1)
    assert memory is not None and memory.lost
    memories.forget(1)
    assert opened.wait(10)
    wait(lambda: files(tmp_path / "state") == 0)
    memories.close()


def test_what_nobody_opens_is_deleted(roots: list[str], tmp_path: Path) -> None:
    """Memories of clones and worktrees that are gone do not fill the disk: 90 days after the last use."""
    folder = tmp_path / "state/projects"
    old, new = sorted(folder.glob("*.sqlite"))
    (folder / "notes.txt").write_text("not ours")
    then = time.time() - 91 * 86_400
    for path in folder.iterdir():
        os.utime(path, (then, then))
    ProjectStore(new).close()  # it is used
    tidy(folder)
    names = {path.name for path in folder.iterdir()}
    assert old.name not in names and names >= {new.name, "notes.txt"}
    tidy(folder / "nowhere")
    os.utime(new, (then, then))
    with _alone(new):  # somebody reads its project just now
        tidy(folder)
    assert new.exists()
    tidy(folder)
    assert not new.exists()


def test_a_reader_tidies_up(roots: list[str], tmp_path: Path) -> None:
    """The process that reads a project deletes what has not been used, and nothing younger."""
    folder = tmp_path / "state/projects"
    old = folder / "0000.sqlite"
    ProjectStore(old).close()
    then = time.time() - 91 * 86_400
    os.utime(old, (then, then))
    younger = set(folder.glob("*.sqlite")) - {old}
    store = Manager(tmp_path / "state", {}, lambda *_: None).place(roots[0])
    command = [sys.executable, "-m", "sibyl.memory.index", roots[0], str(store)]
    environment = os.environ | {"PYTHONPATH": str(ENGINE)}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    assert set(folder.glob("*.sqlite")) == younger
