"""Where one section of a long text ends.

In: the tree of the bytes that decide it.  Out: the first byte of the line at which the next section begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node, Tree

from sibyl.code.grammar import IDENTIFIER, KINDS, Leaf, leaves_of, numbers

SPAN = 8192
"""Bytes that decide a cut where they hold a place for one; a section has half of them at least."""
LONG = 65_536
"""Bytes; a string left open within these is taken for broken code, not for one that goes on."""

_STRING_START, _QUOTES = numbers("string_start"), numbers("string_start", "string_end")
_STATEMENTS = frozenset(
    number for number, name in KINDS.items() if name.endswith(("_statement", "_definition"))
)
_CLASS, _DECORATED = numbers("class_definition"), numbers("decorated_definition")
_BLOCK, _SEMICOLON = numbers("block"), numbers(";")
_CERTAIN, _MATCH = numbers("class", "def"), numbers("match")
_MAYBE = re.compile(rb"(?m)^[ \t]*(?:class|def)")  # what is certain begins so, if there is anything


def place_to_cut(tree: Tree, data: bytearray, base: int) -> tuple[int, bool]:
    """Return the first byte of the last line of a tree at which a section may begin, and if that is certain.

    The end of the tree is where its text was cut off, in the middle of anything: in a string that holds code,
    or before an ``else``. A line is certain where nothing before it is broken and something follows the
    statement that it begins. Without any such line the result is 0.
    """
    place, last = 0, 0
    for node, broken in _statements(tree.root_node.children):
        place, last = last or place, 0
        if broken and not place:
            return _cut_broken(tree, node.start_byte, data, base), False
        if broken:
            break
        if node.kind_id in _STATEMENTS:
            last = _line(data, base, node.start_byte)
    return place, True


def _cut_broken(tree: Tree, start: int, data: bytearray, base: int) -> int:
    """Return such a line where the tree is broken from byte ``start`` on, or 0.

    One that begins with ``class`` or ``def`` will do, no deeper than what is broken or than the body of a
    class met since: it is inside of no other statement and no bracket. But it can be in a string, so none may
    have been left open before, unless it would be a very long one.
    """
    if not _MAYBE.search(data, base + SPAN // 2, base + tree.root_node.end_byte):
        return 0  # data alone, as a rule: its leaves need not be looked at
    place, last, outside = 0, 0, -1
    opened: list[int] = []  # where strings left open begin
    deepest = max(_column(data, base + start), 0)
    for begin, end, kind in leaves_of(tree, 0, start):
        place, last = last or place, 0
        if kind in _QUOTES:
            _follow_strings(opened, data, base, (begin, end, kind))
        word = (
            kind in _CERTAIN or kind in IDENTIFIER
        )  # in brackets left open, keywords are taken for names
        if not word and outside < 0:
            continue
        column = _column(data, base + begin)
        if outside >= 0 and column >= 0:  # the first line after that of a class
            deepest, outside = max(column, outside), -1
        name = bytes(data[base + begin : base + end])
        if 0 <= column <= deepest and name in (b"class", b"def"):
            deepest, outside = column, column if name == b"class" else -1
            if all(begin - other >= LONG for other in opened):
                last = _line(data, base, begin)
    return place


def place_inside(tree: Tree, data: bytearray, base: int, span: int) -> int:
    """Return the last of the lines with the least indentation, or 0 where a string or ``match`` holds all."""
    place, least, end = 0, span, 0
    opened: list[int] = []  # where strings left open begin
    matched = span  # the column of the ``match`` that a line may be in
    rest = 0  # before this byte no leaf is the first on its line
    for begin, after, kind in leaves_of(tree, 0, 0):
        column = _column(data, base + begin) if begin >= rest else -1
        if begin >= rest and data[base + begin] not in b" \t":
            rest = data.find(b"\n", base + begin, base + span) - base
        if column >= 0 and all(begin - other >= LONG for other in opened):
            matched = span if column <= matched else matched
            line = _line(data, base, begin)
            continued = data.endswith((b"\\\n", b"\\\r\n"), base, base + line)
            if line and not continued and matched == span and column <= least:
                place, least = line, column
            matched = column if kind in _MATCH else matched
        if kind in _QUOTES:
            _follow_strings(opened, data, base, (begin, after, kind))
        end = after
    last = data.rfind(b"\n", base, base + span) + 1 - base
    if (
        last - end >= SPAN // 2
        and matched == span
        and all(last - other >= LONG for other in opened)
    ):
        return last  # behind the last leaf there are comments and white space
    return place


def _follow_strings(opened: list[int], data: bytearray, base: int, leaf: Leaf) -> None:
    """Note where a string is left open by a leaf, below 0 for one that holds one line, or closed."""
    begin, end, kind = leaf
    if kind in _STRING_START:
        lines = data.endswith((b"'''", b'"""'), base + begin, base + end)
        opened.append(begin if lines else -LONG)
    else:
        del opened[-1:]


def _column(data: bytearray, at: int) -> int:
    """Return the column of byte ``at``, -1 if there is more than white space before it."""
    line = data.rfind(b"\n", 0, at) + 1
    return -1 if data[line:at].strip(b" \t") else at - line


def _line(data: bytearray, base: int, begin: int) -> int:
    """Return where the line of a statement begins; 0 if another is on it, or if it comes too early."""
    column = _column(data, base + begin)
    return begin - column if column >= 0 and begin - column >= SPAN // 2 else 0


def _statements(children: list[Node]) -> Iterator[tuple[Node, bool]]:
    """Yield statements, those of classes after the class, and whether each is broken in itself."""
    for child in children:
        inner = child.children[-1] if child.kind_id in _DECORATED else child
        parts = inner.children if inner.kind_id in _CLASS else []
        if (
            parts
            and parts[-1].kind_id in _BLOCK
            and not any(part.has_error for part in (*child.children[:-1], *parts[:-1]))
        ):
            yield child, False
            yield from _statements(parts[-1].children)
        else:
            known = child.is_extra or child.kind_id in _STATEMENTS or child.kind_id in _SEMICOLON
            yield child, child.has_error or not known
