"""Guesses in Neovim's own menu: names, and the keys that ask for them.

In:   a running `Child`.
Out:  `GUESSES`, `OBJECT` (what every object has); `asked`: a text whose list was asked for.
"""

from __future__ import annotations

from child import Child

OBJECT = ("__class__", "__doc__", "__init__")
GUESSES = ["append", "attach", "pop"]


def asked(child: Child, text: str) -> None:
    """Type a text and ask for its list; the server has answered then."""
    child.type_keys(text)
    if child.version < (0, 11, 0) or not text.endswith("."):
        child.type_keys("<C-x><C-o>")
