"""The clock goes back: what was accepted keeps its order, and files are read again all the same."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from test_build import place, read, write

from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.project_store import ProjectStore


def test_accepted_items_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted last is the most recent, though the clock went back by ten years in between."""
    memory = BufferMemory(person=Accepted(tmp_path / "person.sqlite"))
    here, now = place("import tools\ntools."), time.time()
    memory.accept(here, "first")
    monkeypatch.setattr(time, "time", lambda: now - 10 * 365 * 86_400)
    memory.accept(here, "last")
    used = memory.at(here).person[0]
    assert used["last"][1] > used["first"][1]


def test_a_file_saved_before_the_time_that_is_known_is_read_again(tmp_path: Path) -> None:
    """A file whose time is earlier than at the last reading has changed, too."""
    root = tmp_path / "project"
    write(root, a="x.before\n")
    assert read(root, tmp_path / "a.sqlite")
    write(root, a="x.after!\n")  # as long as before
    os.utime(root / "a.py", (1_000_000_000, 1_000_000_000))
    assert read(root, tmp_path / "a.sqlite")
    assert set(ProjectStore(tmp_path / "a.sqlite").uses("l x")) == {"after"}
