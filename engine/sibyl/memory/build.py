"""Step 7b, writing: a process of its own that brings a project's store up to date.

In: a project's root and its store; which files changed is seen by size and time.  Out: the store; on standard
output a line of JSON for each step ("done", "of"), the last with "ended".  Called by: scribe, as
``python -m sibyl.memory.build ROOT STORE [--near FILE]``.

It runs beside the host, so that typing never waits for it: at a low priority, for at most ``--seconds`` of
CPU time (the next start goes on where it stopped), a few files held at a time. One process writes at a time; a
second one that finds the store locked leaves at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sibyl.clean import content_fault
from sibyl.errors import MemoryTrouble
from sibyl.memory.files import project_files
from sibyl.memory.notes import Notes, take_notes
from sibyl.memory.store import Stamp, Store, remove

_AT_FIRST, _AT_MOST = 5, 40  # files of one transaction: the nearest ones are known at once
_PATIENCE_S = 5.0
_PARENT = os.getppid()
Changed = tuple[str, Stamp, bytes, Notes]
Tell = Callable[[int, int], None]


def digest_of(data: bytes) -> bytes:
    """Return what tells copies of a file."""
    return hashlib.blake2b(data, digest_size=16).digest()


def noted(path: str, stamp: Stamp, data: bytes) -> Changed:
    """Return a file's line for ``Store.update``; one that is not worth reading has empty notes."""
    fault = content_fault(path, data)
    return path, stamp, digest_of(data), Notes() if fault else take_notes(data)


def bring_up_to_date(store: Store, root: Path, near: str, seconds: float, tell: Tell) -> bool:
    """Read what changed; return whether all of it was read within the time."""
    began = time.process_time()
    there, known = project_files(root, near), store.stamps()
    changed = [path for path, stamp in there.items() if known.get(path) != stamp]
    store.update((), [path for path in known if path not in there])
    done, portion = 0, _AT_FIRST
    while done < len(changed):
        some = changed[done : done + portion]
        store.update(_read(root, some, there))
        done, portion = done + len(some), min(2 * portion, _AT_MOST)
        tell(done, len(changed))
        if time.process_time() - began > seconds:
            break
    return done == len(changed)


def _read(root: Path, paths: Iterable[str], stamps: dict[str, Stamp]) -> Iterator[Changed]:
    for path in paths:
        if os.getppid() != _PARENT:  # nobody waits for this any more
            sys.exit(1)
        try:
            data = (root / path).read_bytes()
        except OSError:
            data = b""  # gone meanwhile, or not ours to read
        yield noted(path, stamps[path], data)


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Tell whether this is the only process that writes a store; a process that is killed lets go."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = sqlite3.connect(path.with_suffix(".lock"), timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        yield False
    else:
        yield True
    finally:
        lock.close()


def build(root: Path, path: Path, near: str, seconds: float, tell: Tell) -> bool:
    """Bring a store up to date, making it anew where it is damaged; return whether all was read."""
    with _alone(path) as alone:
        if not alone:
            return False
        for chance_left in (True, False):
            try:
                store = Store(path, _PATIENCE_S)
                try:
                    return bring_up_to_date(store, root, near, seconds, tell)
                finally:
                    store.close()
            except MemoryTrouble as trouble:
                if not (trouble.why == "damaged" and chance_left):
                    raise
                remove(path)
    return False


def main(argv: list[str] | None = None) -> int:
    """Do it, at a low priority, telling how far it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--near", default="", help="file to begin near, relative to the root")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU time it may take")
    options = parser.parse_args(argv)
    if hasattr(os, "nice"):
        os.nice(10)

    def tell(done: int, of: int) -> None:
        print(json.dumps({"done": done, "of": of}), flush=True)

    try:
        whole = build(options.root, options.store, options.near, options.seconds, tell)
    except MemoryTrouble as trouble:
        print(json.dumps({"ended": False, "trouble": str(trouble)}), flush=True)
        return 1
    except BrokenPipeError:  # the host is gone
        return 1
    print(json.dumps({"ended": True, "whole": whole}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
