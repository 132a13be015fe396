"""The messages from Lua to the engine, in one table.

In: a message's arguments as they travel; an answer.  Out: the arguments as handlers take them; the answer as it
travels.

    lua/sibyl/host/post.lua           sends ``sibyl:NAME`` with the arguments; a question's first is its number
    rplugin/python3/sibyl_host.py     exports each name and hands the message to the desk
    sibyl.host.worker, mail           keep it until the worker is free, or drop it as this table allows
    sibyl.host.handlers               has one method for each name, with these arguments

What is not UTF-8 travels as surrogates. Long lists travel as one text each, because that is faster to read:
kinds as one byte each, an order as two bytes for each position, the low one first. A list of names travels as
three parts: the number of the first name that is told with it, those names with NUL behind each, and two bytes
for the number of each name of the list (``sibyl.ranking.lists.numbered``).
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sibyl.ranking.lists.numbered import NumberedNames, Reader

VERSION = 1
"""Of the messages; it rises when one side would misread the other. Lua says its own when it starts a host."""

BYTES = ("utf-8", "surrogateescape")

TYPES = {
    "request": "int",  # the question's number; its answer bears it
    "buffer": "int",  # Neovim's number of it
    "sequence": "int",  # of the buffer's last edit; rises by one with each
    "length": "int",  # bytes of the whole text, to notice a mirror that differs
    "offset": "int",  # byte of the word: where it begins, or up to which it is typed
    "start": "int",
    "old_length": "int",
    "limit": "int",
    "text": "bytes",
    "new": "bytes",
    "name": "str",
    "root": "str",
    "path": "str",
    "folder": "str",
    "command": "str",
    "names": "Sequence[str] | None",  # None: some were never told
    "kinds": "bytes",
    "options": "dict[str, Any]",
    "given": "dict[str, Any]",
}
"""The type of each argument, by its name: one name means the same in all messages."""


@dataclass(frozen=True)
class Message:
    """One message: its name and the names of its arguments."""

    name: str
    arguments: tuple[str, ...]

    @property
    def question(self) -> bool:
        """Whether it is always answered, by its number."""
        return self.arguments[:1] == ("request",)

    @property
    def of_text(self) -> bool:
        """Whether it depends on a buffer's text and every edit before it."""
        return "sequence" in self.arguments

    def buffer(self, arguments: Sequence[Any]) -> int | None:
        """Return the buffer it is about, if any."""
        place = self.arguments.index("buffer") if "buffer" in self.arguments else len(arguments)
        number = arguments[place] if place < len(arguments) else None
        return number if isinstance(number, int) else None

    def decoded(self, arguments: Sequence[Any], reader: Reader) -> list[Any]:
        """Return the arguments as handlers take them; surplus ones stay as they are.

        ``reader``: has read the lists of all messages before.
        """
        decoded = list(arguments)
        for place, name in enumerate(self.arguments[: len(decoded)]):
            if name == "names":
                decoded[place] = _names(decoded[place], reader)
            elif TYPES[name] == "bytes":
                decoded[place] = decoded[place].encode(*BYTES)
        return decoded


def encoded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as it travels; an order with a position that two bytes do not hold stays a list."""
    order = answer.get("order")
    if not isinstance(order, list):
        return answer
    try:
        positions = array("H", order)
    except (OverflowError, TypeError):
        return answer
    if sys.byteorder == "big":
        positions.byteswap()
    return answer | {"order": positions.tobytes()}


def _names(parts: Sequence[Any], reader: Reader) -> NumberedNames | None:
    first, new, numbers = parts
    return reader.read(first, new.split("\0")[:-1], numbers.encode(*BYTES))


_ALL = {
    "start": "options",  # load the model and open the memories; "ready" or a notice comes
    "attach": "buffer sequence text",  # a buffer's whole text, the first time or again
    "edit": "buffer sequence start old_length new",  # one edit of a text
    "detach": "buffer",  # forget a buffer
    "cursor": "buffer sequence offset",  # be ready for a word at this byte
    "accepted": "buffer sequence offset name",  # an item was accepted for this word
    "project": "buffer root path",  # the project a buffer belongs to; both may be empty
    "changed": "buffer",  # files of a buffer's project may have changed
    # order names, which come in the server's order
    "rank": "request buffer sequence length offset names kinds",
    "guess": "request buffer sequence length offset limit",  # name what may stand here
    "explain": "request buffer",  # why the buffer's last list stands as it does
    "memory": "request",  # what is remembered, and how much
    "experiment": "request command given",  # start, stop, note a word, report
    "model": "request folder",  # rank with this model, the shipped one where it is empty
    "status": "request",  # buffers, timings, the process
    "ping": "request",  # answer at once: everything before it has been read
}
MESSAGES = {name: Message(name, tuple(arguments.split())) for name, arguments in _ALL.items()}

LOST = "lost"
"""What the mailbox puts in itself, with a buffer: edits were dropped, ask for the whole text."""

USE = "use"
"""What the worker puts in the mailbox, with a question's number and a model that passed its trial."""

OPENED = "opened"
"""What a memory puts in the mailbox that took longer to open than a buffer waits."""
