"""Where strings and comments are, told without a parser, in linear time.

In: bytes.  Out: the first quote that is left open; the text without its long runs of comments, and without what
stands in a string that is left open.

Outside of strings and comments a quote always begins a string, so this is exact for sound code. An f-string may
hold its own quotes in its braces (Python 3.12); one whose braces do not fit is read as if they meant nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

RUN = 64
"""Lines of comments in a row from which on the parser does not see them."""

PROSE = 1024
"""Bytes in a string of several lines, left open, from which on the parser does not see them."""

_BEGINS = re.compile(rb"#|\"\"\"|'''|\"|'")
_ENDS = {
    quote: re.compile(rb"\\(?:\r\n|.)|" + quote + (b"" if len(quote) == 3 else rb"|\n"), re.DOTALL)
    for quote in (b'"""', b"'''", b'"', b"'")
}
_WORD = re.compile(
    rb"(?!(?:if|in|is|or|and|else|for|not|as|async)\b|[rRbBfFuUtT]{1,2}['\"])[A-Za-z_0-9]"
)
_FORMATTED = re.compile(rb"(?<![A-Za-z_0-9])(?:[fFtT][rR]?|[rR][fFtT])\Z")
_FAR = 4096
"""Bytes of an f-string whose braces are looked into."""
_CODE = re.compile(rb"\"\"\"|\'\'\'|[\"\'(\[{)\]}:\n]")
_SPECIFIER = re.compile(rb"[{}\n]")
_INSIDE = {
    quote: re.compile(
        rb"\\(?:\r\n|.)|\{\{?|" + quote + (b"" if len(quote) == 3 else rb"|\n"), re.DOTALL
    )
    for quote in _ENDS
}
_JOINED = re.compile(rb"^([ \t]*\\\r?\n)((?:[ \t]*\\\r?\n){64,})(?=[ \t]*\\\r?\n)", re.MULTILINE)
_BLANK = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


def _parts(data: bytes | bytearray, stop: int) -> Iterator[tuple[int, int, bytes, bool]]:
    """Yield strings and comments: first byte, byte after the last, how it begins, whether it is closed."""
    at, looked_at = 0, 0
    while (begin_match := _BEGINS.search(data, at, stop)) is not None:
        begin, quote = begin_match.span()[0], begin_match.group()
        if quote == b"#":
            end = data.find(b"\n", begin, stop)
            at, closed = (stop if end < 0 else end), True
        else:
            at, closed = begin_match.end(), False
            # Where braces did not fit they are not tried again: that would take a square of the length.
            if begin >= looked_at and _is_formatted(data, begin):
                looked_at, closed = _formatted(data, at, stop, quote)
            at, closed = (looked_at, True) if closed else _string(data, at, stop, quote)
        yield begin, at, quote, closed


def _string(data: bytes | bytearray, at: int, stop: int, quote: bytes) -> tuple[int, bool]:
    """Return where a string ends, and whether a quote ends it."""
    for end_match in _ENDS[quote].finditer(data, at, stop):
        if end_match.group() == quote:
            return end_match.end(), True
        if end_match.group() == b"\n":
            return end_match.start(), False
    return stop, False


def _is_formatted(data: bytes | bytearray, begin: int) -> bool:
    """Tell whether a string whose first quote is at a byte may hold code in braces."""
    return _FORMATTED.search(data, max(begin - 3, 0), begin) is not None


def _formatted(data: bytes | bytearray, at: int, stop: int, quote: bytes) -> tuple[int, bool]:
    """Return how far the rest of an f-string reaches, and whether it ends there; else its braces do not fit.

    Levels are the quote of a text, an open bracket of code, ``:`` for what says how a value is written.
    """
    levels, stop = [quote], min(stop, at + _FAR)
    while levels:
        top = levels[-1]
        pattern = _INSIDE.get(top) or (_SPECIFIER if top == b":" else _CODE)
        met = pattern.search(data, at, stop)
        if met is None:
            return stop, False
        mark, at = met.group(), met.end()
        if mark == b"{{" or mark[:1] == b"\\":
            continue
        if mark == b"\n":
            if len(quote) == 1:
                return at, False
        elif (mark == top and top in _INSIDE) or mark in b")]}":
            # What says how a value is written ends with it.
            del levels[-2 if top == b":" else -1 :]
        elif mark in _INSIDE and not _is_formatted(data, met.start()):
            at, closed = _string(data, at, stop, mark)
            if not closed:
                return at, False
        elif mark != b":" or (top == b"{" and levels[-2] not in b"([{"):
            levels.append(mark)
    return at, True


def open_quote(data: bytes | bytearray, stop: int) -> int:
    """Return the first quote before byte ``stop`` that nothing closes before it, or -1.

    A string with a word right behind it counts as one: its end is an apostrophe (``'it's``).
    """
    for begin, end, quote, closed in _parts(data, stop):
        if not closed or (quote != b"#" and _WORD.match(data, end, stop)):
            return begin
    return -1


def without_runs(data: bytes) -> bytes:
    """Return a text with spaces in place of comments, where ``RUN`` lines or more hold nothing else.

    The grammar looks through the rest of such a run at each of its lines: a square of its length. Comments say
    nothing that we read. So it does where lines hold a backslash alone: the first and the last of them stay,
    which join what is around. All bytes stay where they are.
    """
    if data.count(b"\\\n") + data.count(b"\\\r\n") >= RUN:
        data = _JOINED.sub(lambda run: run[1] + b" " * len(run[2]), data)
    if data.count(b"#") < RUN:
        return data
    runs: list[list[int]] = []  # first byte, byte after the last, lines
    for begin, end, quote, _ in _parts(data, len(data)):
        if quote != b"#":
            continue
        if runs and not data[runs[-1][1] : begin].strip():
            runs[-1][1:] = [end, runs[-1][2] + 1]
        elif not data[data.rfind(b"\n", 0, begin) + 1 : begin].strip():
            runs.append([begin, end, 1])
    long = [(begin, end) for begin, end, lines in runs if lines >= RUN]
    return _blanked(data, long) if long else data


def without_long_strings(data: bytes) -> bytes:
    """Return a text with spaces in place of strings in three quotes: examples in them are no code."""
    if b'"""' not in data and b"'''" not in data:
        return data
    parts = _parts(data, len(data))
    return _blanked(data, [(begin, end) for begin, end, quote, _ in parts if len(quote) == 3])


def _blanked(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    """Return a text with spaces in place of some parts; their line breaks stay."""
    blanked = bytearray(data)
    for begin, end in spans:
        blanked[begin:end] = data[begin:end].translate(_BLANK)
    return bytes(blanked)


def without_prose(data: bytes, most: int) -> bytes:
    """Return a text with spaces in place of what is in a string of several lines that the end leaves open.

    So it is while a docstring is written. The grammar would try to read it as code, which takes ten times as
    long as code does. A string of ``most`` bytes is taken for one that was left open by mistake, and stays;
    one that may hold code in braces stays, too.
    """
    if data.count(b'"""') % 2 == data.count(b"'''") % 2 == 0:
        return data
    for begin, end, quote, closed in _parts(data, len(data)):
        if closed or len(quote) < 3:
            continue
        held = end - begin - len(quote)
        if PROSE <= held < most and not _is_formatted(data, begin):
            return data[: begin + len(quote)] + data[begin + len(quote) :].translate(_BLANK)
    return data
