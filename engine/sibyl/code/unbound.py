"""Names that the text below an import uses and nothing there binds: what the import is being written for.

In: the text, and where the imported word begins.  Out: the names, at any depth below.

Code is often written first and what it needs imported afterwards. So this is the one thing that is read below
the cursor. Scopes are not told apart: what is bound anywhere below counts as bound, as does every builtin. What
is bound where an import has failed (``except ImportError: Path = None``) does not.
"""

from __future__ import annotations

import builtins
import re
from itertools import pairwise
from typing import NamedTuple

from tree_sitter import Node, Parser, Tree

from sibyl.code.grammar import IDENTIFIER, KINDS, LANGUAGE
from sibyl.code.quotes import without_runs
from sibyl.code.text import NAME_BYTES, Text

_MOST = 80_000
"""Bytes below that are looked at: 20 ms of code, up to 200 ms of what is none."""
_ENDS = (b"\ndef ", b"\nclass ", b"\n@")
"""Where it is cut: before the last of these, which is in no string."""
_ABOVE = 4_000  # bytes in which the statement must begin
_COMMENT = re.compile(rb"#[^\n]*")
_IMPORT = re.compile(rb"(?<![\w.])import(?!\w)")
_LISTED = 8_000  # bytes in which a bracket of names must close
_OF_NAMES = NAME_BYTES + b", \t\r\n"
_LINE = re.compile(rb"^([ \t]*)(except|finally|[^\s#])", re.MULTILINE)
_DEFINED = re.compile(rb"^(?:async +)?(?:def|class) +([\w\x80-\xff]+)", re.MULTILINE)
_HERE = "_sibyl_imports_here"  # stands for the word that is typed
_BUILTINS = frozenset((*dir(builtins), _HERE, ""))

_BOUND_AS = {
    ("aliased_import", "alias"), ("assignment", "left"), ("augmented_assignment", "left"),
    ("class_definition", "name"), ("default_parameter", "name"), ("for_in_clause", "left"),
    ("for_statement", "left"), ("function_definition", "name"), ("named_expression", "name"),
    ("typed_default_parameter", "name"),
}  # fmt: skip
"""Parents of names that are bound, and what the names are to them."""
_BINDING = {
    "as_pattern_target", "dictionary_splat_pattern", "lambda_parameters", "list_pattern",
    "list_splat_pattern", "parameters", "pattern_list", "splat_pattern", "tuple_pattern", "typed_parameter",
}  # fmt: skip
"""Parents that bind each name directly below them."""
_OTHER = {
    ("attribute", "attribute"), ("global_statement", None), ("keyword_argument", "name"),
    ("keyword_pattern", None), ("nonlocal_statement", None),
}  # fmt: skip
"""Parents of names that are neither used nor bound."""
_DEFINITIONS = {"class_definition", "function_definition"}
_FAR = 6  # nodes around a name that say what it is
_PATTERNS = {"case_pattern", "keyword_pattern"}


class _Node(NamedTuple):
    kind: str
    field: str | None  # what it is to its parent
    is_single: bool  # it has one child


class Below:
    """What stands below an import, looked at once as long as it stays."""

    def __init__(self) -> None:
        self._seen: tuple[tuple[bytes, bool, bytes] | None, frozenset[str]] = None, frozenset()

    def unbound(self, text: Text, start: int, cursor: int) -> frozenset[str]:
        """Return the names for a word that begins at byte ``start`` and is typed up to ``cursor``.

        An empty set where the word is in no import.
        """
        above = _COMMENT.sub(b"", text.data[max(start - _ABOVE, 0) : start])
        imports = list(_IMPORT.finditer(above))
        if not imports:
            return frozenset()
        first, last = imports[-1].span()
        line = bytes(above[above.rfind(b"\n", 0, first) + 1 : first])
        seen = line, b"(" in above[last:], bytes(text.data[text.word_end(cursor) :])
        if seen != self._seen[0]:
            self._seen = seen, _waited_for(*seen)
        return self._seen[1]


def _waited_for(line: bytes, opened: bool, below: bytes) -> frozenset[str]:
    """Return the names below an import.

    ``line``: what stands before the word ``import``; ``opened``: a bracket comes after it.
    """
    near, farther = _cut(below)
    code = without_runs(_whole(line, opened and _closes(near), near))
    bound = {name.decode("utf-8", "replace") for name in _DEFINED.findall(farther)}
    return _unbound(Parser(LANGUAGE).parse(code), code) - bound


