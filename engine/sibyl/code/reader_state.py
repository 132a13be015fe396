"""The state of reading: all that the reader knows between two leaves.

In: nothing.  Out: fields that the reader and ``Statements`` fill, moments that can be kept and had back, what
is known of the place of the word that comes next.

The fields hold values that are never changed in place, so keeping a moment is copying them, and going back is
putting them back.
"""

from __future__ import annotations

from typing import NamedTuple

from sibyl.code.origins import Class, Origins, Scope, Scopes
from sibyl.code.tokens import Quoted, Use, Word
from sibyl.code.values import is_unknown


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
    quoted: bool  # whether this is a string or in one
    chosen: str  # the outer level's ``chosen``
    parametric: bool  # the outer level is in the parameters of a lambda


Given = tuple["Given", str] | None
"""Names of the keyword arguments of a call so far, the last one first."""

Params = tuple["Params", str, str] | None
"""Parameters with their values, or bases of a class, the last one first: growing costs the same for each."""


class Quote(NamedTuple):
    """Where a string that is in no other one begins."""

    at: int  # the index of its token
    begin: int  # the byte behind its first quote


class ReaderState:
    """What has been met in the statement at hand, and in what scopes it stands."""

    def __init__(self, kinds: list[int], texts: list[str]) -> None:
        self.kinds, self.texts = kinds, texts
        self.uses: list[Use] = []
        self.words: list[Word] = []
        self.strings: list[Quoted] = []
        self.data: bytes | bytearray = b""
        self.origins = Origins()
        self.module = Scope(-1)
        self.scopes: Scopes = (None, self.module)
        self.indents: tuple = (None, 0)
        self.level: Level | None = None
        self.pending: Scope | None = None  # the scope of the header just read
        self.last_end = -1  # end of the last leaf, -1 before the first
        self.glued = False  # the last leaf was a line continuation
        self.quote = Quote(-1, 0)  # of the string that is read, or was read last
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
        # "if" or "for", behind which the value of a conditional or a comprehension is read.
        self.chosen = ""
        self.parametric = False  # between ``lambda`` and its colon
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
        "scopes indents level pending last_end glued quote column decorator head leaves value last spelled "
        "dotted first settled comma colon target typed annotating path waiting params walrus "
        "argument keyword given chosen parametric"
    ).split()

    def keep(self) -> tuple:
        """Return this moment, for ``restore``."""
        get = self.__dict__
        return (
            len(self.kinds),
            len(self.uses),
            len(self.words),
            len(self.strings),
            len(self.origins.trail),
            tuple([get[name] for name in self._FIELDS]),
        )

    def restore(self, moment: tuple) -> None:
        """Go back to a moment kept before."""
        tokens, uses, words, strings, trail, fields = moment
        del self.kinds[tokens:], self.texts[tokens:], self.uses[uses:], self.words[words:]
        del self.strings[strings:]
        self.origins.rewind(trail)
        self.__dict__.update(zip(self._FIELDS, fields, strict=True))

    @property
    def quoted(self) -> bool:
        """Whether what is read is in a string."""
        return self.level is not None and self.level.quoted

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
            known = "" if is_unknown(level.value) else level.value
            given = self.given[1] if self.given is not None else ""
            call = level.last, known, self.argument, self.keyword, given
        else:
            call = "", "", 0, "", ""
        if where in ("import", "module"):
            return Word(
                len(self.kinds), where, *call, self.target if where == "import" else self.path, ""
            )
        return Word(len(self.kinds), where, *call, "", self.target)
