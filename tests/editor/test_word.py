"""Lists of one word have one order: what one of them brings keeps its place and its star in the next ones."""

from __future__ import annotations

from collections.abc import Callable

from fake_server import items
from scripted import listed

OMNI = "NO_ENABLE = true"


def test_what_a_later_list_brings_stays_so(serve: Callable) -> None:
    """New items keep the places and stars of their first list, and what was away comes back where it was."""
    pages = [
        items("text", "tub", "two"),
        items("tab", "tag", "text", "two"),
        items("tab", "tag", "text", "tub", "two"),
    ]
    child, ranker, _ = serve(lua=OMNI, incomplete=True, pages=pages)
    ranker.set(best=["two", "text"], stars=1)
    assert listed(child, "or.") == ["*two", "text", "tub"]
    ranker.set(best=["two", "tag", "tab"], stars=2)
    assert listed(child, "t") == ["*two", "*tag", "tab", "text"]
    assert listed(child, "<BS>t") == ["*two", "*tag", "tab", "text", "tub"]
    assert len(ranker.calls("rank")) == 2