def _closes(below: bytes) -> bool:
    """Tell whether nothing but names comes before the next bracket that closes."""
    names, closed, _ = _COMMENT.sub(b"", below[:_LISTED]).partition(b")")
    return bool(closed) and not names.translate(None, _OF_NAMES)


def _cut(below: bytes) -> tuple[bytes, bytes]:
    """Return what is looked at closely, and what is far below, where only definitions are."""
    if len(below) <= _MOST:
        return below, b""
    last_begin = max(below.rfind(begin, 0, _MOST) for begin in _ENDS)
    at = last_begin if last_begin > 0 else below.rfind(b"\n", 0, _MOST)
    return below[: max(at, 0)], below[max(at, 0) :]


def _whole(line: bytes, opened: bool, below: bytes) -> bytes:
    """Return code that can be parsed: an import in blocks for all that is less indented below it.

    ``line``: what stands before the word ``import``.
    """
    rest = line.lstrip()
    indent = line[: len(line) - len(rest)]
    begins: dict[int, bytes] = {}  # by indentation: what the first line that has it begins with
    for match in _LINE.finditer(below, below.find(b"\n") + 1):
        begins.setdefault(len(match[1]), match[2])
    blocks = [
        indent[:width] + (b"try:\n" if begins[width] in (b"except", b"finally") else b"if 1:\n")
        for width in sorted(begins)
        if width < len(indent)
    ]
    words = b"from _ import " if rest.startswith(b"from") else b"import "
    return b"".join((*blocks, indent, words, b"(" * opened, _HERE.encode(), below))


def _unbound(tree: Tree, code: bytes) -> frozenset[str]:
    """Return the names that are used and bound nowhere."""
    # Not by a query, which takes quadratic time where code is nested.
    used: set[bytes] = set()
    bound: set[bytes] = set()
    cursor = tree.walk()
    above: list[_Node] = []
    failed = 0  # clauses around, for an exception
    while True:
        node, field = cursor.node, cursor.field_name
        assert node is not None
        if node.kind_id in IDENTIFIER:
            is_bound = _is_bound(node, above, field)
            if is_bound and failed and _is_fallback(node, above[-1].kind):
                is_bound = None
            if is_bound is not None:
                (bound if is_bound else used).add(code[node.start_byte : node.end_byte])
        elif cursor.goto_first_child():
            kind = KINDS.get(node.kind_id, "")
            above.append(_Node(kind, field, node.named_child_count == 1))
            failed += kind == "except_clause"
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                waited = (name.decode("utf-8", "replace") for name in used - bound)
                return frozenset(waited) - _BUILTINS
            failed -= above.pop().kind == "except_clause"


def _is_bound(name: Node, above: list[_Node], field: str | None) -> bool | None:
    """Tell whether a name is bound where it stands; None: it is neither bound nor used there.

    ``above``: the nodes around it, from the root on; ``field``: what it is to the last of them.
    """
    near = above[: -1 - _FAR : -1]
    parent, around = near[0], near[1].kind if len(near) > 1 else ""
    if parent.kind == "dotted_name":
        return _in_dotted(parent, around, name.prev_named_sibling is None)
    if (parent.kind, field) in _OTHER:
        return None
    if parent.kind == "as_pattern" and field is None:  # else what is matched, or an exception
        return around == "case_pattern"
    if parent.kind in ("tuple", "list"):
        outer = next((node.kind for node in near if node.kind not in ("tuple", "list")), "")
        return outer == "as_pattern_target"
    if parent.kind in ("type", "generic_type", "splat_type"):
        return any(
            (node.kind == "type_parameter" and outside.kind in _DEFINITIONS)
            or (node.field == "left" and outside.kind == "type_alias_statement")
            for node, outside in pairwise(near)
        )
    return parent.kind in _BINDING or (parent.kind, field) in _BOUND_AS


def _is_fallback(node: Node, parent: str) -> bool:
    """Tell whether a name is bound by an import, or to None."""
    if parent != "assignment":
        return parent in ("aliased_import", "dotted_name")
    value = node.parent.child_by_field_name("right") if node.parent else None
    return value is not None and value.type == "none"


def _in_dotted(dotted: _Node, around: str, is_first: bool) -> bool | None:
    """Tell the same of a part of a dotted name."""
    if around in ("aliased_import", "relative_import"):
        return None
    if around == "import_statement":
        return True if is_first else None
    if around == "import_from_statement":
        return True if dotted.field == "name" else None
    if around == "future_import_statement" or (around in _PATTERNS and dotted.is_single):
        return True
    return False if is_first else None
