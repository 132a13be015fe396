"""All memories of one host.

In: the state folder, which buffers belong to which project.  Out: a ``Recall`` for each buffer.

    STATE/projects/DIGEST.sqlite    one a project, named by its root        STATE/person.sqlite

A file that is damaged is replaced by an empty one, with one sentence; so is one that was deleted, but a project
that was forgotten is not read again. No list waits for a memory that is not open: it is opened on a thread of
its own, is not weighed in meanwhile, and is tried again a little later where that failed.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sibyl.errors import MemoryTrouble
from sibyl.memory.accepted import Person
from sibyl.memory.buffer_memory import Recall
from sibyl.memory.indexer import News, Scribe
from sibyl.memory.opening import Opening
from sibyl.memory.private import private_folder
from sibyl.memory.project import Project
from sibyl.memory.project_store import Store
from sibyl.memory.sqlite import remove

_log = logging.getLogger("sibyl")
_Kept = TypeVar("_Kept", Store, Person)
_FIRST_S = 0.05  # that opening may take where no list waits, so that the first one has it
_PAUSE_S = 2.0  # before a memory that could not be opened is tried again


class Keeper:
    """Opens memories when they are first needed, and has projects read."""

    def __init__(self, state: Path, options: dict[str, Any], tell: News) -> None:
        """Keep memories below ``state``; ``options``: project, person, and whether projects are read now."""
        self._state, self._tell = state, tell
        self._use = {name: bool(options.get(name, True)) for name in ("project", "person", "read")}
        if self._use["project"] or self._use["person"]:
            with contextlib.suppress(OSError):  # who opens a memory in it will say so
                private_folder(state)
        self._scribe = Scribe(tell)
        self._open: dict[Path, Store | Person] = {}  # by their files
        self._recalls: weakref.WeakSet[Recall] = weakref.WeakSet()
        self._forgotten: set[str] = set()  # roots
        self._opening: dict[Path, Opening[Any]] = {}
        self._again: dict[Path, float] = {}  # when one that could not be opened is tried again
        self._off: dict[Path, str] = {}  # why one could not be opened
        self._told: set[str] = set()

    def recall(self, root: str, path: str, anew: bool = False) -> Recall:
        """Return what is remembered behind a buffer; ``root`` and ``path`` may be empty.

        ``anew``: the buffer had one that was lost, and a list may be waiting; its project need not be read
        again for that.
        """
        project, missing = None, False
        seconds = 0.0 if anew else _FIRST_S
        if root and path and self._use["project"]:
            new = self.place(root) not in self._open
            store = self._opened(Store, self.place(root), seconds)
            missing = store is None
            if store is not None:
                store.root = root
                project = Project(store, inside(root, path))
                if new or not anew:
                    self.read(root, path)
        person = self._opened(Person, self._person, seconds) if self._use["person"] else None
        made = Recall(project, person, partial(self._trouble, root))
        made.lost = missing or (self._use["person"] and person is None)
        self._recalls.add(made)
        return made

    def read(self, root: str, path: str = "") -> None:
        """Have a project's changed files read, beginning near ``path``."""
        wanted = self._use["project"] and self._use["read"] and root not in self._forgotten
        if root and wanted and self.place(root) in self._open:
            near = inside(root, path) if path else ""
            self._scribe.read(Path(root), self.place(root), near)

    def place(self, root: str) -> Path:
        """Return where a project's memory lies (lua/sibyl/buffer/project.lua names it alike)."""
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        return self._state / "projects" / f"{name}.sqlite"

    @property
    def _person(self) -> Path:
        return self._state / "person.sqlite"

    def _opened(self, kind: Callable[[Path], _Kept], path: Path, seconds: float) -> _Kept | None:
        """Return a memory; one that is not open is there within ``seconds``, or None for now."""
        if path in self._open:
            return self._open[path]  # type: ignore[return-value]  # a file holds one kind
        if time.monotonic() < self._again.get(path, 0.0):
            return None
        opening = self._opening.get(path)
        if opening is None:
            opening = self._opening[path] = Opening(kind, path)
        if not opening.done(seconds):
            return None
        del self._opening[path]
        for trouble in opening.troubles:
            self._note(trouble)
        if opening.made is None:
            self._again[path] = time.monotonic() + _PAUSE_S
            self._off[path] = str(opening.troubles[-1]) if opening.troubles else f"{path}"
            return None
        self._off.pop(path, None)
        self._open[path] = opening.made
        return opening.made

    def _remove(self, path: Path) -> None:
        try:
            remove(path)
        except MemoryTrouble as trouble:
            self._note(trouble)

    def _trouble(self, root: str, trouble: MemoryTrouble) -> None:
        """A memory could not be read or written while it was used."""
        self._note(trouble)
        if trouble.why == "busy":
            return
        self._drop(trouble.path)
        if trouble.why == "damaged":
            self._remove(trouble.path)
        elif trouble.path == self.place(root) and not trouble.path.exists():
            self._forgotten.add(root)
            self._scribe.forget(Path(root))

    def _note(self, trouble: MemoryTrouble) -> None:
        """Write a trouble down; tell a person what is theirs to know, once."""
        _log.warning("%s", trouble)
        damaged = trouble.why == "damaged"
        sentence = f"{trouble} It is made anew." if damaged else str(trouble)
        if (damaged or "cannot be written" in sentence) and sentence not in self._told:
            self._told.add(sentence)
            self._tell("warn", sentence)

    def _drop(self, path: Path) -> None:
        """Close a memory, and mark as lost what buffers have of it."""
        kept = self._open.pop(path, None)
        if kept is not None:
            kept.close()
            for one in list(self._recalls):
                if one.uses(kept):
                    one.lose()

    def about(self) -> dict[str, Any]:
        """Return what there is, and how large it is."""
        made: dict[str, Any] = {"reading": self._scribe.busy(), "projects": {}, "person": None}
        made["off"] = list(self._off.values())
        try:
            for kept in self._open.values():
                if isinstance(kept, Person):
                    made["person"] = kept.size()
                else:
                    made["projects"][kept.root] = kept.size()
        except MemoryTrouble as trouble:
            made["trouble"] = str(trouble)
        return made

    def close(self) -> None:
        """End all reading and close all files."""
        self._scribe.close()
        for opening in self._opening.values():
            opening.give_up()
        self._opening.clear()
        for path in list(self._open):
            self._drop(path)


def inside(root: str, path: str) -> str:
    """Return a file's path as its project's memory names it."""
    try:
        found = Path(path).relative_to(root).as_posix()
    except ValueError:
        found = path
    return found.encode("utf-8", "replace").decode()
