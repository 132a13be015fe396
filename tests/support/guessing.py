"""Guesses in Neovim's own menu: names, and the keys that ask for them.

In:   a running `Child`.
Out:  `GUESSES`, `OBJECT` (what every object has); `asked`: a text whose list was asked for;
      `taken_among_items`: a name that the list lacks, in a completion plugin's menu.
"""

from __future__ import annotations

from collections.abc import Callable

from child import Child
from scripted import BEST

OBJECT = ("__class__", "__doc__", "__init__")
GUESSES = ["append", "attach", "pop"]


def asked(child: Child, text: str) -> None:
    """Type a text and ask for its list; the server has answered then."""
    child.type_keys(text)
    if child.version < (0, 11, 0) or not text.endswith("."):
        child.type_keys("<C-x><C-o>")


def taken_among_items(serve: Callable, menu: Callable[[Child], list[str]]) -> None:
    """Take a name that the list lacks; fails unless it stands in its place, is written, and is told once."""
    child, ranker, server = serve(resolve={"token": {"detail": "theirs"}})
    ranker.set(best=BEST, unlisted=[[1, "token"]])
    child.type_keys("or.")
    wanted = [BEST[0], "token", *BEST[1:]]
    child.wait_for(lambda: menu(child)[:4] == wanted, what="the menu")
    assert menu(child).count("token") == 1
    child.type_keys("to")
    child.wait_for(lambda: menu(child)[:1] == ["token"], what="the name")
    child.type_keys("<C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert child.line() == "r.token"
    assert [call[3] for call in ranker.calls("accepted")] == ["token"]
    assert "token" not in [item["label"] for item in server.log("completionItem/resolve")]
