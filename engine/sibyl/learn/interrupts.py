"""Ctrl-C only where it does no harm: not in the middle of a database's transaction.

In: the process's signals.  Out: KeyboardInterrupt, as ever, but in the parts of a block that let it in.

An exception that comes between any two instructions can leave a transaction open. The database then stays
locked for everybody, this process included.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def waiting() -> Iterator[Interrupts]:
    """Let interrupts wait in a block, but where it lets them in; the last moment is the block's end.

    What was to be done at a signal before the block is done then. Asked a second time while it waits, the
    process is killed: an exception in the middle of a transaction would have it wait for its own lock. Only the
    main thread gets signals: in others the block changes nothing.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        interrupts.before[number] = signal.signal(number, interrupts.strike)
    try:
        yield interrupts
    finally:
        for number, handler in interrupts.before.items():
            signal.signal(number, handler)
    interrupts.pass_on()


class Interrupts:
    """Whether the process was asked to end, and whether that may be heard now."""

    def __init__(self) -> None:
        self.before: dict[int, Any] = {}
        self._asked: int | None = None
        self._wait = True

    @contextmanager
    def let_in(self) -> Iterator[None]:
        """Let interrupts in, also one that waits."""
        self._wait = False
        try:
            self.pass_on()
            yield
        finally:
            self._wait = True

    @contextmanager
    def kept_out(self) -> Iterator[None]:
        """Let interrupts wait again, in a part that lets them in."""
        self._wait = True
        try:
            yield
        finally:
            self._wait = False
        self.pass_on()

    def strike(self, number: int, _: FrameType | None) -> None:
        """Handle a signal: note it, or pass it on."""
        if self._asked is not None:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._asked = number
        if not self._wait:
            self.pass_on()

    def pass_on(self) -> None:
        """Do what was to be done at the signal that waits, if one does."""
        number, self._asked = self._asked, None
        if number is not None:
            signal.signal(number, self.before[number])
            signal.raise_signal(number)
