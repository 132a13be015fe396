"""The bytes of one buffer.

In: byte-exact edits, as the editor's ``on_bytes`` reports them.  Out: the bytes, and each edit as
bytes and points, the way tree-sitter wants them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sibyl.errors import TextError

Point = tuple[int, int]
"""Row and column, both from 0, the column in bytes."""


class Edit(NamedTuple):
    """One replacement: bytes ``start..old_end`` became ``start..new_end``."""

    start: int
    old_end: int
    new_end: int
    start_point: Point
    old_end_point: Point
    new_end_point: Point


class Text:
    """The bytes of one buffer, with a row counter that stays near the last edit.

    Rows are counted from an anchor, not from the top: typing in one place costs nothing, a jump costs
    the newlines jumped over.
    """

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self._anchor = 0  # a byte offset whose row is known ...
        self._row = 0  # ... and that row

    def __len__(self) -> int:
        return len(self.data)

    def point(self, offset: int) -> Point:
        """Return row and column of byte ``offset``."""
        data = self.data
        if offset >= self._anchor:
            self._row += data.count(b"\n", self._anchor, offset)
        else:
            self._row -= data.count(b"\n", offset, self._anchor)
        self._anchor = offset
        return self._row, offset - (data.rfind(b"\n", 0, offset) + 1)

    def apply(self, start: int, old_length: int, new: bytes) -> Edit:
        """Replace ``old_length`` bytes at ``start`` by ``new``.

        Raises TextError when the range lies outside the text: the mirror is out of step then.
        """
        if start < 0 or old_length < 0 or start + old_length > len(self.data):
            raise TextError(
                f"edit {start}+{old_length} lies outside a text of {len(self.data)} bytes"
            )
        old_end, new_end = start + old_length, start + len(new)
        start_point = self.point(start)
        old_end_point = _moved(start_point, self.data[start:old_end])
        self.data[start:old_end] = new
        return Edit(start, old_end, new_end, start_point, old_end_point, _moved(start_point, new))

    def word_start(self, offset: int) -> int:
        """Return where the identifier that ends at ``offset`` begins (``offset`` if there is none)."""
        while offset > 0:
            near = self.data[max(offset - _NEAR, 0) : offset]
            rest = len(near.rstrip(NAME_BYTES))
            offset -= len(near) - rest
            if rest:
                break
        return offset

    def word_end(self, offset: int) -> int:
        """Return where the identifier that goes on at ``offset`` ends (``offset`` if none does)."""
        match = _LETTERS.match(self.data, offset)
        return match.end() if match else offset


_LETTERS = re.compile(rb"[\w\x80-\xff]*")
NAME_BYTES = bytes(byte for byte in range(256) if byte > 127 or chr(byte).isalnum() or byte == 0x5F)
_NEAR = 256  # bytes looked at in one go: longer than almost every name


def _moved(point: Point, passed: bytes | bytearray) -> Point:
    """Return where ``point`` comes to lie after the bytes ``passed``."""
    rows = passed.count(b"\n")
    if rows == 0:
        return point[0], point[1] + len(passed)
    return point[0] + rows, len(passed) - (passed.rfind(b"\n") + 1)
