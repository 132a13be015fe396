"""Step 4 of 9: a token's text to the rows its vector is made of.

In: a token's text.  Out: row numbers: one for a frequent text as a whole, and one for each of its pieces.
Called by: model while typing, ``learn.streams`` for training.

The vocabulary is open: any name has pieces (``readlines`` is ``readlines``; ``read_all_lines`` is ``read``,
``all``, ``lines``), and a piece not in the table has one of a few hundred shared rows by its hash. So a
name never seen in training still gets a vector that says something. (Aye & Kaiser 2020, arXiv 2004.05249,
and Svyatkovskiy et al. 2021, arXiv 2004.13651, on subtokens in completion.)

The file is plain text, one entry a line, after a first line with version and counts. Rows are numbered in
file order: fixed tokens, frequent texts, pieces; then come the shared rows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from sibyl.errors import ModelError
from sibyl.tokens import FIXED_TOKENS

VOCAB_VERSION = 1
BEGIN = "<file>"
"""A row that no stream uses yet; it stands in the file because rows are numbered by it."""
MOST_PIECES = 7

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")
_PUBLIC_FIXED = (BEGIN, *FIXED_TOKENS)


def pieces(text: str) -> list[str]:
    """Return the pieces of a name or an origin, at most ``MOST_PIECES``, marks of its shape first."""
    marks: list[str] = []
    body = text
    if text[:1] == "@":
        body = text[1:]
        kind = body.partition(":")[0] if ":" in body else ""
        marks.append(f"@{kind}:" if kind else "@~" if body[:1] == "~" else "@")
        body = body[len(kind) + 1 :] if kind else body
        if body[-2:] in ("()", "[]"):
            marks.append(body[-2:])
    elif text[:2] == "__":
        marks.append("__")
    elif text[:1] == "_":
        marks.append("_")
    parts = _PIECE.findall(body)
    if text[:1] not in ("@", "_") and parts and text[0].isupper():
        marks.append("A" if text.isupper() else "Aa")
    room = MOST_PIECES - len(marks)
    if len(parts) > room:  # the ends of long names say most
        parts = [parts[0], *parts[len(parts) - room + 1 :]]
    return marks + [part.lower() for part in parts]


class Vocab:
    """Frequent texts, pieces, and how many shared rows follow."""

    def __init__(self, words: Iterable[str], parts: Iterable[str], shared: int) -> None:
        self.words, self.parts, self.shared = list(words), list(parts), shared
        texts = [*_PUBLIC_FIXED, *self.words]
        self._whole = {text: row for row, text in enumerate(texts)}
        self._piece = {part: len(texts) + index for index, part in enumerate(self.parts)}
        self._first_shared = len(texts) + len(self.parts)
        self.fixed = len(_PUBLIC_FIXED)
        self.rows = self._first_shared + shared

    def whole(self, text: str) -> int:
        """Return the row of ``text`` as a whole, -1 if it has none."""
        return self._whole.get(text, -1)

    def piece_rows(self, text: str) -> list[int]:
        """Return the rows of the pieces of ``text``; a fixed token has none."""
        return self.rows_of(text)[1]

    def rows_of(self, text: str) -> tuple[int, list[int]]:
        """Return both: the row of ``text`` as a whole, and the rows of its pieces."""
        whole, known = self._whole.get(text, -1), self._piece
        if 0 <= whole < self.fixed:
            return whole, []
        return whole, [
            self._shared(part) if (row := known.get(part)) is None else row for part in pieces(text)
        ]

    def _shared(self, part: str) -> int:
        return self._first_shared + crc32(part.encode()) % self.shared

    # file -----------------------------------------------------------------------------------------

    def dump(self) -> str:
        """Return the file's text."""
        head = (
            f"sibyl-vocab {VOCAB_VERSION} fixed={self.fixed} words={len(self.words)} "
            f"pieces={len(self.parts)} shared={self.shared}"
        )
        return "\n".join((head, *_PUBLIC_FIXED, *self.words, *self.parts)) + "\n"

    def digest(self) -> str:
        """Return what the model's sidecar must say for the two to fit."""
        return hashlib.sha256(self.dump().encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path) -> Vocab:
        """Read a vocabulary file; raises ModelError with the reason when it is not one."""
        try:
            lines = path.read_text("utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"The vocabulary {path} cannot be read ({error}).") from error
        head = re.fullmatch(
            r"sibyl-vocab (\d+) fixed=(\d+) words=(\d+) pieces=(\d+) shared=(\d+)", lines[0]
        )
        if head is None:
            raise ModelError(f"{path} is not a vocabulary of sibyl.")
        version, fixed, words, parts, shared = map(int, head.groups())
        if version != VOCAB_VERSION or lines[1 : 1 + fixed] != list(_PUBLIC_FIXED):
            raise ModelError(
                f"The vocabulary {path} is of another version; use the model that came with this sibyl."
            )
        if len(lines) != 2 + fixed + words + parts or not shared:
            raise ModelError(f"The vocabulary {path} is cut short; get the model again.")
        body = lines[1 + fixed : -1]
        return cls(body[:words], body[words:], shared)
