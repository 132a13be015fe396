"""What the host says of itself: versions, memory, and where its log goes.

In: nothing but the process.  Out: numbers and texts for ``:checkhealth``.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sibyl.memory.private import private

_log = logging.getLogger("sibyl")
# O_NONBLOCK: a FIFO must not wait.
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)


def process() -> dict[str, Any]:
    """Return what there is to say of the process and what it runs on."""
    return {"python": platform.python_version(), "pid": os.getpid(), "versions": versions()}


class LogFile(logging.Handler):
    """Lines at the end of a file that its owner alone can read.

    The file is opened for each line: whatever happens to it in between, and whichever user owns it now, a line
    is written or left out. Writing one never raises.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.setFormatter(logging.Formatter("%(asctime)s host %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, if that can be done."""
        try:
            line = self.format(record) + "\n"
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.path, _APPEND, 0o600)
            try:
                private(file)
                os.write(file, line.encode("utf-8", "replace"))
            finally:
                os.close(file)
        except Exception:  # a log that cannot be written must not become a second problem
            return


def log_to(path: Path, level: str) -> None:
    """Let the log go to a file, beside the front's own lines."""
    for old in _log.handlers[:]:
        _log.removeHandler(old)
        old.close()
    _log.addHandler(LogFile(path))
    _log.propagate = False
    _log.setLevel(getattr(logging, level, logging.WARNING))


def versions() -> dict[str, str]:
    """Return the versions of the packages the host runs on."""
    from importlib.metadata import PackageNotFoundError, version

    by_package = {}
    for name in ("pynvim", "onnxruntime", "numpy", "tree-sitter", "tree-sitter-python"):
        try:
            by_package[name] = version(name)
        except PackageNotFoundError:
            by_package[name] = "?"
    return by_package


def resident() -> float:
    """Return this process's resident memory in MB (10^6 bytes), 0 where it cannot be had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    except (OSError, ValueError, AttributeError):
        return 0.0


def ms_since(began: float) -> float:
    """Return the milliseconds since a moment of ``time.perf_counter``."""
    return round((time.perf_counter() - began) * 1e3, 3)


def spread(timings: Mapping[str, Iterable[float]]) -> dict[str, dict[str, float]]:
    """Return median, largest and number of each sort of timings, none of which is empty."""
    return {
        name: {"p50": ordered[len(ordered) // 2], "max": ordered[-1], "n": len(ordered)}
        for name, values in timings.items()
        for ordered in [sorted(values)]
    }
