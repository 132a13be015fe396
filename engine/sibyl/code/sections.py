"""Where a long text is cut, so that no tree grows with the file.

In: the text, its edits, and how far it is to be seen.  Out: closed *sections* with their leaves, and the byte
at which the open one begins.

What tree-sitter does for one key grows with the number of statements in the tree. So a tree covers one section
only: the last one, which is open. Those before it are closed, and all that is kept of them are their leaves.

    0            base              base              base        stop
    ├── closed ──┼──── closed ─────┼──── closed ─────┼── open ────┤
                                   └────── span ──────────┘

Where a section ends is decided by the ``span`` bytes from its base on and by nothing else: at the last
statement at column 0 in them, or in a class, that is certain to begin there. So cuts are a function of the
text, however it came to be, and a section is closed as soon as its whole span is above the cursor. At such a
place the grammar remembers nothing: the leaves of sound code are those of a tree of the whole text.

A long body, bracket or run of comments holds no such place. Where two spans hold none, the line with the least
indentation will do, outside of strings and of ``match``. Behind it the grammar does not know what it is in, but
leaves do not depend on that, with one exception: ``**`` before an argument of a call is two ``*``.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from tree_sitter import Node, Parser, Tree

from sibyl.code.grammar import IDENTIFIER, KINDS, Leaf, leaves_of, numbers
from sibyl.code.quotes import without_prose, without_runs
from sibyl.code.text import Edit, Text

SPAN = 8192
"""Bytes that decide a cut where they hold a place for one; a section has half of them at least."""
LONG = 65_536
"""Bytes; a string left open within these is taken for broken code, not for one that goes on."""

_STRING_START, _STRING_END = numbers("string_start"), numbers("string_end")
_STATEMENTS = frozenset(
    number for number, name in KINDS.items() if name.endswith(("_statement", "_definition"))
)
_CLASS, _DECORATED = numbers("class_definition"), numbers("decorated_definition")
_BLOCK, _SEMICOLON = numbers("block"), numbers(";")
_CERTAIN, _MATCH = numbers("class", "def"), numbers("match")
_MAYBE = re.compile(rb"(?m)^[ \t]*(?:class|def)")  # what is certain begins so, if there is anything


class Section:
    """A closed section: where it begins, how long it is, what decided that, and its leaves."""

    __slots__ = ("base", "begins", "ends", "kinds", "length", "reach", "span")

    def __init__(self, base: int, length: int, span: int) -> None:
        self.base, self.length, self.span = base, length, span
        self.reach = 0  # the first byte that neither this section nor one before it was decided by
        self.begins, self.ends = array("I"), array("I")  # from the base on
        self.kinds = array("H")

    def leaves(self) -> Iterator[Leaf]:
        """Yield the leaves, in reading order."""
        base = self.base
        for begin, end, kind in zip(self.begins, self.ends, self.kinds, strict=True):
            yield begin + base, end + base, kind


class Sections:
    """The closed sections of one text."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self.closed: list[Section] = []  # one after the other, from byte 0 on
        self._spare: list[Section] = []  # still right, but not used: the last one begins first
        self._dry = 0  # bytes from the open section's base on that have no place to cut
        self.same = 0  # sections at the front that are as they were when this was last set

    @property
    def base(self) -> int:
        """The byte at which the open section begins."""
        return self.closed[-1].base + self.closed[-1].length if self.closed else 0

    def edit(self, edit: Edit) -> None:
        """Note an edit: what was decided by the bytes it touched is decided again."""
        self._open(edit.start)
        if edit.start < self.base + self._dry:
            self._dry = 0
        left, moved = [], edit.new_end - edit.old_end
        for section in self._spare:
            if section.base >= edit.old_end:
                section.base += moved
                left.append(section)
            elif section.base + section.span <= edit.start:
                left.append(section)
        self._spare = left

    def settle(self, text: Text, stop: int) -> None:
        """Close what is to be closed where nothing from ``stop`` on exists."""
        self._open(stop)
        while (boundary := self._next(text, stop)) is not None:
            before = self.closed[-1].reach if self.closed else 0
            boundary.reach = max(boundary.base + boundary.span, before)
            self.closed.append(boundary)
            self._dry = 0

    def _open(self, stop: int) -> None:
        """Open the sections that were decided by bytes from ``stop`` on."""
        closed = self.closed
        while closed and closed[-1].reach > stop:
            self._spare.append(closed.pop())
            self._dry = 0
        self.same = min(self.same, len(closed))

    def _next(self, text: Text, stop: int) -> Section | None:
        """Return the section that begins at our base; None if that one stays open."""
        base, spare = self.base, self._spare
        while spare and spare[-1].base < base:  # cut otherwise now
            spare.pop()
        if spare and spare[-1].base == base:
            return spare.pop() if base + spare[-1].span <= stop else None
        span = max(2 * self._dry, SPAN)
        while base + span <= stop:
            tree = self._tree(text, base, base + span)
            length, certain = _cut(tree, text.data, base)
            if not length and span >= 2 * SPAN:
                length, certain = _cut_inside(tree, text.data, base, span), False
            if length:
                if not certain:  # the way the text was cut off may have broken more than its end
                    tree = self._tree(text, base, base + length)
                return _section(tree, Section(base, length, span))
            self._dry, span = span, 2 * span
        return None

    def _tree(self, text: Text, begin: int, end: int) -> Tree:
        return self._parser.parse(shown(bytes(memoryview(text.data)[begin:end])))


def shown(data: bytes) -> bytes:
    """Return a section's text as the parser gets it."""
    return without_prose(without_runs(data), LONG)


def _section(tree: Tree, section: Section) -> Section:
    length, begins, ends = section.length, section.begins.append, section.ends.append
    kinds = section.kinds.append
    for begin, end, kind in leaves_of(tree, 0, 0):
        if begin >= length:
            break
        begins(begin)
        ends(end)
        kinds(kind)
    return section


def _cut(tree: Tree, data: bytearray, base: int) -> tuple[int, bool]:
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
    opened: list[int] = []  # where strings left open begin, below 0 those that hold one line
    deepest = max(_column(data, base + start), 0)
    for begin, end, kind in leaves_of(tree, 0, start):
        place, last = last or place, 0
        if kind in _STRING_START:
            lines = data.endswith((b"'''", b'"""'), base + begin, base + end)
            opened.append(begin if lines else -LONG)
        elif kind in _STRING_END:
            del opened[-1:]
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


def _cut_inside(tree: Tree, data: bytearray, base: int, span: int) -> int:
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
        if kind in _STRING_START:
            lines = data.endswith((b"'''", b'"""'), base + begin, base + after)
            opened.append(begin if lines else -LONG)
        elif kind in _STRING_END:
            del opened[-1:]
        end = after
    last = data.rfind(b"\n", base, base + span) + 1 - base
    if (
        last - end >= SPAN // 2
        and matched == span
        and all(last - other >= LONG for other in opened)
    ):
        return last  # behind the last leaf there are comments and white space
    return place


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
