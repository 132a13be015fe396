"""How many bytes are parsed.

In:   a syntax whose parser is replaced for one test.
Out:  a list that grows by one number for each parse.
"""

from __future__ import annotations

import pytest

from sibyl.code.syntax import Syntax


class CountingParser:
    """Hands all to the parser it stands for, and notes how many bytes each source has."""

    def __init__(self, parser: object, lengths: list[int]) -> None:
        self._parser = parser
        self._lengths = lengths

    def parse(self, source: bytes, *old: object) -> object:
        """Parse, and note it."""
        self._lengths.append(len(source))
        return self._parser.parse(source, *old)  # type: ignore[attr-defined]


def count_parsed(syntax: Syntax, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that from now on gets the bytes of each source that a syntax parses."""
    lengths: list[int] = []
    parser = CountingParser(syntax._parser, lengths)
    monkeypatch.setattr(syntax, "_parser", parser)
    monkeypatch.setattr(syntax._sections, "_parser", parser)
    return lengths
