"""What statements bind.

In: what the reader has met in the statement at hand.  Out: names bound in the scopes of ``Origins``.
"""

from __future__ import annotations

from sibyl.code.origins import INIT, Class, Scope
from sibyl.code.reader_state import ReaderState
from sibyl.code.tokens import STAR
from sibyl.code.values import CLASS, FUNCTION, SELF, UNKNOWN, is_self, is_unknown

_MOST_BASES, _MOST_PARAMETERS = 64, 256
"""Hand-written code has fewer; what generated code has beyond is not remembered."""
_LITERAL = frozenset(("str", "int", "float", "bool", "list", "dict", "tuple", "bytes"))


class Statements(ReaderState):
    """The binding of names by imports, assignments, headers."""

    def _binding(self, name: str) -> None:
        """A name that is not after a dot, in a statement that binds names."""
        head, scope = self.head, self.scopes[1]
        self.value = UNKNOWN + name
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
        elif head == "def" and self.waiting in ("param", STAR):
            self.params = (self.params, STAR + name if self.waiting == STAR else name, "")
            self.waiting = ""
        elif self.waiting == "as":
            self.waiting = ""
            self.origins.put(scope.known, name, self.typed)
        elif head == "for" and self.waiting != "in":
            if self.level is not None or self.comma:
                self._bind(name, "")
            else:
                self.target = name
        else:
            self.value = self.origins.name(self.scopes, name)

    def _bind_first(self) -> None:
        """The first of several names of a loop ends; what each of them is, nothing says."""
        if self.target:
            self._bind(self.target, "")
            self.target = ""

    def _aim(self) -> None:
        """Note what an assignment binds: a name, or an attribute of self."""
        if self.leaves == 2 and self.spelled == self.last:
            self.target = self.last
        elif self.leaves == 4 and "." in self.spelled:
            receiver = self.origins.name(self.scopes, self.spelled.split(".")[0])
            self.target = "." + self.last if is_self(receiver) else ""

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
            if name[:1] == STAR:
                known = ""  # several of what is annotated
            self.params = (before, name, known)
        self.annotating, self.colon = False, False

    def _listed(self, most: int) -> list[tuple[str, str]]:
        """Return the first parameters or bases of the header just read."""
        names, at = [], self.params
        while at is not None:
            names.append((at[1], at[2]))
            at = at[0]
        return names[::-1][:most]

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
            self._bind(cls.name, CLASS + cls.name)
            self.pending = Scope(self.column, cls)
        elif head == "for" and self.target:
            self._bind(self.target, self.origins.turn(value))
        elif head == "return" and value and not is_unknown(value) and value != "None":
            function = self.scopes[1].made
            if function is not None and function[0].get(function[1]) == FUNCTION:
                self.origins.put(function[0], function[1], FUNCTION + value)
        if head == "@" and not self._is_property():  # above another decorator it is one, too
            self.decorator = self.spelled
        elif head not in ("", "@"):
            self.decorator = ""

    def _assigned(self, target: str, value: str) -> None:
        nothing = value == "None"
        value = "" if is_unknown(value) or nothing else value
        if target[0] != ".":
            # ``except ImportError: numpy = None``: a name that has been something stays that.
            if not (nothing and self.scopes[1].known.get(target)):
                self._bind(target, value)
            return
        cls = self._class()
        if cls is not None and (value or target[1:] not in cls.attrs):
            self.origins.put(cls.attrs, target[1:], value)

    def _is_property(self) -> bool:
        return self.decorator.rpartition(".")[2] in ("property", "cached_property")

    def _defined(self, returned: str) -> None:
        """A function's header ends: bind its name here, its parameters in its own scope."""
        cls = self.scopes[1].cls
        if self._is_property():
            self._bind(self.path, returned)
        elif self.decorator.rpartition(".")[2] not in ("setter", "deleter"):
            self._bind(self.path, FUNCTION + returned)
        scope = Scope(self.column)
        known = self.scopes[1].known if cls is None else cls.attrs
        scope.made = (known, self.path)
        parameters = self._listed(_MOST_PARAMETERS)
        scope.begins = len(self.kinds)
        for index, (name, value) in enumerate(parameters):
            if index == 0 and cls is not None and name in ("self", "cls"):
                value = (SELF if name == "self" else CLASS) + cls.name
            if name != STAR:
                scope.known[name.lstrip(STAR)] = value
        scope.parameters = tuple(scope.known)
        names = tuple(name for name, _ in parameters)
        if cls is not None:
            names = names[1:] if names[:1] in (("self",), ("cls",)) else names
            if self.path == "__init__":
                self.origins.put(self.origins.parameters, cls.name + INIT, names)
        self.origins.put(self.origins.parameters, self.path, names)
        self.pending = scope
