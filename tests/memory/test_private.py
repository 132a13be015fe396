"""What is kept on disk is for its owner alone, however it was made.

In:   a folder of the test's own.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from sibyl.host import diagnostics
from sibyl.memory.manager import Manager

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def modes(folder: Path) -> dict[str, int]:
    """The mode of everything below a folder."""
    paths = {str(path.relative_to(folder)): path for path in [folder, *folder.rglob("*")]}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in paths.items()}


def remember(state: Path, root: Path) -> dict[str, int]:
    """Have something remembered; return the modes of what is kept then."""
    manager_ = Manager(state, {"read": False}, lambda *_: None)
    manager_.memory_of(str(root), str(root / "a.py"))
    by_path = modes(state)
    manager_.close()
    return by_path


def test_memories_are_private(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600, made under any umask; ones made otherwise before are mended."""
    state, before = tmp_path / "state" / "sibyl", os.umask(0)
    try:
        first = remember(state, tmp_path)
        for path in [state, *state.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        again = remember(state, tmp_path)
    finally:
        os.umask(before)
    for by_path in (first, again):
        assert any(name.endswith(".sqlite") for name in by_path)
        wrong = {n: oct(m) for n, m in by_path.items() if m != (0o600 if ".sqlite" in n else 0o700)}
        assert wrong == {}


def test_the_log_is_private_and_never_raises(tmp_path: Path) -> None:
    """The log is 0600 in a folder of 0700, an older one too; what it cannot write it leaves out."""
    log, before = logging.getLogger("sibyl"), os.umask(0)
    path = tmp_path / "state" / "sibyl.log"
    try:
        diagnostics.log_to(path, "INFO")
        log.info("one")
        path.chmod(0o666)
        log.info("two")
        assert modes(path.parent) == {".": 0o700, "sibyl.log": 0o600}
        path.unlink()
        path.mkdir()
        log.info("three")
        path.rmdir()
        path.parent.rmdir()
        path.parent.write_text("in the way")
        log.info("four %d", "is no number")
        path.parent.unlink()
        log.info("five")
        assert "five" in path.read_text()
    finally:
        os.umask(before)
        diagnostics.log_to(Path(os.devnull), "WARNING")
