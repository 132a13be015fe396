"""Names for a place where no language server knows any.

In: a place, the file's usage, what is remembered, the public names of the module that the receiver is.
Out: the names that something in the user's own code or environment speaks for.

Candidates come from the text above, from the project's other files, from the class of the receiver, as far
as it can be followed, or from the installed module that it is; the network only orders them. What it alone
believes in is not offered: nobody has seen that it exists here. A list is left out where too little speaks for
its names at this very receiver: that a name is used somewhere makes it a candidate, but no reason to interrupt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features.word_columns import IMPORTED, IMPORTED_ELSEWHERE
from sibyl.ranking.lists.labels import is_dunder

_FIRST = 5  # names that are seen at once
_SURE, _EXIST = 0.6, 0.3
"""So probable must names be together: behind a dot all that something speaks for here; the first few of names
that certainly exist, those in scope and those of a module (bench/LOG.md)."""
_ANY = 2.0
_WORTH = np.array((1.9, 1.0, 0.6, 0.7, 0.3, 0.0, 0.0, 6.0), np.float32)
"""How much likelier a name is that anything speaks for, and what more each source says: the class in this
file, the class or module in another one, this receiver, its origin, both in other files, the installed module,
what the method around overrides (bench/LOG.md)."""
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

    Names like ``__init__`` are meant only where their underscore is typed, or in a method of that name.
    """
    if place.member and public:  # a module has what it has, and what was used on it
        used = [name for source in _used_here(place, usage, remembered) for name in source]
        names = list(dict.fromkeys([*public, *place.attributes, *remembered.members, *used]))
    elif place.member:
        names = _members(place, usage, remembered)
    else:
        names = _words(place, usage, remembered)
    if typed[:1] != "_":
        names = [name for name in names if not is_dunder(name) or name == place.overridden]
    return [name for name in names if name.startswith(typed) and name != typed]


def support(
    place: Place,
    usage: Usage,
    remembered: Remembered,
    names: Sequence[str],
    public: Mapping[str, object] = MappingProxyType({}),
) -> Floats:
    """Return by how much each name is likelier than names that nothing speaks for here, as a log; 0 for those.

    After a dot: it is of the receiver's class or module, or was used on this receiver or its like, here or
    elsewhere. The mixture does not know that: all that a server lists are members of the receiver.
    """
    if not place.member:
        return np.zeros(len(names), np.float32)
    of_class: list[Mapping[str, object]] = [place.attributes, remembered.members]
    used = _used_here(place, usage, remembered)
    sources = [*of_class, *used, public, {place.overridden: None}]
    speaks = np.array([[name in source for source in sources] for name in names], np.float32)
    worth: Floats = speaks.max(1, initial=0) * _ANY + speaks @ _WORTH
    return worth


def enough(likely: Sequence[tuple[int, float]], worth: Floats, exist: bool) -> bool:
    """Tell whether names are worth a menu; ``likely``: all of them with probabilities, the likeliest first.

    ``worth``: see ``support``; ``exist``: whether all of them certainly exist.
    """
    if exist:
        return sum(share for _, share in likely[:_FIRST]) >= _EXIST
    return sum(share for at, share in likely if worth[at]) >= _SURE


def _used_here(place: Place, usage: Usage, remembered: Remembered) -> list[Mapping[str, object]]:
    """Return what was used on this receiver, and on its origin: in this file, and in others."""
    spelled, origin = (usage.group(*group) for group in place.groups[:2])
    return [spelled, origin, *remembered.project[:2]]


def _members(place: Place, usage: Usage, remembered: Remembered) -> list[str]:
    """Return names after a dot: of the receiver's class, and those used as members here or in other files.

    The receiver's own name is none of its members unless its class says so.
    """
    of_class = [*place.attributes, *remembered.members]
    if place.overridden:
        of_class.insert(0, place.overridden)
    used = dict.fromkeys(usage.names(members=True))
    for context in remembered.project:
        used |= dict.fromkeys(context.most(_MOST))
    used.pop(place.spelled.rpartition(".")[2], None)
    return list(dict.fromkeys([*of_class, *used]))


def _words(place: Place, usage: Usage, remembered: Remembered) -> list[str]:
    """Return names in scope, those used here, and those other files use in such a place.

    What is imported from a module is what it binds and what is imported from it here and elsewhere; not what is
    bound already.
    """
    bound = [name for _, scope in place.bindings() for name in scope.known]
    if place.word.where == "import":
        here, others = place.like(usage.words)[IMPORTED], remembered.words[IMPORTED_ELSEWHERE]
        from_it = dict.fromkeys([*remembered.members, *here, *others])
        return [name for name in from_it if name not in bound]
    used = [name for name in usage.names(members=False) if name[-1:] != "="]
    elsewhere = [name for context in remembered.words[:-1] for name in context.most(_MOST)]
    names = dict.fromkeys([*bound, *used, *remembered.members, *elsewhere])
    return [name for name in names if name[-1:] != "="]
