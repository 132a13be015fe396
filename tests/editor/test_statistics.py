"""`:Sibyl stats` tells of few lists what few lists can tell."""

from __future__ import annotations

import re

import pytest
from child import Child

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


@pytest.mark.parametrize("count", [2, 20])
def test_few_words_have_no_shares(nvim: Child, count: int) -> None:
    """Of few words the two orders are told as counts, of more as shares."""
    lines = nvim.lua(
        "local written = nil"
        " require('sibyl.completion.accepted').when_written = function(call) written = call end"
        " local lines = require('sibyl.statistics').lines"
        " for _ = 1, ... do written({ saved = 0, place = 0, server = 2, sibyl = 1 }) end"
        " return lines()",
        count,
    )
    page = "\n".join(lines)
    if count < 20:
        assert "the server’s order: the word written first in 0 of 2 lists" in page
        assert "sibyl’s order: the word written first in 2 of 2 lists" in page
        assert not re.search("MRR", page)
    else:
        assert "sibyl’s order: the word written first in 100 % of lists, MRR 1.00" in page
