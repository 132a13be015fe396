"""Step 9 of 9: one buffer, from its bytes to a ranking.

In: edits of the buffer, and the lists a language server offers.  Out: rankings, and the model's own guesses.
Called by: desk while typing, ``learn.evaluate`` on recorded lists.

    edit ─► text ─► syntax ─► stream ─┬─► model + states ─► vector predicted ─┐
                                      └─► usage ─► place ─────────────────────┴─► features ─► mix ─► ranking

The only holder of a buffer's state. All that is asked of it depends on the text before the word being
completed, never on how the text came to be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from sibyl.model import Floats
from sibyl.rank import Ranker, Ranking
from sibyl.states import States
from sibyl.stream import Stream
from sibyl.text import Text
from sibyl.usage import Place, Usage

_MOST_RESTED = 30_000
"""Tokens; to read more again would keep a list waiting that comes just then (0.2 s)."""


def bare(label: str) -> str:
    """Return the name a label stands for: ``get`` for ``get(…)``, ``key`` for ``key=``."""
    if label.isidentifier():
        return label
    found = re.match(r"\W*(\w+)", label)
    return found.group(1) if found else label


class Session:
    """The text of one buffer and all that is kept of it."""

    def __init__(self, ranker: Ranker, data: bytes) -> None:
        self._ranker = ranker
        self.text = Text(data)
        self.stream = Stream()
        self.usage = Usage()
        self.states = States(ranker.model)
        self._edited = False

    def edit(self, start: int, old_length: int, new: bytes) -> None:
        """Replace bytes; raises TextError when they are not there."""
        self.stream.edit(self.text.apply(start, old_length, new))
        self._edited = True

    def prepare(self, offset: int) -> Floats:
        """Bring all in step with the text before the word at ``offset``; return the vector predicted."""
        stop = self.text.word_start(min(offset, len(self.text)))
        first = self.stream.advance(self.text, stop)
        self.usage.advance(self.stream, first)
        return self.states.advance(self.stream.texts, first)

    def rest(self) -> None:
        """Use a quiet moment: where the code above is broken, parse it afresh.

        An incremental tree of broken code may differ from a fresh one; of sound code it never does.
        """
        syntax, tokens = self.stream.syntax, len(self.stream.kinds)
        broken = syntax.tree is not None and syntax.tree.root_node.has_error
        if self._edited and broken and tokens < _MOST_RESTED:
            self.stream.refresh()
            self.prepare(syntax.stop)
        self._edited = False

    def rank(self, offset: int, names: Sequence[str], kinds: Sequence[int]) -> Ranking:
        """Order candidates (labels and kinds in the server's order) for the word at ``offset``."""
        if not names:
            return Ranking([], [], 0)
        predicted = self.prepare(offset)
        place = Place(self.stream, self.usage)
        return self._ranker.rank(
            [bare(name) for name in names], kinds, predicted, place, self.usage
        )

    def guess(self, offset: int, limit: int) -> list[tuple[str, float]]:
        """Return names of the model's own, where no server knows any: likely ones, with probability."""
        predicted = self.prepare(offset)
        place = Place(self.stream, self.usage)
        names = self._known_names(place)
        if not names:
            return []
        ranking = self._ranker.rank(names, [0] * len(names), predicted, place, self.usage)
        best = zip(ranking.order[:limit], ranking.probability, strict=False)
        return [(names[index], round(probability, 4)) for index, probability in best]

    def _known_names(self, place: Place) -> list[str]:
        """Return the names used in this file and the vocabulary's likeliest."""
        used = self.usage.names(place.member)
        if not place.member:
            return used
        words = self._ranker.model.members()
        logits = self._ranker.logits(words, self.states.predicted)
        best = np.argsort(-logits)[:100]
        return list(dict.fromkeys([*place.attributes, *used, *(words[index] for index in best)]))
