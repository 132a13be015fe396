"""All that is remembered of one place, for the buffer that is open.

In: a place in the text.  Out: ``Remembered``.

What cannot be read is left out: a list is ranked with what there is. A memory that is damaged or gone marks
this one as lost; ``sibyl.memory.manager`` gives the buffer another.
"""

from __future__ import annotations

from collections.abc import Callable

from sibyl.context.place import Place
from sibyl.errors import MemoryTrouble
from sibyl.memory.accepted import Accepted
from sibyl.memory.installed import Installed
from sibyl.memory.project import Project, Remembered, accepted_contexts, contexts
from sibyl.memory.project_store import ProjectStore


class BufferMemory:
    """The project and the person behind one buffer; either may be missing."""

    def __init__(
        self,
        project: Project | None = None,
        person: Accepted | None = None,
        tell: Callable[[MemoryTrouble], None] = lambda _: None,
    ) -> None:
        self.project, self.person, self._tell = project, person, tell
        self.installed: Installed | None = None  # the modules of the project's environment
        self.lost = False  # another BufferMemory is needed
        self.failed: tuple[ProjectStore | Accepted, MemoryTrouble] | None = (
            None  # why, if one broke
        )

    def at(self, place: Place) -> Remembered:
        """Return what is remembered of a place."""
        remembered = Remembered()
        asked = contexts(place)
        try:
            if self.project is not None:
                self.project.remembered(place, asked, remembered)
            if self.person is not None:
                self.person.look()
                remembered.person = tuple(
                    self.person.uses(key) for key in accepted_contexts(place, asked)
                )
                remembered.accepted = self.person.items
        except MemoryTrouble as trouble:
            self._failed(trouble)
        return remembered

    def accept(self, place: Place, name: str) -> None:
        """Remember that the person took ``name`` at a place."""
        if self.person is None:
            return
        try:
            self.person.accept(accepted_contexts(place, contexts(place)), name)
        except MemoryTrouble as trouble:
            self._failed(trouble)

    def lose(self) -> None:
        """Ask no memory any more: another ``BufferMemory`` is needed."""
        self.project = self.person = None
        self.lost = True

    def _failed(self, trouble: MemoryTrouble) -> None:
        """Report a trouble; unless it passes by itself, keep which memory it was, and ask none any more."""
        self._tell(trouble)
        if trouble.why != "busy":
            stores = (self.project.store if self.project is not None else None, self.person)
            self.failed = (
                next(store for store in stores if store and store.path == trouble.path),
                trouble,
            )
            self.lose()
