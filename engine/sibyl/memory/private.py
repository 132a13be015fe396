"""Files and folders of ours: for their owner alone.

In: a path, or an open file.  Out: its mode, mended.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def private(file: int | Path) -> None:
    """Make a file or folder accessible to its owner only; another user's stays as it is."""
    if os.name != "posix":
        return
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 (an open file, too)
        if mode & 0o077:
            os.chmod(file, 0o700 if stat.S_ISDIR(mode) else 0o600)  # noqa: PTH101
    except OSError:
        return


def private_folder(path: Path) -> None:
    """Make a folder if need be, and take it from everybody else; raises OSError when it cannot be made."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    private(path)
