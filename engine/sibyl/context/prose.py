"""What is written in words around a place: in strings and comments just above, in the function's docstring.

In: the stream.  Out: texts.

A network that reads tokens does not see them, and yet they name what comes: ``"size": self.`` is followed by
``size``, ``# close the socket`` by something that closes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter

from sibyl.code.grammar import STRING_START
from sibyl.code.stream import MEMBER, NAME, Stream
from sibyl.code.tokens import LINES

_NEAR = 60
"""Tokens looked back at for strings."""
_MOST = 4
"""Strings that are near."""
_ABOVE, _LINES = 500, 6
"""Bytes and lines looked back at for comments, the line of the place among them."""
_LABEL = 100
"""Bytes looked at before braces in a string."""
_at, _begin = attrgetter("at"), attrgetter("begin")


def strings_of(stream: Stream, first: int) -> list[str]:
    """Return what the strings say from token ``first`` on, the one that the place is in up to its braces."""
    strings = stream.strings
    texts = [string.text for string in strings[bisect_left(strings, first, key=_at) :]]
    if stream.reader.quoted and stream.reader.quote.at >= first:
        texts.append(label(stream))
    return texts


def label(stream: Stream) -> str:
    """Return what a string says just before the braces that the place is in, '' where it is in none."""
    data, stop, begin = stream.reader.data, stream.syntax.stop, stream.reader.quote.begin
    if not stream.reader.quoted:
        return ""
    brace = data.rfind(b"{", begin, stop)
    braces = (data.rfind(mark, begin, brace) + 1 for mark in (b"{", b"}"))
    before = max(*braces, brace - _LABEL, begin)
    return str(data[before:brace], "utf-8", "replace") if brace > 0 else ""


def in_braces(stream: Stream) -> frozenset[str]:
    """Return the names in the braces of the string that the place is in."""
    if not stream.reader.quoted:
        return frozenset()
    first = stream.reader.quote.at
    named = zip(stream.kinds[first:], stream.texts[first:], strict=True)
    return frozenset(text for kind, text in named if kind in (NAME, MEMBER))


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
    """Tell whether the ``#`` at a byte begins a comment: it stands in no string."""
    strings, reader = stream.strings, stream.reader
    if reader.quoted and reader.quote.begin <= mark:
        return False
    index = bisect_right(strings, mark, key=_begin) - 1
    if index >= 0 and mark < strings[index].end:
        return False
    before = bisect_right(stream.syntax.ends, mark) - 1  # perhaps a quote that is never closed
    return before < 0 or stream.syntax.kinds[before] != STRING_START


def docstring(stream: Stream, begins: int) -> str:
    """Return how the docstring of a function begins, '' without one; its body begins at token ``begins``."""
    strings = stream.strings
    index = bisect_left(strings, begins, key=_at)
    if index == len(strings):
        return ""
    at, texts = strings[index].at, stream.texts
    first = at == begins or (at == begins + 1 and texts[begins] in LINES)
    whole = at + 1 < len(texts) and texts[at + 1] in LINES
    return strings[index].text if first and whole else ""
