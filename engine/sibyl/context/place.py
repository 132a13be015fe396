"""The place where a name is to be completed.

In: the stream, the file's usage.  Out: ``Place``: the receiver, the class and function around, what stands
near, the groups and contexts that uses in such places are counted in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sibyl.code.origins import Scope, Scopes
from sibyl.code.stream import FIXED, MEMBER, NAME, ORIGIN, Stream
from sibyl.code.tokens import LINES, STAR
from sibyl.code.values import class_name, is_function, is_local, rest
from sibyl.context.groups import FAR, Group, around, places
from sibyl.context.prose import comments, docstring, in_braces, label, strings_near, strings_of
from sibyl.context.usage import Usage
from sibyl.context.words import Seen, WordUsage, hashes

_NEAR = 30  # tokens
_SOFT = frozenset(("match", "case", "type"))


class Place:
    """What the text says of the place where a name is to be completed."""

    def __init__(self, stream: Stream, usage: Usage) -> None:
        kinds, texts, reader = stream.kinds, stream.texts, stream.reader
        self.tokens = len(kinds)
        self.newest = usage.last()
        self.newest_token = texts[-1] if texts else "<nl>"
        self.statement = _statement(kinds, texts)
        self.function = reader.function()
        self.near = [
            text
            for kind, text in zip(kinds[-_NEAR:], texts[-_NEAR:], strict=True)
            if kind in (NAME, MEMBER)
        ]
        surroundings = self.target, self.previous = around(kinds, texts, len(kinds) - 1)
        self._scopes = reader.scopes
        # The first token behind the header of the function around, 0 outside of functions.
        self.begins = next(
            (scope.begins for level, scope in self.bindings() if level == "function"), 0
        )
        self._read_receiver(stream, usage)
        self._read_word(stream, usage)
        self._read_prose(stream)
        self.groups: tuple[Group, ...] = places(
            texts,
            len(kinds),
            self.origin,
            self.spelled,
            self.before,
            surroundings,
            self.newest,
            self.function,
            self.cls,
        )

    def _read_receiver(self, stream: Stream, usage: Usage) -> None:
        """Note what stands before the dot, and what its class binds."""
        reader = stream.reader
        self.member = bool(stream.kinds) and stream.kinds[-1] == ORIGIN and reader.dotted
        self.origin = stream.texts[-1] if self.member else ""
        self.spelled = reader.spelled if self.member else ""
        self.value = reader.value if self.member else ""
        self.cls = class_name(self.value)
        self.before = usage.last(self.spelled) if self.member else ""
        own = is_local(self.value)
        bound = reader.origins.members(rest(self.value)) if own else {}
        self.attributes = {name: distance for name, (distance, _) in bound.items()}
        self.methods = {name for name, (_, value) in bound.items() if is_function(value)}
        # What a method asks of its base is nearly always what it overrides (bench/LOG.md).
        self.overridden = self.function if self.value == "super()" else ""
        around_self = self.value == "super()" or self.spelled.startswith("self.")
        cls = rest(self.value) if own else reader.around_class() if around_self else ""
        self.bases = reader.origins.outer_bases(cls)

    def _read_word(self, stream: Stream, usage: Usage) -> None:
        """Note what may begin here where no member does, and the call around."""
        reader = stream.reader
        self.word = reader.word(reader.leaves)
        # Behind an operand only a keyword goes on, but for statements that begin with a soft keyword.
        soft = reader.leaves == 1 and reader.last in _SOFT
        self.operand = bool(reader.value) and not reader.dotted and not soft
        self.from_module = self.operand and reader.head == "from" and self.word.where == "module"
        self.contexts = hashes(self.word, stream.texts, usage.words.before)
        self._like: list[dict[str, Seen]] | None = None
        self.parameters = reader.origins.signature(self.word.called, self.word.callee)
        self.given: list[str] = []  # keyword arguments of this call
        given = reader.given
        while given is not None:
            self.given.append(given[1])
            given = given[0]

    def _read_prose(self, stream: Stream) -> None:
        """Note strings, comments and the docstring that tell what is meant."""
        self.quoted = strings_of(stream, self.statement)  # in this statement
        self.quoted_near = strings_near(stream)
        self.label = label(stream)
        self.in_braces = in_braces(stream)
        self.comments = comments(stream)
        self.docstring = docstring(stream, self.begins) if self.begins else ""

    def like(self, words: WordUsage) -> list[dict[str, Seen]]:
        """Return what ``words`` says of places like this one; looked for once."""
        if self._like is None:
            self._like = words.like(self.contexts)
        return self._like

    def not_given(self, parameters: Sequence[str]) -> list[str]:
        """Return those of a function's parameters, in order, that this call does not give yet.

        Those behind a starred one are given by their names alone.
        """
        by_place = max(0, self.word.argument - len(self.given))
        starred = (at for at, name in enumerate(parameters) if name[:1] == STAR)
        left = parameters[min(by_place, next(starred, by_place)) :]
        return [name for name in left if name[:1] != STAR and name not in self.given]

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


def _statement(kinds: list[int], texts: list[str]) -> int:
    """Return the first token of the statement at the end, or of its last ``FAR`` tokens."""
    first = max(len(kinds) - FAR, 0)
    for index in range(len(kinds) - 1, first - 1, -1):
        if kinds[index] == FIXED and texts[index] in LINES:
            return index + 1
    return first
