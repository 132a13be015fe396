"""The experiment's file and its report: what is kept, what is said, what happens when the file is gone."""

from __future__ import annotations

import os
import random
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from sibyl.experiment.log import DAY_S, Log, Outcome
from sibyl.experiment.measures import compared, parts, tossed
from sibyl.experiment.picture import svg
from sibyl.experiment.report import report, sentence
from sibyl.host.experiment import Experiment, digest

NOTE = {
    "root": "/srv/shop",
    "arm": "sibyl",
    "kind": "member",
    "length": 90,
    "began": 0,
    "typed": 1,
    "saved": 5,
    "place": 1,
    "server": 17,
    "sibyl": 1,
    "team": 0,
}


def word(arm: str, saved: int, **more: Any) -> Outcome:
    """One outcome."""
    numbers = {name: value for name, value in NOTE.items() if name not in ("root", "arm", "saved")}
    return Outcome(**{"day": 20_000, "project": "ab", "arm": arm, "saved": saved} | numbers | more)


def lived(better: int, count: int = 600) -> list[Outcome]:
    """Words of which those in our arm save a number of letters more."""
    toss = random.Random(5)
    arms = [toss.choice(("server", "sibyl")) for _ in range(count)]
    return [word(arm, toss.randint(0, 6) + better * (arm == "sibyl")) for arm in arms]


def test_the_file_is_made_by_the_first_start(tmp_path: Path) -> None:
    """Who never starts an experiment has no file; the file is its owner's alone."""
    database = tmp_path / "experiment.sqlite"
    experiment = Experiment(tmp_path)
    assert not experiment.asked("about", {})["on"] and not experiment.asked("note", NOTE)["on"]
    assert experiment.asked("report", {})["lines"] == ["No experiment was started yet."]
    assert not database.exists()
    assert experiment.asked("start", {"how": "coin", "days": 3})["on"]
    if os.name == "posix":
        assert database.stat().st_mode & 0o777 == 0o600
    experiment.close()


def test_numbers_alone_are_kept(tmp_path: Path) -> None:
    """A row holds the day, a digest, words from two short lists, and numbers."""
    experiment = Experiment(tmp_path)
    experiment.asked("start", {"how": "coin", "days": 3})
    assert experiment.asked("note", NOTE)["words"] == 1
    experiment.close()
    base = sqlite3.connect(tmp_path / "experiment.sqlite")
    (row,) = base.execute("SELECT * FROM words").fetchall()
    assert [part for part in row if isinstance(part, str)] == [
        digest("/srv/shop"), "sibyl", "member"
    ]  # fmt: skip
    assert b"shop" not in (tmp_path / "experiment.sqlite").read_bytes()
    base.close()


def test_it_ends_by_itself_and_by_hand(tmp_path: Path) -> None:
    """After its days, or when it is stopped, no word is kept any more; what was kept stays."""
    log = Log(tmp_path / "x.sqlite")
    log.start("coin", 1000.0, 1000.0 + DAY_S)
    assert log.running(1001.0) is not None
    assert log.running(1001.0 + DAY_S) is None
    log.start("interleaved", 2000.0, 2000.0 + DAY_S)
    run = log.running(2001.0)
    assert run is not None and run.how == "interleaved"
    log.stop(3000.0)
    assert log.running(3001.0) is None
    log.close()


def test_two_hosts_share_a_file(tmp_path: Path) -> None:
    """What one Neovim notes another one reports; one stops it for both."""
    first, other = Experiment(tmp_path), Experiment(tmp_path)
    first.asked("start", {"how": "coin", "days": 3})
    other.asked("note", NOTE)
    assert first.asked("note", NOTE)["words"] == 2
    other.asked("stop", {})
    assert not first.asked("note", NOTE)["on"]
    assert first.asked("about", {})["words"] == 2
    first.close()
    other.close()


def test_a_file_that_is_gone_or_damaged(tmp_path: Path) -> None:
    """Somebody's `forget` ends it; a damaged file is taken away with a sentence, and another can be started."""
    database, experiment = tmp_path / "experiment.sqlite", Experiment(tmp_path)
    experiment.asked("start", {"how": "coin", "days": 3})
    for path in tmp_path.glob("experiment.sqlite*"):
        path.unlink()
    assert not experiment.asked("note", NOTE)["on"]
    assert not database.exists()
    experiment.close()
    database.write_bytes(b"no database at all" * 100)
    assert "damaged" in experiment.asked("about", {})["trouble"]
    assert experiment.asked("start", {"how": "coin", "days": 3})["on"]
    experiment.close()


@pytest.mark.parametrize(
    ("better", "wanted"),
    [
        (3, "sibyl saves you 3.2 letters a completion, 95 % sure between 2.3 and 3.9."),
        (-3, "sibyl costs you "),
        (0, "Not decided yet: sibyl saves between -"),
    ],
)
def test_the_sentence(better: int, wanted: str) -> None:
    """The report says in one sentence what it comes to, and does not say more than it knows."""
    assert sentence(compared(lived(better))).startswith(wanted)


def test_parts_and_arms() -> None:
    """Interleaved words are in neither arm; words are split by list, project and week."""
    words = [word("sibyl", 4), word("server", 1, project="cd", kind="import", day=20_010)]
    split = parts(words, "ab", "shop")
    assert {by: list(members) for by, members in split.items()} == {
        "list": ["member", "import"],
        "project": ["shop", "project 1"],
        "week": ["2024 week 40", "2024 week 42"],
    }
    votes = [word("interleaved", 3, team=1)] * 40
    assert tossed([*words, *votes]) == words
    lines = report([*words, *votes], None, 0.0)
    assert "interleaved: 40 words; preferred: sibyl’s order" in lines


@pytest.mark.parametrize("count", [1, 2, 3, 600])
def test_report_and_picture_of_any_size(count: int) -> None:
    """Lines are no wider than a screen from the first word on; the picture is sound once both arms have one."""
    words = lived(2, count)
    lines = report(words, None, 0.0, "ab", "a_project_with_a_long_name")
    assert max(map(len, lines)) <= 108
    assert "nan" not in "\n".join(lines)
    drawn = svg(compared(words))
    if len({word.arm for word in words}) < 2:
        assert drawn == ""
        return
    assert ET.fromstring(drawn).get("width") == "720"  # noqa: S314 (of our own making)
    assert "nan" not in drawn
