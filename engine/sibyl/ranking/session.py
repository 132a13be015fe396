"""One buffer, from its bytes to a ranking.

In: edits of the buffer, and the lists a language server offers.  Out: rankings, and the model's own guesses.

    edit ─► text ─► syntax ─► stream ─┬─► model + states ─► vector predicted ─┐
                                      └─► usage ─► place ─────────────────────┴─► features ─► mix ─► ranking

The only holder of a buffer's state. All that is asked of it depends on the text before the word being
completed, never on how the text came to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from sibyl.code.quotes import open_quote
from sibyl.code.stream import Stream
from sibyl.code.text import Text
from sibyl.code.unbound import Below
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.network.states import States
from sibyl.ranking.explain import explained, told
from sibyl.ranking.guesses import LEAST, candidates, enough, support
from sibyl.ranking.lists.labels import bare
from sibyl.ranking.lists.listing import KIND
from sibyl.ranking.lists.numbered import NumberedNames
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker, Ranking, as_given
from sibyl.ranking.unlisted import Spoken

_MOST_RESTED = 30_000
"""Tokens; to read more again would keep a list waiting that comes just then (0.2 s)."""


_FRESH = 0.5
"""Seconds that what is remembered of a place is not asked for again."""
_SOON = 0.002
"""Seconds in which a next key or the list of a fast server comes: it is not made to wait for a dry run."""
_WARM, _PAUSE = 0.05, 0.004
"""Seconds for which a list is expected, and between two dry runs, each of which takes half a millisecond."""
_AT_FIRST, _BRIEF = 0.012, 0.001
"""Seconds in which most servers answer, and between two dry runs until then: after 1 ms of rest ranking takes
half as long as after 4."""
_DRY_NAMES = 250
"""Names of the last list that are ranked dry: enough for what long lists take other paths for."""
_DRY = ("self", "name", "path", "append", "get", "items", "join", "None", "return", "key=")
_SAMPLE_KIND = 6
_NO_NAMES = frozenset((1, 15))
"""The protocol's kinds of words of the text and of snippets."""


def _dry_list() -> tuple[Sequence[str], Sequence[int]]:
    return _DRY, [_SAMPLE_KIND] * len(_DRY)


