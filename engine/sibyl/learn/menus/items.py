"""What is kept of a language server's completion items.

In: items as LSP has them.  Out: `[label, kind, sortText, adds_import, deprecated]` of each.

``adds_import`` is 0, the module that accepting the item imports from, or 1 where the server does not name it.
"""

from __future__ import annotations

import re

_EDIT = re.compile(r"from ([\w.]+) import\b|import ([\w.]+)")
_SAID = re.compile(r"\(import ([\w.]+)\)")
_MODULE = re.compile(r"[\w.]+")
_DEPRECATED = 1  # of LSP's CompletionItemTag


def kept(item: dict) -> list:
    """Return what a menus file holds of an item."""
    return [
        item["label"], item.get("kind") or 0, item.get("sortText") or "", _import_of(item),
        int(_DEPRECATED in (item.get("tags") or ()) or bool(item.get("deprecated"))),
    ]  # fmt: skip


def names(label: str, name: str) -> bool:
    """Tell whether a label stands for a name: itself, its `name=`, or `name(…)`."""
    return label.startswith(name) and label[len(name) :][:1] in ("", "=", "(")


def _import_of(item: dict) -> str | int:
    edits = item.get("additionalTextEdits") or []
    for edit in edits:
        if match := _EDIT.match((edit.get("newText") or "").lstrip()):
            return match[1] or match[2]
    details = item.get("labelDetails") or {}
    if match := _SAID.match((details.get("detail") or "").lstrip()):  # ty
        return match[1]
    named = details.get("description") or ""  # pyright
    if item.get("detail") == "Auto-import" and _MODULE.fullmatch(named):
        return named
    return 1 if edits else 0
