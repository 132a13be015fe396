"""A token's text to the rows its vector is made of.

In: a token's text.  Out: row numbers: one for a frequent text as a whole, and one for each of its pieces.

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
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from sibyl.code.tokens import FIXED_TOKENS
from sibyl.code.values import UNKNOWN_ORIGIN, is_unknown
from sibyl.errors import ModelError, first_line

VOCAB_VERSION = 1
BEGIN = "<file>"
"""A row that no stream uses yet; it stands in the file because rows are numbered by it."""
MOST_PIECES = 7

Ints = npt.NDArray[np.int32]

_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")
FIXED_ROWS = (BEGIN, *FIXED_TOKENS)


def pieces(text: str) -> list[str]:
    """Return the pieces of a name or an origin, at most ``MOST_PIECES``, marks of its shape first."""
    marks: list[str] = []
    body = text
    if text[:1] == "@":
        body = text[1:]
        kind = body.partition(":")[0] if ":" in body else ""
        marks.append(f"@{kind}:" if kind else UNKNOWN_ORIGIN if is_unknown(body) else "@")
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


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text one by one: all at once they would take ten times its memory."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        yield text[begin:end]
        begin = end + 1


class _Lines:
    """Texts as lines."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.data, self._count = bytearray(), 0
        for text in texts:
            self.data += text.encode("utf-8", "surrogatepass")
            self.data += b"\n"
            self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return _lines(self.data.decode("utf-8", "surrogatepass"))


class _Numbers:
    """Numbers of texts, found by their hashes: a dictionary would take ten times the memory."""

    def __init__(self, texts: Iterable[str], first: int) -> None:
        hashes = np.fromiter(map(hash, texts), np.int64)
        order = np.argsort(hashes, kind="stable")
        self._hashes = array("q", hashes[order].tobytes())
        self._numbers = array("i", (order + first).astype(np.int32).tobytes())

    def get(self, text: str) -> int:
        """Return the number of ``text``, -1 if it has none."""
        # In 64 bits, two of a million texts are alike once in 40 million vocabularies.
        wanted = hash(text)
        at = bisect_right(self._hashes, wanted) - 1
        return self._numbers[at] if at >= 0 and self._hashes[at] == wanted else -1

    def of(self, texts: list[str]) -> Ints:
        """Return the numbers of many texts."""
        if not self._numbers:
            return np.full(len(texts), -1, np.int32)
        hashes, numbers = (
            np.frombuffer(self._hashes, np.int64),
            np.frombuffer(self._numbers, np.int32),
        )
        wanted = np.fromiter(map(hash, texts), np.int64, len(texts))
        at = np.searchsorted(hashes[1:], wanted, "right")  # never beyond the last one
        return np.where(hashes[at] == wanted, numbers[at], np.int32(-1))


class Vocab:
    """Frequent texts, pieces, and how many shared rows follow."""

    def __init__(self, words: Iterable[str], parts: Iterable[str], shared: int) -> None:
        self._words, self._parts = _Lines(words), _Lines(parts)
        self.fixed, self.shared = len(FIXED_ROWS), shared
        self._whole = _Numbers(chain(FIXED_ROWS, self._words), 0)
        self._piece = _Numbers(self._parts, self.fixed + len(self._words))
        self._first_shared = self.fixed + len(self._words) + len(self._parts)
        self.rows = self._first_shared + shared

    @property
    def words(self) -> list[str]:
        """The texts that have a row of their own, in the order of their rows, fixed tokens left out."""
        return list(self._words)

    @property
    def parts(self) -> list[str]:
        """The pieces that have a row of their own, in the order of their rows."""
        return list(self._parts)

    def whole(self, text: str) -> int:
        """Return the row of ``text`` as a whole, -1 if it has none."""
        return self._whole.get(text)

    def piece_rows(self, text: str) -> list[int]:
        """Return the rows of the pieces of ``text``; a fixed token has none."""
        if 0 <= self._whole.get(text) < self.fixed:
            return []
        return [
            row if (row := self._piece.get(part)) >= 0 else self._shared(part)
            for part in pieces(text)
        ]

    def rows_of(self, texts: list[str]) -> tuple[Ints, Ints, Ints]:
        """Return the same of many texts: their rows as wholes, the rows of all pieces, how many each has."""
        wholes = self._whole.of(texts)
        fixed = ((wholes >= 0) & (wholes < self.fixed)).tolist()
        parts = [[] if mark else pieces(text) for text, mark in zip(texts, fixed, strict=True)]
        flat = [part for of_text in parts for part in of_text]
        rows = self._piece.of(flat)
        for at in np.flatnonzero(rows < 0).tolist():
            rows[at] = self._shared(flat[at])
        return wholes, rows, np.fromiter(map(len, parts), np.int32, len(parts))

    def _shared(self, part: str) -> int:
        return self._first_shared + crc32(part.encode()) % self.shared

    # file -----------------------------------------------------------------------------------------

    def dump(self) -> str:
        """Return the file's text."""
        return self._bytes().decode("utf-8", "surrogatepass")

    def _bytes(self) -> bytes:
        head = (
            f"sibyl-vocab {VOCAB_VERSION} fixed={self.fixed} words={len(self._words)} "
            f"pieces={len(self._parts)} shared={self.shared}"
        )
        return b"".join((_Lines((head, *FIXED_ROWS)).data, self._words.data, self._parts.data))

    def digest(self) -> str:
        """Return what the model's sidecar must say for the two to fit."""
        return hashlib.sha256(self._bytes()).hexdigest()[:16]

    @classmethod
    def load(cls, path: Path, fixed_alike: bool = True) -> Vocab:
        """Read a vocabulary file; raises ModelError with the reason when it is not one.

        With ``fixed_alike=False`` the file's fixed tokens may be those of another version of the stream; the
        vocabulary has today's.
        """
        fixed, words, parts, shared = read_vocab(path)
        if fixed_alike and fixed != list(FIXED_ROWS):
            raise ModelError(
                f"The vocabulary {path} is of another version; use the model that came with this sibyl."
            )
        return cls(words, parts, shared)


def read_vocab(path: Path) -> tuple[list[str], Iterator[str], Iterator[str], int]:
    """Return a vocabulary file's fixed tokens, its words and pieces (read them in this order), its shared rows.

    Raises ModelError with the reason when it is no vocabulary.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The vocabulary {path} cannot be read ({first_line(error)}).") from error
    lines = _lines(text)
    head = re.fullmatch(
        r"sibyl-vocab (\d+) fixed=(\d+) words=(\d+) pieces=(\d+) shared=(\d+)", next(lines, "")
    )
    if head is None:
        raise ModelError(f"{path} is not a vocabulary of sibyl.")
    version, fixed, words, parts, shared = map(int, head.groups())
    if version != VOCAB_VERSION:
        raise ModelError(
            f"The vocabulary {path} is of another version; use the model that came with this sibyl."
        )
    if text.count("\n") != 1 + fixed + words + parts or text[-1:] != "\n" or not shared:
        raise ModelError(f"The vocabulary {path} is cut short; get the model again.")
    return list(islice(lines, fixed)), islice(lines, words), lines, shared
