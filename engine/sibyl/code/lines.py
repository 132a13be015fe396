"""What line breaks and indentation say.

In: where a leaf stands, and where the last one ended.  Out: tokens for new lines, and the scopes they end.
"""

from __future__ import annotations

from sibyl.code.brackets import Brackets

# Keywords that begin a statement wherever they begin a line: an unclosed bracket above ends there.
_HARD = frozenset(
    "def class import return while try with raise assert pass break continue del global nonlocal "
    "elif except finally".split()
)


class Lines(Brackets):
    """The lines that statements stand on, and how deep they are indented."""

    def line(self, begin: int, word: str) -> None:
        """Tell the lines: write what a leaf ``word`` at byte ``begin`` says by where it stands."""
        if self.last_end < 0:
            self.column = 0
            return
        if self.glued or self.data.find(b"\n", self.last_end, begin) < 0:
            return
        first = self.data.rfind(b"\n", 0, begin) + 1
        # A form feed sets the column to zero (Python's lexical analysis, section 2.1.8).
        column = begin - max(first, self.data.rfind(b"\f", first, begin) + 1)
        if self.level is not None and not (word in _HARD and column <= self.column):
            return
        self.level = None
        self._finish()
        scopes = self.scopes
        while scopes[0] is not None and column <= scopes[1].indent:
            scopes = scopes[0]
        if self.pending is not None and column > self.column:
            scopes = (scopes, self.pending)
        self.scopes, self.pending = scopes, None
        indents, back = self.indents, 0
        while column < indents[1]:
            indents, back = indents[0], back + 1
        token = "<nl>" if back == 0 else "<de>" if back == 1 else "<dd>"
        if column > indents[1]:
            indents = (indents, column)
            token = "<in>" if back == 0 else token
        self.indents, self.column = indents, column
        self._emit(token)
        self._statement()
