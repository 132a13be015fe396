"""A process of its own that brings a project's store up to date.

In: a project's root and its store; which files changed is seen by size and time.  Out: the store; on standard
output a line of JSON for each step ("file" before it is read; "done", "of"), the last with "ended".

It runs beside the host, so that typing never waits for it: at a low priority, for at most ``--seconds`` of
CPU time (the next start goes on where it stopped), a few files held at a time. One process writes at a time; a
second one that finds the store locked leaves at once.

A file that takes more than ``FILE_S`` or ``MOST_BYTES``, or that cannot be read at all, is kept with empty
notes and not read again before it changes. If it ends the process, ``indexer`` starts the next one with
``--skip FILE``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sibyl.code.filters import content_fault
from sibyl.errors import MemoryTrouble
from sibyl.memory.limits import cap_memory, cpu_time
from sibyl.memory.notes import Notes, take_notes
from sibyl.memory.project_files import bytes_of, project_files
from sibyl.memory.project_store import ProjectStore, Stamp
from sibyl.memory.sqlite import is_there, remove, sentence, siblings

UNUSED_S = 90 * 86_400
"""Seconds after which a memory that nobody has opened is deleted; it is made again when it is wanted."""
FILE_S = 3.0
"""CPU time for one file."""
MOST_BYTES = 768 << 20
"""Address space of the process."""
_log = logging.getLogger("sibyl")
_AT_FIRST, _AT_MOST = 5, 40  # files of one transaction: the nearest ones are known at once
_PATIENCE_S = 5.0
Changed = tuple[str, Stamp, bytes, Notes]
Tell = Callable[[dict[str, object]], None]


@dataclass(frozen=True)
class Reading:
    """What a process reads, and within which bounds."""

    root: Path
    near: str
    """The file to begin near, relative to the root."""
    seconds: float
    """CPU time it may take."""
    tell: Tell
    parent: int = 0
    """The process to end with; 0: none."""
    skip: Collection[str] = ()
    """Files that are not to be read."""

    @property
    def orphaned(self) -> bool:
        """Whether the host that started this has ended."""
        return bool(self.parent) and hasattr(os, "fork") and os.getppid() != self.parent


def digest_of(data: bytes) -> bytes:
    """Return what tells copies of a file."""
    return hashlib.blake2b(data, digest_size=16).digest()


def noted(path: str, stamp: Stamp, data: bytes) -> Changed:
    """Return a file's line for ``ProjectStore.update``; one that is not worth reading has empty notes."""
    fault = content_fault(path, data)
    return path, stamp, digest_of(data), Notes() if fault else take_notes(data)


def bring_up_to_date(store: ProjectStore, asked: Reading) -> bool:
    """Read what changed; return whether all of it was read, within the time and while the parent lived."""
    began = time.process_time()
    files, known = project_files(asked.root, asked.near), store.stamps()
    changed = [path for path, stamp in files.items() if known.get(path) != stamp]
    store.update((), [path for path in known if path not in files])
    done, portion = 0, _AT_FIRST
    while done < len(changed):
        some = changed[done : done + portion]
        read = []
        for path in some:
            if asked.orphaned:
                return False
            asked.tell({"file": path})
            data = b"" if path in asked.skip else _read(asked.root / path)
            read.append((path, files[path], digest_of(data), _notes(path, data)))
        store.update(read)
        done, portion = done + len(some), min(2 * portion, _AT_MOST)
        asked.tell({"done": done, "of": len(changed)})
        if time.process_time() - began > asked.seconds:
            break
    return done == len(changed)


def _read(path: Path) -> bytes:
    try:
        return bytes_of(path)
    except OSError:
        return b""  # gone meanwhile, or not ours to read


def _notes(path: str, data: bytes) -> Notes:
    """Return a file's notes, empty ones where it takes too much: it must not cost the others their place."""
    try:
        with cpu_time(FILE_S):
            return noted(path, (0, 0), data)[3]
    except Exception as error:
        _log.warning("%s is not remembered: %r", path, error)
        return Notes()


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Tell whether this is the only process that writes a store; a process that is killed lets go."""
    place = path.with_suffix(".lock")
    # It is always empty: what somebody else has written there would be no database.
    with sentence(place):
        os.close(os.open(place, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    lock = sqlite3.connect(place, timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        yield False
    else:
        yield True
    finally:
        lock.close()


def _renew(path: Path) -> None:
    """Put an empty store in the place of a damaged one.

    There is a file at any moment: a host that finds none takes the project for forgotten, and ends its reader.
    """
    empty = path.with_suffix(".new")
    remove(empty)
    ProjectStore(empty, _PATIENCE_S).close()
    with sentence(path):
        for log in siblings(path)[1:]:  # of the damaged file
            log.unlink(missing_ok=True)
        empty.replace(path)


def build(path: Path, asked: Reading) -> bool:
    """Bring a store up to date, replacing it where it is damaged; return whether all was read."""
    with _alone(path) as alone:
        if not alone or asked.orphaned:
            return False
        for chance_left in (True, False):
            try:
                store = ProjectStore(path, _PATIENCE_S)
                try:
                    return bring_up_to_date(store, asked)
                finally:
                    store.close()
            except MemoryTrouble as trouble:
                if not (trouble.why == "damaged" and chance_left):
                    raise
                _renew(path)
    return False


def tidy(folder: Path) -> None:
    """Delete the memories of projects that nobody has opened for a long time, and that nobody writes."""
    for path in folder.glob("*.sqlite"):
        try:
            used = max(sibling.stat().st_mtime for sibling in siblings(path) if is_there(sibling))
            if time.time() - used > UNUSED_S:
                with _alone(path) as alone:
                    if alone:
                        remove(path)
        except (OSError, ValueError, MemoryTrouble):  # another reader's look, or not ours to delete
            continue


def main(argv: list[str] | None = None) -> int:
    """Do it, at a low priority, telling how far it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--near", default="", help="file to begin near, relative to the root")
    parser.add_argument("--parent", type=int, default=0, help="process to end with")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU time it may take")
    parser.add_argument("--skip", action="append", default=[], help="file that is not to be read")
    options = parser.parse_args(argv)
    if hasattr(os, "nice"):
        os.nice(10)
    cap_memory(MOST_BYTES)

    def tell(message: dict[str, object]) -> None:
        print(json.dumps(message), flush=True)

    try:
        if not options.store.parent.is_dir():  # forgotten meanwhile; who wants it makes it
            return 1
        bounds = options.near, options.seconds
        asked = Reading(options.root, *bounds, tell, options.parent, options.skip)
        whole = build(options.store, asked)
        tidy(options.store.parent)
    except MemoryTrouble as trouble:
        tell({"ended": False, "trouble": str(trouble)})
        return 1
    except BrokenPipeError:  # the host is gone
        return 1
    except Exception as error:  # nobody reads what it would print
        tell({"ended": False, "trouble": f"The project {options.root} cannot be read ({error!r})."})
        return 1
    tell({"ended": True, "whole": whole})
    return 0


if __name__ == "__main__":
    sys.exit(main())