class Session:
    """The text of one buffer and all that is kept of it."""

    def __init__(self, ranker: Ranker, data: bytes, recall: BufferMemory | None = None) -> None:
        self._ranker = ranker
        self.recall = recall or BufferMemory()
        self.text = Text(data)
        self._begin()

    def _begin(self) -> None:
        self.stream = Stream()
        self.usage = Usage()
        self.states = States(self._ranker.model)
        self._below = Below()
        self._edited = False
        self._ready = False  # what is predicted still holds: no edit before ``syntax.stop`` since
        self._recalled: tuple[float, BufferMemory, Place, Remembered] | None = None
        self._here: Place | None = None  # while the text before the word is as it was
        self._spoken: tuple[Place, Remembered, Spoken | None] | None = None
        self._last: tuple[Sequence[str], Ranking, Place] | None = None  # labels ranked last
        self._dry = _dry_list()
        self._asked = False  # a list came since a list was expected last

    def shed(self) -> bool:
        """Free all but the text; it is computed again when asked for. Return whether there was anything."""
        if not self.stream.kinds:
            return False
        self._begin()
        self.recall.lose()
        return True

    def edit(self, start: int, old_length: int, new: bytes) -> None:
        """Replace bytes; raises TextError when they are not there."""
        if start < self.stream.syntax.stop:
            self._here = None
            self._ready = False
        self.stream.edit(self.text.apply(start, old_length, new))
        self._edited = True

    def prepare(self, offset: int) -> Floats:
        """Bring all in step with the text before the word at ``offset``; return the vector predicted."""
        stop = self.text.word_start(min(offset, len(self.text)))
        if stop == self.stream.syntax.stop and self._ready:
            return self.states.predicted
        self._here, self._ready = None, False
        first = self.stream.advance(self.text, stop)
        self.usage.advance(self.stream, first)
        predicted = self.states.advance(self.stream.texts, first)
        self._ready = True
        return predicted

    def expect(
        self, offset: int, quiet: Callable[[float], bool] = lambda seconds: seconds <= _SOON
    ) -> None:
        """Be ready for a list at ``offset``: what can be done before the server answers.

        Stops between two steps when ``quiet`` says no: a list that came already would wait for the rest. It
        is asked whether anything comes within a number of seconds.
        """
        self.prepare(offset)
        if not quiet(0):
            return
        place = self._place()
        remembered = self._remembered(place)
        self.unbound(place, offset)
        if not quiet(0):
            return
        if not self.stream.in_prose(self.text):
            # No list changes which these are: the answer of a server that answers at once is on its way.
            self._spoken_at(self.states.predicted, place, remembered)
        if not quiet(_SOON):
            return
        # What was not run for 20 ms takes twice as long: the names of the last list bring all of it back into
        # the processor's caches, and keep it there as long as a server usually takes.
        began = monotonic()
        until = began + (_WARM if self._is_likely(place, offset) else 0)
        self._asked = False
        self._ranked(offset, *self._dry, dry=True)
        if not quiet(0):
            return
        self.states.ahead(self.stream.texts)
        while (now := monotonic()) < until:
            if not quiet(_BRIEF if now < began + _AT_FIRST else _PAUSE):
                return
            self._ranked(offset, *self._dry, dry=True)

    def _is_likely(self, place: Place, offset: int) -> bool:
        """Tell whether a list will probably be asked for: where a word begins, or again for its next letter."""
        letters = self.text.word_end(offset) - self.stream.syntax.stop
        return self._asked or letters == 1 or (letters == 0 and place.member)

    def _place(self) -> Place:
        """Return what the text says of the place that all is prepared for."""
        if self._here is None:
            self._here = Place(self.stream, self.usage)
        return self._here

    def _remembered(self, place: Place) -> Remembered:
        """Return what is remembered of a place: asked when a word begins, not again for each letter."""
        now, recalled = monotonic(), self._recalled
        if (
            recalled
            and recalled[1] is self.recall
            and recalled[2] is place
            and now - recalled[0] < _FRESH
        ):
            return recalled[3]
        remembered = self.recall.at(place)
        self._recalled = None if self.recall.lost else (now, self.recall, place, remembered)
        return remembered

    def rest(self) -> None:
        """Use a quiet moment: where the code above is broken, parse it afresh; make the next window ready.

        An incremental tree of broken code may differ from a fresh one; of sound code it never does.
        """
        syntax, tokens = self.stream.syntax, len(self.stream.kinds)
        broken = syntax.tree is not None and syntax.tree.root_node.has_error
        if self._edited and broken and tokens < _MOST_RESTED:
            self.stream.refresh()
            self._ready = False
            self.prepare(syntax.stop)
        self._edited = False
        self.states.rest(self.stream.texts)
        self._let_go()

    def _let_go(self) -> None:
        """Hold no table of names that no list will have again: it may be that of another buffer's lists."""
        labels = self._dry[0]
        if isinstance(labels, NumberedNames) and labels.known.over:
            self._dry = _dry_list()
            if self._last is not None:
                self._last = [*self._last[0]], *self._last[1:]

    def rank(self, offset: int, labels: Sequence[str], kinds: Sequence[int]) -> Ranking:
        """Order candidates (labels and kinds in the server's order) for the word at ``offset``."""
        if not labels:
            return Ranking([], [], 0)
        ranking = self._ranked(offset, labels, kinds)
        if ranking is None:
            self._last = None
            return as_given(len(labels))
        self._last = labels, ranking, self._place()
        self._dry = labels[:_DRY_NAMES], kinds[:_DRY_NAMES]
        self._asked = True
        return ranking

    def _ranked(
        self, offset: int, labels: Sequence[str], kinds: Sequence[int], dry: bool = False
    ) -> Ranking | None:
        """Order candidates, at least one; None where the server's order stands.

        ``dry``: as if the list had never come before.
        """
        predicted = self.prepare(offset)
        place = self._place()
        if self._is_left(place, kinds):
            return None
        remembered = self._remembered(place)
        listed = self.listed(offset, labels, kinds, not dry)
        spoken = self._spoken_at(predicted, place, remembered)
        return self._ranker.rank(listed, predicted, place, self.usage, remembered, spoken)

    def _spoken_at(self, predicted: Floats, place: Place, remembered: Remembered) -> Spoken | None:
        """Return what a list may lack; looked up before it comes, and not again for each letter."""
        known = self._spoken
        if known is None or known[0] is not place or known[1] is not remembered:
            spoken = self._ranker.spoken(predicted, place, self.usage, remembered)
            known = self._spoken = place, remembered, spoken
        return known[2]

    def _is_left(self, place: Place, kinds: Sequence[int]) -> bool:
        """Tell whether a list keeps the server's order: no list of its sort was ever learned from.

        Those are lists in strings and comments, lists of snippets and of words of the text, and patterns.
        """
        if self.stream.in_prose(self.text) or all(kind & KIND in _NO_NAMES for kind in kinds):
            return True
        return not place.member and self.stream.in_pattern()

    def listed(
        self, offset: int, labels: Sequence[str], kinds: Sequence[int], keep: bool = True
    ) -> WordList:
        """Return a server's list with what its labels stand for, and what is typed before ``offset``."""
        stop = min(offset, len(self.text))
        typed = self.text.data[self.stream.syntax.stop : stop].decode("utf-8", "replace")
        place = self._place()
        once = place.word.where == "import" and self.stream.reader.column == 0
        return WordList.of(labels, kinds, typed, self.unbound(place, stop), once, keep)

    def unbound(self, place: Place, cursor: int) -> frozenset[str]:
        """Return what the text below a word that is imported waits for; nothing at other places."""
        named = place.word.where == "import"
        if not named and (
            place.word.where != "module" or place.newest_token not in ("import", ",")
        ):
            return frozenset()
        return self._below.unbound(self.text, self.stream.syntax.stop, cursor)

    def explained(self) -> list[tuple[str, list[tuple[str, float]]]]:
        """Return the first items of the list ranked last, with what moved each most."""
        return [] if self._last is None else explained(*self._last[:2])

    def told(self) -> dict[str, Any]:
        """Return all there is to say of the list ranked last; see ``sibyl.ranking.explain.told``."""
        return {"items": []} if self._last is None else told(*self._last)

    def accepted(self, offset: int, name: str) -> None:
        """Take note that ``name`` was taken from a list for the word at ``offset``.

        Behind a quote that is left open nothing is remembered: what looks like code may be text.
        """
        if open_quote(self.text.data, min(offset, len(self.text))) >= 0:
            return
        self.prepare(offset)
        self._recalled = None
        argument = "=" if name[-1:] == "=" else ""  # counted apart from a name like it, as in files
        self.recall.accept(self._place(), bare(name) + argument)

    def guess(self, offset: int, limit: int) -> list[tuple[str, float]]:
        """Return names where no server knows any, with probability; none rather than unlikely ones."""
        predicted = self.prepare(offset)
        if self.stream.in_prose(self.text):
            return []
        place = self._place()
        remembered = self._remembered(place)
        typed = self.listed(offset, [], []).typed
        installed = self.recall.installed
        public = installed.names(place.value) if installed is not None and place.member else {}
        names = candidates(place, self.usage, remembered, typed, public)
        if not names:
            return []
        listed = WordList.named(names, names, [0] * len(names), typed)
        worth = support(place, self.usage, remembered, names, public)
        likely = self._ranker.likely(listed, predicted, place, self.usage, remembered, worth)
        if not enough(likely, worth, exist=not place.member or bool(public)):
            return []
        return [(names[at], round(share, 4)) for at, share in likely[:limit] if share >= LEAST]
