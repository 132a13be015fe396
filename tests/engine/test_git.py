"""A project's list of files is asked for without running anything that the project names."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from sibyl.memory import git
from sibyl.memory.project_files import project_files

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="no git")
PLAIN = ["ls-files", "-z", "-co", "--exclude-standard", "--", "*.py"]


def ask(root: Path, *arguments: str) -> str:
    """Run git as anybody does."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=root, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def trap(tmp_path: Path) -> tuple[str, Path]:
    """A command that leaves a mark, and the mark."""
    mark = tmp_path / "ran"
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\n: > {shlex.quote(str(mark))}\nexit 1\n")
    program.chmod(0o755)
    return str(program), mark


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two folders, one of which its sparse index leaves folded."""
    folder = tmp_path / "project"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.py").write_text(f"import {name}\n")
    ask(folder, "init", "-q")
    ask(folder, "add", ".")
    ask(folder, "commit", "-q", "-m", "x")
    return folder


def lazily(root: Path, trap: str) -> None:
    """Take a folder's tree away and name a remote that has it, reached by a program."""
    ask(root, "sparse-checkout", "init", "--cone", "--sparse-index")
    ask(root, "sparse-checkout", "set", "a")
    tree = ask(root, "rev-parse", "HEAD:b")
    (root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    settings = {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.url": "ssh://nobody@localhost/x",
        "remote.origin.promisor": "true",
        "core.sshCommand": trap,
    }
    for name, value in settings.items():
        ask(root, "config", name, value)


def by_another_protocol(root: Path, trap: str) -> None:
    """The same with a remote that is a program itself."""
    lazily(root, trap)
    ask(root, "config", "protocol.ext.allow", "always")
    ask(root, "config", "remote.origin.url", f"ext::{trap}")


def by_an_included_file(root: Path, trap: str) -> None:
    """The same, the settings kept in a file that the configuration includes."""
    lazily(root, trap)
    shutil.copy(root / ".git/config", root / "settings")
    ask(root, "config", "include.path", str(root / "settings"))


def watching(root: Path, trap: str) -> None:
    """Name a watcher of files."""
    ask(root, "config", "core.fsmonitor", trap)


def with_hooks(root: Path, trap: str) -> None:
    """Name a folder of hooks with every hook that reading an index can run, and make the index old."""
    hooks = root / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "query-watchman"):
        shutil.copy(trap, hooks / name)
    ask(root, "config", "core.hooksPath", str(hooks))
    ask(root, "config", "core.fsmonitor", str(hooks / "fsmonitor-watchman"))
    ask(root, "config", "core.untrackedCache", "true")
    os.utime(root / "a/x.py", (1, 1))


def everything(root: Path, trap: str) -> None:
    """Name a program wherever a configuration can."""
    lazily(root, trap)
    for name in (
        "core.fsmonitor core.pager pager.ls-files core.editor core.askPass core.gitProxy credential.helper "
        "core.alternateRefsCommand diff.external filter.x.clean filter.x.smudge filter.x.process "
        "gpg.program uploadpack.packObjectsHook remote.origin.uploadpack"
    ).split():
        ask(root, "config", name, trap)
    ask(root, "config", "alias.ls-files", f"!{trap}")
    (root / ".gitattributes").write_text("* filter=x\n")


KINDS = [lazily, by_another_protocol, by_an_included_file, watching, with_hooks, everything]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_program_of_the_repository_runs(
    root: Path, trap: tuple[str, Path], kind: object
) -> None:
    """Listing a project's files runs nothing its .git/config names, whatever asks for it; the files are listed.

    Git asked plainly runs it (seen first): so the trap is one.
    """
    program, mark = trap
    kind(root, program)  # type: ignore[operator]
    mark.unlink(missing_ok=True)
    ask(root, *PLAIN)
    if not mark.exists():
        pytest.skip("this git does not fall into this trap")
    mark.unlink()
    assert "a/x.py" in project_files(root)
    assert not mark.exists()


@pytest.mark.parametrize("alone", ["GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL", "protocol.allow"])
def test_each_lock_holds_alone(root: Path, trap: tuple[str, Path], alone: str) -> None:
    """Each of the three means against a fetch is enough: an older git that lacks one has the others."""
    program, mark = trap
    lazily(root, program)
    path = git.program()
    assert path
    environment = git.environment(path)
    for name in {"GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"} - {alone}:
        del environment[name]
    command = [path, *(["-c", "protocol.allow=never"] if alone == "protocol.allow" else []), *PLAIN]
    mark.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if alone == "GIT_NO_LAZY_FETCH" and mark.exists():
        pytest.skip("this git does not know the variable (2.45 does)")
    assert not mark.exists(), done.stderr


def test_git_is_none_of_the_project(
    root: Path, trap: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git in the project, the current folder or an active environment is not run, wherever PATH puts it."""
    program, mark = trap
    environment = root.parent / "venv"
    for folder in (root, root / "bin", environment / "bin"):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, folder / "git")
    link = root.parent / "link"
    link.symlink_to(root / "bin")
    monkeypatch.chdir(root)
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    real = os.environ["PATH"]
    for entry in ("", ".", "bin", "./bin", str(root / "bin"), str(environment / "bin"), str(link)):
        monkeypatch.setenv("PATH", os.pathsep.join((entry, real)))
        assert set(project_files(root)) == {"a/x.py", "b/x.py"}
        git_path = git.program(root)
        assert git_path and Path(git_path).is_absolute() and root not in Path(git_path).parents
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", str(link))))
    assert git.program(root) is None
    assert set(project_files(root)) == {"a/x.py", "b/x.py"}
    assert not mark.exists()


def test_no_variable_gives_git_orders(
    root: Path, trap: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables that change what git does or which programs it runs do not reach it."""
    program, mark = trap
    lazily(root, program)
    mark.unlink(missing_ok=True)
    orders = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": program,
        "GIT_SSH_COMMAND": program,
        "GIT_EXEC_PATH": str(root),
        "GIT_ALLOW_PROTOCOL": "ssh:ext",
        "GIT_TRACE": str(root / "trace"),
    }
    for name, value in orders.items():
        monkeypatch.setenv(name, value)
    path = git.program(root)
    assert path
    assert not {*orders} & {*git.environment(path)} - {"GIT_ALLOW_PROTOCOL"}
    assert "a/x.py" in project_files(root)
    assert not mark.exists() and not (root / "trace").exists()


def test_a_list_that_leads_out_is_not_followed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of an index that somebody made name files of the project, or nothing."""
    (root.parent / "secret.py").write_text("import secret\n")
    listed = ["../secret.py", str(root.parent / "secret.py"), "a/../../secret.py", "a/x.py"]
    monkeypatch.setattr("sibyl.memory.project_files._listed", lambda _: listed)
    assert set(project_files(root)) == {"a/x.py"}
