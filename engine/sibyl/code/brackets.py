"""What brackets and operators do to the value that is being read.

In: what the reader has met at this level.  Out: the value of a call, an item, a group; the first operand of a
group gives it its value.
"""

from __future__ import annotations

from sibyl.code.bindings import Statements
from sibyl.code.reader_state import Level
from sibyl.code.tokens import FIXED
from sibyl.code.values import UNKNOWN

_COMPARES = frozenset(("==", "<", "in", "is", "not"))
_COUNTS = frozenset(("+", "-", "*", "/", "%"))
_NUMBERS = frozenset(("int", "float"))
_TEXTS = frozenset(("str", "bytes"))


class Brackets(Statements):
    """The levels of brackets, and the operands in them."""

    def _emit(self, text: str, kind: int = FIXED) -> None:
        self.kinds.append(kind)
        self.texts.append(text)

    def _operand(self, operator: str) -> None:
        """An operator ended an operand; the first one gives a group its value.

        Of ``a and b`` it is the last one, of ``2 * a`` the one that is no number, of ``None if c else a`` the
        other one. What stands in a condition is none of them.
        """
        if self.walrus:
            self._walrus()
        yields = operator in _COUNTS and self.value in _NUMBERS
        if not self.settled and self.value and not yields:
            self.settled, self.first = True, self.value
        if operator == "for" or (operator == "if" and not self.chosen):
            self.chosen = operator
        elif operator == "else" and self.first == "None":
            self.settled, self.first = False, ""
        elif not self.chosen:
            if operator == "and":
                self.settled, self.first = False, ""
            elif operator in _COMPARES:
                self.settled, self.first = True, "bool"
            elif operator == "lambda" and not self.settled:
                self.settled, self.first = True, UNKNOWN
        self.parametric = self.parametric or operator == "lambda"
        self.value, self.dotted = "", False

    def _open(self, bracket: str, value: str = "") -> None:
        """Begin a level; ``value``: what a string is, if it is no text."""
        if bracket == "'":
            if not (self.value in _TEXTS and self.texts and self.texts[-1] == "<str>"):
                self._emit("<str>")  # strings side by side are one
            self.value = value
        elif self.level is None or self.level.bracket != "'":
            self._emit(bracket)
        self.level = Level(
            self.level,
            bracket,
            "" if bracket == "{" else self.value,
            self.last,
            self.first,
            self.settled,
            self.comma,
            self.colon,
            self.walrus,
            self.argument,
            self.keyword,
            self.given,
            bracket == "'" or self.quoted,
            self.chosen,
            self.parametric,
        )
        self.chosen, self.parametric = "", False
        self.value, self.last, self.dotted, self.walrus = "", "", False, ""
        self.first, self.settled, self.comma, self.colon = "", False, False, False
        self.argument, self.keyword, self.given = 0, "", None
        if self._parameters():
            self.waiting = "param"

    def _close(self) -> None:
        if self.level is None:
            self.value = ""
            return
        if self.walrus:
            self._walrus()
        inner = self.first or self.value
        comma, colon, turns = self.comma, self.colon, self.chosen == "for"
        if self._parameters():
            self._argument()
            self.waiting = "returns"
        level = self.level
        bracket, value, last = level.bracket, level.value, level.last
        self.first, self.settled = level.first, level.settled
        self.comma, self.colon, self.walrus = level.comma, level.colon, level.walrus
        self.argument, self.keyword, self.given = level.argument, level.keyword, level.given
        self.chosen, self.parametric = level.chosen, level.parametric
        self.level = level.outer
        self.dotted, self.last = False, last
        if bracket == "'":
            self.value = "" if self.annotating else level.value or "str"
        elif bracket == "{":
            self.value = "dict" if colon or not (inner or comma) else "set"
        elif not value:
            several = comma and self.head != "except"  # any of several exceptions: like the first
            inner = "" if turns else inner  # a generator
            self.value = "list" if bracket == "[" else "tuple" if several else inner
        elif bracket == "(":
            self.value = self.origins.call(value, last)
            self.spelled += "()"
        else:
            typed = self.annotating or value.startswith("typing")
            self.value = (
                self.origins.subscripted(value, inner) if typed else self.origins.item(value)
            )
            self.spelled += "[]"

    def _is_keyword_argument(self) -> bool:
        """Tell whether an ``=`` here gives a value to a keyword argument of a call or of a class."""
        level = self.level
        default = self.head == "def" and self._parameters()
        return level is not None and level.bracket == "(" and not default

    def _unpacks(self) -> bool:
        """Tell whether ``**`` here puts the items of a dictionary into another one."""
        return self.level is not None and self.level.bracket == "{" and not self.value
