"""What one file may cost the process that reads a project.

In: CPU seconds, bytes.  Out: ``TooMuch`` inside a block that took longer; a process without more memory.

Two timers stand behind each other. The first raises ``TooMuch`` as soon as Python runs again. While a library
written in C keeps Python from that, the second one ends the process; the one that started it knows the file.
Windows has neither timers nor such a limit of memory: there a file is only limited by its size.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sibyl.errors import SibylError

PATIENCE = 4
"""How many times its limit code that is not Python may take before the process is ended."""


class TooMuch(SibylError):
    """A file takes more time than one file may."""


def _raise(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise TooMuch("The file takes too long to read.")


@contextmanager
def cpu_time(seconds: float) -> Iterator[None]:
    """Raise TooMuch in a block that takes longer; for the main thread alone."""
    if sys.platform == "win32":
        yield
        return
    before = signal.signal(signal.SIGPROF, _raise)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE * seconds)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGPROF, before)


def cap_memory(most: int) -> None:
    """Limit the bytes of address space of this process; beyond them it gets MemoryError."""
    if sys.platform == "win32":
        return
    import resource

    try:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        capped = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (capped, hard))
    except (OSError, ValueError):  # macOS knows the name and refuses
        pass
