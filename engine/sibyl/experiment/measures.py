"""What outcomes say of the two orders.

In: outcomes of words.  Out: for each measure both arms' means, their difference, and the interval of the true
one; the same for a part of the words.

Every word that was shown with a list counts, in the arm the coin chose, whether something was accepted or not:
to leave some out by what became of them would compare other words in one arm than in the other.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from sibyl.experiment.log import KINDS, TOSSED, Outcome
from sibyl.experiment.sequential import Course, Floats, effect, preference

MOST_LETTERS = 16  # the most that a word saves; more counts as that


@dataclass(frozen=True)
class Measure:
    """One number of each word, the more the better."""

    name: str
    of: Callable[[Outcome], float]
    most: float
    digits: int


SAVED = Measure("letters saved", lambda word: min(word.saved, MOST_LETTERS), MOST_LETTERS, 1)
MEASURES = (
    Measure("top-1", lambda word: float(word.place == 1), 1.0, 3),
    Measure("MRR", lambda word: 1 / word.place if word.place else 0.0, 1.0, 3),
    SAVED,
)


@dataclass(frozen=True)
class Compared:
    """One measure in both arms; a mean of no words is nan, and so is the difference from it."""

    measure: Measure
    server: float
    sibyl: float
    differences: Floats  # of the arms' means, after each word
    course: Course  # of the effect, estimated by the coin's odds: see ``sequential``

    @property
    def difference(self) -> float:
        """The difference of the means as they are shown: who subtracts the digits gets the same."""
        digits = self.measure.digits
        return round(round(self.sibyl, digits) - round(self.server, digits), digits)

    @property
    def both(self) -> bool:
        """Whether both arms have words: nothing can be compared with none."""
        return not np.isnan(self.differences[-1])

    @property
    def decided(self) -> int:
        """1 where ours is better beyond doubt, -1 where the server's is, else 0."""
        return int(self.course.sign[-1]) if self.both else 0


def tossed(words: Iterable[Outcome]) -> list[Outcome]:
    """Return the words whose order a coin chose."""
    return [word for word in words if word.arm in TOSSED]


def compared(words: list[Outcome], measure: Measure = SAVED) -> Compared:
    """Compare the arms of words that a coin chose an order for; there must be one at least."""
    values = [measure.of(word) for word in words]
    ours = [word.arm == "sibyl" for word in words]
    groups = [KINDS.index(word.kind) if word.kind in KINDS else 0 for word in words]
    course = effect(values, ours, measure.most, groups)
    server, sibyl = (_means(values, [mine == arm for mine in ours]) for arm in (False, True))
    return Compared(measure, float(server[-1]), float(sibyl[-1]), sibyl - server, course)


def _means(values: list[float], counted: list[bool]) -> Floats:
    """Return after each value the mean of those so far that are counted; nan before the first of them."""
    with np.errstate(invalid="ignore"):
        means: Floats = np.cumsum(np.multiply(values, counted)) / np.cumsum(counted)
    return means


def preferred(words: Iterable[Outcome]) -> tuple[int, Course] | None:
    """Return the number of interleaved words and their mean vote, None where there are none."""
    votes = [word.team for word in words if word.arm == "interleaved"]
    return (len(votes), preference(votes)) if votes else None


def parts(words: list[Outcome], here: str, name: str) -> dict[str, dict[str, list[Outcome]]]:
    """Split words by list, project and week; ``here``: the project at hand, called ``name``."""
    split: dict[str, dict[str, list[Outcome]]] = {"list": {}, "project": {}, "week": {}}
    others: dict[str, str] = {}
    for word in words:
        year, week, _ = datetime.date.fromordinal(_EPOCH + word.day).isocalendar()
        if word.project and word.project == here:
            project = name
        elif word.project:
            project = others.setdefault(word.project, f"project {len(others) + 1}")
        else:
            project = "no project"
        labels = {"list": word.kind, "project": project, "week": f"{year} week {week}"}
        for by, label in labels.items():
            split[by].setdefault(label, []).append(word)
    return split


_EPOCH = datetime.date(1970, 1, 1).toordinal()
