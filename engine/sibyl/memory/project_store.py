"""The notes of its files, counted together, in one SQLite file.

In: notes of files, added and taken away.  Out: for a context, the names that followed it, with how often and in
how many files; classes, functions and modules by name.

Several processes may read and one may write at any time (SQLite's write-ahead log); a writer that is killed
leaves the last whole transaction. The file is readable by its owner alone. Files are counted once: exact copies
are known, but not counted.

    files    path, size, time, digest, whether it is counted, its notes (so that they can be taken away again)
    uses     context, name, how often, in how many files
    defined  class, function or module, file, what it says (JSON)
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from heapq import nlargest
from pathlib import Path
from typing import Any

from sibyl.code.stream import STREAM_VERSION
from sibyl.memory.notes import Notes
from sibyl.memory.sqlite import (
    MOST_ANSWERS,
    READ_S,
    WAIT_S,
    Database,
    count,
    sentence,
    size_on_disk,
    wait_for_locks,
    written,
)

STORE_VERSION = 7
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, size INTEGER, time INTEGER, digest BLOB, counted INTEGER, notes BLOB
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_digest ON files (digest);
CREATE TABLE IF NOT EXISTS uses (
    key TEXT, name TEXT, times INTEGER, files INTEGER, PRIMARY KEY (key, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS defined (
    kind TEXT, name TEXT, path TEXT, said TEXT, PRIMARY KEY (kind, name, path)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS defined_path ON defined (path);
"""
_MOST_FUNCTIONS = 200  # of one name; in large projects hundreds of files have a `run`
Stamp = tuple[int, int]
"""Size in bytes and time of the last change in nanoseconds."""


class Used(dict[str, tuple[float, float]]):
    """Names that followed a context: how often (or how much), in how many files (or how recently)."""

    __slots__ = ("total",)

    def __init__(self, names: Mapping[str, tuple[float, float]] | None = None) -> None:
        super().__init__(names or {})
        self.total = sum(often for often, _ in self.values())

    def most(self, count: int) -> list[str]:
        """Return the ``count`` names used most, the most frequent first."""
        return nlargest(count, self, key=lambda name: self[name][0])


