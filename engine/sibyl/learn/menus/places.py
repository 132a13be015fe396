"""Places in Python files where something is completed, of every kind.

In: the bytes of a file.  Out: for each kind the sites that a list can be asked at.

    member    the name after a dot                                     `self.|name`
    name      an identifier read in an expression: no member, nothing that is bound there   `if |name:`
    keyword   the name of a keyword argument of a call                 `f(|name=1)`
    import    a name or a module of an import                          `from |m.|n import |name`
    reserved  a keyword of the language, None, True and False among them    `|if name is |not |None:`

``where`` says what stands around: the nearest of argument, base, decorator, annotation, except, raise, an
operator, a subscript, an assignment or another statement; for imports whether it is a name or a module; in the
braces of f-strings, which are places of their own, that.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from tree_sitter import Node

from sibyl.code.tokens import KEYWORDS
from sibyl.learn.menus.sites import BRACES, Site, parse

KINDS = ("member", "name", "keyword", "import", "reserved")
_RESERVED = KEYWORDS | {"none", "true", "false"}
"""As tree-sitter names them: the three are nodes with a name of their own."""

_AROUND = {
    "type": "annotation", "decorator": "decorator", "except_clause": "except",
    "except_group_clause": "except", "raise_statement": "raise", "expression_statement": "statement",
    "case_clause": "case", "module": "statement", "block": "statement",
    "function_definition": "default", "lambda_parameters": "default",
    **{same: same for same in ("assignment", "augmented_assignment", "binary_operator",
                               "comparison_operator", "subscript")},
}  # fmt: skip
_UNREAD = {
    "string", "comment", "ERROR", "global_statement", "nonlocal_statement",
    "future_import_statement", "as_pattern_target", "case_pattern",
}  # fmt: skip
"""Below these no identifier is asked about: it is text, bound, or cannot be told from what is bound."""
_BINDS = {
    ("function_definition", "name"), ("class_definition", "name"), ("attribute", "attribute"),
    ("keyword_argument", "name"), ("default_parameter", "name"), ("typed_default_parameter", "name"),
    ("named_expression", "name"),
}  # fmt: skip
_TARGETS = {("assignment", "left"), ("for_statement", "left"), ("for_in_clause", "left")}
_PATTERNS = {"pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern",
             "dictionary_splat_pattern"}  # fmt: skip
_PARAMETERS = {"parameters", "lambda_parameters", "typed_parameter"}


def sites_of(data: bytes, braces: bool = False) -> dict[str, list[Site]]:
    """Return the sites of each kind outside strings and comments, in reading order.

    ``braces``: those in the braces of f-strings instead.
    """
    by_kind: dict[str, list[Site]] = {kind: [] for kind in KINDS}
    for kind, where, node in _walk(parse(data), _UNREAD - {"string"} if braces else _UNREAD):
        text = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        if text.isidentifier() and (not braces or _is_in_braces(node)):
            where = BRACES if braces else where or _around(node)
            by_kind[kind].append(Site(node.start_byte, text, kind, where))
    return {kind: sorted(sites, key=lambda site: site.offset) for kind, sites in by_kind.items()}


def _is_in_braces(node: Node | None) -> bool:
    while node is not None and node.type != "interpolation":
        node = node.parent
    return node is not None


def _walk(root: Node, unread: Container[str]) -> Iterator[tuple[str, str, Node]]:
    """Yield kind, where (or the empty string: to be found out) and identifier, none below ``unread`` nodes."""
    waiting: list[tuple[Node, bool]] = [(root, False)]
    while waiting:
        node, bound = waiting.pop()
        if node.type in unread or node.is_missing or _declares_types(node):
            continue
        if node.type in ("import_statement", "import_from_statement"):
            yield from _imported(node)
            aliases = [inner for child in node.children for inner in child.children]
            for leaf in (*node.children, *aliases):
                if _is_reserved(leaf):
                    yield "reserved", "", leaf
            continue
        if _is_reserved(node):
            yield "reserved", "", node
            continue
        if node.type == "identifier":
            if not bound:
                yield "name", "", node
            continue
        for index, child in enumerate(node.children):
            field = node.field_name_for_child(index) or ""
            if child.type == "identifier" and (node.type, field) in _BINDS:
                yield from _named(node, child)
            elif (node.type, field) != ("type_alias_statement", "left"):
                waiting.append((child, _is_bound(node, field, child, bound)))


def _is_reserved(node: Node) -> bool:
    return node.type in _RESERVED and node.child_count == 0


def _is_bound(node: Node, field: str, child: Node, bound: bool) -> bool:
    """Tell whether an identifier that is this child, or directly in this pattern, gets a value here."""
    if node.type in _PATTERNS:
        return bound or node.type.endswith("splat_pattern")
    if (node.type, field) in _TARGETS:
        return True
    return node.type in _PARAMETERS and field != "type" and child.type != "type"


def _named(node: Node, name: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield the member or the keyword argument, if the named identifier is one."""
    if node.type == "attribute":
        dot = name.prev_sibling
        if dot is not None and dot.end_byte == name.start_byte:
            yield "member", "", name
    elif node.type == "keyword_argument" and not _is_base(node):
        yield "keyword", "", name


def _imported(node: Node) -> Iterator[tuple[str, str, Node]]:
    source = node.child_by_field_name("module_name")
    for child in node.children:
        where = "module" if source is None or child == source else "import"
        inner = child.children[-1:] if child.type == "relative_import" else child.children[:1]
        for named in inner if child.type in ("relative_import", "aliased_import") else [child]:
            if named.type == "dotted_name":
                yield from (("import", where, part) for part in named.named_children)


def _declares_types(node: Node) -> bool:
    """Tell whether these are the type parameters of a definition, not the arguments of a generic type."""
    return node.type == "type_parameter" and (
        node.parent is None or node.parent.type != "generic_type"
    )


def _is_base(node: Node) -> bool:
    """Tell whether a node is among a class's bases."""
    arguments = node.parent
    held = arguments.parent if arguments is not None else None
    return held is not None and held.type == "class_definition"


def _around(node: Node) -> str:
    """Return what stands around an identifier."""
    at, above = node, node.parent
    while above is not None:
        if above.type == "argument_list":
            return "base" if _is_base(at) else "argument"
        if above.type in _AROUND:
            return _AROUND[above.type]
        if above.type.endswith("_statement"):
            return above.type
        at, above = above, above.parent
    return "statement"
