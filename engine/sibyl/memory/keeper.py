"""Step 7b, keeping: all memories of one host.

In: the state folder, which buffers belong to which project.  Out: a ``Recall`` for each buffer.
Called by: work.

    STATE/projects/DIGEST.sqlite    one a project, named by its root        STATE/person.sqlite

A file that is damaged or gone is made anew, with one sentence in the first case. Nothing here waits for a disk
or another process longer than a moment; what cannot be had is not weighed in.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sibyl.errors import MemoryTrouble
from sibyl.memory.person import Person
from sibyl.memory.project import Project
from sibyl.memory.recall import Recall
from sibyl.memory.scribe import News, Scribe
from sibyl.memory.store import Store, remove

_log = logging.getLogger("sibyl")
_Kept = TypeVar("_Kept", Store, Person)


class Keeper:
    """Opens memories when they are first needed, and has projects read."""

    def __init__(self, state: Path, options: dict[str, Any], tell: News) -> None:
        """Keep memories below ``state``; ``options``: project, person, and whether projects are read now."""
        self._state, self._tell = state, tell
        self._use = {name: bool(options.get(name, True)) for name in ("project", "person", "read")}
        self._scribe = Scribe(tell)
        self._stores: dict[Path, Store] = {}
        self._person: Person | None = None
        self._told: set[str] = set()

    def recall(self, root: str, path: str) -> Recall:
        """Return what is remembered behind a buffer; ``root`` and ``path`` may be empty."""
        project = None
        if root and path and self._use["project"]:
            folder = Path(root)
            store = self._store(folder)
            project = None if store is None else Project(store, inside(folder, path))
            self.read(root, path)
        if self._use["person"] and self._person is None:
            self._person = self._open(Person, self._state / "person.sqlite")
        return Recall(project, self._person, partial(self._trouble, root))

    def read(self, root: str, path: str = "") -> None:
        """Have a project's changed files read, beginning near ``path``."""
        if root and self._use["project"] and self._use["read"]:
            folder = Path(root)
            self._scribe.read(folder, self.place(folder), inside(folder, path) if path else "")

    def place(self, root: Path) -> Path:
        """Return where a project's memory lies."""
        name = hashlib.sha256(str(root).encode()).hexdigest()[:16]
        return self._state / "projects" / f"{name}.sqlite"

    def _store(self, root: Path) -> Store | None:
        if root not in self._stores:
            store = self._open(Store, self.place(root))
            if store is None:
                return None
            self._stores[root] = store
        return self._stores[root]

    def _open(self, kind: Callable[[Path], _Kept], path: Path) -> _Kept | None:
        """Open a memory, making it anew where it is damaged."""
        for chance_left in (True, False):
            try:
                return kind(path)
            except MemoryTrouble as trouble:
                _log.warning("%s", trouble)
                if trouble.why != "damaged" or not chance_left:
                    self._once(str(trouble))
                    return None
                self._once(f"{trouble} It is made anew.")
                remove(path)
        return None

    def _trouble(self, root: str, trouble: MemoryTrouble) -> None:
        """A memory could not be read or written while it was used."""
        _log.warning("%s", trouble)
        if trouble.why == "busy":
            return
        self.drop(root)
        if trouble.why == "damaged":
            self._once(f"{trouble} It is made anew.")

    def drop(self, root: str) -> None:
        """Let go of a project's and the person's memory; ``recall`` opens them again."""
        store = self._stores.pop(Path(root), None)
        for kept in (store, self._person):
            if kept is not None:
                kept.close()
        self._person = None

    def _once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell("warn", sentence)

    def about(self) -> dict[str, Any]:
        """Return what there is, and how large it is."""
        made: dict[str, Any] = {"reading": self._scribe.busy(), "projects": {}, "person": None}
        try:
            for root, store in self._stores.items():
                made["projects"][str(root)] = store.size()
            if self._person is not None:
                made["person"] = self._person.size()
        except MemoryTrouble as trouble:
            made["trouble"] = str(trouble)
        return made

    def close(self) -> None:
        """End all reading and let go of all files."""
        self._scribe.close()
        for root in list(self._stores):
            self.drop(str(root))


def inside(root: Path, path: str) -> str:
    """Return a file's path as its project's memory names it."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return path
