"""Text: bytes, points and words."""

from __future__ import annotations

import random
import time

import pytest

from sibyl.code.text import Text
from sibyl.errors import TextError

CRLF = "a = 1\r\nname\r\n\tö = 'é'\n\nend".encode()


def point(data: bytes, offset: int) -> tuple[int, int]:
    """Row and column, the slow way."""
    rows = data[:offset].split(b"\n")
    return len(rows) - 1, len(rows[-1])


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n", b"one", CRLF], ids=repr)
def test_points_are_right_in_any_order(data: bytes) -> None:
    """Row and column of an offset do not depend on which one was asked before."""
    text, chance = Text(data), random.Random(1)
    for offset in [*range(len(data) + 1), *(chance.randrange(len(data) + 1) for _ in range(200))]:
        assert point(data, offset) == text.point(offset)


def test_edits_give_the_points_of_before_and_after() -> None:
    """What tree-sitter is told of an edit fits the text before it and the text after it."""
    text, data, chance = Text(CRLF), CRLF, random.Random(2)
    for _ in range(500):
        start = chance.randrange(len(data) + 1)
        old = chance.randrange(min(len(data) - start, 9) + 1)
        new = chance.choice((b"", b"x", b"\n", b"\r\n", "ü\nß".encode(), b"a\nb\nc"))
        edit = text.apply(start, old, new)
        after = data[:start] + new + data[start + old :]
        assert (start, start + old, start + len(new)) == edit[:3]
        assert point(data, start) == edit.start_point
        assert point(data, start + old) == edit.old_end_point
        assert point(after, start + len(new)) == edit.new_end_point
        data = after
        assert data == bytes(text.data) and len(data) == len(text)


@pytest.mark.parametrize(("start", "old"), [(-1, 0), (0, -1), (4, 0), (0, 4), (2, 2), (3, 1)])
def test_an_edit_outside_the_text_is_refused(start: int, old: int) -> None:
    """A mirror out of step is noticed, and the text stays as it was."""
    text = Text(b"abc")
    with pytest.raises(TextError):
        text.apply(start, old, b"x")
    assert bytes(text.data) == b"abc"


@pytest.mark.parametrize(
    ("before", "word"),
    [
        ("", ""),
        ("os.pa", "pa"),
        ("os.", ""),
        ("x = größe", "größe"),
        ("名前", "名前"),
        ("a.名前_1", "名前_1"),
        ("(_private", "_private"),
        ("x\n\tname", "name"),
        ("a\r\n", ""),
        ("3name", "3name"),
        ("a b", "b"),
        ('"', ""),
    ],
)
def test_a_word_starts_where_its_letters_start(before: str, word: str) -> None:
    """The word being completed is all letters, digits and _ before the cursor, in any script."""
    data = before.encode()
    assert len(data) - len(word.encode()) == Text(data + b" rest").word_start(len(data))


@pytest.mark.timing
def test_the_start_of_a_long_word_is_found_at_once() -> None:
    """A word as long as the longest line followed costs a moment, and begins where its first byte is."""
    word = "ä0_a".encode() * 50_000
    text = Text(b"x = (" + word + b" y")
    began = time.process_time()
    for length in (1, 255, 256, 257, len(word)):
        assert text.word_start(5 + length) == 5
    assert text.word_start(4) == 4 and text.word_start(1) == text.word_start(0) == 0
    assert time.process_time() - began < 0.02
