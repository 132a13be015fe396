"""Step 6 of 9: the LSTM's states along the stream.

In: the stream's token texts and the index of the first that changed.  Out: the vector predicted for what
comes next.  Called by: session.

A keystroke costs the tokens it changed. States are kept at check-points, one every ``SPACING`` tokens and
one after each short step near the end; a change goes back to the last one before it.

What is predicted must depend on the text alone, never on how it came to be, and its cost must have a
ceiling. So the context is a *window* whose first token is a function of the token count: the whole file
up to ``WINDOW`` + ``STRIDE`` tokens, and beyond that at least the last ``WINDOW``. Every ``STRIDE`` tokens the
window moves, and the states are made again from its first token.
"""

from __future__ import annotations

from bisect import bisect_right

from sibyl.model import Floats, Model, State

SPACING = 64
WINDOW = 4096
STRIDE = 2048
_FINE = 48  # check-points kept near the end beside the spaced ones


def window_start(tokens: int) -> int:
    """Return the first token of the context of a stream with so many tokens."""
    return max(0, (tokens - WINDOW) // STRIDE * STRIDE)


class States:
    """The states of one stream."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._reset(0)

    def _reset(self, start: int) -> None:
        self.start = start
        self._counts = [start]  # tokens read at each check-point ...
        self._states: list[State] = [self._model.begin]  # ... and the state then
        self._predicted: Floats | None = None
        self._tokens = start  # tokens that ``_predicted`` has seen

    @property
    def predicted(self) -> Floats:
        """The vector (size) the last ``advance`` returned."""
        assert self._predicted is not None
        return self._predicted

    def advance(self, texts: list[str], first: int) -> Floats:
        """Return the vector (size) predicted after all of ``texts``; those before ``first`` are old."""
        start = window_start(len(texts))
        if start != self.start:
            self._reset(start)
        if first < self._counts[-1]:
            keep = max(bisect_right(self._counts, first), 1)
            del self._counts[keep:], self._states[keep:]
            self._predicted = None
        elif first < self._tokens or self._tokens != len(texts):
            self._predicted = None
        at = self._counts[-1]
        while at < len(texts):
            end = min((at // SPACING + 1) * SPACING, len(texts))
            vectors = self._model.vectors(texts[at:end])
            self._predicted, state = self._model.step(vectors, self._states[-1])
            self._counts.append(end)
            self._states.append(state)
            at = end
        if self._predicted is None:
            self._predicted = self._again(texts)
        self._tokens = len(texts)
        self._thin()
        return self._predicted

    def _again(self, texts: list[str]) -> Floats:
        """Predict at a check-point whose prediction was not kept: read its last tokens once more."""
        if len(self._counts) < 2:
            nothing = self._model.vectors(["<nl>"])
            return self._model.step(nothing, self._model.begin)[0]
        at, end = self._counts[-2], self._counts[-1]
        return self._model.step(self._model.vectors(texts[at:end]), self._states[-2])[0]

    def _thin(self) -> None:
        """Forget fine check-points that are far from the end."""
        if len(self._counts) <= _FINE or all(
            count % SPACING == 0 for count in self._counts[1:-_FINE]
        ):
            return
        kept = [
            index
            for index, count in enumerate(self._counts)
            if count % SPACING == 0 or index >= len(self._counts) - _FINE // 2 or index == 0
        ]
        self._counts = [self._counts[index] for index in kept]
        self._states = [self._states[index] for index in kept]
