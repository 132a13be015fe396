"""Names that the text below an import uses and nothing there binds: what the import is being written for.

In: the text, and where the imported word begins.  Out: the names, at any depth below.

Code is often written first and what it needs imported afterwards. So this is the one thing that is read below
the cursor. Scopes are not told apart: what is bound anywhere below counts as bound, as does every builtin.
"""

from __future__ import annotations

import builtins
import re

from tree_sitter import Parser, Query, QueryCursor

from sibyl.code.grammar import LANGUAGE
from sibyl.code.text import Text

_MOST = 200_000
"""Bytes below that are looked at; 100,000 take 15 ms."""
_ABOVE = 4_000  # bytes in which the statement must begin
_IMPORT = re.compile(rb"(?<![\w.])import(?!\w)")
_BUILTINS = frozenset(dir(builtins))

_NAMES = Query(
    LANGUAGE,
    """
    (identifier) @name
    (attribute attribute: (identifier) @other)
    (keyword_argument name: (identifier) @other)
    (import_from_statement module_name: (dotted_name (identifier) @other))
    (relative_import (dotted_name (identifier) @other))
    (aliased_import name: (dotted_name (identifier) @other))
    (import_statement name: (dotted_name (identifier) @other))
    (import_statement name: (dotted_name . (identifier) @bound))
    (import_from_statement name: (dotted_name (identifier) @bound))
    (aliased_import alias: (identifier) @bound)
    (function_definition name: (identifier) @bound)
    (class_definition name: (identifier) @bound)
    (parameters (identifier) @bound)
    (lambda_parameters (identifier) @bound)
    (typed_parameter (identifier) @bound)
    (default_parameter name: (identifier) @bound)
    (typed_default_parameter name: (identifier) @bound)
    (assignment left: (identifier) @bound)
    (augmented_assignment left: (identifier) @bound)
    (named_expression name: (identifier) @bound)
    (for_statement left: (identifier) @bound)
    (for_in_clause left: (identifier) @bound)
    (as_pattern_target (identifier) @bound)
    (pattern_list (identifier) @bound)
    (tuple_pattern (identifier) @bound)
    (list_pattern (identifier) @bound)
    (list_splat_pattern (identifier) @bound)
    (dictionary_splat_pattern (identifier) @bound)
    """,
)


class Below:
    """What stands below an import, looked at once as long as it stays."""

    def __init__(self) -> None:
        self._seen: tuple[bytes, frozenset[str]] = b"", frozenset()

    def unbound(self, text: Text, start: int, cursor: int) -> frozenset[str]:
        """Return the names for a word that begins at byte ``start`` and is typed up to ``cursor``.

        An empty set where the word is in no import.
        """
        data = text.data
        above = bytes(data[max(start - _ABOVE, 0) : start])
        imports = list(_IMPORT.finditer(above))
        if not imports:
            return frozenset()
        behind = above[imports[-1].end() :]
        opened = b"(" in behind
        of_module = above[: imports[-1].start()].rpartition(b"\n")[2].strip() == b""
        end = text.word_end(cursor)
        begin = b"import _" if of_module else b"from _ import (_" if opened else b"from _ import _"
        rest = begin + bytes(data[end : end + _MOST])
        if rest != self._seen[0]:
            self._seen = rest, _unbound(rest)
        return self._seen[1]


def _unbound(data: bytes) -> frozenset[str]:
    captures = QueryCursor(_NAMES).captures(Parser(LANGUAGE).parse(data).root_node)
    bound_at, other_at = (
        {node.start_byte for node in captures.get(name, ())} for name in ("bound", "other")
    )
    used: set[bytes] = set()
    bound: set[bytes] = set()
    for node in captures.get("name", ()):
        start = node.start_byte
        if start in bound_at:
            bound.add(data[start : node.end_byte])
        elif start not in other_at:
            used.add(data[start : node.end_byte])
    names = (name.decode("utf-8", "replace") for name in used - bound)
    return frozenset(names) - _BUILTINS
