"""One SQLite file of ours, private to its owner.

In: a path and a schema.  Out: an open database; what goes wrong as ``MemoryTrouble``.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sibyl.errors import MemoryTrouble, first_line
from sibyl.memory.private import private, private_folder

IN_MEMORY = ":memory:"
WAIT_S = 0.05  # for another process's lock while a file is opened or written
READ_S = 0.002  # while one is read: a list must not wait for it
MOST_ANSWERS = 2_000
"""Answers to questions that an open memory keeps."""


# What Python says of a row that holds something else than was written.
_WRONG = (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError)


@contextmanager
def sentence(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into a MemoryTrouble."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise MemoryTrouble(f"The memory {path} was closed.", path, "gone") from error
    except sqlite3.OperationalError as error:
        raise MemoryTrouble(
            f"The memory {path} cannot be used now ({first_line(error)}).", path
        ) from error
    except UnicodeEncodeError as error:  # a name that is not text
        raise MemoryTrouble(f"The memory {path} cannot hold that name.", path) from error
    except (sqlite3.DatabaseError, *_WRONG) as error:
        raise MemoryTrouble(f"The memory {path} is damaged.", path, "damaged") from error
    except OSError as error:
        message = f"The memory {path} cannot be written ({error.strerror})."
        raise MemoryTrouble(message, path) from error


def opened(
    path: Path, version: object, schema: str, tables: Iterable[str], patience: float = WAIT_S
) -> sqlite3.Connection:
    """Open a file of ours: private, with its tables, emptied where it is of another version."""
    if str(path) != IN_MEMORY:  # made before SQLite makes it, readable by its owner alone
        private_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for sibling in siblings(path):
            private(sibling)
    # A file is opened on a thread of its own and then used by one other at a time.
    base = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        if str(path) != IN_MEMORY:
            base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        base.execute("PRAGMA cache_size=-1024")
        base.execute("CREATE TABLE IF NOT EXISTS about (version TEXT)")
        row = base.execute("SELECT version FROM about").fetchone()
        if row != (str(version),):
            with base:
                base.execute("BEGIN IMMEDIATE")
                for table in (*tables, "about"):
                    base.execute(f"DROP TABLE IF EXISTS {table}")
                base.execute("CREATE TABLE about (version TEXT)")
                for statement in schema.split(";"):
                    base.execute(statement)
                base.execute("INSERT INTO about VALUES (?)", (str(version),))
        elif _tables(base) != _wanted(schema):
            raise sqlite3.DatabaseError("tables are missing, or others than were made")
    except BaseException:
        base.close()
        raise
    return base


def _tables(base: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return name and definition of what a file holds, without what SQLite makes itself."""
    rows = base.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(name, sql) for name, sql in rows if name != "about"}


@lru_cache
def _wanted(schema: str) -> set[tuple[str, str]]:
    base = sqlite3.connect(IN_MEMORY)
    try:
        base.executescript(schema)
        return _tables(base)
    finally:
        base.close()


@contextmanager
def waiting(base: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Wait up to ``seconds`` for another process's lock in a block, and ``READ_S`` after it."""
    wait_for_locks(base, seconds)
    try:
        yield
    finally:
        wait_for_locks(base, READ_S)


def wait_for_locks(base: sqlite3.Connection, seconds: float) -> None:
    """Let each statement wait up to ``seconds`` for another process's lock."""
    base.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def written(base: sqlite3.Connection) -> int:
    """Return a number that changes when another process has written to the file."""
    number: int = base.execute("PRAGMA data_version").fetchone()[0]
    return number


def count(value: object) -> float:
    """Return a number of a row; raises ValueError where it is none that was ever written."""
    if not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise ValueError("not a count")
    return value


class Database:
    """One file of ours, open; raises MemoryTrouble when it cannot be used."""

    def __init__(
        self,
        path: Path,
        version: object,
        schema: str,
        tables: Iterable[str],
        patience: float = WAIT_S,
    ) -> None:
        self.path, self._patience = path, patience
        with sentence(path):
            self._base = opened(path, version, schema, tables, patience)
        try:
            with sentence(path):
                self._file = _identity(path)
            self._begin()
        except BaseException:  # nobody else has it, and what is damaged is deleted next
            self._base.close()
            raise

    def _begin(self) -> None:
        """Set up what a kind of file has beside its tables."""

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def check(self) -> None:
        """Raise MemoryTrouble if the file has been deleted since."""
        try:
            now = _identity(self.path)
        except OSError:
            now = -1
        if now != self._file:
            raise MemoryTrouble(f"The memory {self.path} was deleted.", self.path, "gone")


def _identity(path: Path) -> int:
    """Return what tells a file from another one made later under its name."""
    return 0 if str(path) == IN_MEMORY else path.stat().st_ino


def is_there(path: Path) -> bool:
    """Tell whether there is a file of ours; one in a folder that is not ours to look into is not there.

    ``Path.exists`` raises PermissionError then.
    """
    try:
        path.stat()
    except OSError:
        return False
    return True


def siblings(path: Path) -> list[Path]:
    """Return the files that SQLite keeps for a store."""
    return [path, *(path.with_name(path.name + more) for more in ("-wal", "-shm"))]


def size_on_disk(path: Path) -> int:
    """Return how many bytes a store takes on disk."""
    return sum(sibling.stat().st_size for sibling in siblings(path) if is_there(sibling))


def remove(path: Path) -> None:
    """Delete a store; raises MemoryTrouble when that fails."""
    for sibling in siblings(path):
        try:
            sibling.unlink(missing_ok=True)
        except OSError as error:
            message = f"The memory {sibling} cannot be deleted ({error.strerror})."
            raise MemoryTrouble(message, path) from error
