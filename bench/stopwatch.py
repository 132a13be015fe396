"""How long each step of the engine takes, without a line in the engine itself.

In:   a clock.
Out:  `Stopwatch`: seconds spent in each step since it was last looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import common  # noqa: F401 (makes the engine importable)

from sibyl.code.stream import Stream
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text
from sibyl.context.usage import Usage
from sibyl.network.model import Model
from sibyl.network.states import States
from sibyl.ranking.ranker import Ranker

Clock = Callable[[], float]
# By whom, which of its functions, as which step.
WATCHED: tuple[tuple[type, str, str], ...] = (
    (Text, "apply", "text"),
    (Text, "word_start", "text"),
    (Syntax, "edit", "syntax"),
    (Syntax, "advance", "syntax"),
    (Stream, "advance", "stream"),
    (Model, "vectors", "vocabulary"),  # words and pieces, and the vectors made of their rows
    (Model, "step", "model"),
    (States, "advance", "states"),
    (Usage, "advance", "usage"),
    (Ranker, "rank", "rank"),
)
STEPS = tuple(dict.fromkeys(step for _, _, step in WATCHED))


class Stopwatch:
    """Adds up the time spent in each step; a step inside another is not counted twice."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.spent = dict.fromkeys(STEPS, 0.0)
        self._inner = 0.0
        missing = [
            f"{owner.__name__}.{name}" for owner, name, _ in WATCHED if not hasattr(owner, name)
        ]
        if missing:
            raise SystemExit(
                f"bench/stopwatch.py watches {', '.join(missing)}: say what it is now."
            )
        self._whole = [(owner, name, getattr(owner, name)) for owner, name, _ in WATCHED]
        for owner, name, step in WATCHED:
            setattr(owner, name, self._timed(getattr(owner, name), step))

    def _timed(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        @wraps(function)
        def timed(*arguments: Any) -> Any:
            outer, self._inner = self._inner, 0.0
            began = self.clock()
            try:
                return function(*arguments)
            finally:
                took = self.clock() - began
                self.spent[step] += took - self._inner
                self._inner = outer + took

        return timed

    def look(self) -> dict[str, float]:
        """Return the seconds spent in each step since the last look."""
        spent, self.spent = self.spent, dict.fromkeys(STEPS, 0.0)
        return spent

    def close(self) -> None:
        """Take the watch off."""
        for owner, name, function in self._whole:
            setattr(owner, name, function)
