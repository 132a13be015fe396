"""What was accepted from lists.

In: accepted items with the contexts they were accepted in.  Out: for a context, the names accepted in it, with
their weight (halved with every ``HALF`` items accepted since) and how recently.

One small SQLite file in the state folder, readable by its owner alone; several Neovims write to it at once,
each item in a transaction of its own.
"""

from __future__ import annotations

from math import log1p
from pathlib import Path

from sibyl.memory.project_store import Used
from sibyl.memory.sqlite import (
    MOST_ANSWERS,
    READ_S,
    WAIT_S,
    Database,
    count,
    sentence,
    size_on_disk,
    wait_for_locks,
    waiting,
    written,
)

HALF = 300.0
_MOST = 20_000  # rows; the ones not accepted for longest go first
_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS picks (
    key TEXT, name TEXT, weight REAL, last INTEGER, PRIMARY KEY (key, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS picked (one INTEGER PRIMARY KEY, items INTEGER);
"""
_FORGET_OLD = """
DELETE FROM picks WHERE last < (SELECT last FROM picks ORDER BY last DESC LIMIT 1 OFFSET ?)
"""


class Accepted(Database):
    """What one person accepted; raises MemoryTrouble when the file cannot be used."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _VERSION, _SCHEMA, ("picks", "picked"))

    def _begin(self) -> None:
        self._answers: dict[str, Used] = {}  # as of now
        self._moment = -1
        self.items = 0
        with sentence(self.path):
            wait_for_locks(self._base, READ_S)
        self.look()

    def look(self) -> None:
        """Forget the answers kept if another Neovim has written since."""
        self.check()
        with sentence(self.path):
            moment = written(self._base)
            if moment == self._moment and len(self._answers) < MOST_ANSWERS:
                return
            self._answers.clear()
            row = self._base.execute("SELECT items FROM picked").fetchone()
            self._moment, self.items = moment, int(count(row[0])) if row else 0

    def accept(self, contexts: tuple[str, ...], name: str) -> None:
        """Remember one accepted item under its contexts."""
        with sentence(self.path), waiting(self._base, WAIT_S), self._base:
            self._base.execute("BEGIN IMMEDIATE")
            self._base.execute(
                "INSERT INTO picked VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET items=items+1"
            )
            (now,) = self._base.execute("SELECT items FROM picked").fetchone()
            for key in filter(None, contexts):
                self._add(key, name, now)
            if now % 500 == 0:
                self._base.execute(_FORGET_OLD, (_MOST,))
        self.items = now
        self._answers.clear()

    def _add(self, key: str, name: str, now: int) -> None:
        row = self._base.execute(
            "SELECT weight, last FROM picks WHERE key=? AND name=?", (key, name)
        ).fetchone()
        weight = _faded(row[0], now - row[1]) + 1 if row else 1.0
        self._base.execute(
            "INSERT OR REPLACE INTO picks VALUES (?,?,?,?)", (key, name, weight, now)
        )

    def uses(self, key: str) -> Used:
        """Return the names accepted in a context: weight now, and recency from 0 to 1; '' is no context."""
        used = self._answers.get(key)
        if used is None:
            with sentence(self.path):
                rows = self._base.execute(
                    "SELECT name, weight, ?-last FROM picks WHERE key=?", (self.items, key)
                ).fetchall()
                used = Used(
                    {
                        name: (_faded(count(weight), since), 1 / (1 + 0.25 * log1p(max(since, 0))))
                        for name, weight, since in rows
                    }
                )
            self._answers[key] = used
        return used

    def size(self) -> dict[str, int]:
        """Return how many items were accepted, how many are kept, and how many bytes they take."""
        with sentence(self.path):
            names = self._base.execute("SELECT count(*) FROM picks WHERE key='m'").fetchone()[0]
        return {"items": self.items, "names": names, "bytes": size_on_disk(self.path)}


def _faded(weight: float, items: float) -> float:
    return float(weight * 0.5 ** (max(items, 0.0) / HALF))
