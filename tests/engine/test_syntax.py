"""Syntax: a tree over the text above the cursor, kept while it changes."""

from __future__ import annotations

import pytest

from sibyl.code.grammar import leaves_of
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text

SOURCE = b"""import os  # a comment
class A(B):
    '''A docstring.'''
    def f(self):
        return os.path.join("a", f"{self.x!r:>{width}} {y:{z}} \\n")
"""


def leaves(source: bytes, stop: int | None = None) -> list[bytes]:
    """The texts of the leaves of a source."""
    syntax = Syntax()
    syntax.advance(Text(source), len(source) if stop is None else stop)
    return [source[begin:end] for begin, end, _ in syntax.leaves()]


def test_leaves_come_in_order_and_cover_the_code() -> None:
    """Every piece of code is a leaf; comments and what is in strings are not."""
    words = b" ".join(leaves(SOURCE)).decode().split()
    wanted = "import os class A ( B ) : ''' ''' def f ( self ) : return os . path . join ( "
    wanted += '" " , f" { self . x !r } { y } " )'
    assert wanted.split() == words


def test_leaves_can_begin_anywhere() -> None:
    """From a byte, or a number, on there come exactly those of all leaves that end, or stand, after it."""
    syntax = Syntax()
    syntax.advance(Text(SOURCE), len(SOURCE))
    assert syntax.tree is not None
    every = list(syntax.leaves())
    for start in range(len(SOURCE)):
        from_start = list(leaves_of(syntax.tree, 0, start))
        assert [leaf for leaf in every if leaf[1] > start] == from_start
    for first in range(len(every) + 1):
        assert every[first:] == list(syntax.leaves(first))


def test_nothing_from_the_stop_on_exists() -> None:
    """What stands below the cursor is no part of the tree."""
    assert leaves(SOURCE[:30]) == leaves(SOURCE, 30)


def test_advance_says_how_many_leaves_are_as_they_were() -> None:
    """An edit above is told by the leaves before it; where nothing changed, all are as they were."""
    text, syntax = Text(SOURCE), Syntax()
    assert syntax.advance(text, len(text)) == 0
    every = list(syntax.leaves())
    assert syntax.advance(text, len(text)) == len(every)
    at = SOURCE.index(b"path")
    before = sum(end <= at for _, end, _ in every)
    syntax.edit(text.apply(at, 4, b"name"))
    assert syntax.advance(text, len(text)) == before  # the same leaves, but another word
    syntax.edit(text.apply(at, 0, b"x"))
    assert syntax.advance(text, at) == before == len(list(syntax.leaves()))
    syntax.edit(text.apply(len(text) - 1, 1, b""))  # below the end
    assert syntax.advance(text, at) == before


def test_a_tree_that_moved_equals_a_fresh_one() -> None:
    """Going up and down in a sound text leaves no trace."""
    text, syntax = Text(SOURCE * 3), Syntax()
    for stop in (10, 200, 0, 340, 100, len(text), 5, len(text)):
        syntax.advance(text, stop)
    fresh = Syntax()
    fresh.advance(text, len(text))
    assert list(fresh.leaves()) == list(syntax.leaves())
    assert fresh.tree is not None and syntax.tree is not None
    assert str(fresh.tree.root_node) == str(syntax.tree.root_node)


def test_an_edit_over_the_end_and_a_rest() -> None:
    """An edit that reaches over the cursor takes the end away; a rest finds all as it was."""
    text, syntax = Text(SOURCE), Syntax()
    syntax.advance(text, 60)
    syntax.edit(text.apply(50, 20, b"xy"))
    syntax.advance(text, 55)
    every = list(syntax.leaves())
    assert [bytes(text.data[begin:end]) for begin, end, _ in every] == leaves(bytes(text.data), 55)
    tree = syntax.tree
    syntax.refresh()
    assert syntax.advance(text, 55) == len(every)
    assert list(syntax.leaves()) == every and syntax.tree is not tree


@pytest.mark.parametrize("grown", [1, 3])
def test_a_leaf_that_ends_before_the_change_is_compared(grown: int) -> None:
    """Where the last leaves before a change are others in the tree, all of them are laid again."""
    source = b"a = b\nc = not \\\n \\\n"
    text, syntax = Text(source), Syntax()
    syntax.advance(text, len(text))
    sound = list(syntax.leaves())
    for at in range(len(sound) - grown, len(sound)):  # as if they had been shorter before
        syntax.ends[at] -= 1 if syntax.ends[at] - syntax.begins[at] > 1 else 0
        syntax.kinds[at] += 1
    syntax.edit(text.apply(len(text), 0, b"in"))
    same = syntax.advance(text, len(text))
    assert syntax.tree is not None
    assert list(leaves_of(syntax.tree, 0, 0)) == list(syntax.leaves())
    assert same <= len(sound) - grown


@pytest.mark.parametrize("quote", ['"""', "'''", "rb'''"])
@pytest.mark.parametrize("close", ["typed", "pasted", "mended", "seen"])
def test_a_string_that_was_left_open_is_one_as_soon_as_it_is_closed(quote: str, close: str) -> None:
    """What was read of its text as code is gone, however its end came to be, far behind its statement."""
    above = f"class A:\n    def f(self):\n        {quote}One two."
    quotes = quote[-3:].encode()
    text, syntax = Text(above.encode()), Syntax()
    syntax.advance(text, len(text))
    edits = [(bytes((letter,)), 0) for letter in b"\nt\n"]
    edits += {
        "typed": [(quotes[:1], 0)] * 3,
        "pasted": [(quotes, 0)],
        "mended": [(quotes[:2] + b"x", 0), (quotes[:1], 1)],
        "seen": [(quotes, 0)],
    }[close]
    for new, old in edits:
        syntax.edit(text.apply(len(text) - old, old, new))
        syntax.advance(text, len(text) - 3 * (close == "seen"))
    syntax.advance(text, len(text))
    words = [bytes(text.data[begin:end]) for begin, end, _ in syntax.leaves()]
    assert words == leaves(bytes(text.data))
    assert words[-2:] == [quote.encode(), quotes]
    assert syntax.tree is not None and not syntax.tree.root_node.has_error


def test_without_a_text_there_are_no_leaves() -> None:
    """Asking before anything was parsed is no error."""
    assert list(Syntax().leaves()) == []
