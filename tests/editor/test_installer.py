"""What the installer writes, as sibyl reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from test_first_minute import Newcomer
from test_state import wait_state


def test_both_streams_of_the_installer_are_read_apart(start_nvim: Callable, tmp_path: Path) -> None:
    """A part of a line on one stream is not joined to a line on the other; a last one without an end counts."""
    says = "printf 'Resolving 3 of '; printf 'no network\\n' >&2; sleep 0.2; printf 'killed' >&2; exit 1"
    child = Newcomer(start_nvim, tmp_path, says).child
    child.open(tmp_path / "first.py", "x = 1\n")
    wait_state(child, "wrong Python")
    child.command("Sibyl install")
    assert "killed" in wait_state(child, "installation failed")
    log = Path(child.lua("return require('sibyl.log').path()")).read_text()
    assert "killed" in log and "Resolving 3 of no network" not in log
