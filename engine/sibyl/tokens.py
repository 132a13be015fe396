"""Step 3 of 9, words: the kinds of tokens, and the tokens that are fixed.

In: nothing.  Out: constants.  Called by: reader, vocab and all that read a stream.
"""

from __future__ import annotations

FIXED, NAME, MEMBER, ORIGIN = range(4)
"""Kinds of tokens: a mark or keyword, a name, a name after a dot, and what stands for that dot."""

KEYWORDS = frozenset(
    "False None True and as assert async await break class continue def del elif else except finally "
    "for from global if import in is lambda nonlocal not or pass raise return try while with "
    "yield".split()
)
STRUCTURE = ("<nl>", "<in>", "<de>", "<dd>", "<str>", "<num>", "<op>")
MARKS = ("(", "[", "{", ",", "=", "+=", "+", "-", "*", "/", "%", "|", "&", "==", "<", "->", "@")
FIXED_TOKENS = (*STRUCTURE, *MARKS, *sorted(KEYWORDS))
