"""The desk's mailbox: what waits for the worker, and never more than a bound.

In: letters (a name and its arguments) from the door's thread.  Out: the same, in order, to the worker's.

While the worker is busy, letters wait. Should too many wait, what is said again by a buffer's whole text is
dropped, and the buffer is *lost*: its edits are not taken until its text comes, and a letter ``lost`` asks
for that. Questions that are dropped are given back, so that each gets an answer.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Any

from sibyl.host.protocol import LOST, MESSAGES
from sibyl.ranking.lists.numbered import NumberedNames

Letter = tuple[str, tuple[Any, ...]]

MOST = 5000  # letters
LARGEST = 32 << 20  # bytes in them
_QUESTIONS = 20  # kept when too much waits: the newest
_QUESTION = {name for name, message in MESSAGES.items() if message.question}
_TEXT = {name for name, message in MESSAGES.items() if message.of_text} - _QUESTION
"""Sending the whole text again repairs all of these."""
_OVERHEAD = 200  # bytes of a letter without its contents


def _size(letter: Letter) -> int:
    """Return about how many bytes a letter takes."""
    contents = (len(part) for part in letter[1] if isinstance(part, (bytes, str)))
    names = (60 * len(part) for part in letter[1] if isinstance(part, NumberedNames))
    return _OVERHEAD + sum(contents) + sum(names)


def _buffer(letter: Letter) -> int | None:
    """Return the buffer a letter about a text is about."""
    name, arguments = letter
    return MESSAGES[name].buffer(arguments) if name in _TEXT else None


class Mailbox:
    """A queue from one thread to another that forgets rather than grows."""

    def __init__(self) -> None:
        self._letters: deque[Letter | None] = deque()
        self._lost: set[int | None] = set()  # buffers
        self._changing = threading.Lock()
        # Free while there may be something to take. A condition variable wakes the worker through twenty calls
        # of Python's, which take longer than all of the mailbox where they have not run for a while.
        self._news = threading.Lock()
        self._news.acquire()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._letters)

    def quiet(self, seconds: float) -> bool:
        """Tell whether nothing waits, nor comes within a number of seconds."""
        if seconds > 0:
            self._wait(seconds)
        return not self._letters

    def _wait(self, seconds: float) -> None:
        """Wait until there is a letter, at most some seconds (-1: without an end). The worker alone does."""
        while not self._letters and self._news.acquire(timeout=seconds):
            pass  # it was free since a letter that is taken already

    def _add(self, letter: Letter | None) -> None:
        """Add a letter and wake the worker; the lock is held."""
        self._letters.append(letter)
        if self._news.locked():
            self._news.release()

    def put(self, name: str, arguments: tuple[Any, ...]) -> list[Letter]:
        """Add a letter; return the questions that were dropped for want of room."""
        letter: Letter = (name, arguments)
        dropped: list[Letter] = []
        with self._changing:
            size = _size(letter)
            if self._letters and (len(self._letters) >= MOST or self.bytes + size > LARGEST):
                dropped = self._make_room()
            buffer = _buffer(letter)
            if name == "attach":
                self._lost.discard(buffer)
            if buffer not in self._lost:
                self.bytes += size
                self._add(letter)
        return dropped

    def end(self) -> None:
        """Say that nothing more will come."""
        with self._changing:
            self._add(None)

    def get(self, timeout: float | None = None) -> Letter | None:
        """Wait for a letter and take it, None for the end; raises queue.Empty after ``timeout`` seconds."""
        self._wait(-1 if timeout is None else timeout)
        with self._changing:
            if not self._letters:
                raise queue.Empty
            letter = self._letters.popleft()
            self.bytes -= _size(letter) if letter else 0
            return letter

    def _make_room(self) -> list[Letter]:
        """Drop what can be had again."""
        latest: dict[str, Letter] = {}  # the last of each kind about each buffer
        questions: list[Letter] = []
        for letter in filter(None, self._letters):
            buffer = _buffer(letter)
            if buffer is not None:
                self._lost.add(buffer)
            elif letter[0] in _QUESTION:
                questions.append(letter)
            elif letter[0] not in _TEXT:
                about = letter[0] + ("" if letter[0] == "start" else repr(letter[1][:1]))
                latest.pop(about, None)
                latest[about] = letter
        for buffer in self._lost:
            latest[f"{LOST}({buffer},)"] = LOST, (buffer,)
        end = [None] if None in self._letters else []
        self._letters = deque([*latest.values(), *questions[-_QUESTIONS:], *end])
        self.bytes = sum(_size(letter) for letter in self._letters if letter)
        return questions[:-_QUESTIONS]
