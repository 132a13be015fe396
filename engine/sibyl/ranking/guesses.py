"""Names for a place where no language server knows any.

In: a place, the file's usage, what is remembered, the public names of the module that the receiver is.
Out: the names that something in the user's own code or environment speaks for.

Candidates come from the text above, from the project's other files, from the class of the receiver, as far
as it can be followed, or from the installed module that it is; the network only orders them. What it alone
believes in is not offered: nobody has seen that it exists here. A list is left out where too little speaks for
its first names at this very receiver: that a name is used somewhere makes it a candidate, but no reason to
interrupt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.memory.project import Remembered
from sibyl.memory.project_store import Used
from sibyl.ranking.labels import is_dunder

FIRST = 5
"""Names that are seen at once."""
SURE = 0.3
"""So probable must those of the first ones be together that something speaks for here (bench/guesses.py)."""
LEAST = 0.005
"""What a name must be worth to be in it."""
_MOST = 400  # names of one context, those used most: a large project has tens of thousands


def candidates(
    place: Place,
    usage: Usage,
    remembered: Remembered,
    typed: str,
    public: Iterable[str] = (),
) -> list[str]:
    """Return the names that may be meant, each once; ``typed`` is what they begin with.

    ``public``: the names of the installed module that the receiver is, if it is one.

    Names like ``__init__`` are meant only where their underscore is typed.
    """
    if place.member:
        names = list(dict.fromkeys([*public, *_members(place, usage, remembered)]))
    else:
        names = _words(place, usage, remembered)
    if typed[:1] != "_":
        names = [name for name in names if not is_dunder(name)]
    return [name for name in names if name.startswith(typed) and name != typed]


def near(
    place: Place,
    usage: Usage,
    remembered: Remembered,
    names: Iterable[str],
    public: Mapping[str, object] = MappingProxyType({}),
) -> set[str]:
    """Return those of the names that something speaks for at this place.

    After a dot: they are of the receiver's class or module, or were used on this receiver or its like, here or
    elsewhere.
    """
    if not place.member:
        return set(names)
    spelled, origin = (usage.group(*group) for group in place.groups[:2])
    sources: list[Mapping[str, object]] = [
        place.attributes,
        remembered.members,
        spelled,
        origin,
        public,
    ]
    sources += remembered.project[:2]
    return {name for name in names if any(name in source for source in sources)}


def _members(place: Place, usage: Usage, remembered: Remembered) -> list[str]:
    """Return names after a dot: of the receiver's class, and those used as members here or in other files.

    The receiver's own name is none of its members unless its class says so.
    """
    of_class = [*place.attributes, *remembered.members]
    used = dict.fromkeys(usage.names(members=True))
    for context in remembered.project:
        used |= dict.fromkeys(_most_used(context))
    used.pop(place.spelled.rpartition(".")[2], None)
    return list(dict.fromkeys([*of_class, *used]))


def _words(place: Place, usage: Usage, remembered: Remembered) -> list[str]:
    """Return names in scope, those used here, and those other files use in such a place."""
    bound = [name for _, scope in place.bindings() for name in scope.known]
    used = [name for name in usage.names(members=False) if name[-1:] != "="]
    elsewhere = [name for context in remembered.words[:-1] for name in _most_used(context)]
    names = dict.fromkeys([*bound, *used, *remembered.members, *elsewhere])
    return [name for name in names if name[-1:] != "="]


def _most_used(context: Used) -> Iterable[str]:
    return sorted(context, key=lambda name: -context[name][0])[:_MOST]
