"""The LSTM's states along the stream.

In: the stream's token texts and the index of the first that changed.  Out: the vector predicted for what
comes next.

A keystroke costs the tokens it changed. States are kept at check-points, one every ``SPACING`` tokens and
one after each short step near the end; a change goes back to the last one before it.

What is predicted must depend on the text alone, never on how it came to be, and its cost must have a
ceiling. So the context is a *window* whose first token is a function of the token count: the whole file
up to ``WINDOW`` + ``STRIDE`` tokens, and beyond that at least the last ``WINDOW``. Every ``STRIDE`` tokens the
window moves, and the states have to be made again from its first token: a whole window is a hundred times
what a key may cost. So near such a border the states on its other side are made ahead, a few after each key
(``ahead``), and with the key where the border is close:

    tokens   ···──────────────── border ─────────────···
    window          one        │    the next            (the one before is kept as long as it is near)
    made ahead      ·····►►►►►►│◄◄◄
                        AHEAD    BACK
"""

from __future__ import annotations

from bisect import bisect_right

from sibyl.network.model import Floats, Model, State

SPACING = 64
WINDOW = 4096
STRIDE = 2048
AHEAD = 512
"""Tokens before a border from which on the next window is made ready."""
BACK = 256
"""Tokens behind a border up to which the window before is kept ready."""
_LITTLE, _MUCH = 16, 128  # tokens that are read ahead at a time, at least and at most
_CLOSE = 64
"""Tokens before a border from which on a key reads ahead itself: there may be no quiet moment before it."""
_FINE = 48  # check-points kept near the end beside the spaced ones


def window_start(tokens: int) -> int:
    """Return the first token of the context of a stream with this many tokens."""
    return max(0, (tokens - WINDOW) // STRIDE * STRIDE)


class Window:
    """States from one first token on."""

    def __init__(self, model: Model, start: int) -> None:
        self._model, self.start = model, start
        self._counts = [start]  # tokens read at each check-point ...
        self._states: list[State] = [model.begin]  # ... and the state then
        self._predicted: Floats | None = None  # after the last check-point, if it was kept

    @property
    def read(self) -> int:
        """Tokens of the stream up to the last check-point."""
        return self._counts[-1]

    def knows(self, count: int) -> bool:
        """Tell whether what follows this many tokens is predicted already."""
        return self._counts[-1] == count and self._predicted is not None

    def back(self, first: int) -> None:
        """Forget what was read of token ``first`` and of those after it."""
        if first < self._counts[-1]:
            keep = max(bisect_right(self._counts, first), 1)
            del self._counts[keep:], self._states[keep:]
            self._predicted = None

    def advance(self, texts: list[str], end: int) -> None:
        """Read on up to token ``end``."""
        at = self._counts[-1]
        while at < end:
            stop = min((at // SPACING + 1) * SPACING, end)
            vectors = self._model.vectors(texts[at:stop])
            self._predicted, state = self._model.step(vectors, self._states[-1])
            self._counts.append(stop)
            self._states.append(state)
            at = stop
        self._thin()

    def predict(self, texts: list[str]) -> Floats:
        """Return the vector predicted after the last check-point."""
        if self._predicted is None:  # not kept there: its last tokens are read once more
            if len(self._counts) < 2:
                nothing = self._model.vectors(["<nl>"])
                self._predicted = self._model.step(nothing, self._model.begin)[0]
            else:
                vectors = self._model.vectors(texts[self._counts[-2] : self._counts[-1]])
                self._predicted = self._model.step(vectors, self._states[-2])[0]
        return self._predicted

    def _thin(self) -> None:
        """Forget fine check-points that are far from the end."""
        if len(self._counts) <= _FINE or all(
            count % SPACING == 0 for count in self._counts[1:-_FINE]
        ):
            return
        thinned = [
            index
            for index, count in enumerate(self._counts)
            if count % SPACING == 0 or index >= len(self._counts) - _FINE // 2 or index == 0
        ]
        self._counts = [self._counts[index] for index in thinned]
        self._states = [self._states[index] for index in thinned]


class States:
    """The states of one stream."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._now = Window(model, 0)
        self._other: Window | None = None  # the window on the other side of the nearest border
        self._predicted: Floats | None = None

    @property
    def start(self) -> int:
        """The first token of the context."""
        return self._now.start

    @property
    def predicted(self) -> Floats:
        """The vector (size) the last ``advance`` returned."""
        assert self._predicted is not None
        return self._predicted

    def advance(self, texts: list[str], first: int) -> Floats:
        """Return the vector (size) predicted after all of ``texts``; those before ``first`` are old."""
        count = len(texts)
        for window in (self._now, self._other):
            if window is not None:
                window.back(first)
        start = window_start(count)
        if start != self._now.start:
            other, self._other = self._other, self._now
            self._now = other if other and other.start == start else Window(self._model, start)
        if self._now.knows(count):
            # A list is asked for: what is not for it can wait for the next key.
            self._predicted = self._now.predict(texts)
            return self._predicted
        many = count - self._now.read > SPACING
        self._now.advance(texts, count)
        self._predicted = self._now.predict(texts)
        behind = self._behind(count)
        if self._other is not None and self._other.start != behind:
            self._other = None
        if self._other is None and behind is not None and behind > start:
            self._other = Window(self._model, behind)
        if many or self._left(count) <= _CLOSE:
            self._make_ready(texts, self._share(count, many))
        return self._predicted

    def ahead(self, texts: list[str]) -> None:
        """Read on for the window behind a near border, after what a key is waiting for."""
        self._make_ready(texts, _MUCH)

    def _left(self, count: int) -> int:
        """Return the tokens that are left before the next border."""
        return self._now.start + WINDOW + STRIDE - count

    def _share(self, count: int, many: bool) -> int:
        """Return how many tokens of the other window are this key's to read.

        Enough that it is read when the border is reached, within limits. Who opens a file right before a
        border has waited anyway, and reads all: there will not be enough keys.
        """
        if self._other is None or self._other.start < self._now.start:
            return _LITTLE
        share = max(-(-(count - self._other.read) // self._left(count)), _LITTLE)
        return share if share <= _MUCH else count if many else _MUCH

    def rest(self, texts: list[str]) -> None:
        """Use a quiet moment after ``advance``: make all of the window behind a near border ready."""
        behind = self._behind(len(texts))
        if self._other is None and behind is not None:
            self._other = Window(self._model, behind)
        self._make_ready(texts, len(texts))

    def _behind(self, count: int) -> int | None:
        """Return where the window behind a border near token ``count`` starts, None if there is none."""
        starts = window_start(count + AHEAD), window_start(count - BACK)
        return next((start for start in starts if start != self._now.start), None)

    def _make_ready(self, texts: list[str], most: int) -> None:
        """Read at most this many tokens for the other window."""
        if self._other is not None:
            # What is being typed is left for later: it changes too often.
            end = (len(texts) - SPACING // 2) // SPACING * SPACING
            self._other.advance(texts, min(end, self._other.read + most))
