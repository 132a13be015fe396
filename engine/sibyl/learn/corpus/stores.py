"""Where one repository lies, and what it holds.

In: a git directory (`owner+name/repo`), a work tree or a plain folder (`owner+name`) below the sources folder.
Out: lists of its files, and their bytes by blob id, fast (one `git cat-file --batch`); a clone of one commit.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.io import Repository
from sibyl.memory import git


@dataclass(frozen=True)
class Listed:
    """A file seen in a repository at a commit; its size is -1 if only its name is there."""

    path: str
    blob: str
    size: int


def blob_id(data: bytes) -> str:
    """Return the id git gives to these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _git_program(place: Path) -> str:
    program = git.program(place)
    if program is None:
        raise LearnError("The program `git` is not installed.")
    return program


def ask_git(place: Path, *arguments: str) -> bytes:
    """Run git on a git directory, without a network, and return what it printed."""
    program = _git_program(place)
    command = git.command(program, f"--git-dir={place}", *arguments)
    return _said(place, arguments[0], command, git.environment(program))


def _fetch(place: Path, *arguments: str) -> None:
    """Run git on a git directory of our own making, with the user's network, keys and proxies."""
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = [_git_program(place), f"--git-dir={place}", "fetch", *arguments]
    _said(place, "fetch", command, environment)


def _said(place: Path, question: str, command: list[str], environment: dict[str, str]) -> bytes:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False
    )
    if done.returncode:
        detail = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise LearnError(f"git {question} failed in {place}: {detail[-1] if detail else '?'}.")
    return done.stdout


class GitStore:
    """The files of one git directory."""

    def __init__(self, place: Path) -> None:
        """Take the git directory; nothing is started yet."""
        self.place = place
        self._process: subprocess.Popen[bytes] | None = None

    def commit(self, wanted: str) -> str:
        """Return the full id of the wanted commit (HEAD if none is wanted)."""
        full_id = ask_git(self.place, "rev-parse", "--verify", f"{wanted or 'HEAD'}^{{commit}}")
        return full_id.decode().strip()

    def files(self, commit: str) -> Iterator[Listed]:
        """Yield the regular files of a commit by path; links and submodules are left out."""
        for line in ask_git(self.place, "ls-tree", "-r", "-l", "-z", commit).split(b"\0"):
            if line.startswith(b"100"):
                head, path = line.split(b"\t", 1)
                _, _, blob, size = head.split()
                # git says BAD for a file that a partial copy of the repository left out
                held = int(size) if size.isdigit() else -1
                yield Listed(os.fsdecode(path), blob.decode(), held)

    def read(self, blob: str) -> bytes:
        """Return the bytes of a blob."""
        if self._process is None or self._process.poll() is not None:
            program = _git_program(self.place)
            command = git.command(program, f"--git-dir={self.place}", "cat-file", "--batch")
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, env=git.environment(program)
            )
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        try:
            questions.write(blob.encode() + b"\n")
            questions.flush()
            head = answers.readline().split()
        except OSError as error:
            raise LearnError(f"git ended while reading {self.place}.") from error
        if len(head) != 3:
            raise LearnError(f"The blob {blob} is not in {self.place}.")
        return answers.read(int(head[2]) + 1)[:-1]

    def close(self) -> None:
        """Stop the git process, if there is one."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


class FolderStore:
    """The files of a plain folder, which has no history: its commit is the empty string."""

    def __init__(self, place: Path) -> None:
        """Take the folder; it is walked on first use."""
        self.place = place
        self._paths: dict[str, Path] | None = None

    def commit(self, wanted: str) -> str:  # noqa: ARG002 (as in GitStore)
        """Return the empty string: a plain folder is taken as it is."""
        return ""

    def files(self, commit: str) -> Iterator[Listed]:  # noqa: ARG002 (as in GitStore)
        """Yield the regular files below the folder, sorted by path."""
        self._paths = {}
        for path in sorted(self.place.rglob("*")):
            inside = path.relative_to(self.place)
            hidden = any(part.startswith(".") for part in inside.parts)
            if hidden or path.is_symlink() or not path.is_file():
                continue
            try:
                data = path.read_bytes() if path.suffix == ".py" else b""
            except OSError as error:
                raise LearnError(f"Cannot read {path}: {error.strerror}.") from error
            blob = blob_id(data)
            self._paths[blob] = path
            yield Listed(inside.as_posix(), blob, len(data))

    def read(self, blob: str) -> bytes:
        """Return the bytes that had this id when the folder was walked."""
        if self._paths is None:
            for _ in self.files(""):
                pass
        assert self._paths is not None
        if blob not in self._paths:
            raise LearnError(f"{self.place} has changed: no file with the id {blob} any more.")
        return self._paths[blob].read_bytes()

    def close(self) -> None:
        """Do nothing: a folder needs no process."""


RepositoryStore = GitStore | FolderStore


def is_git_directory(place: Path) -> bool:
    """Tell whether a folder is a git directory itself."""
    return (place / "HEAD").is_file() and (place / "objects").is_dir()


def find_store(sources: Path, name: str) -> RepositoryStore | None:
    """Find a repository below the sources folder, in any of the allowed shapes."""
    base = sources / name.replace("/", "+")
    for place in (base / "repo", base / "repo" / ".git", base, base / ".git"):
        if is_git_directory(place):
            return GitStore(place)
    if (base / "repo").is_dir():
        return FolderStore(base / "repo")
    return FolderStore(base) if base.is_dir() else None


def clone(repository: Repository, sources: Path, base: str) -> None:
    """Bring one commit of a repository by git, without its history."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository.name):
        raise LearnError(f"{repository.name} is not of the form owner/name.")
    place = sources / repository.folder / "repo"
    place.mkdir(parents=True, exist_ok=True)
    ask_git(place, "init", "--quiet", "--bare")
    remote = f"{base.rstrip('/')}/{repository.name}"
    wanted = repository.commit or "HEAD"
    _fetch(place, "--quiet", "--depth=1", "--no-tags", remote, wanted)
    ask_git(place, "update-ref", "--no-deref", "HEAD", "FETCH_HEAD")
