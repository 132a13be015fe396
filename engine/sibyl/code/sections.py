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

from array import array
from collections.abc import Iterator

from tree_sitter import Parser, Tree

from sibyl.code import cuts
from sibyl.code.grammar import Leaf, leaves_of
from sibyl.code.quotes import without_prose, without_runs
from sibyl.code.text import Edit, Text


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
        while (section := self._next(text, stop)) is not None:
            before = self.closed[-1].reach if self.closed else 0
            section.reach = max(section.base + section.span, before)
            self.closed.append(section)
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
        span = max(2 * self._dry, cuts.SPAN)
        while base + span <= stop:
            tree = self._tree(text, base, base + span)
            length, certain = cuts.place_to_cut(tree, text.data, base)
            if not length and span >= 2 * cuts.SPAN:
                length, certain = cuts.place_inside(tree, text.data, base, span), False
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
    return without_prose(without_runs(data), cuts.LONG)


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
