"""The reader's state: what is kept of a moment is all that reading changes.

In:   a reader, short texts.
"""

from __future__ import annotations

from sibyl.code.reader import Reader
from sibyl.code.stream import Stream
from sibyl.code.text import Text

SHARED = {"kinds", "texts", "uses", "words", "strings", "data", "origins", "module"}
"""Lists that are cut back, names that are unbound, and what never changes: kept in other ways."""
MANY = b"""\
import os, sys as system
from a.b import (c as d, e)
@decorated
class A(B, metaclass=C):
    x: list[int] = [y for y in z if (w := y)]
    async def f(self, a, *b, c: int = 1, **d) -> str:
        with open(a, mode="r", encoding=d) as g, h:
            self.i = g.read(j, k=l)[m].n
        for o, p in q: del o
        return lambda r: {s: t, **u}
"""


def test_no_field_of_the_reader_is_forgotten() -> None:
    """A field that is not kept with a moment would survive going back to it."""
    assert set(vars(Reader([], []))) == SHARED | set(Reader._FIELDS)


def test_reading_sets_no_field_that_is_not_declared() -> None:
    """Whatever is read, the reader gets no field beside those that it begins with."""
    stream, text = Stream(), Text(MANY)
    stream.advance(text, len(MANY))
    assert set(vars(stream.reader)) == SHARED | set(Reader._FIELDS)


def test_going_back_restores_every_field() -> None:
    """After reading on and going back, each field has the value it had."""
    stream, text = Stream(), Text(MANY)
    half = MANY.index(b"with")
    stream.advance(text, half)
    reader = stream.reader
    moment = reader.keep()
    before = {name: vars(reader)[name] for name in Reader._FIELDS}
    stream.advance(text, len(MANY))
    assert any(vars(reader)[name] != value for name, value in before.items())
    reader.restore(moment)
    assert before == {name: vars(reader)[name] for name in Reader._FIELDS}
