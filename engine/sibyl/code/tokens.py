"""The kinds of tokens, and the tokens that are fixed.

In: nothing.  Out: constants.
"""

from __future__ import annotations

from typing import NamedTuple

FIXED, NAME, MEMBER, ORIGIN = range(4)
"""Kinds of tokens: a mark or keyword, a name, a name after a dot, and what stands for that dot."""

KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally "
    "for from global if import in is lambda nonlocal not or pass raise return try while with "
    "yield".split()
)
KEYWORD_ARGUMENT = "<kw>"
"""Stands for the ``=`` behind the name of a keyword argument; any other ``=`` is itself."""
STAR = "*"
"""Stands before a parameter that takes any number of arguments, and alone where the rest is given by name."""
STRUCTURE = ("<nl>", "<in>", "<de>", "<dd>", "<str>", "<num>", "<op>", KEYWORD_ARGUMENT)
LINES = frozenset(("<nl>", "<in>", "<de>", "<dd>"))
"""Stand between two statements."""
MARKS = ("(", "[", "{", ",", "=", "+=", "+", "-", "*", "/", "%", "|", "&", "==", "<", "->", "@")
FIXED_TOKENS = (*STRUCTURE, *MARKS, *sorted(KEYWORDS))


class Use(NamedTuple):
    """One member in the stream, and what is known of its receiver."""

    at: int  # index of the member's token
    origin: str  # text of the token before it
    spelled: str  # receiver as written
    function: str  # name of the function around
    cls: str  # name of the class the receiver seems to be of, or is; '' if none


class Quoted(NamedTuple):
    """A string that is in no other one, and what it says outside of braces, or how that begins."""

    at: int  # the index of its token
    text: str
    begin: int  # the byte behind its first quote
    end: int  # the byte of its last one


class Word(NamedTuple):
    """One name in the stream that is no member, and what is known of its place."""

    at: int  # index of the name's token
    where: str  # see ``Statements.where``
    callee: str  # last name of what is called, where it stands among arguments
    called: str  # value of what is called, '' if unknown
    argument: int  # commas before it in this call
    keyword: str  # name of the keyword argument whose value it is part of
    given: str  # keyword argument given last in this call
    module: str  # that it is imported from
    target: str  # name, or .name of an attribute of self, that the statement assigns to
