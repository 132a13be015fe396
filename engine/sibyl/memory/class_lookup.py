"""From a receiver's value to the class of the project it is of, bases included.

In: values as ``sibyl.code.origins`` writes them, and a lookup of what files define.  Out: members, each with
its distance in bases.

This is no type inference: names are followed through imports, return annotations and assignments as far as the
notes of the project's files tell. A name that several files define is taken from the file whose path fits the
import best, and not at all where nothing of the import fits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from sibyl.code.origins import fields
from sibyl.code.values import (
    UNKNOWN,
    is_callable,
    is_function,
    is_instance,
    is_local,
    is_unknown,
    rest,
)

Lookup = Callable[[str, str], dict[str, Any]]
"""Kind ("class", "function" or "module") and name to what each file says, by path."""

_DEEPEST = 6
_MOST_LOOKED_AT = 200  # bases of one class, near ones first; each may cost a question to the store


class Found(NamedTuple):
    """A class of the project: the file that defines it, its name, bases and attributes."""

    path: str
    name: str
    bases: list[str]
    attrs: dict[str, str]


class Member(NamedTuple):
    """A member of a class or module: how far away it is defined, and whether it is callable.

    Of a class: in how many bases above it; of a module: 1 where it is imported from another project, else 0.
    """

    distance: int
    method: bool


Members = dict[str, Member]


class Classes:
    """Follows values through the files of one project."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    # what a receiver has --------------------------------------------------------------------------

    def members_of(self, value: str, path: str) -> tuple[Members, str]:
        """Return the members of a receiver of this value in the file ``path``, and what it is.

        That is "class" (an instance of it, or it itself), "module", or "" for nothing of the project's.
        """
        owner = self.type_of(value, path) or self.find(value, path)
        if owner is not None:
            return self.members(owner), "class"
        module = self._module(value, path)
        if module is not None:
            return self.module_names(value, path), "module"
        return {}, ""

    def module_names(self, value: str, path: str) -> Members:
        """Return what the module of this name binds, nothing if it is not of the project."""
        module = self._module(value, path)
        if module is None:
            return {}
        near = set(module[0].removesuffix(".py").split("/"))
        return {
            name: Member(_is_foreign(name, bound, near), is_callable(bound))
            for name, bound in module[1].items()
        }

    def inherited(self, bases: Iterable[tuple[str, int]], path: str) -> Members:
        """Return what a class has from bases in other files; each base comes with its distance."""
        members: Members = {}
        for base, distance in islice(bases, _MOST_LOOKED_AT):
            cls = self.find(base, path)
            if cls is not None:
                for name, member in self.members(cls, distance).items():
                    members.setdefault(name, member)
        return members

    def guessed(self, name: str) -> Members:
        """Return the members of the one class that is named like a variable: ``user_group``, UserGroup."""
        if not name:
            return {}
        spelled = "".join(part[:1].upper() + part[1:] for part in name.strip("_").split("_"))
        files = self._lookup("class", spelled)
        if len(files) != 1:
            return {}
        ((path, (bases, attrs)),) = files.items()
        return self.members(Found(path, spelled, bases, attrs))

    def members(self, cls: Found, distance: int = 0) -> Members:
        """Return the members of a class and its bases."""
        members: Members = {}
        for far, ancestor in self._line(cls):
            for name, value in ancestor.attrs.items():
                members.setdefault(name, Member(distance + far, is_callable(value)))
        return members

    def fields(self, value: str, path: str) -> tuple[str, ...]:
        """Return the fields of the class that a value names, () if it names none of the project's."""
        cls = self.find(value, path)
        line = self._line(cls) if cls is not None else ()
        return fields([ancestor.attrs for _, ancestor in line])

    def _line(self, cls: Found) -> Iterator[tuple[int, Found]]:
        """Yield a class and its bases, each once, the near ones first, with their distance."""
        waiting, seen, left = deque([(0, cls)]), {cls[:2]}, _MOST_LOOKED_AT
        while waiting:
            far, ancestor = waiting.popleft()
            yield far, ancestor
            bases = ancestor.bases[:left] if far < _DEEPEST else []
            left -= len(bases)
            for base in bases:
                base_cls = self.find(base, ancestor.path)
                if base_cls is not None and base_cls[:2] not in seen:
                    seen.add(base_cls[:2])
                    waiting.append((far + 1, base_cls))

    # values ---------------------------------------------------------------------------------------

    def find(self, value: str, path: str) -> Found | None:
        """Return the class that a value names: ``pkg.models.User``, ``L:User``, ``~User``."""
        local = is_local(value)
        *module, name = (rest(value) if local else value.lstrip(UNKNOWN)).split(".")
        if not name.isidentifier():
            return None
        files = self._lookup("class", name)
        if not files:
            return None
        if local or is_unknown(value):
            chosen = path if path in files else next(iter(files)) if len(files) == 1 else None
        else:
            chosen = _relative(files, module, path) or _nearest(files, module, path)
        return None if chosen is None else Found(chosen, name, *files[chosen])

    def type_of(self, value: str, path: str, depth: int = _DEEPEST) -> Found | None:
        """Return the class that something of this value is an instance of."""
        if depth == 0 or not value:
            return None
        if is_instance(value):
            return self.find(value, path)
        if value[-2:] == "()":
            return self._called(value[:-2], path, depth)
        base, _, name = value.rpartition(".")
        return self._attribute(base, name, path, depth, called=False) if base else None

    def _called(self, value: str, path: str, depth: int) -> Found | None:
        """Return the class of what calling a value gives: a class, a function, a method."""
        cls = self.find(value, path)
        if cls is not None:
            return cls
        base, _, name = value.lstrip(UNKNOWN).rpartition(".")
        if not base:
            return None
        module = self._module(base, path)
        if module is not None and is_function(result := module[1].get(name, "")):
            return self.type_of(rest(result), module[0], depth - 1)
        return self._attribute(base, name, path, depth, called=True)

    def _attribute(self, base: str, name: str, path: str, depth: int, called: bool) -> Found | None:
        """Return the class of an attribute, or of what a method returns."""
        owner = self.type_of(base, path, depth - 1)
        place, spelled = self._said(owner, name) if owner is not None else ("", "")
        if called != is_function(spelled):
            return None
        return self.type_of(rest(spelled) if called else spelled, place, depth - 1)

    def _said(self, owner: Found, name: str) -> tuple[str, str]:
        """Return where a class or its bases define an attribute, and to what value."""
        for _, ancestor in self._line(owner):
            if name in ancestor.attrs:
                return ancestor.path, ancestor.attrs[name]
        return "", ""

    def inherited_value(
        self, bases: Iterable[tuple[str, int]], name: str, path: str
    ) -> tuple[str, str]:
        """Return the value of an attribute from bases elsewhere, and the file it is said in; "" if unknown."""
        for base, _ in islice(bases, _MOST_LOOKED_AT):
            cls = self.find(base, path)
            if cls is not None:
                place, spelled = self._said(cls, name)
                if spelled:
                    return spelled, place
        return "", path

    def _module(self, value: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the file of the module that a value names, and what it binds; None if it names none."""
        *package, name = value.split(".")
        if not name.isidentifier():  # not known, of a class of this file, a call, an item
            return None
        files = self._lookup("module", name)
        chosen = _relative(files, [*package, name], path) or _nearest(files, package, path)
        return None if chosen is None else (chosen, files[chosen])


def _is_foreign(name: str, value: str, near: Container[str]) -> bool:
    """Tell whether a name that is bound to a value is imported from elsewhere than below ``near`` folders."""
    if is_local(value) or is_function(value) or value.rpartition(".")[2] != name:
        return False
    return value[:1] != "." and value.split(".")[0] not in near


def _relative(files: Mapping[str, object], module: list[str], path: str) -> str | None:
    """Return the file among ``files`` that a relative import of ``module`` means, None where there is none.

    Each dot but the first leads one folder up. Of a package it may be a file in it, from which the package has
    the name.
    """
    dots = next((at for at, part in enumerate(module) if part), len(module))
    folders = path.split("/")[:-1]
    if not 0 < dots <= len(folders) + 1:
        return None
    meant = "/".join([*folders[: len(folders) + 1 - dots], *module[dots:]])
    if f"{meant}.py" in files:
        return f"{meant}.py"
    package = f"{meant}/" if meant else ""
    if f"{package}__init__.py" in files:
        return f"{package}__init__.py"
    return next((file for file in files if package and file.startswith(package)), None)


def _nearest(files: Iterable[str], module: list[str], path: str) -> str | None:
    """Return the file that an import of ``module`` most likely means, None where none fits.

    Relative imports fit any file of the project; others have to share a part of their path with it.
    """
    relative = not any(module)
    best, most = None, 0 if relative else 1
    here = path.split("/")[:-1]
    for file in files:
        parts = file.removesuffix(".py").split("/")
        shared = sum(part in parts for part in module if part)
        if shared >= most + (0 if best is None else 1):
            best, most = file, shared
        elif best is not None and shared == most and file.split("/")[:-1] == here:
            best = file
    return best
