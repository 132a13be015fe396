"""A project's memory as the ranker asks it.

In: a store, the open file's place in the project, a place in the text.  Out: ``Remembered``: for each context
of the place, what followed it in the project's files; the members of the receiver's class.

While a file is written its copy on disk counts like the other files: it knows what stands below the cursor, and
most code is written into files that are there. Where lists of finished files are judged, the copy holds what
was typed: there it is taken off.
Answers are kept until another process has written, so that a list costs a few look-ups in dictionaries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sibyl.code.origins import INIT
from sibyl.code.tokens import Use
from sibyl.code.values import is_function, is_local, is_unknown, unknown_name
from sibyl.context.groups import (
    ACCEPTED,
    ACCEPTED_WORDS,
    GROUPS,
    WORD_GROUPS,
    keys,
    word_keys,
)
from sibyl.context.place import Place
from sibyl.memory.class_lookup import Classes, Members
from sibyl.memory.notes import Notes
from sibyl.memory.project_store import ProjectStore, Used
from sibyl.memory.sqlite import MOST_ANSWERS, sentence

_ACCEPTED_WORDS = [WORD_GROUPS.index(name) for name in ACCEPTED_WORDS]
_NOTHING = Used()


@dataclass
class Remembered:
    """What is remembered that has to do with one place in the text."""

    project: tuple[Used, ...] = (_NOTHING,) * len(GROUPS)
    words: tuple[Used, ...] = (_NOTHING,) * len(
        WORD_GROUPS
    )  # instead of it where no member is meant
    person: tuple[Used, ...] = (_NOTHING,) * len(ACCEPTED)
    members: Members = field(default_factory=dict)  # of the receiver's class or module
    kind: str = ""  # class, base (of this file's class), module, guess
    fields: tuple[str, ...] = ()  # of the class that is called, in order
    signatures: tuple[tuple[str, ...], ...] = ()  # of what is called so in other files, in order
    files: int = 0  # of the project that are known
    accepted: int = 0  # items the person ever accepted


def contexts(place: Place) -> tuple[str, ...]:
    """Return the keys of a place's contexts, in the order of ``GROUPS``, or of ``WORD_GROUPS``."""
    if not place.member:
        return word_keys(place.word)
    use = Use(place.tokens, place.origin, place.spelled, place.function, place.cls)
    return keys(use, place.before, (place.target, place.previous), place.newest)


