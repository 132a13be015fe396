"""Step 2 of 9: text to syntax tree, kept incrementally, and the tree's leaves in reading order.

In: the text, its edits, and how far it is to be seen (``stop``: nothing from there on exists).  Out: the
tree's leaves from a byte on, and the first byte whose leaves may have changed.  Called by: stream.

The tree covers only the text *before* the word being completed. That makes three things true at once:
what is predicted cannot depend on what stands below the cursor; broken code at the cursor is always the
end of the text, where tree-sitter recovers best; and typing inside one word changes nothing at all.
Moving the cursor lengthens or shortens the tree like any other edit.
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Language, Parser, Tree

from sibyl.text import Edit, Point, Text

LANGUAGE = Language(tree_sitter_python.language())

Leaf = tuple[int, int, str]
"""First byte, byte after the last, and tree-sitter's node type (its own text for anonymous nodes)."""

# Leaves that say nothing about code: what is in strings is not read, comments neither.
_SILENT = frozenset(
    ("comment", "string_content", "escape_sequence", "escape_interpolation", "format_specifier")
)


class Syntax:
    """An incremental tree over the first ``stop`` bytes of a text."""

    def __init__(self) -> None:
        self._parser = Parser(LANGUAGE)
        self.tree: Tree | None = None
        self.stop = 0
        self._end: Point = (0, 0)  # of ``stop``
        self.edited = 0  # the first byte edited before the last ``advance`` that parsed
        self._stale: int | None = 0  # the first byte whose leaves may be wrong, None if none is

    def edit(self, edit: Edit) -> None:
        """Note an edit of the text; the tree is mended by the next ``advance``."""
        if edit.start >= self.stop:
            return
        if edit.old_end > self.stop:  # it reaches over our end: to us all of the rest is gone
            points = (edit.start_point, self._end, edit.start_point)
            self._edit_tree(edit.start, self.stop, edit.start, points)
            self.stop, self._end = edit.start, edit.start_point
            return
        points = (edit.start_point, edit.old_end_point, edit.new_end_point)
        self._edit_tree(edit.start, edit.old_end, edit.new_end, points)
        self.stop += edit.new_end - edit.old_end
        row, column = self._end
        if row == edit.old_end_point[0]:
            column += edit.new_end_point[1] - edit.old_end_point[1]
        self._end = (row + edit.new_end_point[0] - edit.old_end_point[0], column)

    def advance(self, text: Text, stop: int) -> int | None:
        """Make the tree one of the first ``stop`` bytes.

        Returns the first byte whose leaves may differ from those before, None if none does.
        """
        if stop != self.stop:
            end, point = self._end, text.point(stop)
            if stop < self.stop:
                self._edit_tree(stop, self.stop, stop, (point, end, point))
            else:
                self._edit_tree(self.stop, self.stop, stop, (end, end, point))
            self.stop, self._end = stop, point
        if self._stale is None:
            return None
        old, stale = self.tree, self._stale
        self.edited = stale
        source = bytes(memoryview(text.data)[:stop])
        self.tree = (
            self._parser.parse(source, old) if old is not None else self._parser.parse(source)
        )
        if old is not None:
            for changed in old.changed_ranges(self.tree):
                stale = min(stale, changed.start_byte)
        self._stale = None
        return stale

    def refresh(self) -> None:
        """Let the next ``advance`` parse afresh (on broken code an old tree can steer a new one)."""
        self.tree, self._stale = None, 0

    def leaves(self, start: int) -> Iterator[Leaf]:
        """Yield the leaves that end after byte ``start``, in reading order."""
        if self.tree is None:
            return
        cursor = self.tree.walk()
        while cursor.goto_first_child_for_byte(start) is not None:
            assert cursor.node is not None
            if cursor.node.type in _SILENT:  # a format specifier has children, silent like itself
                break
        while True:
            node = cursor.node
            assert node is not None
            kind, end = node.type, node.end_byte
            if end > start and kind not in _SILENT:
                if cursor.goto_first_child():
                    continue
                begin = node.start_byte
                if begin < end:  # a node without bytes is tree-sitter's guess at what is missing
                    yield begin, end, kind
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def _edit_tree(
        self,
        start: int,
        old_end: int,
        new_end: int,
        points: tuple[Point, Point, Point],
    ) -> None:
        if self.tree is not None:
            self.tree.edit(start, old_end, new_end, *points)
        self._stale = start if self._stale is None else min(self._stale, start)
