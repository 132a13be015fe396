"""Leaves to tokens, one at a time, from left to right.

In: the leaves of the tree in reading order, and the bytes they name.  Out: tokens, and what was learned
about names on the way.

The reader is a state machine that never looks ahead: a token depends on the leaves before it and on
nothing else. Its whole state is one tuple of values that are never changed in place (plus the trail of
``Origins``), so any moment can be kept and had back. That is what makes typing cheap and the stream equal
to one made from scratch.

Tokens, for ``df = pd.read_csv(path)``: ``df`` ``=`` ``pd`` ``@pandas`` ``read_csv`` ``(`` ``path``.
The dot's place is taken by the origin of its receiver. Colons, closing brackets (no name can follow one
directly), comments and what is in strings are left out; a new line is ``<nl>``, ``<in>`` (deeper), ``<de>``
(back one step) or ``<dd>`` (back several).
"""

from __future__ import annotations

import re
from sys import intern

from sibyl.code.grammar import (
    CLOSE,
    CONTINUED,
    DROPPED,
    IDENTIFIER,
    LITERALS,
    OPEN,
    OTHERS,
    SPELLED,
    UNPACKS,
    WORDS,
)
from sibyl.code.lines import Lines
from sibyl.code.reader_state import Quote
from sibyl.code.tokens import (
    KEYWORD_ARGUMENT,
    KEYWORDS,
    MARKS,
    MEMBER,
    NAME,
    ORIGIN,
    STAR,
    Quoted,
    Use,
)
from sibyl.code.values import UNKNOWN, class_name

_HEADS = frozenset("def class for with except if elif else while try finally".split())


