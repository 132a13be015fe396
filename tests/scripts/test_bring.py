"""Neovim for tests comes by itself, or one sentence says why it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import debian
import find
import pytest

SCRIPT = Path(find.__file__).resolve().with_name("bring.py")
BROUGHT = find.HERE / "oldest" / "finished"


def run(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script by path, as make does; `path` replaces PATH."""
    environment = os.environ | ({} if path is None else {"PATH": path})
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


def a_neovim(folder: Path, version: str) -> Path:
    """Make a program that says it is a Neovim of some version."""
    program = folder / "nvim"
    folder.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!{sys.executable}\nprint('NVIM v{version}')\n")
    program.chmod(0o755)
    return program


def test_a_new_enough_one_on_path_will_do(tmp_path: Path) -> None:
    """Who has Neovim 0.10.4 or newer is not made to download another."""
    for version in ("0.10.4", "0.11.0", "1.0.0"):
        on_path = a_neovim(tmp_path / "bin", version)
        done = run("--any", "--where", str(tmp_path / "none"), path=str(tmp_path / "bin"))
        assert (0, f"{on_path}\n") == (done.returncode, done.stdout)


def test_nothing_to_be_had(tmp_path: Path) -> None:
    """Without a Neovim and without apt, one sentence says which Neovim is wanted."""
    a_neovim(tmp_path / "bin", "0.9.5")
    done = run("--where", str(tmp_path / "none"), path=str(tmp_path / "bin"))
    assert (1, "") == (done.returncode, done.stdout)
    assert "0.10.4 or newer" in done.stderr.splitlines()[-1]


def test_named_ones_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SIBYL_NVIMS alone decides what is tested, for people with a Neovim of their own."""
    monkeypatch.setenv("SIBYL_NVIMS", f"{tmp_path}/a:{tmp_path}/b")
    assert [tmp_path / "a", tmp_path / "b"] == find.neovims()


def test_the_one_on_path_stands_for_the_newest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the oldest alone could be brought, tests run on it and on PATH's."""
    oldest = a_neovim(tmp_path / "home/0.10.4/bin", "0.10.4")
    (tmp_path / "home/oldest").symlink_to("0.10.4")
    on_path = a_neovim(tmp_path / "bin", "0.12.4")
    monkeypatch.delenv("SIBYL_NVIMS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert [oldest, on_path] == find.neovims(tmp_path / "home")
    done = run("--where", str(tmp_path / "home"), path=str(tmp_path / "bin"))
    assert f"{oldest}\n{on_path}\n" == done.stdout
    (tmp_path / "home/newest").symlink_to("0.10.4")
    assert [oldest] == find.neovims(tmp_path / "home")


def test_the_reason_of_a_failure_is_told() -> None:
    """Programs print progress and errors apart; the last error is what a person can act on."""
    with pytest.raises(debian.CannotBring, match="`sh` failed: E: expired"):
        debian.run("sh", "-c", "echo 'E: expired' >&2; echo 'Reading lists'; exit 100")
    with pytest.raises(debian.CannotBring, match="`sh` failed: no room"):
        debian.run("sh", "-c", "echo working; echo no room; exit 1")


@pytest.mark.skipif(not BROUGHT.exists(), reason="these Neovims were not brought")
def test_what_is_there_is_left_alone() -> None:
    """A second run does nothing, and soon."""
    before = BROUGHT.stat().st_mtime_ns
    begun = time.monotonic()
    done = run()
    assert 0 == done.returncode
    assert 2 == len(done.stdout.splitlines())
    assert before == BROUGHT.stat().st_mtime_ns
    assert 5 > time.monotonic() - begun


@pytest.mark.slow
@pytest.mark.skipif(not BROUGHT.exists(), reason="these Neovims were not brought")
def test_a_moved_checkout_works(tmp_path: Path) -> None:
    """Loader paths are absolute; after a move they are set again, without a download."""
    moved = tmp_path / "moved"
    shutil.copytree(find.HERE, moved, symlinks=True)
    # No apt on this PATH: a download would fail.
    done = run("--tools", "--where", str(moved), path="")
    assert 0 == done.returncode, done.stderr
    for name in find.neovims(moved):
        assert find.version_of(name) >= find.FLOOR
        assert str(moved) in name.read_bytes().decode("latin-1")
    version = subprocess.run(
        [moved / "tools/bin/luacheck", "--version"], capture_output=True, text=True
    )
    assert "Luacheck" in version.stdout
