"""Which buffers are kept ready, which as text alone, and which not at all.

In: buffers as they are used.  Out: their sessions.

What is made of a text (tree, tokens, uses, states) takes sixty times the memory of the text, and can be made
again in the time it took when the file was opened. So only the buffers used last are kept ready, as many as
fit ``READY`` bytes of text, and ``FEWEST`` at least; of the others the text is kept. Of those whose texts do
not fit ``TEXTS`` nothing is kept: the next ranking says "out of step", and the editor sends the text again.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from sibyl.ranking.session import Session

READY = 400_000
FEWEST = 2
TEXTS = 16_000_000


class Shelf(dict[int, "tuple[int, Session]"]):
    """Buffer to sequence number and session, the one used last at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._loose = False  # memory was freed since the last ``tidy``

    def use(self, buffer: int) -> None:
        """Note that a buffer is used; others may have to give way."""
        if buffer not in self or next(reversed(self)) == buffer:
            return
        self[buffer] = super().pop(buffer)
        self._give_way()

    def put(self, buffer: int, sequence: int, session: Session) -> None:
        """Keep a new session of a buffer that is used now."""
        self.drop(buffer)
        self[buffer] = sequence, session
        self._give_way()

    def drop(self, buffer: int) -> None:
        """Keep nothing of a buffer."""
        if super().pop(buffer, None) is not None:
            self._loose = True

    def _give_way(self) -> None:
        ready = texts = 0
        for place, buffer in enumerate(list(reversed(self))):
            session = self[buffer][1]
            length = len(session.text)
            if place < FEWEST or ready + length <= READY:
                ready += length
            elif texts + length <= TEXTS:
                texts += length
                self._loose = session.shed() or self._loose
            else:
                self.drop(buffer)

    def about(self) -> dict[str, dict[str, int]]:
        """Return what there is of each buffer; one that is not kept ready has no tokens."""
        return {
            str(buffer): {
                "sequence": sequence,
                "length": len(session.text),
                "crc32": crc32(session.text.data),
                "tokens": len(session.stream.kinds),
            }
            for buffer, (sequence, session) in self.items()
        }

    def tidy(self) -> None:
        """Return freed memory to the system; takes about 10 ms."""
        gc.collect()
        if self._loose:
            self._loose = False
            give_back()


def give_back() -> None:
    """Have the allocator return free pages, where it has to be told (glibc)."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
