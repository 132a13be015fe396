"""What the host says of itself: versions, memory, and where its log goes.

In: nothing but the process.  Out: numbers and texts for ``:checkhealth``.  Called by: desk.
"""

from __future__ import annotations

import logging
import os
import platform
from pathlib import Path
from typing import Any

_log = logging.getLogger("sibyl")


def process() -> dict[str, Any]:
    """Return what there is to say of the process and what it runs on."""
    return {"python": platform.python_version(), "pid": os.getpid(), "versions": versions()}


def log_to(path: Path, level: str) -> None:
    """Let the log go to a file, beside the front's own lines."""
    for old in _log.handlers[:]:
        _log.removeHandler(old)
        old.close()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s host %(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.propagate = False
    _log.setLevel(getattr(logging, level, logging.WARNING))


def versions() -> dict[str, str]:
    """Return the versions of the packages the host runs on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in ("pynvim", "onnxruntime", "numpy", "tree-sitter", "tree-sitter-python"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "?"
    return found


def resident() -> float:
    """Return this process's resident memory in MB (10^6 bytes), 0 where it cannot be had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    except (OSError, ValueError, AttributeError):
        return 0.0
