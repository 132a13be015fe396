"""Python's grammar as tree-sitter has it, as far as we look at it.

In: a tree.  Out: its leaves in reading order, and what leaves of each type are called.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import tree_sitter_python
from tree_sitter import Language, Tree

from sibyl.code.tokens import KEYWORDS, MARKS

LANGUAGE = Language(tree_sitter_python.language())
KINDS: dict[int, str] = {
    number: LANGUAGE.node_kind_for_id(number) or "" for number in range(LANGUAGE.node_kind_count)
} | {0xFFFF: "ERROR"}
"""Tree-sitter's node types by number; an anonymous node's type is its own text."""

Leaf = tuple[int, int, int]
"""First byte, byte after the last, and the number of the node's type."""


def numbers(*names: str) -> frozenset[int]:
    """Return the numbers of node types."""
    return frozenset(number for number, name in KINDS.items() if name in names)


# Leaves that say nothing about code: what is in strings is not read, comments neither.
_SILENT = numbers(
    "comment", "string_content", "escape_sequence", "escape_interpolation", "format_specifier"
)
_LITERALS = ("string_start", "string_end", "integer", "float")
_DROPPED = ("type_conversion", "line_continuation")
LITERALS, DROPPED = numbers(*_LITERALS), numbers(*_DROPPED)
IDENTIFIER, CONTINUED = numbers("identifier"), numbers("line_continuation")
UNPACKS = numbers("**")

SPELLED = {  # leaves whose type is not their text, and operators that are told as one
    **dict.fromkeys(("<=", ">", ">="), "<"),
    **dict.fromkeys(("!=", "<>"), "=="),
    **dict.fromkeys(
        ("-=", "*=", "/=", "//=", "%=", "**=", "|=", "&=", "^=", ">>=", "<<=", "@="), "+="
    ),
    "//": "/",
    "**": "*",
    "ellipsis": "None",
    "true": "True",
    "false": "False",
    "none": "None",
}
OPEN, CLOSE = frozenset("([{"), frozenset(")]}")
OTHERS = frozenset((*MARKS, ".", ":", ";", ":="))
"""Leaves that are told by a mark or not at all."""
_KNOWN = OTHERS | KEYWORDS | OPEN | CLOSE | {*_LITERALS, *_DROPPED}
WORDS = {number: SPELLED.get(kind, kind) for number, kind in KINDS.items()}
WORDS = {number: word for number, word in WORDS.items() if word in _KNOWN}
"""What leaves of a type are called; one whose type is not here is called by its own text."""


STRING_START, _STRING_END = min(numbers("string_start")), min(numbers("string_end"))


def left_open(kinds: array[int]) -> list[int]:
    """Return which of these leaves, known by their types in reading order, begin a string that none ends."""
    opened: list[int] = []
    if kinds.count(STRING_START) == kinds.count(_STRING_END):
        return opened
    for number, kind in enumerate(kinds):
        if kind == STRING_START:
            opened.append(number)
        elif kind == _STRING_END:
            del opened[-1:]
    return opened


def leaves_of(tree: Tree, base: int, start: int) -> Iterator[Leaf]:
    """Yield the leaves that end after byte ``start``, in reading order; the tree's text begins at ``base``."""
    cursor = tree.walk()
    while cursor.goto_first_child_for_byte(max(start - base, 0)) is not None:
        assert cursor.node is not None
        if cursor.node.kind_id in _SILENT:  # a format specifier has children, silent like itself
            break
    down, along, up = cursor.goto_first_child, cursor.goto_next_sibling, cursor.goto_parent
    while True:
        node = cursor.node
        assert node is not None
        kind, end = node.kind_id, node.end_byte + base
        if end > start and kind not in _SILENT:
            if down():
                continue
            begin = node.start_byte + base
            if begin < end:  # a node without bytes is tree-sitter's guess at what is missing
                yield begin, end, kind
        while not along():
            if not up():
                return
