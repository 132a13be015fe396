"""The place at the end of a source, before the word that is typed there."""

from __future__ import annotations

from sibyl.code.stream import Stream
from sibyl.code.text import Text
from sibyl.context.place import Place
from sibyl.context.usage import Usage


def place(source: str) -> Place:
    """The place at the end of a source."""
    text, stream, usage = Text(source.encode()), Stream(), Usage()
    usage.advance(stream, stream.advance(text, text.word_start(len(text))))
    return Place(stream, usage)