class Reader(Lines):
    """Reads leaves, writes tokens into two lists that it is given."""

    # leaves ---------------------------------------------------------------------------------------

    def read(self, begin: int, end: int, kind: int) -> None:
        """Read one leaf: first byte, byte after the last, number of the node's type."""
        word = WORDS.get(kind)
        if word is None:
            word = intern(str(self.data[begin:end], "utf-8", "replace"))
            if kind not in IDENTIFIER:
                word = SPELLED.get(word, word)
        if begin != self.last_end:
            self.line(begin, word)
        self.last_end = end
        self.glued = kind in CONTINUED
        if kind in DROPPED:
            return
        self.leaves += 1
        if self.leaves == 1:
            self.head = word if word in KEYWORDS or word == "@" else "expression"
        elif self.leaves == 2 and (self.head == "async" or self._is_lazy(word)):
            self.head = word
        if word in KEYWORDS:
            self._keyword(word)
        elif kind in LITERALS:
            self._literal(word, begin, end)
        elif word in OPEN:
            self._open(word)
        elif kind in UNPACKS and self._unpacks():
            self.colon = True  # what has items of another dictionary is one
            self._mark(word)
        elif word in CLOSE:
            self._close()
        elif word in OTHERS or not word.isidentifier():
            self._mark(word)
        else:
            self._name(word)

    def _is_lazy(self, word: str) -> bool:
        """Tell whether a statement's second word makes it a lazy import (PEP 810)."""
        return word in ("import", "from") and self.spelled == "lazy"

    def _literal(self, word: str, begin: int, end: int) -> None:
        if word == "string_start":
            outermost = not self.quoted
            self._open("'", "bytes" if _BYTES & set(self.data[begin:end]) else "")
            if outermost:
                self.quote = Quote(len(self.kinds) - 1, end)
        elif word == "string_end":
            was_quoted = self.quoted
            self._close()
            if was_quoted and not self.quoted:
                at, first = self.quote
                text = str(self.data[first : min(begin, first + _QUOTED)], "utf-8", "replace")
                if at < len(self.kinds) - 1:  # there is something in braces
                    text = _BRACES.sub(" ", _BRACES.sub(" ", text))  # a width may be in braces, too
                self.strings.append(Quoted(at, text, first, begin))
        else:
            self._emit("<num>")
            self.value = "int" if word == "integer" else "float"

    def _name(self, name: str) -> None:
        if self.dotted:
            self.dotted = False
            origin = self.texts[-1]
            receiver = intern(self.spelled), intern(self.function()), intern(class_name(self.value))
            self.uses.append(Use(len(self.kinds), origin, *receiver))
            self._emit(name, MEMBER)
            if self.head in ("import", "from"):
                self.path += "." + name if self.path[-1:] != "." else name
                self.value = self.path
            else:
                self.value = self.origins.attr(self.value, name)
            self.spelled = f"{self.spelled}.{name}"[-_SPELL:]
            self.last = name
            return
        self.words.append(self.word(self.leaves - 1))
        self._emit(name, NAME)
        self.last = self.spelled = name
        if self.head in _BINDS:
            self._binding(name)
        else:
            self.value = self.origins.name(self.scopes, name)

    def _keyword(self, word: str) -> None:
        first = self.first or self.value
        if word == "import" and self.head == "from":
            self.target, self.waiting = self.path, "from"
            self._emit(intern("@" + self.path), ORIGIN)
            self.value, self.dotted = "", False
            return
        self._emit(word)
        if word == "as":
            self.waiting = "as"
            if self.head == "except":
                self.typed = self.origins.instance(first)
            elif self.head == "with":
                self.typed = first
        elif word == "in" and self.head == "for" and self.level is None and self.waiting != "in":
            self.waiting, self.first, self.settled, self.value = "in", "", False, ""
            return
        self._operand(word)
        if word in ("None", "True", "False"):
            self.value = "None" if word == "None" else "bool"

    def _mark(self, word: str) -> None:
        if word == ".":
            self._dot()
            return
        if word == ":":
            self._colon()
            return
        if word == ";":
            if self.level is None:
                self._finish()
                self._emit("<nl>")
                self._statement()
            return
        if self.parametric and word in ",=":
            self._emit(word)  # of a lambda's own parameters
            self._operand(word)
            return
        if word == "=" and self._is_keyword_argument():
            self._emit(KEYWORD_ARGUMENT)
            self.keyword, self.given = self.last, (self.given, self.last)
        else:
            self._emit(word if word in _MARKS else "<op>")
        if word == "=" and self.level is None:
            self._assign()
        elif word == ":=":
            self.walrus = self.last if self.spelled == self.last else ""
            self.value, self.dotted = "", False
        elif word == ",":
            if self.walrus:
                self._walrus()
            if self._parameters():
                self._argument()
                if self.waiting == STAR:
                    self.params = (self.params, STAR, "")
            elif self.head == "import":
                self.path = ""
            elif self.head == "from" and self.target:
                self.waiting = "from"  # again, behind an alias
            elif self.head == "for" and self.level is None and self.waiting != "in":
                self._bind_first()
            self.argument, self.keyword = self.argument + 1, ""
            if self.head == "except":
                self.first = self.first or self.value
            else:
                self.first = ""
            self.comma, self.settled = True, self.level is None or bool(self.first)
            self.chosen = ""
            self.value = ""
            self.dotted = False
            if self.head == "def" and self._parameters():
                self.waiting = "param"
        elif word == "->":
            self.annotating, self.value, self.first, self.settled = True, "", "", False
        elif word == "=" and self._parameters():
            if self.head == "def":
                self._argument()
            self.value, self.first, self.settled, self.colon = "", "", False, True
        else:
            if word == STAR and self.waiting == "param" and self._parameters():
                self.waiting = STAR
            self._operand(word)

    def _dot(self) -> None:
        if self.head == "from" and self.waiting != "from":
            self._emit(intern("@" + self.path), ORIGIN)
            if not self.path or self.path[-1] == ".":
                self.path += "."
                return
        else:
            value = self.value or UNKNOWN
            cls = self._class() if value == "super()" else None
            # What is written in quotes is used alike, whatever it is.
            written = value == "bytes" and self.texts[-1:] == ["<str>"]
            self._emit(intern(self.origins.shown("str" if written else value, cls)), ORIGIN)
            self.value = value
        self.dotted = True

    # statements -----------------------------------------------------------------------------------

    def _colon(self) -> None:
        level = self.level
        if self.parametric:
            self.parametric = False
            self._operand(":")
            return
        if level is None and self.head in _HEADS:
            self._finish()
            if self.pending is not None:  # what follows, on this line or below, is the body
                self.scopes, self.pending = (self.scopes, self.pending), None
            self._statement()
            self.decorator = ""
            return
        if self.head == "def" and self._parameters() and not self.colon:
            self.annotating, self.value, self.first, self.settled = True, "", "", False
            return
        if level is None and self.head == "expression" and not self.target:
            self._aim()
            self.annotating = bool(self.target)
            self.value = self.first = ""
            self.settled = False
            return
        self.colon = True
        self._operand(":")


_QUOTED = 200  # bytes of a string that are kept
_BRACES = re.compile(r"\{[^{}]*(?:\}|$)")
_BYTES = frozenset(b"bB")
_SPELL = 48  # characters of a receiver's spelling that are kept
_MARKS = frozenset(MARKS)
_BINDS = frozenset(("import", "from", "def", "class", "for", "with", "except"))
