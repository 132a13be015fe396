"""What the host does for an experiment: keeps its file, answers with its report.

In: what the editor asks.  Out: payloads.

The file is opened when there is one or when an experiment starts: who has never started one has none.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from pathlib import Path
from typing import Any

from sibyl.errors import MemoryTrouble
from sibyl.experiment.log import DAY_S, Log, Outcome, Period
from sibyl.experiment.measures import compared, tossed
from sibyl.experiment.picture import svg
from sibyl.experiment.report import report, state, stopped
from sibyl.memory.sqlite import is_there, remove

_log = logging.getLogger("sibyl")
_NUMBERS = ("length", "began", "typed", "saved", "place", "server", "sibyl", "team")


class Experiment:
    """The experiment of one state folder, as one host sees it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "experiment.sqlite"
        self._file: Log | None = None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def asked(self, command: str, given: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked: start, stop, note, report or about; say how it stands after that."""
        try:
            return self._asked(command, given)
        except MemoryTrouble as trouble:
            _log.warning("%s", trouble)
            self.close()
            if trouble.why == "damaged":
                trouble = _removed(trouble)
            return {"on": False, "trouble": str(trouble)}

    def _asked(self, command: str, given: dict[str, Any]) -> dict[str, Any]:
        now, more = time.time(), {}
        ended: Period | None = None
        log = self._opened(command == "start")
        if log is None:
            return {"on": False, "words": 0, "lines": ["No experiment was started yet."]}
        if command == "start":
            log.start(str(given["how"]), now, now + DAY_S * float(given["days"]))
        elif command == "stop":
            ended = log.running(now)
            log.stop(now)
        elif command == "note" and log.running(now):
            log.add(_outcome(given, now))
        elif command == "report":
            more = self._report(log, given, now)
        run, counts = log.running(now), log.counts()
        stands = stopped(counts, ended) if ended else state(counts, run, now)
        answer = {"on": run is not None, "words": sum(counts.values()), "state": stands}
        return answer | ({"how": run.how, "ends": run.ends} if run else {}) | more

    def _report(self, log: Log, given: dict[str, Any], now: float) -> dict[str, Any]:
        words, root = log.outcomes(), str(given.get("root") or "")
        lines = report(words, log.running(now), now, digest(root), Path(root).name)
        coins = tossed(words)
        return {"lines": lines, "svg": svg(compared(coins)) if coins else ""}

    def _opened(self, make: bool) -> Log | None:
        """Return the file; it is opened again where it was deleted."""
        if self._file is not None and not is_there(self._path):
            self.close()
        if self._file is None and (make or is_there(self._path)):
            self._file = Log(self._path)
        return self._file


def _removed(damaged: MemoryTrouble) -> MemoryTrouble:
    """Delete a damaged file; return what there is to say."""
    try:
        remove(damaged.path)
    except MemoryTrouble as trouble:
        return trouble
    return damaged


def digest(root: str) -> str:
    """Return what stands for a project; '' for none."""
    return hashlib.sha256(os.fsencode(root)).hexdigest()[:16] if root else ""


def _outcome(given: dict[str, Any], now: float) -> Outcome:
    values: dict[str, Any] = {name: int(given[name]) for name in _NUMBERS}
    values |= {name: str(given[name]) for name in ("arm", "kind")}
    return Outcome(day=int(now // DAY_S), project=digest(str(given["root"])), **values)
