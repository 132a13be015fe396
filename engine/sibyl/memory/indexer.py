"""Runs ``index`` beside the host, one process a project, and says how far it is.

In: roots whose files may have changed.  Out: news through ``tell``: one notice if the first reading takes long,
one sentence if it fails.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_log = logging.getLogger("sibyl")
_LONG_S = 4.0  # after which a person is told, once, that their project is being read
_MOST_SKIPPED = 20  # files that may end a reading, before it is not begun again
_MOST_S = 120.0  # of CPU time for one reading; the next one goes on from there
_ENGINE = Path(__file__).resolve().parents[2]
# Isolated like the host: no variable and no folder changes what it imports.
_BEGIN = f"""
import sys
sys.path.insert(0, {str(_ENGINE)!r})
from sibyl.memory.index import main
sys.exit(main())
"""
_READER = ("-I", "-B", "-X", "utf8", "-c", _BEGIN)

News = Callable[[str, str], None]
"""Level ("info", "warn") and sentence."""


class Indexer:
    """Keeps the stores of a few projects up to date."""

    def __init__(self, tell: News) -> None:
        self._tell = tell
        self._running: dict[Path, subprocess.Popen[bytes]] = {}
        self._again: set[Path] = set()
        self._skip: dict[Path, list[str]] = {}  # files that ended the process that read them
        self._told: dict[Path, str] = {}  # the last trouble, by root
        self._lock = threading.Lock()
        self._closed = False

    def read(self, root: Path, store: Path, near: str) -> None:
        """Have what changed below a root read; returns at once."""
        with self._lock:
            if self._closed:
                return
            if root in self._running:
                self._again.add(root)
                return
            command = [sys.executable, *_READER, str(root), str(store)]
            more = [f"--near={near}", f"--seconds={_MOST_S}", f"--parent={os.getpid()}"]
            more += [f"--skip={path}" for path in self._skip.get(root, ())]
            try:
                self._running[root] = subprocess.Popen(
                    [*command, *more],
                    cwd=_ENGINE,  # not a project's folder: its modules must not be taken for ours
                    env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                _log.warning("the project %s is not read: %s", root, error)
                return
        threading.Thread(target=self._follow, args=(root, store, near), daemon=True).start()

    def _follow(self, root: Path, store: Path, near: str) -> None:
        """Read what one process says until it ends."""
        process, began, shown, file = self._running[root], time.monotonic(), False, b""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                if line.startswith(b'{"file"'):
                    file = line  # the host has better to do than to parse each
                    continue
                progress = json.loads(line)
                if "trouble" in progress:
                    self._report(root, progress["trouble"])
                elif "done" in progress and not shown and time.monotonic() - began > _LONG_S:
                    shown = progress["done"] < progress["of"]
                    if shown:
                        self._tell(
                            "info",
                            f"reading the project: {progress['done']} of {progress['of']} files",
                        )
        if process.wait():
            _log.warning("reading %s ended with code %d", root, process.returncode)
        with self._lock:
            self._running.pop(root, None)
            again = root in self._again or self._fatal(root, process.returncode, file)
            self._again.discard(root)
        if again:
            self.read(root, store, near)

    def _report(self, root: Path, trouble: str) -> None:
        """Say what is wrong; the same is not said again each time that a file is saved."""
        _log.error(trouble)
        if self._told.get(root) != trouble:
            self._told[root] = trouble
            self._tell("warn", f"the project is not remembered: {trouble}")

    def _fatal(self, root: Path, code: int, line: bytes) -> bool:
        """Tell whether a file ended its reader, and leave that file out from now on."""
        known = self._skip.setdefault(root, [])
        ended = code in (-signal.SIGTERM, 0, 1) or self._closed
        if ended or not line or len(known) >= _MOST_SKIPPED:
            return False
        known.append(json.loads(line)["file"])
        _log.warning("%s is not remembered: it ended its reader", known[-1])
        return True

    def forget(self, root: Path) -> None:
        """End the reading of a project that somebody had forgotten."""
        with self._lock:
            self._again.discard(root)
            process = self._running.get(root)
        if process is not None:
            process.terminate()

    def busy(self) -> list[str]:
        """Return the roots being read."""
        with self._lock:
            return [str(root) for root in self._running]

    def close(self) -> None:
        """End all reading; what was read whole is kept."""
        with self._lock:
            self._closed = True
            running = list(self._running.values())
        for process in running:
            process.terminate()
