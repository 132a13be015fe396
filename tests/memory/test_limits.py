"""Limits: files made to cost much cost little, and cost the other files nothing.

In:   small projects in folders.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_build import ENGINE, place, read, wait, write

from sibyl.memory import index as build
from sibyl.memory import indexer
from sibyl.memory.class_lookup import Classes
from sibyl.memory.limits import TooMuch, cpu_time
from sibyl.memory.notes import Notes, take_notes
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY


def cost(work: Callable[[], object]) -> float:
    """CPU seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.timing
@pytest.mark.parametrize("end", ["\n", " "], ids=["lines", "one line"])
def test_words_without_a_mark_are_read_in_linear_time(end: str) -> None:
    """Twice as much text that is no code, as behind a quote left open, costs at most three times as much."""
    start, code = b"x = ", f"a.b c{end}".encode() * 5_000
    few, many = (
        cost(lambda data=data: take_notes(data)) for data in (start + code, start + 2 * code)
    )  # type: ignore[misc]
    assert many < 3 * few + 0.1


@pytest.mark.timing
def test_a_file_that_takes_too_long_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its own place is lost, and it is not read again before it changes."""
    monkeypatch.setattr(build, "FILE_S", 0.05)
    began = build.take_notes
    monkeypatch.setattr(build, "take_notes", lambda data: began(data) if len(data) < 99 else spin())
    root = tmp_path / "project"
    write(root, a="x.before\n", b="x.slow\n" * 20, c="x.after\n")
    assert cost(lambda: read(root, tmp_path / "a.sqlite")) < 1.0
    store = ProjectStore(tmp_path / "a.sqlite")
    assert store.uses("l x") == {"before": (1, 1), "after": (1, 1)}
    assert set(store.stamps()) == {"a.py", "b.py", "c.py"}


def spin() -> Notes:
    """Never come to an end."""
    while True:
        pass


@pytest.mark.timing
def test_a_limit_is_over_with_its_block() -> None:
    """Who is done in time hears nothing later."""
    with cpu_time(0.05):
        pass
    cost(lambda: sum(range(5_000_000)))
    with pytest.raises(TooMuch), cpu_time(0.05):
        spin()


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), ValueError("odd")], ids=repr)
def test_a_file_that_cannot_be_read_is_skipped(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a file brings the reader to, the others are remembered."""
    sound = build.take_notes

    def odd(data: bytes) -> Notes:
        if b"odd" in data:
            raise error
        return sound(data)

    monkeypatch.setattr(build, "take_notes", odd)
    root = tmp_path / "project"
    write(root, a="x.before\n", b="x.odd\n", c="x.after\n")
    assert read(root, tmp_path / "a.sqlite")
    assert set(ProjectStore(tmp_path / "a.sqlite").uses("l x")) == {"before", "after"}


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux alone")
def test_the_reader_has_only_so_much_memory() -> None:
    """A block that wants more than the cap gets MemoryError, not the machine's memory."""
    program = (
        "from sibyl.memory.limits import cap_memory; from sibyl.memory.index import MOST_BYTES\n"
        "cap_memory(MOST_BYTES)\n"
        "try: bytearray(2 * MOST_BYTES)\n"
        "except MemoryError: print('capped')\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ENGINE, check=True, capture_output=True, text=True)
    assert done.stdout == "capped\n"


def test_a_file_that_ends_its_reader_is_skipped_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in one file, the reader is started again without that file, and reads the rest."""
    engine = tmp_path / "engine"
    engine.mkdir()
    (engine / "sitecustomize.py").write_text(
        f"import sys; sys.path.append({str(ENGINE)!r})\n"
        "import os, signal, sibyl.memory.notes as notes\n"
        "sound = notes.take_notes\n"
        "def fatal(data):\n"
        "    if b'fatal' in data: os.kill(os.getpid(), signal.SIGABRT)\n"
        "    return sound(data)\n"
        "notes.take_notes = fatal\n"
    )
    started = indexer.subprocess.Popen

    def popen(command: list[str], **options: object) -> object:
        options["env"] = {**options["env"], "PYTHONPATH": f"{engine}:{ENGINE}"}  # type: ignore[dict-item]
        command = [part for part in command if part != "-I"]  # or the trap would not be loaded
        return started(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(indexer.subprocess, "Popen", popen)
    root, path = tmp_path / "project", tmp_path / "a.sqlite"
    write(root, a="x.before\n", b="x.fatal\n", c="x.after\n")
    ProjectStore(path).close()
    reader = indexer.Indexer(lambda *_: None)
    reader.read(root, path, "")
    wait(lambda: len(ProjectStore(path).stamps()) == 3)
    assert set(ProjectStore(path).uses("l x")) == {"before", "after"}
    wait(lambda: not reader.busy())
    reader.close()


def test_classes_with_many_bases_cost_little() -> None:
    """A class with 60,000 bases asks the store for a few hundred of them at most."""
    asked: list[str] = []

    def lookup(kind: str, name: str) -> dict[str, object]:
        asked.append(name)
        bases = [f"k.B{index}" for index in range(60_000)] if name == "A" else []
        return {"k.py": (bases, {name.lower(): "M:"})}

    members, kind = Classes(lookup).members_of("k.A()", "main.py")
    assert (kind, "b0" in members) == ("class", True)
    assert len(asked) < 500
    asked.clear()
    Classes(lookup).inherited([(f"k.B{index}", 1) for index in range(60_000)], "main.py")
    assert len(asked) < 500


@pytest.mark.timing
def test_classes_that_all_inherit_each_other_cost_little() -> None:
    """48 classes, each with all earlier ones as bases: a list needs less than the 30 ms it has."""
    source = "".join(
        f"class K{index}({', '.join(f'K{other}' for other in range(index))}):\n    k{index} = 1\n"
        for index in range(48)
    )
    store, remembered = ProjectStore(Path(IN_MEMORY)), Remembered()
    store.update([build.noted("k.py", (1, 1), source.encode())])
    here, project = place("from k import K47\nk = K47()\nk."), Project(store, "main.py")
    assert cost(lambda: project.remembered(here, contexts(here), remembered)) < 0.03
    assert "k0" in remembered.members


def test_a_file_has_only_so_many_notes() -> None:
    """Made-up uses, classes and bases of one file fill neither memory nor disk."""
    uses = take_notes(b"".join(b"r%d.m%d()\n" % (index, index) for index in range(30_000))).uses
    assert len(uses["m"]) == 20_000
    bases = ", ".join(f"b.C{index}" for index in range(300))
    classes = take_notes(b"class A(" + bases.encode() + b"): pass\n").classes
    assert len(classes["A"][0]) == 50
