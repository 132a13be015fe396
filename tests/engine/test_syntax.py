"""Step 2, syntax: a tree over the text above the cursor, kept while it changes.

In:   nothing.
Out:  nothing.
Who:  pytest.
"""

from __future__ import annotations

from sibyl.syntax import Syntax
from sibyl.text import Text

SOURCE = b"""import os  # a comment
class A(B):
    '''A docstring.'''
    def f(self):
        return os.path.join("a", f"{self.x!r:>{width}} {y:{z}} \\n")
"""


def leaves(source: bytes, stop: int | None = None, start: int = 0) -> list[bytes]:
    """The texts of the leaves of a source."""
    syntax = Syntax()
    syntax.advance(Text(source), len(source) if stop is None else stop)
    return [source[begin:end] for begin, end, _ in syntax.leaves(start)]


def test_leaves_come_in_order_and_cover_the_code() -> None:
    """Every piece of code is a leaf; comments and what is in strings are not."""
    found = b" ".join(leaves(SOURCE)).decode().split()
    wanted = "import os class A ( B ) : ''' ''' def f ( self ) : return os . path . join ( "
    wanted += '" " , f" { self . x !r } { y } " )'
    assert wanted.split() == found


def test_leaves_can_begin_anywhere() -> None:
    """From a byte on there come exactly those of all leaves that end after it."""
    syntax = Syntax()
    syntax.advance(Text(SOURCE), len(SOURCE))
    for start in range(len(SOURCE)):
        assert [leaf for leaf in syntax.leaves(0) if leaf[1] > start] == list(syntax.leaves(start))


def test_nothing_from_the_stop_on_exists() -> None:
    """What stands below the cursor is no part of the tree."""
    assert leaves(SOURCE[:30]) == leaves(SOURCE, 30)


def test_advance_says_where_the_change_begins() -> None:
    """An edit above is told by its first byte; where nothing changed, nothing is stale."""
    text, syntax = Text(SOURCE), Syntax()
    assert syntax.advance(text, len(text)) == 0
    assert syntax.advance(text, len(text)) is None
    at = SOURCE.index(b"path")
    syntax.edit(text.apply(at, 4, b"name"))
    stale = syntax.advance(text, len(text))
    assert stale is not None and stale <= at
    syntax.edit(text.apply(at, 0, b"x"))
    assert syntax.advance(text, at) is not None
    below = text.apply(len(text) - 1, 1, b"")
    syntax.edit(below)
    assert syntax.advance(text, at) is None


def test_a_tree_that_moved_equals_a_fresh_one() -> None:
    """Going up and down in a sound text leaves no trace."""
    text, syntax = Text(SOURCE * 3), Syntax()
    for stop in (10, 200, 0, 340, 100, len(text), 5, len(text)):
        syntax.advance(text, stop)
    fresh = Syntax()
    fresh.advance(text, len(text))
    assert list(fresh.leaves(0)) == list(syntax.leaves(0))
    assert fresh.tree is not None and syntax.tree is not None
    assert str(fresh.tree.root_node) == str(syntax.tree.root_node)


def test_a_forgotten_tree_is_made_again() -> None:
    """An edit that reaches over the cursor takes the end away; after a rest all is parsed afresh."""
    text, syntax = Text(SOURCE), Syntax()
    syntax.advance(text, 60)
    syntax.edit(text.apply(50, 20, b"xy"))
    assert 0 < (syntax.advance(text, 55) or 0) <= 50
    assert leaves(bytes(text.data), 55) == [
        bytes(text.data[begin:end]) for begin, end, _ in syntax.leaves(0)
    ]
    syntax.refresh()
    assert list(syntax.leaves(0)) == []
    assert syntax.advance(text, 55) == 0


def test_without_a_text_there_are_no_leaves() -> None:
    """Asking before anything was parsed is no error."""
    assert list(Syntax().leaves(0)) == []
