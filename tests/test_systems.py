"""Windows and macOS, simulated: what these systems lack or refuse is done without.

Nothing here ran on either of them. Of each place that asks for the system, the other way is taken.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import install
import packages
import pytest

from sibyl.host import diagnostics
from sibyl.memory import git, index, limits, manager, private, project_files
from sibyl.memory.project_store import ProjectStore

POSIX_ONLY = {
    os: ("nice", "fork", "getppid", "sysconf", "O_NOFOLLOW", "O_NONBLOCK"),
    signal: ("setitimer", "SIGPROF", "SIGVTALRM", "ITIMER_PROF", "ITIMER_VIRTUAL"),
}


@contextmanager
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take away what Windows does not have; a failure is reported when it is there again."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        for module, names in POSIX_ONLY.items():
            for name in names:
                patch.delattr(module, name, raising=False)
        for name in ("resource", "fcntl"):
            patch.setitem(sys.modules, name, None)
        yield


def on_windows(**more: Any) -> SimpleNamespace:
    """What a module sees as `os` there."""
    return SimpleNamespace(**{"name": "nt", "environ": os.environ, "devnull": "nul", **more})


def test_a_project_is_read_without_what_posix_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reader needs no priority, timer, limit of memory, parent or flag that Windows lacks."""
    root, store = tmp_path / "project", tmp_path / "state/store.sqlite"
    root.mkdir()
    store.parent.mkdir()
    (root / "a.py").write_text("import os\nos.getcwd()\n")
    with windows(monkeypatch):
        assert index.main([str(root), str(store), "--parent", "1"]) == 0
        assert project_files.bytes_of(root / "a.py").startswith(b"import os")
    assert '"whole": true' in capsys.readouterr().out
    memory = ProjectStore(store)
    assert list(memory.stamps()) == ["a.py"]
    memory.close()


def test_limits_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without timers and limits of memory, a block runs as it is, and the host's memory is not told."""
    with windows(monkeypatch):
        with limits.cpu_time(0.0):
            pass
        limits.cap_memory(1)
        assert diagnostics.resident() == 0.0


def test_a_limit_that_macos_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of memory that has a name but cannot be set ends nothing."""
    resource = pytest.importorskip("resource")
    asked: list[object] = []

    def refuse(*limit: object) -> None:
        asked.append(limit)
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    limits.cap_memory(1 << 40)
    assert asked


def test_modes_are_left_where_they_mean_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On Windows no mode is looked at or set."""
    file = tmp_path / "file"
    file.touch(0o644)
    before = file.stat().st_mode
    monkeypatch.setattr(private, "os", on_windows())  # anything else that it asked for would fail
    private.private(file)
    assert file.stat().st_mode == before


def test_git_is_an_exe_on_a_path_with_semicolons(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Git is found by the name it has there, never in the project, and gets what Windows needs to start it."""
    for folder in ("project", "programs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "git.exe").touch(0o755)
    monkeypatch.setattr(git, "_NAME", "git.exe")
    monkeypatch.setattr(os, "pathsep", ";")
    monkeypatch.setenv("PATH", f";bin;{tmp_path / 'project'};{tmp_path / 'programs'}")
    monkeypatch.setenv("SYSTEMROOT", "C:\\Windows")
    program = git.program(tmp_path / "project")
    assert program == str(tmp_path / "programs/git.exe")
    assert git.environment(program)["SYSTEMROOT"] == "C:\\Windows"


def test_a_project_names_its_files_alike_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's name in a project's memory has slashes, with a drive and backslashes too."""
    monkeypatch.setattr(manager, "Path", PureWindowsPath)
    assert manager.inside("C:\\code\\shop", "C:\\code\\shop\\till\\open.py") == "till/open.py"
    assert manager.inside("C:/code/shop", "c:/code/shop/till.py") == "till.py"
    assert manager.inside("C:\\code\\shop", "D:\\other.py") == "D:\\other.py"


def test_the_installer_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It locks nothing (there is no flock), finds programs in Scripts, and uv's configuration in AppData."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(install, "os", on_windows())
    with install.alone(tmp_path / "venv"):
        pass
    settings = tmp_path / "uv/uv.toml"
    settings.parent.mkdir()
    settings.touch()
    monkeypatch.setattr(packages, "os", on_windows())
    monkeypatch.setattr(packages, "BIN", "Scripts")
    monkeypatch.setenv("APPDATA", str(tmp_path))
    monkeypatch.delenv("UV_CONFIG_FILE", raising=False)
    assert packages.program(tmp_path, "ty") == tmp_path / "Scripts/ty.exe"
    assert packages.uv_configuration() == ["--config-file", str(settings)]
