"""What the host writes to its log of a memory that stays off.

In:   a state folder in which nothing can be kept, until it can.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from test_build import wait

from sibyl.memory import manager
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.manager import Manager


def test_a_memory_that_stays_off_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again every other second for as long as one types, and the log does not grow by that."""
    monkeypatch.setattr(manager, "_PAUSE_S", 0.0)
    state = tmp_path / "state"
    state.write_text("a file where a folder should be")
    manager_ = Manager(state, {"project": False}, lambda *_: None)
    with caplog.at_level(logging.WARNING, "sibyl"):
        for _ in range(5):
            wait(lambda: manager_.memory_of("", "").lost and not manager_._opening)
        assert len(caplog.records) == 1
        state.unlink()
        wait(lambda: not manager_.replaced(BufferMemory(), "", "").lost)
        (memory,) = manager_._open.values()
        manager_._note(manager.MemoryTrouble(caplog.messages[0], memory.path))
    assert len(caplog.records) == 2  # it went well meanwhile
    manager_.close()
