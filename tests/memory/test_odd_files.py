"""Files: what lies in a project and is no plain file of it is not read, and costs the rest nothing.

In:   folders with links, pipes, and names beyond all limits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_build import read, write

from sibyl.errors import MemoryTrouble
from sibyl.memory import index
from sibyl.memory import project_files as files
from sibyl.memory.project_files import bytes_of, project_files
from sibyl.memory.project_store import ProjectStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")


@pytest.fixture(params=["git", "walked"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project, with git and without."""
    folder = tmp_path / "project"
    write(folder, a="x.good\n", sub__b="x.good\n")
    if request.param == "git":
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def test_a_folder_that_cannot_be_looked_into_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its refusal, told by hand here because a superuser may look anywhere, ends no reading."""
    root = tmp_path / "project"
    write(root, a="x.good\n", closed__b="x.bad\n", sub__c="x.good\n")
    looked = files._is_walked

    def refused(folder: os.DirEntry[str]) -> bool:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return looked(folder)

    monkeypatch.setattr(files, "_is_walked", refused)
    assert set(project_files(root)) == {"a.py", "sub/c.py"}


def test_a_path_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    """Folders nested beyond what the system takes in one path end the look into them, not the reading."""
    root = tmp_path / "project"
    write(root, a="x.good\n", z="x.good\n")
    before = Path.cwd()
    try:
        os.chdir(root)
        for _ in range(20):
            Path("d" * 250).mkdir()
            os.chdir("d" * 250)
        Path("deep.py").write_text("x.bad\n")
    finally:
        os.chdir(before)
    assert read(root, tmp_path / "a.sqlite")
    assert set(ProjectStore(tmp_path / "a.sqlite").stamps()) == {"a.py", "z.py"}


def test_pipes_devices_and_loops_are_not_read(root: Path, tmp_path: Path) -> None:
    """A pipe would be waited for, a device read for ever, a loop followed without an end."""
    os.mkfifo(root / "pipe.py")
    (root / "zero.py").symlink_to("/dev/zero")
    (root / "loop.py").symlink_to(root / "loop.py")
    (root / "around").symlink_to(root, target_is_directory=True)
    assert read(root, tmp_path / "a.sqlite")
    assert set(ProjectStore(tmp_path / "a.sqlite").stamps()) == {"a.py", "sub/b.py"}


def test_a_linked_folder_that_leads_out_is_not_read(root: Path, tmp_path: Path) -> None:
    """A folder that git once knew and that is a link to another place by now: its files are not ours."""
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere, b="x.secret\n")
    if (root / ".git").exists():
        subprocess.run(["git", "-C", str(root), "add", "."], check=True)
    (root / "sub" / "b.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to(elsewhere, target_is_directory=True)
    assert set(project_files(root)) == {"a.py"}


def test_what_became_a_pipe_or_a_link_meanwhile_is_not_read(tmp_path: Path) -> None:
    """Between listing and reading a file is replaced: nobody waits, nothing elsewhere is read."""
    pipe, link, big = tmp_path / "pipe.py", tmp_path / "link.py", tmp_path / "big.py"
    os.mkfifo(pipe)
    (tmp_path / "secret").write_text("x.secret")
    link.symlink_to(tmp_path / "secret")
    big.write_bytes(b"x" * 1_000_001)
    for path in (pipe, link, big):
        with pytest.raises(OSError, match=r"no file|symbolic|too large"):
            bytes_of(path)


def test_a_file_of_a_far_time_costs_nothing(root: Path, tmp_path: Path) -> None:
    """A time that SQLite holds no number for is no reason to lose what is remembered, nor to read it again."""
    store = tmp_path / "a.sqlite"
    far = 2**63 // 10**9 + 10**8
    try:
        os.utime(root / "a.py", (far, far))
    except (OSError, OverflowError):
        pytest.skip("no such time on this file system")
    assert read(root, store)
    assert set(ProjectStore(store).stamps()) == {"a.py", "sub/b.py"}
    assert ProjectStore(store).stamps() == project_files(root)


def test_a_lock_with_something_in_it_locks_nothing(root: Path, tmp_path: Path) -> None:
    """A file of that name that is no database is emptied; the project is read."""
    store = tmp_path / "a.sqlite"
    store.with_suffix(".lock").write_text("garbage" * 100)
    assert read(root, store)
    assert set(ProjectStore(store).stamps()) == {"a.py", "sub/b.py"}


def test_a_home_in_git_hides_no_files(tmp_path: Path) -> None:
    """Who keeps his home folder in git, all else ignored, has the files of the projects in it read."""
    home = tmp_path / "home"
    write(home / "src/shop", a="x.good\n")
    subprocess.run(["git", "init", "-q", str(home)], check=True)
    (home / ".gitignore").write_text("*\n")
    assert [*project_files(home / "src/shop")] == ["a.py"]


def test_what_git_ignores_is_not_read(tmp_path: Path) -> None:
    """Not even where a repository has no other Python files than those that it ignores."""
    write(tmp_path, secrets="x.key\n", scratch__a="x.good\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("secrets.py\nscratch/\n")
    assert [*project_files(tmp_path)] == []


def test_nothing_is_read_where_git_does_not_say_what_it_ignores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged index, a repository of another user, a git that does not end: the reason is told, once."""
    root = tmp_path / "project"
    write(root, a="x.good\n", secrets="x.key\n")
    (root / ".git").mkdir()  # as good as none: "not a git repository"
    assert set(project_files(root)) == {"a.py", "secrets.py"}
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / ".gitignore").write_text("secrets.py\n")
    assert [*project_files(root)] == ["a.py"]
    (root / ".git/index").write_bytes(b"no index, but long enough to be one")
    with pytest.raises(
        MemoryTrouble, match=r"git does not list the files of .*project \(.*\); `git status`"
    ):
        project_files(root)
    (root / ".git/index").unlink()
    monkeypatch.setattr(files, "_GIT_S", 0)
    with pytest.raises(MemoryTrouble, match="it takes longer than 0 s"):
        project_files(root)


