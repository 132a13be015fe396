"""Which memory is behind which buffer, and the person's experiment.

In: the state folder, the project of each buffer.  Out: what is remembered of a buffer's project and person.

Without a state folder nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # their imports are slow: the worker makes them when it starts
    from sibyl.host.experiment import Experiment
    from sibyl.memory.buffer_memory import BufferMemory
    from sibyl.memory.manager import Manager


class Memories:
    """The memories of one editor's buffers.

    ``tell`` gets a level and a sentence for the person; ``opened`` is called, on any thread, when a memory was
    opened that took longer than a buffer waits.
    """

    def __init__(self, tell: Callable[[str, str], None], opened: Callable[[], object]) -> None:
        self._tell, self._opened = tell, opened
        self._manager: Manager | None = None
        self._experiment: Experiment | None = None
        self._projects: dict[int, tuple[str, str]] = {}  # buffer: root of its project, path in it

    def open(self, options: dict[str, Any]) -> None:
        """Open what is in the state folder, if there is one."""
        from sibyl.memory.manager import Manager

        if self._manager is not None:
            self._manager.close()
        state, self._manager = options.get("state"), None
        if state:
            given = options.get("memory") or {}
            self._manager = Manager(Path(state), given, self._tell, self._opened)
            from sibyl.host.experiment import Experiment

            self._experiment = Experiment(Path(state))

    def close(self) -> None:
        """Close what is kept on disk."""
        if self._manager is not None:
            self._manager.close()
        if self._experiment is not None:
            self._experiment.close()

    def of(self, buffer: int) -> BufferMemory | None:
        """Return what is remembered behind a buffer."""
        if self._manager is None:
            return None
        return self._manager.memory_of(*self._project(buffer))

    def move(self, buffer: int, root: str, path: str) -> bool:
        """Say which project a buffer belongs to; return whether that is new."""
        if self._projects.get(buffer) == (root, path):
            return False
        left = self._project(buffer)[0]
        self._projects[buffer] = (root, path)
        self._leave(left)
        return True

    def changed(self, buffer: int) -> None:
        """Look at a project's files again."""
        if self._manager is not None and buffer in self._projects:
            self._manager.read(*self._projects[buffer])

    def replaced(self, memory: BufferMemory, buffer: int) -> BufferMemory:
        """Return another memory for one that was lost, the same where there is none."""
        if self._manager is None:
            return memory
        return self._manager.replaced(memory, *self._project(buffer))

    def forget(self, buffer: int) -> None:
        """Forget which project a buffer belonged to."""
        self._leave(self._projects.pop(buffer, ("", ""))[0])

    def _leave(self, root: str) -> None:
        """Close the memory of a project that a buffer has left, if that was the last one."""
        if self._manager is not None and all(other != root for other, _ in self._projects.values()):
            self._manager.leave(root)

    def about(self) -> dict[str, Any]:
        """Return what is remembered, for the check-up."""
        return self._manager.about() if self._manager is not None else {}

    def experiment(self, command: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked of the experiment; return how it stands, nothing where there is no state folder."""
        return self._experiment.asked(command, given) if self._experiment is not None else {}

    def _project(self, buffer: int) -> tuple[str, str]:
        return self._projects.get(buffer, ("", ""))
