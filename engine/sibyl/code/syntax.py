"""Text to syntax tree, kept incrementally, and its leaves in reading order.

In: the text, its edits, and how far it is to be seen (``stop``: nothing from there on exists).  Out: the
leaves, and how many of them are as they were.

The text is seen only *before* the word being completed. That makes three things true at once:
what is predicted cannot depend on what stands below the cursor; broken code at the cursor is always the
end of the text, where tree-sitter recovers best; and typing inside one word changes nothing at all.
Moving the cursor lengthens or shortens the text like any other edit. The tree is that of the open section
(see ``sections``), which is all of a short text; of the closed ones before it only the leaves are kept.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator

from tree_sitter import Parser, Tree

from sibyl.code.grammar import LANGUAGE, Leaf, leaves_of, left_open
from sibyl.code.sections import Section, Sections, shown
from sibyl.code.text import Edit, Point, Text

_NOWHERE = 1 << 62  # a byte no text has


class Syntax:
    """The leaves of the first ``stop`` bytes of a text, with an incremental tree of the last of them."""

    def __init__(self) -> None:
        self._parser = Parser(LANGUAGE)
        self._sections = Sections(self._parser)
        self.begins, self.ends = array("I"), array("I")  # of the leaves
        self.kinds = array("H")
        self.tree: Tree | None = None
        self._given: bytes | None = None  # the tree's text, where that is not ours to the letter
        self.base = 0  # where the tree's text begins, always at column 0 ...
        self._row = 0  # ... of this row
        self.stop = 0  # where it ends
        self._end: Point = (0, 0)  # of ``stop``, from the base on
        self._stale: int | None = (
            0  # the first byte from which the tree may be wrong, None if none is
        )
        self._edited = _NOWHERE  # the first byte edited since the last ``advance``

    def edit(self, edit: Edit) -> None:
        """Note an edit of the text; the tree is mended by the next ``advance``."""
        self._sections.edit(edit)
        self._edited = min(self._edited, edit.start)
        moved = edit.new_end - edit.old_end
        rows = edit.new_end_point[0] - edit.old_end_point[0]
        if edit.start >= self.stop:
            return
        if edit.start < self.base and edit.old_end <= self.base:
            self.base, self._row, self.stop = self.base + moved, self._row + rows, self.stop + moved
            return
        if edit.start < self.base:
            self.refresh()
            return
        start_point = self._inside(edit.start_point)
        if edit.old_end > self.stop:  # it reaches over our end: to us all of the rest is gone
            points = (start_point, self._end, start_point)
            self._edit_tree(edit.start, self.stop, edit.start, points)
            self.stop, self._end = edit.start, start_point
            return
        old_point, new_point = self._inside(edit.old_end_point), self._inside(edit.new_end_point)
        self._edit_tree(edit.start, edit.old_end, edit.new_end, (start_point, old_point, new_point))
        self.stop += moved
        row, column = self._end
        if row == old_point[0]:
            column += new_point[1] - old_point[1]
        self._end = (row + rows, column)

    def advance(self, text: Text, stop: int) -> int:
        """Make the leaves those of the first ``stop`` bytes; return how many at the front are as they were."""
        sections = self._sections
        sections.settle(text, stop)
        changed = sections.closed[sections.same :]
        sections.same = len(sections.closed)
        stale = self._parse(text, sections.base, stop)
        if changed:
            stale = changed[0].base
        if stale is None:
            self._edited = _NOWHERE
            return len(self.ends)
        same = self._lay(changed, stale)
        self._doubt(text)
        return same

    def refresh(self) -> None:
        """Let the next ``advance`` parse afresh (on broken code an old tree can steer a new one)."""
        self.tree = None

    def leaves(self, first: int = 0) -> Iterator[Leaf]:
        """Yield the leaves from number ``first`` on, in reading order."""
        return zip(self.begins[first:], self.ends[first:], self.kinds[first:], strict=True)

    def _inside(self, point: Point) -> Point:
        return point[0] - self._row, point[1]

    def _parse(self, text: Text, base: int, stop: int) -> int | None:
        """Make the tree one of the bytes from ``base`` to ``stop``; return the first byte that may differ."""
        if self.tree is None or base != self.base:
            self.base, self._row = base, text.point(base)[0]
            self.stop, self._end = stop, self._inside(text.point(stop))
            return self._afresh(bytes(memoryview(text.data)[base:stop]))
        if stop != self.stop:
            end, point = self._end, self._inside(text.point(stop))
            if stop < self.stop:
                self._edit_tree(stop, self.stop, stop, (point, end, point))
            else:
                self._edit_tree(self.stop, self.stop, stop, (end, end, point))
            self.stop, self._end = stop, point
        if (stale := self._stale) is None:
            return None
        raw = bytes(memoryview(text.data)[base:stop])
        given = shown(raw)
        if (given is raw) != (self._given is None):
            return self._afresh(raw)
        if self._given is not None:
            stale = min(stale, base + _tell(self.tree, self._given, given))
            self._given = given
        old = self.tree
        self.tree = self._parser.parse(given, old)
        for changed in old.changed_ranges(self.tree):
            stale = min(stale, changed.start_byte + base)
        self._stale = None
        return stale

    def _afresh(self, raw: bytes) -> int:
        """Make the tree one of these bytes, the open section's; return the first byte that may differ."""
        given = shown(raw)
        self.tree = self._parser.parse(given)
        self._given = None if given is raw else given
        self._stale = None
        return self.base

    def _edit_tree(
        self, start: int, old_end: int, new_end: int, points: tuple[Point, Point, Point]
    ) -> None:
        if self.tree is not None and self._given is None:
            base = self.base
            self.tree.edit(start - base, old_end - base, new_end - base, *points)
        self._stale = start if self._stale is None else min(self._stale, start)

    def _doubt(self, text: Text) -> None:
        """Mark strings that are left open as edited, so that the next parse looks for their ends again.

        Tree-sitter reads on to the end to find that a string has none. Where it recovers from that, it does not
        keep how far it read, and would take such a statement as it was whatever is edited behind it.
        """
        if self.tree is not None and self.tree.root_node.has_error:
            first = bisect_right(self.ends, self.base)
            for number in left_open(self.kinds[first:]):
                end = self.ends[first + number]  # of the quote
                at, given = end - self.base, self._given
                point = self._inside(text.point(end)) if given is None else _point(given, at)
                self.tree.edit(at - 1, at, at, (point[0], point[1] - 1), point, point)

    def _fresh(self, closed: list[Section], start: int) -> Iterator[Leaf]:
        """Yield the leaves of these sections and of the tree that end after byte ``start``."""
        for section in closed:
            yield from section.leaves()
        if self.tree is not None:
            yield from leaves_of(self.tree, self.base, max(start, self.base))

    def _lay(self, closed: list[Section], stale: int) -> int:
        """Collect the leaves again from byte ``stale`` on; return how many are as they were.

        In broken code tree-sitter may call all of the section changed where only its nesting is, so they
        are compared. An edited leaf may look like before and yet be another word.
        """
        begins, ends, kinds, edited = self.begins, self.ends, self.kinds, self._edited
        self._edited = _NOWHERE
        # The last leaf of a section that stays may end where the next one begins.
        base = closed[0].base if closed else self.base
        at = max(bisect_left(ends, stale), bisect_right(ends, base))
        if not closed:
            at = self._kept(at)
        fresh = self._fresh(closed, ends[at - 1] if at else 0)
        for begin, end, kind in fresh:
            if (
                at == len(ends)
                or end > edited
                or ends[at] != end
                or begins[at] != begin
                or kinds[at] != kind
            ):
                del begins[at:], ends[at:], kinds[at:]
                begins.append(begin)
                ends.append(end)
                kinds.append(kind)
                break
            at += 1
        else:
            del begins[at:], ends[at:], kinds[at:]
        for begin, end, kind in fresh:
            begins.append(begin)
            ends.append(end)
            kinds.append(kind)
        return at

    def _kept(self, at: int) -> int:
        """Return how many of the first ``at`` leaves stand in the tree as they stand here.

        A leaf can end before all that changed and be another one now, as it grew over the white space and the
        line continuations behind it. So the last one is looked at; where it became another, the one before
        it, too. Those of closed sections are not in the tree.
        """
        begins, ends, kinds = self.begins, self.ends, self.kinds
        least = bisect_right(ends, self.base)
        while at > least:
            first_fresh = next(self._fresh([], ends[at - 2] if at > 1 else 0), None)
            if first_fresh == (begins[at - 1], ends[at - 1], kinds[at - 1]):
                break
            at -= 1
        return at


def _tell(tree: Tree, before: bytes, now: bytes) -> int:
    """Tell a tree what became of its text; return the first byte that differs."""
    least = min(len(before), len(now))
    first = _alike(least, lambda low, high: before[low:high] == now[low:high])
    ends = len(before), len(now)
    last = _alike(
        least - first,
        lambda low, high: (
            before[ends[0] - high : ends[0] - low] == now[ends[1] - high : ends[1] - low]
        ),
    )
    points = _point(before, first), _point(before, ends[0] - last), _point(now, ends[1] - last)
    tree.edit(first, ends[0] - last, ends[1] - last, *points)
    return first


def _alike(most: int, same: Callable[[int, int], bool]) -> int:
    """Return how many are the same from one side, in steps that halve."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if same(low, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _point(data: bytes, offset: int) -> Point:
    return data.count(b"\n", 0, offset), offset - (data.rfind(b"\n", 0, offset) + 1)
