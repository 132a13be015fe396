"""Step 7 of 9: what this file has used so far.

In: the stream.  Out: for a name at the cursor, how often and how recently it was used after this receiver,
after receivers of this origin, after the member used last on this receiver, at all; and whether this class
has it.  Called by: session, rank.

Everything is counted in the text above the cursor only, and can be had back token by token: each use is
one entry at the end of a list, taken off again when the stream goes back.
(Caches on top of a network: Grave et al. 2016; Hellendoorn & Devanbu 2017; Karampatsis & Sutton 2019.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sibyl.stream import FIXED, MEMBER, NAME, ORIGIN, Stream

Group = tuple[str, ...]
Uses = dict[str, list[int]]

_MEMBERS: Group = ("m",)
_NAMES: Group = ("n",)


class Usage:
    """The uses in one stream, by what they followed; token indices in rising order.

    Groups of uses are named by short tuples: ``("m",)`` all members, ``("n",)`` all other names,
    ``("s", receiver)``, ``("o", origin)``, ``("b", receiver, before)``, ``("p", origin, before)``, where
    ``before`` is the member used last on the receiver.
    """

    def __init__(self) -> None:
        self._groups: dict[Group, Uses] = {}
        self._log: list[tuple[int, Group, str]] = []  # every entry made, by token index
        self._last: dict[str, list[str]] = {}  # members used on a receiver, in order
        self._last_log: list[tuple[int, str]] = []
        self._seen = 0  # tokens read
        self._uses = 0  # members read

    def advance(self, stream: Stream, first: int) -> None:
        """Follow the stream, whose tokens before ``first`` are as they were."""
        if first < self._seen:
            self._rewind(first)
        uses, kinds, texts = stream.uses, stream.kinds, stream.texts
        for index in range(self._seen, len(kinds)):
            kind = kinds[index]
            if kind == NAME:
                self._note(index, _NAMES, texts[index])
            elif kind == MEMBER:
                _, origin, spelled = uses[self._uses]
                self._member(index, texts[index], origin, spelled)
                self._uses += 1
        self._seen = len(kinds)

    def _member(self, index: int, name: str, origin: str, spelled: str) -> None:
        chain = self._last.setdefault(spelled, [])
        before = chain[-1] if chain else ""
        note = self._note
        note(index, _MEMBERS, name)
        note(index, ("s", spelled), name)
        note(index, ("o", origin), name)
        note(index, ("b", spelled, before), name)
        note(index, ("p", origin, before), name)
        chain.append(name)
        self._last_log.append((index, spelled))

    def _note(self, index: int, group: Group, name: str) -> None:
        uses = self._groups.get(group)
        if uses is None:
            uses = self._groups[group] = {}
        uses.setdefault(name, []).append(index)
        self._log.append((index, group, name))

    def _rewind(self, first: int) -> None:
        log, groups = self._log, self._groups
        while log and log[-1][0] >= first:
            _, group, name = log.pop()
            uses = groups[group]
            entries = uses[name]
            entries.pop()
            if not entries:
                del uses[name]
                if not uses:
                    del groups[group]
        while self._last_log and self._last_log[-1][0] >= first:
            self._last[self._last_log.pop()[1]].pop()
            self._uses -= 1
        self._seen = first

    def group(self, *group: str) -> Mapping[str, Sequence[int]]:
        """Return the names used in a group, each with the token indices of its uses."""
        return self._groups.get(group, {})

    def of(self, *key: str) -> Sequence[int]:
        """Return the token indices at which a name (the last part of the key) was used in a group."""
        return self._groups.get(key[:-1], {}).get(key[-1], ())

    def names(self, members: bool) -> list[str]:
        """Return the members, or the other names, that were used, the latest first."""
        uses = self._groups.get(_MEMBERS if members else _NAMES, {})
        return sorted(uses, key=lambda name: -uses[name][-1])

    def last(self, spelled: str) -> str:
        """Return the member used last on this receiver, '' if none was."""
        chain = self._last.get(spelled)
        return chain[-1] if chain else ""


class Place:
    """What the text says of the place where a name is to be completed."""

    def __init__(self, stream: Stream, usage: Usage) -> None:
        kinds, texts, reader = stream.kinds, stream.texts, stream.reader
        self.tokens = len(kinds)
        self.member = bool(kinds) and kinds[-1] == ORIGIN and reader.dotted
        self.origin = texts[-1] if self.member else ""
        self.spelled = reader.spelled if self.member else ""
        self.value = reader.value if self.member else ""
        self.before = usage.last(self.spelled) if self.member else ""
        own = self.value[:2] in ("S:", "I:", "L:")
        self.attributes = reader.origins.members(self.value[2:]) if own else {}
        self.methods = {
            name
            for name in self.attributes
            if reader.origins.member(self.value[2:], name)[:2] == "M:"
        }
        self.target, self.previous = _around(kinds, texts)


def _around(kinds: list[int], texts: list[str]) -> tuple[str, str]:
    """Return the name that is being assigned or passed here, and the fixed token before the receiver."""
    index = len(kinds) - 1
    while index >= 0 and kinds[index] != FIXED:
        index -= 1
    previous = texts[index] if index >= 0 else "<nl>"
    for back in range(index, max(index - 12, 0), -1):
        text = texts[back]
        if kinds[back] != FIXED:
            continue
        if text == "=":
            return texts[back - 1], previous
        if text in ("<nl>", "<in>", "<de>", "<dd>", ","):
            break
    return "", previous
