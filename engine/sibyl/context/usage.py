"""What this file has used so far.

In: the stream.  Out: for a name at the cursor, how often and how recently it was used after this receiver,
after receivers of this origin, after the member used last on this receiver, at all.

Everything is counted in the text above the cursor only, and can be had back token by token: each use is
one entry at the end of a list, taken off again when the stream goes back.
(Caches on top of a network: Grave et al. 2016; Hellendoorn & Devanbu 2017; Karampatsis & Sutton 2019.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sibyl.code.stream import MEMBER, Stream
from sibyl.context.chain import MemberChain
from sibyl.context.groups import MEMBERS, Group, around, places
from sibyl.context.words import WordUsage

Uses = dict[str, list[int]]


class Usage:
    """The uses in one stream, by what they followed; token indices in rising order.

    Groups of uses are named by short tuples: ``("m",)`` are all members, and ``places`` names the groups that a
    member in a given place belongs to. Names that are no members are in ``words``.
    """

    def __init__(self) -> None:
        self.words = WordUsage()
        self._groups: dict[Group, Uses] = {}
        self._chain = MemberChain()
        # Of each member in the chain its token, its name and its groups.
        self._members: list[tuple[int, str, tuple[Group, ...]]] = []
        self._seen = 0  # tokens read

    def advance(self, stream: Stream, first: int) -> None:
        """Follow the stream, whose tokens before ``first`` are as they were."""
        self.words.advance(stream, first)
        if first < self._seen:
            self._rewind(first)
        uses, kinds, texts = stream.uses, stream.kinds, stream.texts
        for index in range(self._seen, len(kinds)):
            if kinds[index] == MEMBER:
                _, origin, spelled, function, cls = uses[len(self._members)]
                before = self.last(spelled)
                surroundings = around(kinds, texts, index - 1)
                newest = self.last()
                groups = places(
                    texts, index, origin, spelled, before, surroundings, newest, function, cls
                )
                self._member(index, texts[index], spelled, groups)
        self._seen = len(kinds)

    def _member(self, index: int, name: str, spelled: str, groups: tuple[Group, ...]) -> None:
        for group in (MEMBERS, *groups):
            uses = self._groups.get(group)
            if uses is None:
                uses = self._groups[group] = {}
            uses.setdefault(name, []).append(index)
        self._chain.append(spelled, name)
        self._members.append((index, name, groups))

    def _rewind(self, first: int) -> None:
        while self._members and self._members[-1][0] >= first:
            _, name, groups = self._members.pop()
            for group in (MEMBERS, *groups):
                self._take_off(group, name)
            self._chain.pop()
        self._seen = first

    def _take_off(self, group: Group, name: str) -> None:
        """Forget the latest use of a name in a group."""
        uses = self._groups[group]
        uses[name].pop()
        if not uses[name]:
            del uses[name]
            if not uses:
                del self._groups[group]

    def group(self, *group: str) -> Mapping[str, Sequence[int]]:
        """Return the names used in a group, each with the token indices of its uses."""
        return self._groups.get(group, {})

    def of(self, *key: str) -> Sequence[int]:
        """Return the token indices at which a name (the last part of the key) was used in a group."""
        return self._groups.get(key[:-1], {}).get(key[-1], ())

    def names(self, members: bool) -> list[str]:
        """Return the members, or the other names, that were used, the latest first."""
        uses = self._groups.get(MEMBERS, {}) if members else self.words.seen()
        return sorted(uses, key=lambda name: -uses[name][-1])

    def last(self, spelled: str | None = None) -> str:
        """Return the member used last, on this receiver or on any; '' if none was."""
        return self._chain.last(spelled)
