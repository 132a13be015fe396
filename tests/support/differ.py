"""One buffer edited step by step, every layer compared with one made from scratch.

In:   a text, then edits and moves of the cursor, as an editor makes them.
Out:  `Differ`: counts of edits, comparisons and drift; `Different` when a layer is not what it must be.

    text        the bytes, always
    syntax      where a long text is cut, and what was read of closed sections, always; the tree of the
                open section on sound code always. On broken code an incremental tree may differ from a
                fresh one (tree-sitter's recovery looks at what was there before). That is *drift*:
                counted, and a quiet moment (`Session.rest`) must mend it.
    stream      equals one from scratch; where the trees drifted, one read from the very same tree
    usage, states, place, ranking
                equal those from scratch whenever the streams do: states and scores to the last bit

After a change in syntax, reader, stream, states or usage run `make fuzz`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sibyl.code.stream import Stream
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text
from sibyl.context.place import Place
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

_ODD = ["append", "__init__", "_x", "UPPER", "naïve", "join(…)", "key=", "", "append"]


class Different(AssertionError):
    """A layer kept incrementally differs from the one made from scratch."""


class _Kept(Syntax):
    """The cuts and the tree of another as they are, its leaves laid out again."""

    def __init__(self, other: Syntax) -> None:
        super().__init__()
        self._sections = other._sections
        self.tree, self.base, self.stop = other.tree, other.base, other.stop

    def advance(self, text: Text, stop: int) -> int:  # noqa: ARG002 (nothing to parse)
        return self._lay(self._sections.closed, 0)


class Differ:
    """A session, its twin from scratch at every check, and the counts."""

    def __init__(
        self, ranker: Ranker, source: str | bytes = b"", cursor: int | None = None
    ) -> None:
        self.ranker = ranker
        self.data = source.encode() if isinstance(source, str) else bytes(source)
        self.session = Session(ranker, self.data)
        self.cursor = len(self.data) if cursor is None else cursor
        self.edits = self.comparisons = self.broken = self.drift = 0

    # an editor's doings -----------------------------------------------------------------------------

    def edit(self, start: int, old_length: int, new: str | bytes) -> None:
        """Replace bytes; the cursor comes to stand after what was put in."""
        new = new.encode() if isinstance(new, str) else new
        self.session.edit(start, old_length, new)
        self.data = self.data[:start] + new + self.data[start + old_length :]
        self.cursor = start + len(new)
        self.edits += 1

    def type(self, text: str, check: bool = True) -> None:
        """Type at the cursor, character by character."""
        for character in text:
            self.edit(self.cursor, 0, character)
            self.session.prepare(self.cursor)
            if check:
                self.check()

    def backspace(self, times: int = 1) -> None:
        """Delete characters before the cursor."""
        for _ in range(times):
            start = self.cursor - 1
            while start > 0 and self.data[start] & 0xC0 == 0x80:
                start -= 1
            self.edit(start, self.cursor - start, b"")
            self.check()

    def move(self, cursor: int) -> None:
        """Jump."""
        self.cursor = cursor
        self.session.prepare(cursor)

    # the comparison ---------------------------------------------------------------------------------

    def check(self) -> bool:
        """Compare all layers at the cursor; return False where drift was found (and mended)."""
        live = self.session
        live.prepare(self.cursor)
        self.comparisons += 1
        if bytes(live.text.data) != self.data:
            raise Different("text: the bytes are not those of the editor")
        fresh = Session(self.ranker, self.data)
        fresh.prepare(self.cursor)
        _same("cuts", _cuts(fresh.stream.syntax), _cuts(live.stream.syntax))
        fresh_tree, live_tree = fresh.stream.syntax.tree, live.stream.syntax.tree
        assert fresh_tree is not None and live_tree is not None
        broken = fresh_tree.root_node.has_error
        self.broken += broken
        if _tokens(fresh.stream) == _tokens(live.stream):
            self._compare(live, fresh)
            return True
        stream = Stream()
        stream.syntax = _Kept(live.stream.syntax)
        stream.advance(live.text, live.stream.syntax.stop)
        _same("stream against its own tree", _tokens(stream), _tokens(live.stream))
        if not broken or str(fresh_tree.root_node) == str(live_tree.root_node):
            _same("stream on sound code", _tokens(fresh.stream), _tokens(live.stream))
        self.drift += 1
        live.rest()
        _same("stream after a rest", _tokens(fresh.stream), _tokens(live.stream))
        self._compare(live, fresh)
        return False

    def _compare(self, live: Session, fresh: Session) -> None:
        _same("usage", _lookups(fresh), _lookups(live))
        _same("window", fresh.states.start, live.states.start)
        if not np.array_equal(fresh.states.predicted, live.states.predicted):
            raise Different("states: what is predicted differs from a replay")
        places = Place(fresh.stream, fresh.usage), Place(live.stream, live.usage)
        _same("place", _told(places[0]), _told(places[1]))
        names = [*fresh.usage.names(places[0].member)[:20], *_ODD]
        kinds = [(5 * index) % 26 + 64 * (index % 7 == 3) for index in range(len(names))]
        ranked = fresh.rank(self.cursor, names, kinds)
        _same("ranking", ranked, live.rank(self.cursor, names, kinds))
        if sorted(ranked.order) != list(range(len(names))):
            raise Different("ranking: not every candidate comes exactly once")


def _cuts(syntax: Syntax) -> list[tuple[Any, ...]]:
    """Where a text is cut into sections, by what, and the leaves of the closed ones."""
    closed = [
        (section.base, section.length, section.span, list(section.leaves()))
        for section in syntax._sections.closed
    ]
    return [*closed, (syntax.base, syntax.stop)]


def _tokens(stream: Stream) -> tuple[list[Any], ...]:
    return (
        stream.kinds,
        stream.texts,
        stream.uses,
        stream.words,
        stream.strings,
        [stream.reader.quote],
    )


def _told(place: Place) -> dict[str, Any]:
    """All that a place tells; scopes by what they hold."""
    scopes = [
        (level, list(scope.known.items()), scope.parameters, scope.begins)
        for level, scope in place.bindings()
    ]
    return vars(place) | {"_scopes": scopes}


def _lookups(session: Session) -> dict[str, Any]:
    """All that the usage keeps, and so all that can be asked of it; emptied entries say nothing."""
    usage = session.usage
    parts = {"usage": usage, "words": usage.words, "chain": usage._chain}
    return {
        f"{part}.{name}": {key: entries for key, entries in table.items() if entries}
        if isinstance(table, dict)
        else table
        for part, owner in parts.items()
        for name, table in vars(owner).items()
        if all(table is not part for part in parts.values())
    }


def _same(layer: str, wanted: Any, got: Any) -> None:
    """Raise with the first difference only: whole streams are no help."""
    if wanted == got:
        return
    detail = f"{wanted!r:.300} against {got!r:.300}"
    if isinstance(wanted, tuple) and isinstance(wanted[0], list):
        for expected, other in zip(wanted, got, strict=True):
            if expected != other:
                pairs = zip(expected, other, strict=False)
                at = next(
                    (i for i, (a, b) in enumerate(pairs) if a != b), min(len(expected), len(other))
                )
                near = slice(max(at - 5, 0), at + 5)
                detail = f"from {at}: {expected[near]} against {other[near]}"
                break
    elif isinstance(wanted, dict):
        keys = [key for key in {**wanted, **got} if wanted.get(key) != got.get(key)]
        detail = "; ".join(f"{key}: {wanted.get(key)} against {got.get(key)}" for key in keys[:4])
    raise Different(f"{layer}: from scratch {detail}")