def accepted_contexts(place: Place, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a place's contexts under which accepted items are kept."""
    if place.member:
        return asked[: len(ACCEPTED)]
    return tuple(asked[index] for index in _ACCEPTED_WORDS)


class Project:
    """The files of the project that an open file belongs to.

    ``saved``: the copy of the open file on disk counts; else it does not, nor does an exact copy of it
    (``digest``) under another path.
    """

    def __init__(
        self, store: ProjectStore, path: str, digest: bytes | None = None, saved: bool = False
    ) -> None:
        self.store, self._path, self._digest, self._saved = store, path, digest, saved
        self._moment = -1
        self._own: Notes | None = None
        self._own_path = path
        self._uses: dict[str, Used] = {}  # those that the own copy has a part in
        self._defined: dict[tuple[str, str], dict[str, Any]] = {}
        self._receivers: dict[tuple[Any, ...], tuple[Members, str]] = {}
        self._fields: dict[str, tuple[str, ...]] = {}  # by the value that is called
        self._called_so: dict[str, tuple[tuple[str, ...], ...]] = {}  # by its last name
        self._files = 0
        self.classes = Classes(self._lookup)

    def look(self) -> None:
        """Forget the answers kept if the store has been written since, or if they are many."""
        moment = self.store.moment()
        if moment == self._moment and len(self._called_so) <= MOST_ANSWERS:
            return
        self._uses.clear()
        self._defined.clear()
        self._receivers.clear()
        self._fields.clear()
        self._called_so.clear()
        own = None if self._saved else self.store.counted_as(self._path, self._digest)
        self._own_path, self._own = own if own is not None else (self._path, None)
        self._files = self.store.files() - (own is not None)
        self._moment = moment

    def remembered(self, place: Place, asked: tuple[str, ...], remembered: Remembered) -> None:
        """Put into ``remembered`` what the files say of a place, whose contexts are ``asked``."""
        self.look()
        remembered.files = self._files
        if self._files <= 0:
            return
        with sentence(self.store.path):  # what its rows hold is looked at here, or not at all
            uses = tuple(self.uses(key) for key in asked)
            if place.member:
                remembered.project = uses
                remembered.members, remembered.kind = self._receiver(place)
            else:
                remembered.words = uses
                if place.word.where == "import":
                    remembered.members = self._imported(place.word.module)
                elif place.word.callee and not place.parameters:
                    remembered.fields = self._called(place.word.called)
                    remembered.signatures = self._signatures(place.word.callee)

    def uses(self, key: str) -> Used:
        """Return the names that followed a context in the files; the context '' is none."""
        if not key:
            return _NOTHING
        own = self._own.uses.get(key) if self._own is not None else None
        if not own:
            return self.store.uses(key)
        used = self._uses.get(key)
        if used is None:
            used = self._uses[key] = self._without(own, key)
        return used

    def _without(self, own: dict[str, int], key: str) -> Used:
        others: dict[str, tuple[float, float]] = {**self.store.uses(key)}
        for name, often in own.items():
            times, files = others.get(name, (0, 0))
            if times > often:
                others[name] = (times - often, files - 1)
            else:
                others.pop(name, None)
        return Used(others)

    def _lookup(self, kind: str, name: str) -> dict[str, Any]:
        files = self._defined.get((kind, name))
        if files is None:
            files = self.store.defined(kind, name)
            if not self._saved:
                files.pop(self._own_path, None)
            self._defined[kind, name] = files
        return files

    def _receiver(self, place: Place) -> tuple[Members, str]:
        """Return the members of the receiver's class as the files define it."""
        asked = (place.value, place.spelled, tuple(place.bases))
        members = self._receivers.get(asked)
        if members is None:
            members = self._receivers[asked] = self._resolved(place)
        return members

    def _imported(self, module: str) -> Members:
        """Return what a module of the project binds, nothing for any other module."""
        members = self._receivers.get((module,))
        if members is None:
            members = self._receivers[module,] = (
                self.classes.module_names(module, self._path),
                "module",
            )
        return members[0]

    def _signatures(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Return the parameters of functions, methods and classes of this name, each order once."""
        signatures = self._called_so.get(name)
        if signatures is None:
            listed = [self._lookup("function", called) for called in (name, name + INIT)]
            orders = {tuple(names): None for files in listed for names in files.values()}
            signatures = self._called_so[name] = tuple(sorted(orders, key=len))
        return signatures

    def _called(self, value: str) -> tuple[str, ...]:
        """Return the fields of the class of the project that a value of another file names."""
        fields = self._fields.get(value)
        if fields is None:
            elsewhere = value and not is_local(value) and not is_function(value)
            fields = self.classes.fields(value, self._path) if elsewhere else ()
            self._fields[value] = fields
        return fields

    def _resolved(self, place: Place) -> tuple[Members, str]:
        value, path = place.value, self._path
        if is_local(value) or value == "super()":
            # Not what the saved class defines below the cursor: who writes into a class uses what is new.
            return self.classes.inherited(place.bases, path), "base"
        if is_unknown(value) and place.bases and place.spelled.startswith("self."):
            spelled, place_of = self.classes.inherited_value(place.bases, unknown_name(value), path)
            value, path = spelled or value, place_of
        members, kind = self.classes.members_of(value, path)
        if not members and is_unknown(value):
            members, kind = self.classes.guessed(unknown_name(value).removesuffix("()")), "guess"
        return members, kind if members else ""
