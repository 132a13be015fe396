"""What the report says is what its heads promise: columns that add up, counts in plain words.

In:   outcomes of words, and an experiment's file.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from test_outcomes import NOTE, lived, word

from sibyl.experiment.log import Outcome, Period
from sibyl.experiment.measures import MEASURES, compared
from sibyl.experiment.picture import svg
from sibyl.experiment.report import report, sentence, state, stopped
from sibyl.host.experiment import Experiment

LIVES = [
    [word("server", 0, place=6), word("server", 0, place=6), word("sibyl", 5)],
    lived(0, 50),
    lived(1),
    lived(3),
]
ARM_ALONE = [[word(arm, 5)] * count for arm in ("server", "sibyl") for count in (1, 300)]


def rows(lines: list[str]) -> list[list[str]]:
    """The cells of the lines with measures, of the whole and of parts: two means, difference, interval."""
    cells = re.compile(
        r"(?:top-1|MRR|letters saved| {2}\S.*?) +(\S+) +(\S+) +(\S+) {3}(\S+ to \S+|-)"
    )
    matches = [cells.match(line) for line in lines if not line.startswith("  mean vote")]
    return [list(match.groups()) for match in matches if match]


@pytest.mark.parametrize("words", LIVES)
def test_the_difference_is_that_of_the_columns(words: list[Outcome]) -> None:
    """Who subtracts the first column from the second gets the third, digit by digit, in every line."""
    table = rows(report(words, None, 0.0))
    assert len(table) >= 6
    for server, sibyl, difference, interval in table:
        digits = len(server.partition(".")[2])
        assert difference == f"{round(float(sibyl) - float(server), digits) + 0.0:+.{digits}f}"
        assert " to " in interval


@pytest.mark.parametrize("words", ARM_ALONE)
def test_an_arm_without_words_is_not_compared(words: list[Outcome]) -> None:
    """With words in one arm alone no line has a difference or an interval, and nothing is decided or drawn."""
    lines = report(words, None, 0.0)
    table = rows(lines)
    assert len(table) >= 6 and all(row[2:] == ["-", "-"] for row in table)
    assert not re.search(r" to [-+]|95 % sure|around an estimate", "\n".join(lines))
    missing = "sibyl’s" if words[0].arm == "server" else "the server’s"
    assert f"Nothing can be compared yet: no word was shown in {missing} order." in lines
    assert "differ  -" in lines
    assert svg(compared(words)) == "" and compared(words).decided == 0


def test_a_part_without_words_of_an_arm_is_not_compared() -> None:
    """In a report of both arms, a list that one of them never showed has no difference."""
    words = [word("server", 2), word("sibyl", 4), word("sibyl", 3, kind="import")]
    (line,) = [line for line in report(words, None, 0.0) if line.startswith("  import")]
    assert line.split() == ["import", "-", "3.0", "-", "-", "1", "word"]


def test_the_interval_is_said_to_be_of_an_estimate() -> None:
    """One line below the table says what the interval is around: its middle is not the difference."""
    arms = compared(LIVES[0])
    assert arms.course.last[0] != pytest.approx(arms.difference)
    lines = report(LIVES[0], None, 0.0)
    (below,) = [at for at, line in enumerate(lines) if line.startswith("words  ")]
    assert lines[below + 1].startswith("95 %: around an estimate")


def test_sentence_and_picture_name_the_same_difference() -> None:
    """The sentence says the number of the table, and the picture's line, of both arms, ends at it."""
    words = [word("server", 1)] * 5 + lived(3)
    arms = compared(words)
    (row,) = [line for line in report(words, None, 0.0) if line.startswith("letters saved  ")]
    assert f"saves you {row.split()[4].lstrip('+')} letters" in sentence(arms)
    assert np.isnan(arms.differences[:5]).all()
    drawn = svg(arms)
    assert "nan" not in drawn
    marks = dict(
        re.findall(r'y="([\d.]+)" text-anchor="end" font-size="12"[^>]*>([-+][\d.]+)<', drawn)
    )
    heights = {float(value): float(height) - 4 for height, value in marks.items()}
    top = max(heights)
    (line,) = re.findall(r'<polyline points="([^"]+)"', drawn)
    end = float(line.split(",")[-1])
    shown = top * (heights[0.0] - end) / (heights[0.0] - heights[top])
    assert shown == pytest.approx(arms.sibyl - arms.server, abs=0.1)


def test_the_differences_are_of_the_means_so_far() -> None:
    """After each word the difference is that of the two arms' means up to it, for every measure."""
    toss = random.Random(7)
    words = [word(toss.choice(("server", "sibyl")), toss.randint(0, 20)) for _ in range(40)]
    for measure in MEASURES:
        for count in range(1, 41):
            values = {
                arm: [measure.of(each) for each in words[:count] if each.arm == arm]
                for arm in ("server", "sibyl")
            }
            difference = compared(words, measure).differences[count - 1]
            if all(values.values()):
                ours, theirs = (np.mean(values[arm]) for arm in ("sibyl", "server"))
                assert difference == pytest.approx(ours - theirs)
            else:
                assert np.isnan(difference)


def test_one_of_a_thing_is_singular() -> None:
    """No line counts "1 words", "1 days" or "1 hours"."""
    words = [word("server", 5), word("interleaved", 5, team=1)]
    run = Period("coin", 0.0, 3600.0)
    lines = [*report(words, run, 0.0), stopped({"server": 1}, run)]
    assert [line for line in lines if re.search(r"\b1 (word|day|hour)s\b", line)] == []
    assert sum(line.endswith("   1 word") for line in lines) == 3
    assert "interleaved: 1 word; preferred: neither yet" in lines
    assert lines[0] == "An experiment runs: 1 hour left, 1 word so far."


def test_words_of_the_other_design_are_not_of_the_one_that_runs() -> None:
    """An experiment that runs is told with the words of its design; when none runs, all words are counted."""
    counts = {"server": 1, "sibyl": 2, "interleaved": 7}
    coin, drafts = Period("coin", 0.0, 86_400.0 * 7), Period("interleaved", 0.0, 86_400.0 * 7)
    assert state(counts, coin, 0.0) == "An experiment runs: 7 days left, 3 words so far."
    assert (
        state(counts, drafts, 0.0)
        == "An experiment runs (interleaved): 7 days left, 7 words so far."
    )
    assert state(counts, None, 0.0) == "No experiment runs; 10 words so far."


def test_another_design_begins_at_none(tmp_path: Path) -> None:
    """A word by the coin is none of the interleaved experiment that follows; the report still has it."""
    experiment = Experiment(tmp_path)
    experiment.asked("start", {"how": "coin", "days": 7})
    experiment.asked("note", NOTE)
    answer = experiment.asked("start", {"how": "interleaved", "days": 7})
    assert answer["state"] == "An experiment runs (interleaved): 7 days left, 0 words so far."
    assert answer["words"] == 1
    lines = experiment.asked("report", {})["lines"]
    assert answer["state"] in lines
    assert any(line.split() == ["words", "0", "1"] for line in lines)
    experiment.close()


def test_stopping_says_so(tmp_path: Path) -> None:
    """Who stops an experiment hears that it is stopped and what is kept; who stops none, that none runs."""
    experiment = Experiment(tmp_path)
    experiment.asked("start", {"how": "coin", "days": 7})
    experiment.asked("note", NOTE)
    stop = experiment.asked("stop", {})
    assert stop["state"] == "The experiment is stopped; 1 word is kept, see :Sibyl report."
    assert not stop["on"]
    assert experiment.asked("stop", {})["state"] == "No experiment runs; 1 word so far."
    experiment.close()
