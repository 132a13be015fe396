"""Values: what a name of the text stands for, as far as the text above alone can tell.

In: nothing.  Out: how values are spelled, made and taken apart; no other file knows the marks.

A value is a short text: equal values are equal texts, and comparing and storing them costs nothing. Most are
dotted paths, with ``()`` for a call and ``[]`` for an item: ``re.compile()``, ``os.environ[]``. A mark in front
tells the others apart:

    ~name     not known where it comes from; the last name of the receiver is all there is
    S:Foo     an instance of the class Foo of this file, seen from inside (``self``)
    I:Foo     an instance of it seen from outside          L:Foo   the class itself
    M:value   a function or method of this file whose call gives ``value`` (may be empty)
"""

from __future__ import annotations

Value = str
"""Empty where nothing is known at all."""

SELF, INSTANCE, CLASS, FUNCTION = "S:", "I:", "L:", "M:"
UNKNOWN = "~"
UNKNOWN_ORIGIN = "@" + UNKNOWN
"""Begin of the origin token of a receiver that is not known."""
LOCAL = (SELF, INSTANCE, CLASS)
"""Marks of what has to do with a class of this file."""


def mark(value: Value) -> str:
    """Return the mark in front of a value; for a dotted path, two letters that are no mark."""
    return value[:2]


def rest(value: Value) -> str:
    """Return what follows a mark of two letters: the name of a class, or the value that a call gives."""
    return value[2:]


def is_unknown(value: Value) -> bool:
    """Tell whether only the last name of the receiver is known."""
    return value[:1] == UNKNOWN


def unknown_name(value: Value) -> str:
    """Return the last name of a receiver of which no more is known."""
    return value[1:]


def is_local(value: Value) -> bool:
    """Tell whether it is a class of this file, or an instance of one."""
    return value[:2] in LOCAL


def is_self(value: Value) -> bool:
    """Tell whether it is an instance seen from inside its class."""
    return value[:2] == SELF


def is_instance(value: Value) -> bool:
    """Tell whether it is an instance of a class of this file, seen from inside or outside."""
    return value[:2] in (SELF, INSTANCE)


def is_class(value: Value) -> bool:
    """Tell whether it is a class of this file itself."""
    return value[:2] == CLASS


def is_function(value: Value) -> bool:
    """Tell whether it is a function or method of this file."""
    return value[:2] == FUNCTION


def is_callable(value: Value) -> bool:
    """Tell whether it is a function, a method or a class of this file."""
    return is_function(value) or is_class(value)


def class_name(value: Value) -> str:
    """Return the name of the class that something of this value is of, or is, as far as the value tells."""
    if value[:2] in LOCAL:
        return value[2:]
    name = value.removesuffix("()").rpartition(".")[2]
    return name if name[:1].isupper() else ""
