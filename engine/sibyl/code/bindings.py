"""What statements bind.

In: what the reader has met in the statement at hand.  Out: names bound in the scopes of ``Origins``.

All that is known while reading is in the fields below. They hold values that are never changed in place, so
keeping a moment is copying them, and going back is putting them back.
"""

from __future__ import annotations

from typing import NamedTuple

from sibyl.code.origins import Class, Origins, Scope, Scopes
from sibyl.code.tokens import Use, Word


class Level(NamedTuple):
    """An open bracket, and what the reader had met around it."""

    outer: Level | None
    bracket: str
    value: str  # of the receiver before the bracket
    last: str  # its last name
    first: str  # the outer level's first operand ...
    settled: bool  # ... and whether that is settled
    comma: bool  # whether a comma was seen there
    colon: bool  # whether a colon was
    walrus: str  # name that an assignment expression there is about to bind
    argument: int  # commas there
    keyword: str  # name of the keyword argument whose value is being read there
    given: Given  # keyword arguments given there


Given = tuple["Given", str] | None
"""Names of the keyword arguments of a call so far, the last one first."""

Params = tuple["Params", str, str] | None
"""Parameters with their values, or bases of a class, the last one first: growing costs the same for each."""

_MOST_BASES, _MOST_PARAMETERS = 64, 256
"""Nobody writes more by hand; what generated code has beyond is not remembered."""
_LITERAL = frozenset(("str", "int", "float", "bool", "list", "dict", "tuple", "bytes"))


