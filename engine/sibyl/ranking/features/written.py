"""What strings, comments and docstrings name, in the pieces that names are made of.

In: the place.  Out: ``Written``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from sibyl.context.place import Place
from sibyl.ranking.lists.labels import pieces_of

_LONGEST = 40
"""Characters of a string that may name something."""
_NO_NAME = re.compile(r"\W+")
_WORD = re.compile(r"[^\W\d]\w*")
_COMMON = frozenset(
    "the an of to in is for and or if this that be are with from by on not it as return returns none true "
    "false self should we will when all param type args".split()
)
"""Words of any sentence."""

Pieces = frozenset[str]


class Written(NamedTuple):
    """The pieces of what is written around a place."""

    name: str  # what the last string of the statement says, as a name
    string: Pieces  # of that string
    near: Pieces  # of the last few strings
    comments: Pieces
    docstring: Pieces
    label: Pieces  # of the last word before the braces that the place is in

    @classmethod
    def of(cls, place: Place) -> Written:
        """Return what is written around a place."""
        last = place.quoted[-1] if place.quoted else ""
        name = _NO_NAME.sub("_", last).strip("_") if len(last) <= _LONGEST else ""
        near = [pieces_in(text) for text in place.quoted_near if len(text) <= _LONGEST]
        return cls(
            name,
            pieces_in(last) if name else frozenset(),
            frozenset().union(*near),
            pieces_in(place.comments),
            pieces_in(place.docstring),
            pieces_in("".join(_WORD.findall(place.label)[-1:])),
        )

    def without_strings(self) -> Written:
        """Return the same as if there were no strings."""
        return self._replace(name="", string=frozenset(), near=frozenset())


@lru_cache(maxsize=1000)
def pieces_in(text: str) -> Pieces:
    """Return the pieces of the words of a text that say something."""
    if not text:
        return frozenset()
    return frozenset().union(*map(pieces_of, _WORD.findall(text))) - _COMMON
