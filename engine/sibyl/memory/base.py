"""Step 7b, files: one SQLite file of ours, private to its owner.

In: a path and a schema.  Out: an open database; what goes wrong as ``MemoryTrouble``.
Called by: store, person.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sibyl.errors import MemoryTrouble
from sibyl.private import private, private_folder

IN_MEMORY = ":memory:"
WAIT_S = 0.05  # for another process's lock while reading: a list must not wait for it


@contextmanager
def sentence(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into a MemoryTrouble."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise MemoryTrouble(f"The memory {path} was closed.", path, "gone") from error
    except sqlite3.OperationalError as error:
        raise MemoryTrouble(f"The memory {path} cannot be used now ({error}).", path) from error
    except UnicodeEncodeError as error:  # a name that is not text
        raise MemoryTrouble(f"The memory {path} cannot hold that name.", path) from error
    except (sqlite3.DatabaseError, ValueError) as error:
        raise MemoryTrouble(f"The memory {path} is damaged.", path, "damaged") from error
    except OSError as error:
        said = f"The memory {path} cannot be written ({error.strerror})."
        raise MemoryTrouble(said, path) from error


def opened(
    path: Path, version: object, schema: str, tables: Iterable[str], patience: float = WAIT_S
) -> sqlite3.Connection:
    """Open a file of ours: private, with its tables, begun anew where it is of another version."""
    if str(path) != IN_MEMORY:  # made before SQLite makes it, readable by its owner alone
        private_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for one in siblings(path):
            private(one)
    base = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        if str(path) != IN_MEMORY:
            base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=NORMAL")
        base.execute("PRAGMA cache_size=-1024")
        base.execute("CREATE TABLE IF NOT EXISTS about (version TEXT)")
        found = base.execute("SELECT version FROM about").fetchone()
        if found != (str(version),):
            with base:
                base.execute("BEGIN IMMEDIATE")
                for table in (*tables, "about"):
                    base.execute(f"DROP TABLE IF EXISTS {table}")
                base.execute("CREATE TABLE about (version TEXT)")
                for statement in schema.split(";"):
                    base.execute(statement)
                base.execute("INSERT INTO about VALUES (?)", (str(version),))
    except BaseException:
        base.close()
        raise
    return base


def identity(path: Path) -> int:
    """Return what tells a file from another one made later under its name."""
    return 0 if str(path) == IN_MEMORY else path.stat().st_ino


def same_file(path: Path, file: int) -> None:
    """Raise MemoryTrouble if a file that was opened is not there any more: somebody had it forgotten."""
    try:
        there = identity(path)
    except OSError:
        there = -1
    if there != file:
        raise MemoryTrouble(f"The memory {path} was deleted.", path, "gone")


def siblings(path: Path) -> list[Path]:
    """Return the files that SQLite keeps for a store."""
    return [path, *(path.with_name(path.name + more) for more in ("-wal", "-shm"))]


def bytes_of(path: Path) -> int:
    """Return how many bytes a store takes on disk."""
    return sum(one.stat().st_size for one in siblings(path) if one.exists())


def remove(path: Path) -> None:
    """Delete a store; raises MemoryTrouble when that fails."""
    for one in siblings(path):
        try:
            one.unlink(missing_ok=True)
        except OSError as error:
            said = f"The memory {one} cannot be deleted ({error.strerror})."
            raise MemoryTrouble(said, path) from error
