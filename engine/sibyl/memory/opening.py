"""A memory is opened on a thread of its own, because that may wait.

In: what opens it, and its path.  Out: the memory, or the troubles met.

A lock that another process holds, a file system whose locks fail, a disk that sleeps: all of them cost more
than a list may wait. A file that is damaged is deleted and created again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from sibyl.errors import MemoryTrouble
from sibyl.memory.sqlite import remove


class Kept(Protocol):
    """A memory that is open."""

    def close(self) -> None:
        """Close the file."""


_Kept = TypeVar("_Kept", bound=Kept)


class Opening(Generic[_Kept]):
    """One try to open one memory."""

    def __init__(
        self, kind: Callable[[Path], _Kept], path: Path, late: Callable[[], object] = lambda: None
    ) -> None:
        """Begin; ``late`` is called, on the thread, when it has ended after somebody waited in vain."""
        self.made: _Kept | None = None
        self.troubles: list[MemoryTrouble] = []
        self._kind, self._path = kind, path
        self._done, self._wanted = threading.Event(), True
        self._late, self._awaited = late, False
        threading.Thread(target=self._run, name="sibyl-opening", daemon=True).start()

    def done(self, seconds: float) -> bool:
        """Tell whether it has ended, waiting for it at most ``seconds``."""
        if not self._done.wait(seconds):
            self._awaited = True
        return self._done.is_set()

    def give_up(self) -> None:
        """Close what was opened, now or as soon as it is."""
        self._wanted = False
        if self._done.is_set() and self.made is not None:
            self.made.close()

    def _run(self) -> None:
        try:
            self._open()
        except MemoryTrouble as trouble:
            self.troubles.append(trouble)
        finally:
            self._done.set()
            if not self._wanted:
                self.give_up()
            elif self._awaited:
                self._late()

    def _open(self) -> None:
        try:
            self.made = self._kind(self._path)
        except MemoryTrouble as trouble:
            if trouble.why != "damaged":
                raise
            self.troubles.append(trouble)
            remove(self._path)
            self.made = self._kind(self._path)
