"""What becomes of a word is found in the lists it had, and `:Sibyl stats` tells what its lists can tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from child import Child
from scripted import BEST, open_menu

GIVEN = """
local statistics = require('sibyl.statistics')
for ms = 1, ... do statistics.given(ms, 'ranked') end
return statistics.lines()
"""


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (0, "no list was ranked yet"),
        (1, "added to a list: 1.0 ms, the only list"),
        (2, "added to a list: 1.0 ms in the middle of 2"),
        (19, "added to a list: 10.0 ms in the middle of 19"),
        (20, "added to a list: 10.0 ms in the middle, 19.0 for 95 % of 20"),
        (99, "added to a list: 50.0 ms in the middle, 95.0 for 95 % of 99"),
        (100, "added to a list: 50.0 ms in the middle, 95.0 for 95 %, 99.0 for 99 % of 100"),
    ],
)
def test_few_delays_have_no_percentiles(nvim: Child, count: int, line: str) -> None:
    """A percentile is told only of as many values that some are above it."""
    assert f"  {line}" in nvim.lua(GIVEN, count)


WRITTEN = """
local accepted, written = require('sibyl.completion.accepted'), nil
accepted.when_written = function(call) written = call end
local statistics = require('sibyl.statistics')
for _, outcome in ipairs(...) do written(outcome) end
return statistics.lines()
"""


@pytest.mark.parametrize("count", [2, 20])
def test_few_words_have_no_shares(nvim: Child, count: int) -> None:
    """Of few words the two orders are told as counts, of more as shares; words of no list do not count."""
    outcomes = [{"saved": 0, "place": 0, "server": 2, "sibyl": 1}] * count
    outcomes.append({"saved": 0, "place": 0, "server": 0, "sibyl": 0})
    page = "\n".join(nvim.lua(WRITTEN, outcomes))
    if count < 20:
        assert "the server’s order: the word written first in 0 of 2 lists" in page
        assert "sibyl’s order: the word written first in 2 of 2 lists" in page
        assert not re.search("MRR", page)
    else:
        assert "the server’s order: the word written first in 0 % of lists, MRR 0.50" in page
        assert "sibyl’s order: the word written first in 100 % of lists, MRR 1.00" in page


def test_places_are_told_by_bands(nvim: Child) -> None:
    """Places of accepted items fall into bands; a word typed to its end was not accepted."""
    outcomes = [{"saved": 2, "place": at, "server": at, "sibyl": at} for at in range(1, 13)]
    outcomes.append({"saved": 0, "place": 1, "server": 1, "sibyl": 1})
    lines = nvim.lua(WRITTEN, outcomes)
    assert "  places of accepted items: 1: 1, 2: 1, 3: 1, 4-5: 2, 6-10: 5, beyond: 2" in lines
    assert "  words written with a list: 13; 12 accepted from it" in lines
    assert "  letters saved: 24, 1.8 a word" in lines


def test_lists_are_told_by_what_became_of_them(nvim: Child) -> None:
    """Lists in time, late ones and those that were not ranked are counted apart; the newest delays are told."""
    lines = nvim.lua("""
      local statistics = require('sibyl.statistics')
      for ms = 1, 2001 do
        statistics.given(ms, ms == 1 and 'ranked' or ms < 4 and 'late' or 'left')
      end
      return statistics.lines()
    """)
    assert "  lists: 1 ranked in time, 2 late, 1998 not ranked" in lines
    assert "in the middle, 1901.0 for 95 %, 1981.0 for 99 % of 2000" in lines[2]
    assert "added to a list: 1001.0 ms" in lines[2]


@pytest.mark.parametrize(
    ("orders", "deadline", "counted", "least"),
    [
        ({"delay": 30}, 1000, "1 ranked in time, 0 late, 0 not ranked", 30),
        ({"delay": 5000}, 60, "0 ranked in time, 1 late, 0 not ranked", 60),
        ({"reason": "no model"}, 1000, "0 ranked in time, 0 late, 1 not ranked", 0),
    ],
)
def test_a_list_is_counted_with_its_delay(
    serve: Callable, orders: dict[str, Any], deadline: int, counted: str, least: int
) -> None:
    """Whatever becomes of a list, it is counted once, with the time that it waited for the ranker."""
    child, ranker, _ = serve(options={"deadline": deadline})
    ranker.set(best=BEST, **orders)
    open_menu(child)
    lines = child.lua("return require('sibyl.statistics').lines()")
    assert f"  lists: {counted}" in lines
    delay = re.fullmatch(r"  added to a list: ([\d.]+) ms, the only list", lines[2])
    assert delay and float(delay[1]) >= least - 2  # a timer counts whole milliseconds of its loop


def names(*listed: str, **more: Any) -> dict[str, Any]:
    """A list in our order, which is its own unless said otherwise."""
    order = list(range(1, len(listed) + 1))
    return {"question": {"names": listed}, "ranking": order, "shown": order, **more}


AMONG = names("a", "b", unlisted=[{"at": 0, "name": "u"}, {"at": 1, "name": "v="}])
MIXED = names("a", "b", "c", shown=[2, 3, 1], team=[-1, 1, -1])


@pytest.mark.parametrize(
    ("lists", "text", "wanted"),
    [
        # overloads stand in a list several times: each order has put some first
        ([names("a", "b", "b", ranking=[3, 1, 2])], "b", {"server": 2, "sibyl": 1}),
        ([names("a", "b", "b", shown=[3, 1, 2])], "b", {"server": 2, "sibyl": 2, "place": 1}),
        # the first list that has it tells
        ([names("a"), names("c", "b"), names("b")], "b", {"place": 2, "length": 2}),
        ([names("a"), names("b", "c")], "d", {"place": 0, "length": 1, "saved": 0}),
        # what stands among the items counts where it is on the screen
        ([AMONG], "u", {"place": 1, "server": 0}),
        ([AMONG], "a", {"place": 2, "server": 1}),
        ([AMONG], "v", {"place": 3, "server": 0}),
        ([AMONG], "b", {"place": 4, "server": 2}),
        # of a mixed list, who has named it
        ([MIXED], "a", {"place": 3, "server": 1, "sibyl": 1, "team": -1}),
        ([MIXED], "b", {"place": 1, "server": 2, "sibyl": 2, "team": 1}),
        ([MIXED], "c", {"place": 2, "server": 3, "sibyl": 3, "team": -1}),
        ([names("größe")], "größe", {"saved": 5}),
        ([names("a=")], "a", {"place": 1, "saved": 1}),
    ],
)
def test_what_became_of_a_word(
    nvim: Child, lists: list[dict], text: str, wanted: dict[str, int]
) -> None:
    """Its places in the server's order, in ours and on the screen, and the letters nobody typed."""
    word = {"typed": 0, "began": 0, "lists": lists}
    outcome = nvim.lua("return require('sibyl.completion.outcome').of(...)", word, text)
    assert {name: outcome[name] for name in wanted} == wanted


def test_who_has_named_it_counts_where_it_was_taken(nvim: Child) -> None:
    """A word of a mixed list that was typed to its end is no vote for either order."""
    word = {"typed": 1, "began": 0, "lists": [MIXED]}
    outcome = nvim.lua("return require('sibyl.completion.outcome').of(...)", word, "b")
    assert (outcome["place"], outcome["saved"], outcome["team"]) == (1, 0, 0)
