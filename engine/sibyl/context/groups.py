"""The groups that uses are counted in, here and across files: their names and their keys, side by side.

In: what is known of a use or of a place.  Out: its keys, in the order of the names.

Columns of features, notes of files and answers of memories follow the names of these tables; a group that is
added here is added everywhere.
"""

from __future__ import annotations

from sibyl.code.stream import FIXED
from sibyl.code.tokens import KEYWORD_ARGUMENT, LINES, Use, Word

Group = tuple[str, ...]

_LONGEST = 80  # characters of a key; longer receivers are met once
FAR = 64  # tokens looked back at: in a string left open, no fixed token may stand before for a whole file
_GIVES = frozenset(("=", KEYWORD_ARGUMENT))

# In this file -----------------------------------------------------------------------------------

MEMBERS: Group = ("m",)
"""The group of all members."""
USED = (
    "receiver", "origin", "after", "origin_after", "target", "mark", "newest", "tokens3", "tokens6",
    "function", "class",
)  # fmt: skip
"""The groups of a member in this file by what it follows, in the order of ``places``."""


def places(
    texts: list[str],
    end: int,
    origin: str,
    spelled: str,
    before: str,
    around: tuple[str, str],
    newest: str,
    function: str,
    cls: str,
) -> tuple[Group, ...]:
    """Return the groups of a member by what it follows.

    After the receiver (as written), after its origin, after the member used last on it (by receiver and by
    origin), in an assignment to the same name, after the same mark or keyword, after the member used
    last on anything, after the same few tokens, after the same several, on the receiver in functions of the
    same name, on anything of the same class.
    """
    target, previous = around
    return (
        ("s", spelled),
        ("o", origin),
        ("b", spelled, before),
        ("p", origin, before),
        ("t", target) if target else ("t", spelled, ""),
        ("x", spelled, "<nl>" if previous in LINES else previous),
        ("c", newest),
        ("3", *texts[max(end - 3, 0) : end]),
        ("6", *texts[max(end - 6, 0) : end]),
        ("f", function, spelled),
        ("k", cls or origin),
    )


def around(kinds: list[int], texts: list[str], index: int) -> tuple[str, str]:
    """Return the name assigned or passed where token ``index`` is, and the fixed token before its receiver."""
    farthest = max(index - FAR, -1)
    while index > farthest and kinds[index] != FIXED:
        index -= 1
    previous = texts[index] if index > farthest else "<nl>"
    for back in range(index, max(index - 12, 0), -1):
        text = texts[back]
        if kinds[back] != FIXED:
            continue
        if text in _GIVES:
            return texts[back - 1], previous
        if text == "," or text in LINES:
            break
    return "", previous


# Across files -----------------------------------------------------------------------------------

GROUPS = (
    "origin", "last", "chain", "member", "target", "function", "class", "mark", "newest",
)  # fmt: skip
"""The contexts asked for, in the order of ``keys``."""
ACCEPTED = GROUPS[:4]
"""Those under which accepted items are kept."""
WORD_GROUPS = (
    "where", "callee", "callee_last", "given", "value", "imported", "imported_last", "anywhere",
)  # fmt: skip
"""The contexts asked for where no member is completed, in the order of ``word_keys``."""
ACCEPTED_WORDS = ("callee_last", "imported", "anywhere")
"""Those under which accepted items are kept."""
COUNTED_BY_PART = frozenset(("base", "decorator", "raise", "except", "annotation", "module"))
"""Parts of statements whose names are counted by part: elsewhere they are local, or told by the rest."""


def word_keys(word: Word) -> tuple[str, ...]:
    """Return the contexts under which a name that is no member is counted across files.

    In this part of a statement; among the arguments of this callee, by where it comes from and by its last name
    (files spell imports differently); after the same keyword argument; as the value of this keyword; imported
    from this module, from any module of this last name; at all.
    """
    imported = word.where == "import"
    contexts = (
        f"W {word.where}" if word.where in COUNTED_BY_PART else "",
        f"C {word.called}" if word.called else "",
        f"L {word.callee}" if word.callee else "",
        f"G {word.callee} {word.given}" if word.callee else "",
        f"V {word.keyword}" if word.keyword else "",
        f"I {word.module}" if imported else "",
        f"J {word.module.rpartition('.')[2]}" if imported else "",
        "N",
    )
    return tuple(key[:_LONGEST] for key in contexts)


def keys(use: Use, before: str, surroundings: tuple[str, str], newest: str) -> tuple[str, ...]:
    """Return the contexts under which a member is counted across files.

    After the receiver's origin, after its last name (``self.client`` and ``client`` alike), after the member
    used before it on the same receiver, at all; in an assignment to the same name, in functions of the same
    name, on anything of the same class, after the same mark or keyword, after the member used last on anything.
    """
    last = use.spelled.rpartition(".")[2]
    target, previous = surroundings
    contexts = (
        f"o {use.origin}",
        f"l {last}",
        f"p {use.origin} {before}",
        "m",
        f"t {target}" if target else "",
        f"f {use.function} {use.origin}" if use.function else "",
        f"k {use.cls}" if use.cls else "",
        f"x {use.origin} {previous}",
        f"c {newest} {use.origin}",
    )
    return tuple(key[:_LONGEST] for key in contexts)
