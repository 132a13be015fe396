"""Long runs of comments: they cost their length, and the leaves are as they would be without them.

In:   sources with commented-out code.
"""

from __future__ import annotations

import random
import time

import pytest

from sibyl.code.quotes import RUN, without_runs
from sibyl.code.syntax import Syntax
from sibyl.code.text import Text

BODY = b"def f(a):\n    x = 1\n"
LINE = b"    # x = foo(bar, 'it', \"baz\")\n"


def leaves(data: bytes) -> list[tuple[int, int, int]]:
    """What a parse from scratch gives."""
    syntax, text = Syntax(), Text(data)
    syntax.advance(text, len(data))
    return list(syntax.leaves())


@pytest.mark.timing
def test_a_run_of_comments_costs_its_length() -> None:
    """Twice as many commented-out lines cost at most three times as much, and 4,000 no half second."""

    def cost(lines: int) -> float:
        began = time.process_time()
        leaves(BODY + LINE * lines + b"    return x\n")
        return time.process_time() - began

    few, many = cost(2_000), cost(4_000)
    assert many < 0.5
    assert many < 3 * few + 0.05


@pytest.mark.timing
@pytest.mark.parametrize("lines", [2_000, 20_000])
def test_a_key_behind_a_run_of_comments_costs_little(lines: int) -> None:
    """Nine of ten keys, in a body with thousands of commented-out lines, take less than 5 ms of CPU."""
    text, syntax = Text(BODY + LINE * lines + b"    x."), Syntax()
    syntax.advance(text, len(text))
    took = []
    for key in b"abc.def(g)." * 2:
        began = time.process_time()
        syntax.edit(text.apply(len(text), 0, bytes([key])))
        syntax.advance(text, len(text))
        took.append(time.process_time() - began)
    assert sorted(took)[9 * len(took) // 10] < 0.005


@pytest.mark.parametrize("seed", range(6))
def test_edits_in_and_around_a_run_give_what_a_parse_from_scratch_gives(seed: int) -> None:
    """Lines come and go, the run grows beyond and falls below its limit: the leaves are those of the text."""
    chance = random.Random(seed)
    line = b"    # a 'b' c\n"
    text, syntax = Text(BODY + line * (RUN - 1) + b"    return x\n"), Syntax()
    for _ in range(120):
        lines = bytes(text.data).split(b"\n")
        at = chance.randrange(2, len(lines) - 2)
        start = sum(len(before) + 1 for before in lines[:at])
        if chance.random() < 0.5:
            new = chance.choice(
                [line, b"    y = x.z\n", b"\n", b"    if x:\n        pass\n    # d\n"]
            )
            edit = text.apply(start, 0, new)
        elif lines[at].lstrip().startswith(b"#") and chance.random() < 0.8:
            edit = text.apply(start, len(lines[at]) + 1, b"")
        else:
            edit = text.apply(start, 0, b"    # e\n")
        syntax.edit(edit)
        stop = len(text) if chance.random() < 0.7 else start
        syntax.advance(text, stop)
        assert list(syntax.leaves()) == leaves(bytes(text.data[:stop]))


def test_what_is_in_strings_stays() -> None:
    """Lines that look like comments and stand in a string are no run; everything keeps its place."""
    data = b"x = '''\n" + b"# {a}\n" * 2 * RUN + b"'''\n"
    assert without_runs(data) is data
    stripped = without_runs(data + b"# it's\n" * RUN + b"y = 1  # z\n")
    assert stripped.startswith(data) and stripped.endswith(b"y = 1  # z\n")
    assert stripped[len(data) :].count(b"#") == 1
    assert len(stripped) == len(data) + 7 * RUN + 11
