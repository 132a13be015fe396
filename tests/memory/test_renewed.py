"""A reader that finds a damaged store puts another in its place.

In:   a small project, with a store whose rows are damaged.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from test_build import read, write

from sibyl.memory import index
from sibyl.memory.project_store import ProjectStore


def test_a_damaged_store_is_replaced_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no moment there is no file: its host took that for `:Sibyl forget`, and ended the reading for good."""
    root, place = tmp_path / "project", tmp_path / "a.sqlite"
    write(root, tools="def saw(): pass\n", a="import tools\ntools.saw\n")
    assert read(root, place)
    base = sqlite3.connect(place, isolation_level=None)
    base.execute("UPDATE files SET notes=x'00'")
    base.close()
    write(root, tools="def saw(): pass\ndef plane(): pass\n")
    old, is_there = place.stat().st_ino, []

    def opened(path: Path, patience: float) -> ProjectStore:
        is_there.append(place.exists())
        return ProjectStore(path, patience)

    monkeypatch.setattr(index, "ProjectStore", opened)
    assert read(root, place)
    assert is_there == [
        True,
        True,
        True,
    ]  # the damaged one, an empty one beside it, that in its place
    store = ProjectStore(place)
    assert store.files() == 2 and "plane" in str(store.defined("module", "tools"))
    store.close()
    assert place.stat().st_ino != old  # a host that has the old one open opens this one
    assert {path.name for path in tmp_path.iterdir()} == {"project", "a.sqlite", "a.lock"}