class ProjectStore(Database):
    """One project's file; raises MemoryTrouble when it cannot be used."""

    def __init__(self, path: Path, patience: float = WAIT_S) -> None:
        version = f"{STORE_VERSION} {STREAM_VERSION}"
        super().__init__(path, version, _SCHEMA, ("files", "uses", "defined"), patience)

    def _begin(self) -> None:
        self.root = ""  # of the project, where it is known
        with suppress(OSError):
            os.utime(self.path)  # it is used: see ``sibyl.memory.index.tidy``
        with sentence(self.path):
            if self._patience == WAIT_S:  # it is read while a person types
                wait_for_locks(self._base, READ_S)
        self._answers: dict[str, Used] = {}  # answers of this moment, for all buffers
        self._moment = -1

    # writing --------------------------------------------------------------------------------------

    def stamps(self) -> dict[str, Stamp]:
        """Return size and time of every file as it was last read."""
        with sentence(self.path):
            rows = self._base.execute("SELECT path, size, time FROM files")
            return {path: (size, time) for path, size, time in rows}

    def update(
        self, changed: Iterable[tuple[str, Stamp, bytes, Notes]], deleted: Iterable[str] = ()
    ) -> None:
        """Replace the notes of changed files (path, stamp, digest, notes); forget those that are gone."""
        times: Counter[tuple[str, str]] = Counter()
        files: Counter[tuple[str, str]] = Counter()
        self._answers.clear()
        with sentence(self.path), self._base:
            self._base.execute("BEGIN IMMEDIATE")
            for path in deleted:
                self._take_away(path, times, files)
            for path, stamp, digest, notes in changed:
                self._take_away(path, times, files)
                copy = self._base.execute(
                    "SELECT 1 FROM files WHERE digest=? AND counted", (digest,)
                ).fetchone()
                row = (path, *stamp, digest, copy is None, notes.packed())
                self._base.execute("INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?)", row)
                if copy is None:
                    self._count(path, notes, 1, times, files)
            self._write(times, files)

    def _take_away(
        self, path: str, times: Counter[tuple[str, str]], files: Counter[tuple[str, str]]
    ) -> None:
        """Forget one file; an exact copy of it takes its place, with its own notes: they depend on the path."""
        row = self._base.execute(
            "SELECT digest, counted, notes FROM files WHERE path=?", (path,)
        ).fetchone()
        if row is None:
            return
        digest, counted, packed = row
        self._base.execute("DELETE FROM files WHERE path=?", (path,))
        if not counted:
            return
        self._count(path, Notes.unpacked(packed), -1, times, files)
        heir = self._base.execute(
            "SELECT path, notes FROM files WHERE digest=?", (digest,)
        ).fetchone()
        if heir is not None:
            self._base.execute("UPDATE files SET counted=1 WHERE path=?", heir[:1])
            self._count(heir[0], Notes.unpacked(heir[1]), 1, times, files)

    def _count(
        self,
        path: str,
        notes: Notes,
        sign: int,
        times: Counter[tuple[str, str]],
        files: Counter[tuple[str, str]],
    ) -> None:
        for key, names in notes.uses.items():
            for name, often in names.items():
                times[key, name] += sign * often
                files[key, name] += sign
        if sign < 0:
            self._base.execute("DELETE FROM defined WHERE path=?", (path,))
            return
        rows = [("class", name, path, json.dumps(about)) for name, about in notes.classes.items()]
        rows += [
            ("function", name, path, json.dumps(names)) for name, names in notes.parameters.items()
        ]
        rows.append(("module", _module(path), path, json.dumps(notes.names)))
        self._base.executemany("INSERT OR REPLACE INTO defined VALUES (?,?,?,?)", rows)

    def _write(self, times: Counter[tuple[str, str]], files: Counter[tuple[str, str]]) -> None:
        rows = [
            (key, name, often, files[key, name])
            for (key, name), often in times.items()
            if often or files[key, name]
        ]
        self._base.executemany(
            "INSERT INTO uses VALUES (?,?,?,?) ON CONFLICT (key, name) DO UPDATE SET "
            "times=times+excluded.times, files=files+excluded.files",
            sorted(rows),
        )
        fewer = [(key, name) for key, name, often, _ in rows if often <= 0]
        self._base.executemany("DELETE FROM uses WHERE key=? AND name=? AND times<=0", fewer)

    # reading --------------------------------------------------------------------------------------

    def moment(self) -> int:
        """Return a number that changes when another process has written."""
        self.check()
        with sentence(self.path):
            moment = written(self._base)
        if moment != self._moment or len(self._answers) > MOST_ANSWERS:
            self._answers.clear()
            self._moment = moment
        return moment

    def uses(self, key: str) -> Used:
        """Return the names that followed a context: how often, in how many files (as of ``moment``)."""
        used = self._answers.get(key)
        if used is None:
            with sentence(self.path):
                rows = self._base.execute("SELECT name, times, files FROM uses WHERE key=?", (key,))
                used = Used({name: (count(times), count(files)) for name, times, files in rows})
            self._answers[key] = used
        return used

    def defined(self, kind: str, name: str) -> dict[str, Any]:
        """Return what each file says of a class, function or module of this name, by path.

        Of functions that many files have, the first in the alphabet. Of classes and modules one file is meant.
        """
        most = _MOST_FUNCTIONS if kind == "function" else -1
        with sentence(self.path):
            rows = self._base.execute(
                "SELECT path, said FROM defined WHERE kind=? AND name=? ORDER BY path LIMIT ?",
                (kind, name, most),
            )
            return {path: json.loads(about) for path, about in rows}

    def counted_as(self, path: str, digest: bytes | None = None) -> tuple[str, Notes] | None:
        """Return the counted file that is this one, or an exact copy of it, with its notes."""
        with sentence(self.path):
            row = self._base.execute("SELECT digest FROM files WHERE path=?", (path,)).fetchone()
            wanted = row[0] if row is not None else digest
            counted = self._base.execute(
                "SELECT path, notes FROM files WHERE digest=? AND counted", (wanted,)
            ).fetchone()
            return None if counted is None else (counted[0], Notes.unpacked(counted[1]))

    def files(self) -> int:
        """Return how many files are counted."""
        with sentence(self.path):
            row = self._base.execute("SELECT count(*) FROM files WHERE counted").fetchone()
            return int(row[0])

    def size(self) -> dict[str, int]:
        """Return how many files are counted and how many bytes all of it takes."""
        return {"files": self.files(), "bytes": size_on_disk(self.path)}


def _module(path: str) -> str:
    """Return a module's own name: the last part of its dotted path."""
    parts = path.removesuffix(".py").split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
