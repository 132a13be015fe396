"""What can go wrong, as one small family.

In: a sentence for the person at the keyboard.  Out: an exception whose text is that sentence.

    SibylError
    ├── ModelError      a model file is missing, damaged, or of another version
    ├── TextError       an edit does not fit the text it is meant for
    ├── MemoryTrouble   what was remembered of a project or a person cannot be read or written
    └── LearnError      a stage of ``python -m sibyl.learn`` cannot go on
"""

from __future__ import annotations

from pathlib import Path


class SibylError(Exception):
    """Base of all errors of ours; ``str(error)`` is one sentence that says what to do."""


class ModelError(SibylError):
    """The model in the given folder cannot be used, and why."""


class TextError(SibylError):
    """The mirror of a buffer is out of step with the editor."""


class LearnError(SibylError):
    """A learning stage was given something it cannot work with."""


class MemoryTrouble(SibylError):
    """A memory on disk cannot be used; ``why`` is "busy" (now), "damaged", or "gone" (deleted or closed)."""

    def __init__(self, sentence: str, path: Path, why: str = "busy") -> None:
        super().__init__(sentence)
        self.path, self.why = path, why


def first_line(error: BaseException) -> str:
    """Return what another library's error says first, without its full stop; its kind where it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
