"""The public names of modules that are installed where a project runs, read and never run.

In: a project's root, and the dotted path that a receiver stands for.  Out: names.

Looked for in the project's own environment (``.venv``, ``venv``, ``env``), else in the active one, then in the
standard library of the Python that runs this. Files are searched line by line, the first ``_MOST_BYTES`` of
each: what a module binds at its outermost level, what a package takes from its own modules, and its modules.
Only a wish for guesses asks for this: a press of the suggestion key, a list that says nothing.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from itertools import islice
from keyword import iskeyword
from pathlib import Path

from sibyl.code.quotes import without_long_strings
from sibyl.memory.project_files import bytes_of

_MOST_BYTES = 256 << 10
_MOST_NAMES = 1500
_MOST_FILES = 20  # that the names of one module come from; versions of Python in an environment
_MOST_KEPT = 64  # modules
_FOLDERS = (".venv", "venv", "env")  # as lua/sibyl/server/program.lua looks for them
_BOUND = re.compile(
    r"^(?:(?:async )?def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", re.MULTILINE | re.ASCII
)
_TYPED = re.compile(r"^(\w+): ", re.MULTILINE | re.ASCII)  # in files of types alone
_LISTED = re.compile(r"^__all__\b[^=\n]*=\s*[\[(]([^\[\]()]*)[\])]", re.MULTILINE)
_QUOTED = re.compile(r"""["'](\w+)["']""", re.ASCII)
_COMMENT = re.compile(r"#[^\n]*")
_TAKEN = re.compile(r"^from ([\w.]*) import (?:\(([^()]*)\)|([^(\n]+))", re.MULTILINE | re.ASCII)
_ALL = re.compile(r"^[ \t]*from ([\w.]*) import \*", re.MULTILINE | re.ASCII)
_DELETED = re.compile(r"^del ([\w, ]+)$", re.MULTILINE | re.ASCII)
_WORDS = re.compile(r"(\w+)(?: as (\w+))?", re.ASCII)
Names = dict[str, None]


class Installed:
    """The modules of one project's environment."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._kept: dict[str, tuple[dict[Path, int], Names]] = {}  # with what was looked into

    def names(self, value: str) -> Names:
        """Return the public names of the module that a value names; none where it names no module here."""
        module = (os.path.__name__ if value == "os.path" else value).split(".")
        if not all(part.isidentifier() for part in module):
            return {}
        try:
            return {} if self._is_own(module[0]) else self._names(value, module)
        except OSError:  # a name too long for a file, a folder that is not ours to look into
            return {}

    def _is_own(self, name: str) -> bool:
        """Tell whether the project has a module of its own of that name: that one is imported."""
        own = Path(self._root, name)
        files = own.with_name(f"{name}.py"), own / "__init__.py"
        return bool(self._root) and any(file.is_file() for file in files)

    def _names(self, value: str, module: list[str]) -> Names:
        file = self._file(module)
        if file is None:
            return _built_in(value)
        known = self._kept.get(value)
        if (
            known is None
            or next(iter(known[0])) != file
            or any(_time(path) != at for path, at in known[0].items())
        ):
            looked: dict[Path, int] = {}
            names = dict.fromkeys(islice(self._public(module, file, looked), _MOST_NAMES))
            known = self._kept[value] = looked, names
            if len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return known[1]

    def _places(self) -> Iterator[Path]:
        """Yield the folders that modules lie in, those of the project's environment first."""
        own = [Path(self._root, name) for name in _FOLDERS if self._root]
        active = [os.environ.get(name, "") for name in ("VIRTUAL_ENV", "CONDA_PREFIX")]
        for folder in [*own, *(Path(path) for path in active if path)]:
            if (folder / "pyvenv.cfg").is_file() or folder not in own:
                versions = islice(folder.glob("lib/python3*/site-packages"), _MOST_FILES)
                yield from sorted(versions, reverse=True)
                yield folder / "Lib/site-packages"
                break
        yield Path(sysconfig.get_path("stdlib"))

    def _file(self, module: list[str]) -> Path | None:
        """Return the file of a module: its types before its code."""
        for place in self._places():
            path = place.joinpath(*module)
            for name in ("__init__.pyi", "__init__.py"):
                if (path / name).is_file():
                    return path / name
            for ending in (".pyi", ".py"):
                if (file := path.with_name(path.name + ending)).is_file():
                    return file
        return None

    def _public(self, module: list[str], file: Path, looked: dict[Path, int]) -> Iterator[str]:
        """Yield public names, some of them twice; ``looked`` gets the files and folders, with their times."""
        looked[file] = _time(file)
        try:
            # Some installers link the files.
            code = without_long_strings(bytes_of(file.resolve())[:_MOST_BYTES])
            text = code.decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:
            return
        package = module if file.stem == "__init__" else module[:-1]
        deleted = {name for match in _DELETED.finditer(text) for name in match[1].split(", ")}
        names = [match[1] or match[2] for match in _BOUND.finditer(text)]
        names = [name for name in names if name not in deleted]
        names += [name for match in _LISTED.finditer(text) for name in _QUOTED.findall(match[1])]
        names += _TYPED.findall(text) if file.suffix == ".pyi" else []
        yield from filter(_is_public, names)
        for match in _TAKEN.finditer(text):
            ours = _absolute(match[1], package)[:1] == module[:1]
            for name, new in _WORDS.findall(_COMMENT.sub("", match[2] or match[3])):
                if (ours or name == new) and _is_public(new or name):
                    yield new or name
        if file.stem == "__init__":
            looked[file.parent] = _time(file.parent)
            for path in islice(sorted(file.parent.iterdir()), _MOST_NAMES):
                if path.suffix in (".py", ".pyi") and _is_public(path.stem):
                    yield path.stem
        for match in islice(_ALL.finditer(text), _MOST_FILES):
            other = _absolute(match[1], package)
            source = self._file(other) if other[:1] == module[:1] else None
            if source is not None and source not in looked and len(looked) < _MOST_FILES:
                yield from self._public(other, source, looked)
            elif len(other) == 1:
                yield from _built_in(other[0])


def _is_public(name: str) -> bool:
    return name[:1] != "_" and name.isidentifier() and not iskeyword(name)


def _time(path: Path) -> int:
    """Return when a file or folder was last written, 0 where that cannot be asked."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _absolute(name: str, package: list[str]) -> list[str]:
    """Return the module that ``from name import`` means in a package."""
    rest = name.lstrip(".")
    dots = len(name) - len(rest)
    base = package[: len(package) - dots + 1] if dots else []
    return base + [part for part in rest.split(".") if part]


def _built_in(name: str) -> Names:
    """Return what a module that is part of Python itself has; it is loaded where it matters."""
    loaded = sys.modules.get(name) if name in sys.builtin_module_names else None
    return dict.fromkeys(filter(_is_public, vars(loaded))) if loaded is not None else {}
