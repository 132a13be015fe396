"""A server's list and what is typed of it.

In: labels and kinds in the server's order, and the letters typed.  Out: the same as arrays, and what begins so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sibyl.ranking.lists.labels import Ints, Labels, Mask
from sibyl.ranking.lists.listing import KIND, Listing, listing_named, listing_of

_MUCH_OF = 0.8
"""Share of a list up to which it pays to look at a part of it alone."""


@dataclass(frozen=True)
class WordList:
    """A list as the server gave it, in its order, for a word that is being typed."""

    listing: Listing
    typed: str = ""  # letters of the word that are there
    unbound: frozenset[str] = frozenset()  # what the text below uses and nothing there binds
    once: bool = (
        False  # it imports at the left margin, where no name is imported from one module twice
    )

    @classmethod
    def of(
        cls,
        labels: Sequence[str],
        kinds: Sequence[int],
        typed: str,
        unbound: frozenset[str] = frozenset(),
        once: bool = False,
        keep: bool = True,
    ) -> WordList:
        """Return a list whose labels stand for the names in them; see ``listing_of``."""
        return cls(listing_of(labels, kinds, keep), typed, unbound, once)

    @classmethod
    def named(
        cls,
        labels: Sequence[str],
        names: Sequence[str],
        kinds: Sequence[int],
        typed: str = "",
        unbound: frozenset[str] = frozenset(),
    ) -> WordList:
        """Return a list whose labels stand for these names."""
        return cls(listing_named(labels, names, kinds), typed, unbound)

    def __len__(self) -> int:
        return len(self.listing.names)

    @property
    def names(self) -> Sequence[str]:
        """What the labels stand for; equal for ``key`` and ``key=``."""
        return self.listing.names

    @property
    def rows(self) -> tuple[Labels, Ints]:
        """A table of labels, and the numbers of these."""
        return self.listing.rows

    @property
    def arguments(self) -> Mask:
        """Which candidates are keyword arguments."""
        return self.listing.arguments

    @property
    def imports(self) -> Mask:
        """Which candidates add an import."""
        return self.listing.imports

    @cached_property
    def shown(self) -> Ints | None:
        """Which candidates begin as typed, where that leaves many out; None: all count."""
        if not self.typed:
            return None
        shown = np.flatnonzero(self.prefixed)
        return shown if 0 < len(shown) < _MUCH_OF * len(self) else None

    @cached_property
    def part(self) -> WordList:
        """Those candidates as a list of their own."""
        assert self.shown is not None
        part = WordList(self.listing.part(self.shown), self.typed, self.unbound, self.once)
        part.__dict__["prefixed"] = np.ones(len(part), np.bool_)
        return part

    @property
    def echo(self) -> int | None:
        """Where an item stands that is what is typed and of no kind, if there is one.

        A server that takes the unfinished word for an attribute lists it, and knows nothing of it.
        """
        place = self.listing.places.get(self.typed) if self.typed else None
        if place is None:
            return None
        kinds = self.listing.numbers & KIND
        return None if kinds[place] or not kinds.any() else place

    def others(self) -> list[int]:
        """Return the places of all that are not shown: in the server's order, what adds an import last."""
        others = np.flatnonzero(~self.prefixed)
        places: list[int] = others[np.argsort(self.imports[others], kind="stable")].tolist()
        return places

    @cached_property
    def prefixed(self) -> Mask:
        """Which candidates begin as typed, in whatever case: what a menu shows that does not match loosely."""
        used, numbers = self.rows
        return used.beginning(numbers, self.typed.lower(), True)
