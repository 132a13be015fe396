"""What this file has used so far.

In: the stream.  Out: for a name at the cursor, how often and how recently it was used after this receiver,
after receivers of this origin, after the member used last on this receiver, at all; and whether this class
has it.

Everything is counted in the text above the cursor only, and can be had back token by token: each use is
one entry at the end of a list, taken off again when the stream goes back.
(Caches on top of a network: Grave et al. 2016; Hellendoorn & Devanbu 2017; Karampatsis & Sutton 2019.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sibyl.code.origins import Scope, Scopes
from sibyl.code.stream import FIXED, MEMBER, NAME, ORIGIN, Stream
from sibyl.code.tokens import KEYWORD_ARGUMENT
from sibyl.code.values import class_name, is_function, is_local, rest
from sibyl.context.words import Seen, WordUsage, hashes

Group = tuple[str, ...]
Uses = dict[str, list[int]]

_MEMBERS: Group = ("m",)
_NEAR = 30  # tokens
_FAR = 64  # tokens looked back at: in a string left open, no fixed token may stand before for a whole file
_GIVES = frozenset(("=", KEYWORD_ARGUMENT))
_LINES = frozenset(("<nl>", "<in>", "<de>", "<dd>"))


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
        ("x", spelled, "<nl>" if previous in _LINES else previous),
        ("c", newest),
        ("3", *texts[max(end - 3, 0) : end]),
        ("6", *texts[max(end - 6, 0) : end]),
        ("f", function, spelled),
        ("k", cls or origin),
    )


class Usage:
    """The uses in one stream, by what they followed; token indices in rising order.

    Groups of uses are named by short tuples: ``("m",)`` are all members, and ``places`` names the groups that a
    member in a given place belongs to. Names that are no members are in ``words``.
    """

    def __init__(self) -> None:
        self.words = WordUsage()
        self._groups: dict[Group, Uses] = {}
        self._log: list[tuple[int, Group, str]] = []  # every entry made, by token index
        self._last: dict[str, list[str]] = {}  # members used on a receiver, in order
        self._last_log: list[tuple[int, str]] = []
        self._order: list[str] = []  # all members used
        self._seen = 0  # tokens read
        self._uses = 0  # members read

    def advance(self, stream: Stream, first: int) -> None:
        """Follow the stream, whose tokens before ``first`` are as they were."""
        self.words.advance(stream, first)
        if first < self._seen:
            self._rewind(first)
        uses, kinds, texts = stream.uses, stream.kinds, stream.texts
        for index in range(self._seen, len(kinds)):
            if kinds[index] == MEMBER:
                _, origin, spelled, function, cls = uses[self._uses]
                before = self.last(spelled)
                told = around(kinds, texts, index - 1)
                newest = self.last()
                groups = places(texts, index, origin, spelled, before, told, newest, function, cls)
                self._member(index, texts[index], spelled, groups)
                self._uses += 1
        self._seen = len(kinds)

    def _member(self, index: int, name: str, spelled: str, groups: tuple[Group, ...]) -> None:
        for group in (_MEMBERS, *groups):
            self._note(index, group, name)
        self._last.setdefault(spelled, []).append(name)
        self._last_log.append((index, spelled))
        self._order.append(name)

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
            self._order.pop()
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
        uses = self._groups.get(_MEMBERS, {}) if members else self.words.seen()
        return sorted(uses, key=lambda name: -uses[name][-1])

    def last(self, spelled: str | None = None) -> str:
        """Return the member used last, on this receiver or on any; '' if none was."""
        chain = self._order if spelled is None else self._last.get(spelled)
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
        self.cls = class_name(self.value)
        self.before = usage.last(self.spelled) if self.member else ""
        own = is_local(self.value)
        self.attributes = reader.origins.members(rest(self.value)) if own else {}
        self.methods = {
            name
            for name in self.attributes
            if is_function(reader.origins.member(rest(self.value), name))
        }
        around_self = self.value == "super()" or self.spelled.startswith("self.")
        cls = rest(self.value) if own else reader.around_class() if around_self else ""
        self.bases = reader.origins.outer_bases(cls)
        self.function = reader.function()
        self.near = [
            text
            for kind, text in zip(kinds[-_NEAR:], texts[-_NEAR:], strict=True)
            if kind in (NAME, MEMBER)
        ]
        end = len(kinds)
        told = self.target, self.previous = around(kinds, texts, end - 1)
        self.newest = usage.last()
        self.newest_token = texts[-1] if texts else "<nl>"
        self.word = reader.word(reader.leaves)
        self.contexts = hashes(self.word, texts, usage.words.before)
        self._scopes = reader.scopes
        self._like: list[dict[str, Seen]] | None = None
        self.given: list[str] = []  # keyword arguments of this call
        given = reader.given
        while given is not None:
            self.given.append(given[1])
            given = given[0]
        self.groups: tuple[Group, ...] = places(
            texts,
            end,
            self.origin,
            self.spelled,
            self.before,
            told,
            self.newest,
            self.function,
            self.cls,
        )

    def like(self, words: WordUsage) -> list[dict[str, Seen]]:
        """Return what ``words`` says of places like this one; looked for once."""
        if self._like is None:
            self._like = words.like(self.contexts)
        return self._like

    def bindings(self) -> Iterator[tuple[str, Scope]]:
        """Yield the scopes a name is looked for in, innermost first: function, enclosing, class, module."""
        at: Scopes | None = self._scopes
        inner = True
        while at is not None:
            scope = at[1]
            if at[0] is None:
                yield "module", scope
            elif scope.cls is None:
                yield "function" if inner else "enclosing", scope
                inner = False
            elif at is self._scopes:  # class bodies are not seen from the functions in them
                yield "class", scope
            at = at[0]


def around(kinds: list[int], texts: list[str], index: int) -> tuple[str, str]:
    """Return the name assigned or passed where token ``index`` is, and the fixed token before its receiver."""
    farthest = max(index - _FAR, -1)
    while index > farthest and kinds[index] != FIXED:
        index -= 1
    previous = texts[index] if index > farthest else "<nl>"
    for back in range(index, max(index - 12, 0), -1):
        text = texts[back]
        if kinds[back] != FIXED:
            continue
        if text in _GIVES:
            return texts[back - 1], previous
        if text == "," or text in _LINES:
            break
    return "", previous
