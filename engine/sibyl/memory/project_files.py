"""The Python files of a project that are worth remembering.

In: a project's root.  Out: paths below it with size and time.

Where git knows the folder, git says what belongs to it (ignored files do not), or nothing is read; elsewhere
the folder is walked level by level, up to a number of folders, hidden ones and virtual environments left out.
Vendored, generated, minified and huge files are left out by the very rules the training corpus is made with.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from sibyl.code.filters import LARGEST, path_fault
from sibyl.errors import MemoryTrouble
from sibyl.memory import git
from sibyl.memory.project_store import Stamp

MOST_FILES = 4_000
MOST_FOLDERS = 10_000
"""Folders looked into where git does not know the files: a home folder must not be read to its end."""
_NOT_WALKED = frozenset(("__pycache__", "node_modules", "site-packages", "build", "dist"))
_GIT_S = 30
_LIST = ("ls-files", "-z", "-co", "--exclude-standard", "--", "*.py")


_MOST_NUMBER = 2**63 - 1  # that SQLite holds; some file systems have later times


def project_files(root: Path, near: str = "") -> dict[str, Stamp]:
    """Return the files of a project, at most ``MOST_FILES``, those near the file ``near`` first.

    Which ones are taken does not depend on ``near``: two readings take the same.
    """
    stamps: dict[str, Stamp] = {}
    inside: dict[str, bool] = {}
    for path in sorted(_listed(root)):
        if Path(path).is_absolute() or ".." in Path(path).parts:
            continue  # a crafted index may name anything
        try:
            path.encode()  # a name that is not text cannot be kept; UnicodeEncodeError is a ValueError
            folder = path.rpartition("/")[0]
            if folder not in inside:
                inside[folder] = _is_inside(root, folder)
            seen = (root / path).lstat()
            plain = stat.S_ISREG(seen.st_mode) and inside[folder]
            if not plain or path_fault(path, seen.st_size):
                continue
        except (OSError, ValueError, RuntimeError):  # the last: a link to itself, before 3.13
            continue
        stamps[path] = (seen.st_size, seen.st_mtime_ns & _MOST_NUMBER)
        if len(stamps) >= MOST_FILES:
            break
    near = "" if Path(near).is_absolute() else near
    return dict(sorted(stamps.items(), key=lambda file: -_nearness(file[0], near)))


def _is_inside(root: Path, folder: str) -> bool:
    """Tell whether a folder below a root is one of its own: no link on the way leads elsewhere."""
    return (root / folder).resolve() == root.resolve() / folder


def bytes_of(path: Path) -> bytes:
    """Return what is in a file of a project; raises OSError where it is none, or a link, by now.

    Between the look at a folder and this one somebody may have put a pipe or a device there: to open one may
    wait for ever, and to read one may never end.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    number = os.open(path, flags | getattr(os, "O_BINARY", 0))
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(f"{path} is no file")
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OSError(f"{path} has grown too large")
    return data


def _nearness(path: str, near: str) -> int:
    """Return how many folders two files share."""
    return len(os.path.commonpath((path, near))) if path and near else 0


def _listed(root: Path) -> list[str]:
    """Return what git says belongs to a project; all there is where git is not there or knows no repository.

    Raises MemoryTrouble where git knows one and does not list it: what it ignores is not to be read.
    """
    program = git.program(root)
    if program is None:
        return list(_walked(root))
    try:
        done = subprocess.run(
            git.command(program, *_LIST),
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_S,
            check=False,
            env=git.environment(program),
        )
    except OSError:
        return list(_walked(root))
    except subprocess.TimeoutExpired:
        raise _unlisted(root, f"it takes longer than {_GIT_S} s") from None
    # A home folder kept in git ignores the projects in it; a project that is kept in git itself has nothing
    # to be read where it lists nothing.
    if done.returncode == 0 and (done.stdout or (root / ".git").exists()):
        return [os.fsdecode(path) for path in done.stdout.split(b"\0") if path]
    complaint = os.fsdecode(done.stderr).strip()
    # "not a git repository: …" is of a file `.git` that names one which is not there.
    if done.returncode and "not a git repository (or any" not in complaint:
        raise _unlisted(root, (complaint.splitlines() or [""])[0].removeprefix("fatal: "))
    return list(_walked(root))


def _unlisted(root: Path, why: str) -> MemoryTrouble:
    return MemoryTrouble(
        f"git does not list the files of {root} ({why}); `git status` there may say what to do.",
        root,
    )


def _walked(root: Path) -> Iterator[str]:
    """Yield the Python files below a folder, those nearest to it first, up to a number of folders."""
    waiting = deque([""])
    for _ in range(MOST_FOLDERS):
        if not waiting:
            return
        folder = waiting.popleft()
        try:
            with os.scandir(root / folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}{entry.name}"
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder and _is_walked(entry):
                    waiting.append(f"{path}/")
            except OSError:  # not ours to look into, or its path too long
                continue
            if not is_folder and entry.name.endswith(".py"):
                yield path


def _is_walked(folder: os.DirEntry[str]) -> bool:
    """Tell whether a folder may hold code of the project itself."""
    if folder.name[0] == "." or folder.name in _NOT_WALKED:
        return False
    return not (Path(folder.path) / "pyvenv.cfg").exists()
