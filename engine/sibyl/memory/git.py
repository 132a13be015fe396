"""Git, asked so that a repository cannot make it run anything.

In: a question that needs no network, and the folder it is about.  Out: a command line and an environment.

A repository brings a configuration of its own, and that names programs: a watcher of files, hooks, a pager, ssh
for objects that a partial clone left out. Looking at a folder must not run these. So git fetches nothing,
has no protocol to fetch by, no hooks and no watcher, and gets none of the variables that change what it does.

The git itself is taken from PATH by its absolute path. Entries that are empty or relative mean the current
folder; those, the folder asked about and an active virtual environment may hold a program that a project made.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "git.exe" if sys.platform == "win32" else "git"
# What git needs to find the user's own settings (the ignore file, trusted folders), and Windows to start it.
_KEPT = ("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "SYSTEMROOT")
_ALONE = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # a list of protocols; none of them has this name
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.sshCommand=false",
    "credential.helper=",
    "protocol.allow=never",
    "safe.bareRepository=explicit",  # a folder of a project that looks like a repository is none
)


def program(away_from: Path | None = None) -> str | None:
    """Return the absolute path of git, or None; never one below ``away_from``."""
    places = (os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX"), away_from)
    strange = [Path(place).resolve() for place in places if place]
    for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)):
        candidate = folder / _NAME
        try:
            if not (folder.is_absolute() and os.access(candidate, os.X_OK) and candidate.is_file()):
                continue
            real = (folder.resolve(), candidate.resolve())
        except (OSError, RuntimeError):  # not ours to look at; a loop of links
            continue
        if not any(path.is_relative_to(place) for path in real for place in strange):
            return str(candidate)
    return None


def command(git: str, *arguments: str) -> list[str]:
    """Return the command line of a question."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return [git, "--no-pager", *settings, *arguments]


def environment(git: str) -> dict[str, str]:
    """Return the environment of a question: little of the user's, nothing that names a program."""
    variables = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return variables | _ALONE | {"PATH": str(Path(git).parent)}
