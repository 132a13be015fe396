"""Where a completion list is asked for: members, and what a language server sees there.

In: the bytes of a file. Out: the members after a dot, and the file as a server would see it at a site.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random

import tree_sitter_python
from tree_sitter import Language, Node, Parser

BRACES = "braces"
"""Where a site stands that is in the braces of an f-string: open ones say little to a server."""
_CLOSES = frozenset((")", "]", "}", "string_end"))
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Site:
    """One completion: where the name starts, what it is, and how much of it stands there already."""

    offset: int  # byte of the first letter
    member: str  # the truth
    kind: str = "member"  # member, name, keyword, import
    where: str = ""  # what stands around it
    letters: int = 0  # typed when the list is asked for

    @property
    def cursor(self) -> int:
        """Return the byte behind the letters typed."""
        return self.offset + len(self.member[: self.letters].encode())


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


def parse(data: bytes) -> Node:
    """Return the root of a file's syntax tree."""
    return _parser().parse(data).root_node


def choose(sites: list[Site], most: int, chance: Random) -> list[Site]:
    """Choose a limited number of sites of a file at random, in reading order."""
    chosen = chance.sample(sites, min(most, len(sites)))
    return sorted(chosen, key=lambda site: site.offset)


def cut(data: bytes, offset: int) -> bytes:
    """Return the file with the rest of the line removed from the offset on."""
    end = _LINE_END.search(data, offset)
    return data[:offset] + (data[end.start() :] if end else b"")


def closed(data: bytes, offset: int) -> bytes:
    """Return the file with the rest of the line replaced by what closes all that is open on it.

    So does an editor that types closing brackets and quotes by itself.
    """
    end = _LINE_END.search(data, offset)
    stop = end.start() if end else len(data)
    closing = b""
    around = parse(data).descendant_for_byte_range(max(offset - 1, 0), offset)
    while around is not None:
        last = around.children[-1] if around.children else around
        if last.type in _CLOSES and offset <= last.start_byte and last.end_byte <= stop:
            closing += data[last.start_byte : last.end_byte]
        around = around.parent
    return data[:offset] + closing + data[stop:]


def seen_at(data: bytes, site: Site) -> bytes:
    """Return the file as a server sees it when a list is asked for at a site."""
    return (closed if site.where == BRACES else cut)(data, site.cursor)


def position(data: bytes, offset: int, utf8: bool) -> tuple[int, int]:
    """Return line and character of an offset, in the units that the server counts."""
    ends = list(_LINE_END.finditer(data, 0, offset))
    prefix = data[ends[-1].end() if ends else 0 : offset]
    text = prefix.decode("utf-8", "replace")
    return len(ends), len(prefix) if utf8 else len(text.encode("utf-16-le")) // 2
