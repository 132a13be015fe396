"""The memory of a recorded project, as a user's would be: its other files read, copies counted once.

In: a repository at a commit, below the sources folder.  Out: the store that ``sibyl.memory`` would have built.
The rules for files, the notes and the store are the live ones; only the bytes come from git.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sibyl.code.filters import is_migration, path_fault
from sibyl.errors import LearnError, MemoryTrouble
from sibyl.learn import io
from sibyl.learn.corpus.sources import Sources
from sibyl.memory.index import Changed, noted
from sibyl.memory.notes import Notes
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import remove, siblings

_AT_A_TIME = 200  # files of one transaction


def store_of(
    sources: Sources, repo: str, commit: str, folder: Path, notebook: Notebook | None = None
) -> ProjectStore:
    """Return the store of a repository at a commit; it is kept in ``folder`` and found there again.

    Who makes several stores of a repository gives each the same ``notebook``.
    """
    files = None if commit else list(files_of(sources, repo, commit))
    named = commit if files is None else _state_of(files)
    path = store_path(folder, repo, named)
    try:
        if not path.exists():
            part = part_path(path)
            remove(part)
            notebook = notebook or Notebook(sources, repo)
            _fill(part, list(files_of(sources, repo, commit)) if files is None else files, notebook)
            part.rename(path)
        return ProjectStore(path)
    except MemoryTrouble as trouble:
        what_to_do = " Delete it and start the stage again." * (trouble.why == "damaged")
        raise LearnError(f"{trouble}{what_to_do}") from trouble


def _state_of(files: list[File]) -> str:
    """Return what tells a plain folder, which has no commit, from what it was before it changed."""
    return hashlib.sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()


def store_path(folder: Path, repo: str, commit: str) -> Path:
    """Return where the store of a repository at a commit is kept."""
    return folder / f"{repo.replace('/', '+')}@{commit[:12]}.sqlite"


def part_path(store: Path) -> Path:
    """Return where a store is made; the same one may be made by two workers of a cluster at once."""
    return store.with_name(f"{store.name}{io.part_of}.part")


def _fill(path: Path, files: list[File], notebook: Notebook) -> None:
    """Read all files of a repository into a new store."""
    with closing(ProjectStore(path)) as store:
        for first in range(0, len(files), _AT_A_TIME):
            store.update(notebook.of(files[first : first + _AT_A_TIME]))
    settle(path)


def settle(path: Path) -> None:
    """Make sure that a closed store is all in its one file.

    The log is written back, and taken away, when the last connection goes. SQLite does not say where it could
    not be: the log is still there then, and in the file are old pages alone.
    """
    _, *beside = siblings(path)
    if any(left.exists() and left.stat().st_size for left in beside):
        remove(path)
        raise LearnError(f"Cannot write {path}: the disk may be full.")


File = tuple[str, str, int]
"""Path, blob and size in bytes."""


def files_of(sources: Sources, repo: str, commit: str) -> Iterator[File]:
    """Yield the files of a repository at a commit that a project's memory is made of."""
    for listed in sources.store(repo).files(commit):
        if listed.path.endswith(".py") and path_fault(listed.path, listed.size) is None:
            yield listed.path, listed.blob, listed.size


class Notebook:
    """The notes of a repository's files; each content is read once, whatever its path and commit."""

    def __init__(self, sources: Sources, repo: str) -> None:
        self._sources, self._repo = sources, repo
        self._notes: dict[tuple[str, bool], tuple[bytes, bytes]] = {}  # digest, packed notes

    def of(self, files: Iterable[File]) -> Iterator[Changed]:
        """Yield what a store takes up of each file."""
        for path, blob, size in files:
            key = blob, is_migration(path)  # a path can tell no more of what is worth reading
            if key in self._notes:
                digest, packed = self._notes[key]
                yield path, (size, 0), digest, Notes.unpacked(packed)
                continue
            changed = noted(path, (size, 0), self._sources.read(self._repo, blob))
            self._notes[key] = changed[2], changed[3].packed()
            yield changed
