"""Usage: what a file has used so far."""

from __future__ import annotations

import random
from typing import Any

from sibyl.code.stream import Stream
from sibyl.code.text import Text
from sibyl.context.place import Place
from sibyl.context.usage import Usage

SOURCE = """import os
class Base:
    def __init__(self):
        self.size = os.path.join(a, b)
    def run(self): pass
class Other(Base):
    def stop(self):
        self.run()
        self.size.strip()
        self.run()
        os.path.join(c)
        os.getcwd()
        """


def read(source: str) -> tuple[Stream, Usage]:
    """The stream and the usage of a source."""
    text, stream, usage = Text(source.encode()), Stream(), Usage()
    first = stream.advance(text, text.word_start(len(text)))
    usage.advance(stream, first)
    return stream, usage


def place(source: str) -> Place:
    """The place at the end of a source."""
    return Place(*read(source))


def test_members_are_counted_by_what_they_followed() -> None:
    """How often a member came at all, on this receiver, on this origin, and after which other."""
    _, usage = read(SOURCE)
    assert len(usage.of("m", "join")) == 2
    assert len(usage.of("s", "os.path", "join")) == 2
    assert len(usage.of("s", "self", "run")) == 2
    assert len(usage.of("o", "@os", "getcwd")) == 1
    assert len(usage.of("o", "@str", "strip")) == 1
    assert len(usage.of("b", "self", "size", "run")) == 2
    assert len(usage.of("p", "@os", "path", "getcwd")) == 1
    assert usage.of("m", "unused") == ()
    assert (usage.last("os"), usage.last("nobody")) == ("getcwd", "")


def test_names_come_latest_first() -> None:
    """What was used last is named first."""
    _, usage = read("a.x; b.y; a.z; c.x; ")
    assert usage.names(True) == ["x", "z", "y"]
    assert usage.names(False) == ["c", "a", "b"]


def test_counts_are_of_the_text_above_only() -> None:
    """Going up in a file takes back exactly what was counted below; going down counts it again."""
    text, stream, usage = Text(SOURCE.encode()), Stream(), Usage()
    chance = random.Random(1)
    for _ in range(200):
        stop = text.word_start(chance.randrange(len(text) + 1))
        usage.advance(stream, stream.advance(text, stop))
        fresh_text, fresh, counted = Text(SOURCE.encode()), Stream(), Usage()
        counted.advance(fresh, fresh.advance(fresh_text, stop))
        for member in (True, False):
            assert counted.names(member) == usage.names(member)
        for index, origin, spelled, *_ in fresh.uses:
            name = fresh.texts[index]
            assert counted.of("m", name) == usage.of("m", name)
            assert counted.of("s", spelled, name) == usage.of("s", spelled, name)
            assert counted.of("o", origin, name) == usage.of("o", origin, name)
            assert counted.last(spelled) == usage.last(spelled)


def test_undoing_all_leaves_nothing() -> None:
    """A text emptied again has used nothing."""
    text, stream, usage = Text(SOURCE.encode()), Stream(), Usage()
    usage.advance(stream, stream.advance(text, len(text)))
    stream.edit(text.apply(0, len(text), b""))
    usage.advance(stream, stream.advance(text, 0))
    assert usage.names(True) == usage.names(False) == []
    assert usage.last("self") == ""
    assert usage.of("m", "join") == ()


def test_a_place_knows_its_receiver() -> None:
    """At a member: the receiver as written, where it comes from, and what was used on it last."""
    at = place(SOURCE + "os.path.")
    assert at.member
    assert (at.origin, at.spelled, at.before) == ("@os.path", "os.path", "join")


def test_a_place_knows_the_class() -> None:
    """At `self.`: attributes and methods of the class and, farther, of its bases in this file."""
    at = place(SOURCE + "self.")
    assert at.attributes["stop"] == 0
    assert at.attributes["run"] == at.attributes["size"] == 1
    assert {"stop", "run", "__init__"} == at.methods


def test_elsewhere_there_is_no_receiver() -> None:
    """Where a plain name is written, nothing is said of a receiver."""
    for end in ("", "x = ", "f(", "os.path\n"):
        at = place(SOURCE + end)
        seen: tuple[Any, ...] = (at.member, at.origin, at.spelled, at.before, at.attributes)
        assert seen == (False, "", "", "", {})


def test_a_place_knows_what_is_assigned_or_passed() -> None:
    """The name on the left, or the keyword, often resembles the member."""
    assert place("size = box.").target == "size"
    assert place("f(a, size=box.").target == "size"
    assert place("f(size, box.").target == ""
    assert place("size = 1\nbox.").target == ""
    assert place("return box.").previous == "return"
