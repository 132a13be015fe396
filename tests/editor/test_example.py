"""What the front page shows of `make try` is what it prints.

In:   README's example, the script that types for who has no terminal.
Out:  nothing.
Who:  pytest.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.editor
def test_the_front_page_shows_what_is_printed() -> None:
    """The lists of README's example stand so, line by line, in what the newest Neovim shows.

    Stars of the last list aside: processors differ in the last digits of INT8 sums, and these hang on them.
    """
    block = next(
        part for part in (ROOT / "README.md").read_text("utf-8").split("```") if "after `" in part
    )
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/neovim/try_sibyl.py")],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    printed = [line.rstrip() for line in done.stdout.partition("Neovim 0.12")[2].splitlines()]
    lists = block.strip("\n").split("  after ")[1:]
    assert len(lists) == 3
    for number, example in enumerate(lists):
        lines = ("  after " + example).rstrip().splitlines()
        at = printed.index(lines[0])
        shown = printed[at : at + len(lines)]
        if number == 2:
            lines, shown = ([line.replace("★ ", "") for line in part] for part in (lines, shown))
        assert shown == lines
