"""Places in Python files where a member is completed.

In: the bytes of a file. Out: the members after a dot, and the file as a server would see it there.
Called by: menus.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random

import tree_sitter_python
from tree_sitter import Language, Node, Parser

_LINE_END = re.compile(rb"\r\n|\r|\n")
_SKIPPED = {"string", "comment", "import_statement", "import_from_statement"}


@dataclass(frozen=True)
class Site:
    """One member access: where the name after the dot starts, and the name."""

    offset: int
    member: str


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_python.language()))


def member_sites(data: bytes) -> list[Site]:
    """Return all members after a dot, outside imports, strings and comments, in reading order."""
    found: list[Site] = []
    waiting: list[Node] = [_parser().parse(data).root_node]
    while waiting:
        node = waiting.pop()
        if node.type in _SKIPPED:
            continue
        if node.type == "attribute":
            name = node.child_by_field_name("attribute")
            if name is not None and data[name.start_byte - 1 : name.start_byte] == b".":
                member = data[name.start_byte : name.end_byte].decode("utf-8", "replace")
                if member.isidentifier():
                    found.append(Site(name.start_byte, member))
        waiting.extend(reversed(node.children))
    return sorted(found, key=lambda site: site.offset)


def choose(sites: list[Site], most: int, chance: Random) -> list[Site]:
    """Choose at most so many sites of a file at random, in reading order."""
    chosen = chance.sample(sites, min(most, len(sites)))
    return sorted(chosen, key=lambda site: site.offset)


def cut(data: bytes, offset: int) -> bytes:
    """Return the file with the rest of the line removed from the offset on."""
    end = _LINE_END.search(data, offset)
    return data[:offset] + (data[end.start() :] if end else b"")


def position(data: bytes, offset: int, utf8: bool) -> tuple[int, int]:
    """Return line and character of an offset, in the units that the server counts."""
    ends = list(_LINE_END.finditer(data, 0, offset))
    prefix = data[ends[-1].end() if ends else 0 : offset]
    text = prefix.decode("utf-8", "replace")
    return len(ends), len(prefix) if utf8 else len(text.encode("utf-16-le")) // 2
