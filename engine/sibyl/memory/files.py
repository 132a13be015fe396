"""Step 7b, which files: the Python files of a project that are worth remembering.

In: a project's root.  Out: paths below it with size and time.  Called by: build.

Where git knows the folder, git says what belongs to it (ignored files do not); elsewhere the folder is walked,
hidden folders and virtual environments left out. Vendored, generated, minified and huge files are left out by
the very rules the training corpus is made with.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sibyl.clean import path_fault
from sibyl.memory.store import Stamp

MOST_FILES = 4_000
_NOT_WALKED = frozenset(("__pycache__", "node_modules", "site-packages", "build", "dist"))
_GIT = ("git", "-c", "core.fsmonitor=false", "ls-files", "-z", "-co", "--exclude-standard")


def project_files(root: Path, near: str = "") -> dict[str, Stamp]:
    """Return the files of a project, at most ``MOST_FILES``, those near the file ``near`` first.

    Which ones are taken does not depend on ``near``: two readings take the same.
    """
    found: dict[str, Stamp] = {}
    for path in sorted(_listed(root)):
        try:
            path.encode()  # a name that is not text cannot be kept; UnicodeEncodeError is a ValueError
            at = root / path
            seen = at.lstat()
            if at.is_symlink() or not at.is_file() or path_fault(path, seen.st_size):
                continue
        except (OSError, ValueError):
            continue
        found[path] = (seen.st_size, seen.st_mtime_ns)
        if len(found) >= MOST_FILES:
            break
    near = "" if Path(near).is_absolute() else near
    return dict(sorted(found.items(), key=lambda file: -_nearness(file[0], near)))


def _nearness(path: str, near: str) -> int:
    """Return how many folders two files share."""
    return len(os.path.commonpath((path, near))) if path and near else 0


def _listed(root: Path) -> list[str]:
    try:
        done = subprocess.run(
            (*_GIT, "--", "*.py"),
            cwd=root,
            capture_output=True,
            timeout=30,
            check=False,
            # Neovim may run in a git hook, whose repository is another one.
            env={name: value for name, value in os.environ.items() if name[:4] != "GIT_"},
        )
        if done.returncode == 0:
            return [os.fsdecode(path) for path in done.stdout.split(b"\0") if path]
    except (OSError, subprocess.TimeoutExpired):
        pass  # no git: walk
    return list(_walked(root))


def _walked(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in sorted(folders)
            if name[0] != "."
            and name not in _NOT_WALKED
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        ]
        for name in sorted(files):
            if name.endswith(".py"):
                yield (Path(folder) / name).relative_to(root).as_posix()
