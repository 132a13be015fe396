"""What is written in words around a place: in strings and comments just above, in the function's docstring.

In: the stream.  Out: texts.

A network that reads tokens does not see them, and yet they name what comes: ``"size": self.`` is followed by
``size``, ``# close the socket`` by something that closes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter

from sibyl.code.grammar import STRING_START
from sibyl.code.stream import Stream
from sibyl.code.tokens import LINES

_NEAR = 60
"""Tokens looked back at for strings."""
_MOST = 4
"""Strings that are near."""
_ABOVE, _LINES = 500, 6
"""Bytes and lines looked back at for comments, the line of the place among them."""
_at = attrgetter("at")


def strings_of(stream: Stream, first: int) -> list[str]:
    """Return what the strings say from token ``first`` on."""
    strings = stream.strings
    return [text for _, text in strings[bisect_left(strings, first, key=_at) :]]


def strings_near(stream: Stream) -> list[str]:
    """Return what the last few strings say, those that are near."""
    return strings_of(stream, len(stream.kinds) - _NEAR)[-_MOST:]


def comments(stream: Stream) -> str:
    """Return the comments of the lines just above, and behind the code on them."""
    data, stop = stream.reader.data, stream.syntax.stop
    least, written = max(0, stop - _ABOVE), []
    if data.find(b"#", least, stop) < 0:
        return ""
    for _ in range(_LINES):
        begin = max(data.rfind(b"\n", least, stop) + 1, least)
        mark = data.find(b"#", begin, stop)
        while mark >= 0 and not _is_comment(stream, mark):
            mark = data.find(b"#", mark + 1, stop)
        if mark >= 0:
            written.append(str(data[mark + 1 : stop], "utf-8", "replace"))
        if begin == least:
            break
        stop = begin - 1
    return " ".join(written)


def _is_comment(stream: Stream, mark: int) -> bool:
    """Tell whether the ``#`` at a byte begins a comment: it is in no leaf, and perhaps in a string."""
    before = bisect_right(stream.syntax.ends, mark) - 1
    return before < 0 or stream.syntax.kinds[before] != STRING_START


def docstring(stream: Stream, begins: int) -> str:
    """Return how the docstring of a function begins, '' without one; its body begins at token ``begins``."""
    strings = stream.strings
    index = bisect_left(strings, begins, key=_at)
    if index == len(strings):
        return ""
    at, text = strings[index]
    first = at == begins or (at == begins + 1 and stream.texts[begins] in LINES)
    return text if first else ""
