"""What the person of a replay has accepted, as people accept it in a menu."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest

from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay import collect
from sibyl.ranking.features.word_columns import COLUMNS

pytestmark = pytest.mark.learn

TEXT = "from client import get, post, put\nget(post=1)\nput(post=2)\n"
REPLY = [["put", 3, "1"], ["post", 3, "2"], ["post=", 6, "3"]]


def test_an_accepted_keyword_argument_is_no_variable(tmp_path: Path, model: Path) -> None:
    """What was taken as a keyword argument speaks for that argument alone, not for a variable of its name."""
    sources = golden.write_sources(tmp_path / "sources", {"me+mine/a.py": TEXT})
    (tmp_path / "stores").mkdir()
    lines = [
        golden.recorded("me/mine", "a.py", TEXT, at, "post", REPLY, kind="keyword", letters=0)
        for at in (TEXT.index("post=1"), TEXT.index("post=2"))
    ]
    menus = golden.write_menus(tmp_path / "keywords.jsonl.gz", lines)
    first, second = collect(read_menus(menus), sources, model, tmp_path / "stores")
    assert not first.rows[:, COLUMNS["person_anywhere_weight"]].any()
    accepted = second.rows[:, COLUMNS["person_anywhere_weight"]]
    assert accepted.nonzero()[0].tolist() == [second.truth]
    assert second.names[second.truth] == "post"