def test_nothing_is_read_of_a_worktree_without_its_repository(tmp_path: Path) -> None:
    """In a container that has the worktree alone, nobody knows what git ignores there."""
    root = tmp_path / "project"
    write(root, a="x.good\n", secrets="x.key\n")
    (root / ".gitignore").write_text("secrets.py\n")
    (root / ".git").write_text(f"gitdir: {tmp_path / 'main/.git/worktrees/project'}\n")
    with pytest.raises(MemoryTrouble, match=r"\(not a git repository: .*worktrees/project\)"):
        project_files(root)


def test_a_folder_that_became_a_link_to_itself_costs_its_files_alone(root: Path) -> None:
    """Git lists what was below it; Python up to 3.12 says RuntimeError of it, and nothing was read any more."""
    if (root / ".git").exists():
        subprocess.run(["git", "-C", str(root), "add", "."], check=True)
    (root / "sub" / "b.py").unlink()
    (root / "sub").rmdir()
    (root / "sub").symlink_to("sub")
    assert set(project_files(root)) == {"a.py"}


def test_a_reading_that_cannot_begin_is_told(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends the reader is one sentence to the host: nobody reads what it prints."""
    monkeypatch.setattr(index, "cap_memory", lambda _: None)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    (tmp_path / "a.lock").mkdir()  # as good as one of another user's
    assert index.main([str(root), str(tmp_path / "a.sqlite")]) == 1
    assert "a.lock cannot be written" in json.loads(capsys.readouterr().out)["trouble"]
    (tmp_path / "a.lock").rmdir()
    monkeypatch.setattr(index, "project_files", lambda *_: 1 // 0)
    assert index.main([str(root), str(tmp_path / "a.sqlite")]) == 1
    trouble = json.loads(capsys.readouterr().out)["trouble"]
    assert "cannot be read (ZeroDivisionError(" in trouble