class Statements:
    """The state of reading, and the binding of names by imports, assignments, headers."""

    def __init__(self, kinds: list[int], texts: list[str]) -> None:
        self.kinds, self.texts = kinds, texts
        self.uses: list[Use] = []
        self.words: list[Word] = []
        self.data: bytes | bytearray = b""
        self.origins = Origins()
        self.module = Scope(-1)
        self.scopes: Scopes = (None, self.module)
        self.indents: tuple = (None, 0)
        self.level: Level | None = None
        self.pending: Scope | None = None  # the scope of the header just read
        self.last_end = -1  # end of the last leaf, -1 before the first
        self.glued = False  # the last leaf was a line continuation
        self.column = 0  # of the statement
        self.decorator = ""
        self._statement()

    def _statement(self) -> None:
        """Begin a statement."""
        self.head = ""
        self.leaves = 0  # leaves of the statement so far
        self.value = ""  # of the primary just read, '' if the last leaf ended none
        self.last = ""  # its last name
        self.spelled = ""  # the receiver as written
        self.dotted = False  # the last leaf was a dot
        self.first, self.settled, self.comma, self.colon = "", False, False, False
        self.target = ""  # name, or .name for an attribute of self
        self.typed = ""  # value from an annotation
        self.annotating = False
        self.path = ""  # of an import; name of a definition
        self.waiting = ""  # 'as', or 'param'
        self.params: Params = None
        self.walrus = ""  # name that an assignment expression binds when its operand ends
        self.argument = 0  # commas at this level
        self.keyword = ""  # keyword argument whose value is being read
        self.given: Given = None

    _FIELDS = (
        "scopes indents level pending last_end glued column decorator head leaves value last spelled "
        "dotted first settled comma colon target typed annotating path waiting params walrus "
        "argument keyword given"
    ).split()

    def keep(self) -> tuple:
        """Return this moment, for ``restore``."""
        get = self.__dict__
        return (
            len(self.kinds),
            len(self.uses),
            len(self.words),
            len(self.origins.trail),
            tuple([get[name] for name in self._FIELDS]),
        )

    def restore(self, moment: tuple) -> None:
        """Go back to a moment kept before."""
        tokens, uses, words, trail, fields = moment
        del self.kinds[tokens:], self.texts[tokens:], self.uses[uses:], self.words[words:]
        self.origins.rewind(trail)
        self.__dict__.update(zip(self._FIELDS, fields, strict=True))

    # binding --------------------------------------------------------------------------------------

    def _binding(self, name: str) -> None:
        """A name that is not after a dot, in a statement that binds names."""
        head, scope = self.head, self.scopes[1]
        self.value = "~" + name
        if head in ("import", "from"):
            if self.waiting == "as":
                self._bind(name, self.path)
                self.waiting = ""
            elif head == "import":
                self.path = self.value = name
                self._bind(name, name)
            elif self.waiting == "from":
                module = self.target
                self.path = module + name if module[-1:] == "." else f"{module}.{name}"
                self._bind(name, self.path)
            else:
                self.path = self.value = self.path + name
        elif head in ("def", "class") and not self.path:
            self.path = name
        elif head == "def" and self.waiting == "param":
            self.params = (self.params, name, "")
            self.waiting = ""
        elif self.waiting == "as":
            self.waiting = ""
            self.origins.put(scope.known, name, self.typed)
        elif head == "for" and self.level is None and self.waiting != "in":
            self.target = "" if self.comma else name
        else:
            self.value = self.origins.name(self.scopes, name)

    def _class(self) -> Class | None:
        """Return the class whose body or method the reader is in."""
        at: Scopes | None = self.scopes
        while at is not None:
            if at[1].cls is not None:
                return at[1].cls
            at = at[0]
        return None

    def around_class(self) -> str:
        """Return the name of that class, '' outside of all."""
        cls = self._class()
        return "" if cls is None else cls.name

    def function(self) -> str:
        """Return the name of the function the reader is in, '' outside of all."""
        at: Scopes | None = self.scopes
        while at is not None:
            if at[1].made is not None:
                return at[1].made[1]
            at = at[0]
        return ""

    def _parameters(self) -> bool:
        """Tell whether the reader is in the parameters of a function or the bases of a class."""
        level = self.level
        return (
            self.head in ("def", "class")
            and self.path != ""
            and self.waiting != "returns"
            and level is not None
            and level.outer is None
            and level.bracket == "("
        )

    def where(self, leaves: int) -> str:
        """Return in which part of a statement a word stands that ``leaves`` leaves of it are before.

        ``import``, ``module``, ``definition``, ``parameter``, ``default``, ``annotation``, ``base``,
        ``argument``, ``subscript``, ``item`` (of a list, tuple, set, dictionary), ``decorator``, ``statement``
        (its first word), ``assignment`` (the right side), ``expression``, or the keyword that heads the
        statement.
        """
        head, level = self.head, self.level
        if leaves == 0:
            return "statement"
        if head in ("import", "from"):
            imported = self.waiting == "from" if head == "from" else False
            return "definition" if self.waiting == "as" else "import" if imported else "module"
        if head in ("def", "class") and not self.path:
            return "definition"
        if self.annotating:
            return "annotation"
        if self._parameters():
            return "base" if head == "class" else "default" if self.colon else "parameter"
        if level is not None:
            called = level.bracket == "(" and level.value
            return "argument" if called else "subscript" if level.value else "item"
        if head == "expression":
            return "assignment" if self.target else "expression"
        return "decorator" if head == "@" else head

    def word(self, leaves: int) -> Word:
        """Return what is known of the place of the word that comes next."""
        where = self.where(leaves)
        level = self.level
        if where == "argument" and level is not None:
            known = "" if level.value[:1] == "~" else level.value
            given = self.given[1] if self.given is not None else ""
            call = level.last, known, self.argument, self.keyword, given
        else:
            call = "", "", 0, "", ""
        if where in ("import", "module"):
            return Word(
                len(self.kinds), where, *call, self.target if where == "import" else self.path, ""
            )
        return Word(len(self.kinds), where, *call, "", self.target)

    def _aim(self) -> None:
        """Note what an assignment binds: a name, or an attribute of self."""
        if self.leaves == 2 and self.spelled == self.last:
            self.target = self.last
        elif self.leaves == 4 and "." in self.spelled:
            receiver = self.origins.name(self.scopes, self.spelled.split(".")[0])
            self.target = "." + self.last if receiver[:2] == "S:" else ""

    def _assign(self) -> None:
        if self.head != "expression":
            return
        if self.annotating:
            self.typed = self.origins.instance(self.first or self.value)
            self.annotating = False
        elif not self.target and not self.comma:
            self._aim()
        self.value, self.first, self.settled, self.dotted = "", "", False, False

    def _argument(self) -> None:
        """A parameter of a function, or a base of a class, ends."""
        value = self.first or self.value
        if self.head == "class":
            if value and not self.colon:
                self.params = (self.params, value, "")
        elif self.params:
            before, name, known = self.params
            if self.annotating:
                known = self.origins.instance(value)
            elif self.colon and not known and value in _LITERAL:
                known = value
            self.params = (before, name, known)
        self.annotating, self.colon = False, False

    def _listed(self, most: int) -> list[tuple[str, str]]:
        """Return the first parameters or bases of the header just read."""
        found, at = [], self.params
        while at is not None:
            found.append((at[1], at[2]))
            at = at[0]
        return found[::-1][:most]

    def _walrus(self) -> None:
        """The value of an assignment expression ends: bind its name."""
        self._assigned(self.walrus, self.value)
        self.walrus = ""

    def _bind(self, name: str, value: str) -> None:
        scope = self.scopes[1]
        self.origins.put(scope.known, name, value)
        if scope.cls is not None:
            self.origins.put(scope.cls.attrs, name, value)

    def _finish(self) -> None:
        """A statement, or the header of one, ends: bind what it binds."""
        if self.walrus:
            self._walrus()
        head, value = self.head, self.first or self.value
        if head == "expression":
            if self.target:
                if self.annotating:
                    self.typed = self.origins.instance(value)
                self._assigned(self.target, self.typed or value)
        elif head == "def" and self.path:
            self._defined(self.origins.instance(value) if self.annotating else "")
        elif head == "class" and self.path:
            bases = tuple(base for base, _ in self._listed(_MOST_BASES))
            cls = Class(self.path, bases)
            self.origins.put(self.origins.classes, cls.name, cls)
            self._bind(cls.name, "L:" + cls.name)
            self.pending = Scope(self.column, cls)
        elif head == "for" and self.target:
            self._bind(self.target, self.origins.turn(value))
        elif head == "return" and value and value[0] != "~" and value != "None":
            made = self.scopes[1].made
            if made is not None and made[0].get(made[1]) == "M:":
                self.origins.put(made[0], made[1], "M:" + value)
        self.decorator = self.spelled if head == "@" else self.decorator if head == "" else ""

    def _assigned(self, target: str, value: str) -> None:
        nothing = value == "None"
        value = "" if value[:1] == "~" or nothing else value
        if target[0] != ".":
            # ``except ImportError: numpy = None``: a name that has been something stays that.
            if not (nothing and self.scopes[1].known.get(target)):
                self._bind(target, value)
            return
        cls = self._class()
        if cls is not None and (value or target[1:] not in cls.attrs):
            self.origins.put(cls.attrs, target[1:], value)

    def _defined(self, returned: str) -> None:
        """A function's header ends: bind its name here, its parameters in its own scope."""
        cls = self.scopes[1].cls
        if self.decorator.rpartition(".")[2] in ("property", "cached_property"):
            self._bind(self.path, returned)
        elif self.decorator.rpartition(".")[2] not in ("setter", "deleter"):
            self._bind(self.path, "M:" + returned)
        scope = Scope(self.column)
        known = self.scopes[1].known if cls is None else cls.attrs
        scope.made = (known, self.path)
        parameters = self._listed(_MOST_PARAMETERS)
        scope.parameters = tuple(name for name, _ in parameters)
        scope.begins = len(self.kinds)
        for index, (name, value) in enumerate(parameters):
            if index == 0 and cls is not None and name in ("self", "cls"):
                value = ("S:" if name == "self" else "L:") + cls.name
            scope.known[name] = value
        self.pending = scope
