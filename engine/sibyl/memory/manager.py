"""All memories of one host.

In: the state folder, which buffers belong to which project.  Out: a ``BufferMemory`` for each buffer, and
another where one is lost.

    STATE/projects/DIGEST.sqlite    one a project, named by its root        STATE/person.sqlite

A file that is damaged is replaced by an empty one, with one sentence; so is one that was deleted, but a project
that was forgotten is not read again. No list waits for a memory that is not open: a thread opens it, lists are
ranked without it meanwhile, and a failure is tried again a little later.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sibyl.errors import MemoryTrouble
from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.indexer import Indexer, News
from sibyl.memory.installed import Installed
from sibyl.memory.opening import Opening
from sibyl.memory.private import private_folder
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import is_there, remove

_log = logging.getLogger("sibyl")
_Memory = TypeVar("_Memory", ProjectStore, Accepted)
_FIRST_S = 0.05  # that opening may take where no list waits, so that the first one has it
_PAUSE_S = 2.0  # before a memory that could not be opened is tried again


class Manager:
    """Opens memories when they are first needed, and has projects read."""

    def __init__(
        self,
        state: Path,
        options: dict[str, Any],
        tell: News,
        late: Callable[[], object] = lambda: None,
    ) -> None:
        """Keep memories below ``state``; ``options``: project, person, and whether projects are read now.

        ``late`` is called, on any thread, when a memory has been opened that a buffer waited for in vain.
        """
        self._state, self._tell, self._late = state, tell, late
        self._use = {name: bool(options.get(name, True)) for name in ("project", "person", "read")}
        if self._use["project"] or self._use["person"]:
            with contextlib.suppress(OSError):  # opening a memory in it reports it
                private_folder(state)
        self._indexer = Indexer(tell)
        self._open: dict[Path, ProjectStore | Accepted] = {}  # by their files
        self._forgotten: set[str] = set()  # roots
        self._opening: dict[Path, Opening[Any]] = {}
        self._again: dict[Path, float] = {}  # when one that could not be opened is tried again
        self._off: dict[Path, str] = {}  # why one could not be opened
        self._told: set[str] = set()
        self._logged: dict[Path, str] = {}  # the last trouble with a file
        self._installed: dict[str, Installed] = {}  # by roots

    def memory_of(self, root: str, path: str) -> BufferMemory:
        """Return what is remembered behind a buffer; ``root`` and ``path`` may be empty.

        Waits a moment for memories to be opened, and has the project's changed files read.
        """
        memory = self._memory_of(root, path, _FIRST_S)
        self.read(root, path)
        return memory

    def replaced(self, lost: BufferMemory, root: str, path: str) -> BufferMemory:
        """Return another memory for a buffer whose memory is lost; a list may wait, so this does not.

        The only place where a memory that failed is closed, deleted where it is damaged, and opened again.
        """
        self._settle(lost)
        new = self.place(root) not in self._open
        memory = self._memory_of(root, path, 0.0)
        if new and memory.project is not None:
            self.read(root, path)
        return memory

    def _memory_of(self, root: str, path: str, seconds: float) -> BufferMemory:
        project: Project | None = None
        person: Accepted | None = None
        missing = False
        if root and path and self._use["project"]:
            store = self._opened(ProjectStore, self.place(root), seconds)
            missing = store is None
            if store is not None:
                store.root = root
                project = Project(store, inside(root, path), saved=True)
        if self._use["person"]:
            person = self._opened(Accepted, self._person, seconds)
            missing = missing or person is None
        memory = BufferMemory(project, person, self._note)
        memory.lost = missing
        memory.installed = self._installed.setdefault(root, Installed(root))
        return memory

    def _settle(self, lost: BufferMemory) -> None:
        """Close the memory that failed, unless that was done for another buffer already."""
        if lost.failed is None:
            return
        memory, trouble = lost.failed
        if self._open.get(memory.path) is not memory:
            return
        del self._open[memory.path]
        memory.close()
        if trouble.why == "damaged":
            self._remove(memory.path)
        elif isinstance(memory, ProjectStore) and not is_there(memory.path):
            self._forgotten.add(memory.root)
            self._indexer.forget(Path(memory.root))

    def read(self, root: str, path: str = "") -> None:
        """Have a project's changed files read, beginning near ``path``.

        A memory that was deleted is not filled: what was forgotten stays forgotten.
        """
        wanted = self._use["project"] and self._use["read"] and root not in self._forgotten
        if root and wanted and self.place(root) in self._open and is_there(self.place(root)):
            near = inside(root, path) if path else ""
            self._indexer.read(Path(root), self.place(root), near)

    def leave(self, root: str) -> None:
        """Close the memory of a project that no buffer belongs to any more."""
        self._installed.pop(root, None)
        path = self.place(root)
        opening, store = self._opening.pop(path, None), self._open.pop(path, None)
        if opening is not None:
            opening.give_up()
        if store is not None:
            store.close()

    def place(self, root: str) -> Path:
        """Return where a project's memory lies (lua/sibyl/buffer/project.lua names it alike)."""
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
        return self._state / "projects" / f"{name}.sqlite"

    @property
    def _person(self) -> Path:
        return self._state / "person.sqlite"

    def _opened(
        self, kind: Callable[[Path], _Memory], path: Path, seconds: float
    ) -> _Memory | None:
        """Return a memory; one that is not open is there within ``seconds``, or None for now."""
        if path in self._open:
            return self._open[path]  # type: ignore[return-value]  # a file holds one kind
        if time.monotonic() < self._again.get(path, 0.0):
            return None
        opening = self._opening.get(path)
        if opening is None:
            opening = self._opening[path] = Opening(kind, path, self._late)
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
        self._logged.pop(path, None)
        self._open[path] = opening.made
        return opening.made

    def _remove(self, path: Path) -> None:
        try:
            remove(path)
        except MemoryTrouble as trouble:
            self._note(trouble)

    def _note(self, trouble: MemoryTrouble) -> None:
        """Log a trouble; show it once where a person can do something about it or has lost something."""
        # What is off is tried again every other second.
        if self._logged.get(trouble.path) != str(trouble):
            self._logged[trouble.path] = str(trouble)
            _log.warning("%s", trouble)
        damaged, unwritable = trouble.why == "damaged", "cannot be written" in str(trouble)
        sentence = f"{trouble} A new one is made." if damaged else str(trouble)
        if unwritable:
            sentence += f" Nothing is remembered until {self._state} can be written."
        about = "unwritable" if unwritable else sentence  # project and person have one cause
        if (damaged or unwritable) and about not in self._told:
            self._told.add(about)
            self._tell("warn", sentence)

    def about(self) -> dict[str, Any]:
        """Return what there is, and how large it is."""
        about: dict[str, Any] = {"reading": self._indexer.busy(), "projects": {}, "person": None}
        about |= {"off": list(self._off.values()), "deleted": []}
        try:
            for path, memory in self._open.items():
                if not is_there(path):
                    about["deleted"].append(str(path))
                elif isinstance(memory, Accepted):
                    about["person"] = memory.size()
                else:
                    about["projects"][memory.root] = memory.size()
        except MemoryTrouble as trouble:
            about["trouble"] = str(trouble)
        return about

    def close(self) -> None:
        """End all reading and close all files."""
        self._indexer.close()
        for opening in self._opening.values():
            opening.give_up()
        self._opening.clear()
        for memory in self._open.values():
            memory.close()
        self._open.clear()


def inside(root: str, path: str) -> str:
    """Return a file's path as its project's memory names it."""
    try:
        name = Path(path).relative_to(root).as_posix()
    except ValueError:
        name = path
    return name.encode("utf-8", "replace").decode()
