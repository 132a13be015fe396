"""The experiment's file: when it runs, and the outcome of each word.

In: outcomes as numbers.  Out: the same, in the order they came.

One SQLite file in the state folder, readable by its owner alone. It holds no name, no text and no time of day;
a project is a digest of its folder's path. Several Neovims write to it at once.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from pathlib import Path

from sibyl.memory.sqlite import WAIT_S, Database, sentence, waiting

TOSSED = ("server", "sibyl")
"""The arms that a coin chooses from."""
ARMS = (*TOSSED, "interleaved")
KINDS = ("member", "name", "keyword", "import")
DAY_S = 86_400
_MOST = 100_000  # words; the oldest go first
_VERSION = 1


@dataclass(frozen=True)
class Outcome:
    """What is kept of one word that was shown with a list."""

    day: int  # since 1970
    project: str  # a digest; '' outside of any project
    arm: str  # of ARMS
    kind: str  # of KINDS
    length: int  # of the list
    began: int  # letters that were typed when the list came
    typed: int  # letters typed in all
    saved: int  # letters of the word that were not typed
    place: int  # of the word in the list as it was shown, from 1; 0 where the list lacks it
    server: int  # the same in the server's order
    sibyl: int  # the same in ours
    team: int  # interleaved and accepted: 1 where our order had put it there, -1 where the server's had; else 0


@dataclass(frozen=True)
class Period:
    """An experiment that runs."""

    how: str  # its design: "coin" or "interleaved"
    began: float  # seconds since 1970
    ends: float

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that its words are in; words in others are of an experiment of the other design."""
        return ("interleaved",) if self.how == "interleaved" else TOSSED


_COLUMNS = [column.name for column in fields(Outcome)]
_NAMES = ", ".join(_COLUMNS)
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS words (number INTEGER PRIMARY KEY, {_NAMES});
CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY, how TEXT, began REAL, ends REAL);
"""
_MARKS = ", ".join("?" * len(_COLUMNS))
_INSERT = f"INSERT INTO words ({_NAMES}) VALUES ({_MARKS})"  # noqa: S608 (names of ours)
_SELECT = f"SELECT {_NAMES} FROM words ORDER BY number"  # noqa: S608


class Log(Database):
    """The file, open; raises MemoryTrouble when it cannot be used."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _VERSION, _SCHEMA, ("words", "runs"))

    def start(self, how: str, began: float, ends: float) -> None:
        """Begin; one that runs ends."""
        self.stop(began)
        with sentence(self.path), waiting(self._base, WAIT_S):
            self._base.execute(
                "INSERT INTO runs (how, began, ends) VALUES (?,?,?)", (how, began, ends)
            )

    def stop(self, now: float) -> None:
        """End what runs."""
        self.check()
        with sentence(self.path), waiting(self._base, WAIT_S):
            self._base.execute("UPDATE runs SET ends=? WHERE ends>?", (now, now))

    def running(self, now: float) -> Period | None:
        """Return the experiment that runs."""
        self.check()
        with sentence(self.path):
            row = self._base.execute(
                "SELECT how, began, ends FROM runs WHERE ends>? ORDER BY number DESC", (now,)
            ).fetchone()
            return Period(str(row[0]), float(row[1]), float(row[2])) if row else None

    def add(self, outcome: Outcome) -> None:
        """Keep one outcome."""
        self.check()
        with sentence(self.path), waiting(self._base, WAIT_S), self._base:
            number = self._base.execute(_INSERT, astuple(outcome)).lastrowid
            self._base.execute("DELETE FROM words WHERE number<=?", ((number or 0) - _MOST,))

    def outcomes(self) -> list[Outcome]:
        """Return all outcomes, oldest first."""
        self.check()
        with sentence(self.path):
            return [Outcome(*row) for row in self._base.execute(_SELECT)]

    def counts(self) -> dict[str, int]:
        """Return how many outcomes are kept of each arm that has some."""
        with sentence(self.path):
            return dict(self._base.execute("SELECT arm, count(*) FROM words GROUP BY arm"))
