"""Where a receiver comes from, as far as the text above alone can tell.

In: what names were bound to (imports, assignments, annotations, classes, functions), one step at a time.
Out: for a receiver, a short text such as ``numpy``, ``pandas.read_csv()``, ``self:unittest.TestCase``.

Values and how they are spelled: ``sibyl.code.values``.

Type inference proper is the language server's work. This is the spelling of a type: equal receivers
get equal texts, which is what a ranking needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sibyl.code.library import BUILTIN, CALLS, INNER, PLAIN, SAME, TYPING
from sibyl.code.values import (
    CLASS,
    FUNCTION,
    INSTANCE,
    LOCAL,
    SELF,
    UNKNOWN,
    UNKNOWN_ORIGIN,
    is_callable,
    is_class,
    is_function,
    is_local,
    is_unknown,
    mark,
    rest,
)

_DEEPEST, _MOST_CLASSES = 5, 32
"""Steps from a class to a base that is asked, and classes asked: deeper ones say little, and cost a list."""
INIT = ".__init__"
_LONGEST = 64  # characters; longer paths say less than their last name

Known = dict[str, str]


class Class:
    """What the text so far says of one class: its bases (values) and its attributes."""

    __slots__ = ("attrs", "bases", "name")

    def __init__(self, name: str, bases: tuple[str, ...]) -> None:
        self.name, self.bases = name, bases
        self.attrs: Known = {}


class Scope:
    """The names bound in a module, a class body or a function."""

    __slots__ = ("begins", "cls", "indent", "known", "made", "parameters")

    def __init__(self, indent: int, cls: Class | None = None) -> None:
        self.indent = indent  # column of the header; -1 for the module
        self.cls = cls  # the class whose body this is
        self.known: Known = {}
        self.made: tuple[Known, str] | None = None  # where the function itself is bound
        self.parameters: tuple[str, ...] = ()  # of the function
        self.begins = 0  # the first token after its header


def fields(line: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the attributes of a class, whose bases' come behind its own in ``line``: those of its bases first.

    What is callable is no field. As a rule a constructor takes the fields in this order.
    """
    names = {
        name: None
        for attributes in reversed(line)
        for name, bound in attributes.items()
        if not is_callable(bound)
    }
    return tuple(names)


Scopes = tuple["Scopes | None", Scope]
Trail = list[tuple[dict, str, object]]


