"""A short soak; `make soak` does 300,000 keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import soak

pytestmark = pytest.mark.slow


def test_a_few_minutes_of_typing_leave_no_trace(nvim_binary: Path, tmp_path: Path) -> None:
    """After real keys in real files mirror and rankings are those of a fresh start, and the log is clean."""
    seen = soak.run(nvim_binary, tmp_path, keys=1200, seed=3, seconds=120)
    assert seen.faults == []
    assert seen.rankings >= 2


def test_a_broken_promise_is_seen(
    nvim_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror that is not the text is reported as a fault."""
    monkeypatch.setattr(soak, "digest", lambda _: [0, 0])
    seen = soak.run(nvim_binary, tmp_path, keys=50, seed=3, seconds=60)
    assert "the mirror is not the text" in " ".join(seen.faults)
