"""Where a project's libraries are installed: what its language server has to be told.

In: projects' folders, the variable ``VIRTUAL_ENV``.  Out: an interpreter for each, and a sentence on it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_FOLDERS = (".venv", "venv")
_PROGRAMS = ("bin/python", "Scripts/python.exe")


def interpreter_of(project: Path) -> tuple[Path | None, str]:
    """Return the interpreter of a project's own environment, and what told it.

    That is ``.venv`` or ``venv`` in its folder, else the environment that is active where this is started (the
    variable ``VIRTUAL_ENV``), as long as it is not the one that this program runs in. None where there is none.
    The interpreter is not resolved: what it is a link to knows nothing of the environment.
    """
    for name in _FOLDERS:
        program = _program(project / name)
        if program:
            return program, name
    active = os.environ.get("VIRTUAL_ENV", "")
    program = _program(Path(active)) if active else None
    if program and Path(active).resolve() != Path(sys.prefix).resolve():
        return program, "VIRTUAL_ENV"
    return None, ""


def _program(environment: Path) -> Path | None:
    if not (environment / "pyvenv.cfg").is_file():
        return None
    programs = (environment.expanduser().absolute() / name for name in _PROGRAMS)
    return next((program for program in programs if program.exists()), None)


def sentences(projects: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """Return the interpreters by project name, and a sentence for each project."""
    interpreters: dict[str, Path] = {}
    lines = []
    for name, place in projects.items():
        program, told_by = interpreter_of(place)
        if program is None:
            lines.append(
                f"{name}: no environment of its own (.venv, venv, VIRTUAL_ENV): the language server sees "
                "only the libraries that are installed with sibyl."
            )
        else:
            interpreters[name] = program
            lines.append(
                f"{name}: the language server reads the libraries of {program.parent.parent} ({told_by})."
            )
    return interpreters, lines