class Origins:
    """The names known so far, with a trail by which any earlier moment can be had back."""

    def __init__(self) -> None:
        self.trail: Trail = []
        self.classes: dict[str, Class] = {}
        self.parameters: dict[str, tuple[str, ...]] = {}

    def put(self, known: dict, name: str, value: object) -> None:
        """Bind ``name``, so that ``rewind`` can undo it."""
        self.trail.append((known, name, known.get(name)))
        known[name] = value

    def rewind(self, mark: int) -> None:
        """Undo all binding since the trail had length ``mark``."""
        trail = self.trail
        while len(trail) > mark:
            known, name, before = trail.pop()
            if before is None:
                del known[name]
            else:
                known[name] = before

    # values ---------------------------------------------------------------------------------------

    def name(self, scopes: Scopes, name: str) -> str:
        """Return the value of a name read in ``scopes`` (innermost first; linked pairs)."""
        at: Scopes | None = scopes
        inner = True
        while at is not None:
            scope = at[1]
            if inner or scope.cls is None:  # class bodies are not seen from the functions in them
                value = scope.known.get(name)
                if value is not None:
                    return value or UNKNOWN + name
            inner = False
            at = at[0]
        return name if name in BUILTIN else UNKNOWN + name

    def attr(self, value: str, name: str) -> str:
        """Return the value of ``value.name``."""
        kind = mark(value)
        if kind in LOCAL:
            return self.member(rest(value), name) or UNKNOWN + name
        if is_unknown(value) or kind == FUNCTION or len(value) + len(name) >= _LONGEST:
            return UNKNOWN + name
        return f"{value}.{name}"

    def lineage(self, cls: str) -> Iterator[tuple[Class, int]]:
        """Yield a class of this file and its bases in this file, depth first, each once with its distance."""
        seen: set[str] = set()
        waiting = [(cls, 0)]
        while waiting:
            name, distance = waiting.pop()
            known = self.classes.get(name)
            if known is None or name in seen or distance > _DEEPEST or len(seen) == _MOST_CLASSES:
                continue
            seen.add(name)
            yield known, distance
            inner = [rest(base) for base in known.bases if is_class(base)]
            waiting += [(base, distance + 1) for base in reversed(inner)]

    def member(self, cls: str, name: str) -> str:
        """Return what attribute ``name`` of a class of this file is bound to, '' if unknown."""
        for known, _ in self.lineage(cls):
            value = known.attrs.get(name)
            if value is not None:
                return value
        return ""

    def members(self, cls: str) -> dict[str, tuple[int, str]]:
        """Return the names a class of this file has been given, each with its distance in bases and value."""
        members: dict[str, tuple[int, str]] = {}
        for known, distance in self.lineage(cls):
            for name, value in known.attrs.items():
                members.setdefault(name, (distance, value))
        return members

    def signature(self, value: str, name: str) -> tuple[str, ...]:
        """Return what a call of ``value``, whose last name is ``name``, is given, in order; () if unknown.

        A class without ``__init__`` is given its attributes, as a dataclass is, those of its bases first.
        """
        if is_function(value):
            return self.parameters.get(name, ())
        lineage = list(self.lineage(rest(value))) if is_class(value) else []
        for known, _ in lineage:
            if (names := self.parameters.get(known.name + INIT)) is not None:
                return names
        return fields([known.attrs for known, _ in lineage])

    def call(self, value: str, name: str) -> str:
        """Return the value of calling ``value``, whose last name is ``name``."""
        kind = mark(value)
        if kind == CLASS:
            return INSTANCE + rest(value)
        if kind == FUNCTION:
            return rest(value) or f"{UNKNOWN}{name}()"
        if kind in LOCAL:
            return f"{UNKNOWN}{name}()"
        if value[-2:] == "()":
            return value
        called = value + "()"
        return CALLS.get(called, called)

    def item(self, value: str) -> str:
        """Return the value of ``value[...]`` or of one turn of a loop over ``value``."""
        if value in SAME:
            return value
        if is_local(value) or is_function(value):
            return UNKNOWN + "[]"
        return value if value[-2:] == "[]" else value + "[]"

    def turn(self, value: str) -> str:
        """Return the value of a loop variable; '' where its own name says more than the loop."""
        if value == "range()":
            return "int"
        if value == "open()":
            return "str"
        return "" if is_unknown(value) or value in PLAIN else self.item(value)

    def instance(self, value: str) -> str:
        """Return the value of something annotated with ``value``; '' if that says nothing."""
        if not value or is_unknown(value) or value == "None":
            return ""
        return self.call(TYPING.get(value, value), "")

    def subscripted(self, value: str, inner: str) -> str:
        """Return what an annotation ``value[inner]`` names: ``Optional[T]`` is T, ``List[T]`` a list."""
        if value in INNER:
            return inner
        plain = TYPING.get(value, value)
        return plain if plain in PLAIN else self.item(value)

    # texts ----------------------------------------------------------------------------------------

    def shown(self, value: str, cls: Class | None) -> str:
        """Return the origin token's text for a receiver of this value; ``super()`` needs the class around."""
        kind = mark(value)
        if kind in LOCAL:
            base = self.base(rest(value))
            if kind == SELF:
                return "@self:" + base if base else "@self"
            if kind == CLASS:
                return "@cls:" + base if base else "@" + rest(value)
            return f"@{base or rest(value)}()"
        if kind == FUNCTION:
            return UNKNOWN_ORIGIN
        if value == "super()" and cls is not None:
            return "@super:" + self.base(cls.name)
        return "@" + value

    def base(self, cls: str) -> str:
        """Return the first base of a class of this file that is not of this file, '' if none."""
        for base, _ in self.outer_bases(cls):
            if (name := base.lstrip(UNKNOWN)) and name != "object":
                return name
        return ""

    def outer_bases(self, cls: str) -> list[tuple[str, int]]:
        """Return the bases of a class of this file that are not of this file, each with its distance."""
        return [
            (base, distance + 1)
            for known, distance in self.lineage(cls)
            for base in known.bases
            if not is_class(base)
        ]
