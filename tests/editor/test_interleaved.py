"""`:Sibyl experiment start interleaved`: lists in which both orders have named items in turn."""

from __future__ import annotations

from collections.abc import Callable

from fake_server import items
from scripted import NAMES, listed, open_menu
from test_experiment import COINS, RUNNING, noted

MIXED = ["json", "_private", "text", "apparent", "close", "next"]


def test_who_has_named_the_item_is_told(serve: Callable) -> None:
    """Items of both orders stand in turn, none with a star; what is accepted is a vote for who named it."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "interleaved")
    child.lua(COINS, True)
    assert open_menu(child, "oos.") == MIXED
    assert not any("★" in item.abbr + item.kind for item in child.menu())
    child.type_keys("te<C-n><C-y><Esc>")
    child.wait_for(lambda: noted(ranker), what="an outcome")
    (outcome,) = noted(ranker)
    wanted = {"arm": "interleaved", "place": 3, "server": 6, "sibyl": 2, "team": 1, "saved": 2}
    assert outcome.items() >= wanted.items()


def test_a_word_has_one_draft(serve: Callable) -> None:
    """Later lists of a word keep the order of its first, whatever the coin says then."""
    pages = [items(*NAMES), items(*NAMES, "node")]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    child.lua(RUNNING, "interleaved")
    child.lua(COINS, True, True, True, False)
    assert listed(child, "oos.") == MIXED
    assert listed(child, "n") == [*MIXED, "node"]
    assert len(ranker.calls("rank")) == 2
