"""What `:Sibyl experiment` and `:Sibyl report` can be told, and what they answer where they cannot do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from scripted import BEST, ScriptedRanker, open_menu
from test_experiment import RUNNING, noted
from test_notice import window


def said_of(child: Child, command: str, words: str) -> None:
    """Give a command and wait for words of its answer, at once or later."""
    at_once = child.command(f"Sibyl {command}")

    def shown() -> bool:
        text = "\n".join([at_once, window(child), *child.messages()])
        return words in " ".join(text.split())

    child.wait_for(shown, what=words)


@pytest.mark.parametrize(
    ("words", "action", "details"),
    [
        ("", "about", {}),
        ("stop", "stop", {}),
        ("start", "start", {"days": 14, "how": "coin"}),
        ("start 1", "start", {"days": 1, "how": "coin"}),
        ("start interleaved 365", "start", {"days": 365, "how": "interleaved"}),
    ],
)
def test_the_host_is_told(scripted: Callable, words: str, action: str, details: dict) -> None:
    """An experiment takes two weeks and a coin unless said otherwise; what the host answers is shown."""
    child, ranker = scripted("x = 1\n")
    ranker.set(experiment={"state": "so it stands"})
    said_of(child, f"experiment {words}", "so it stands")
    ((_, *asked),) = ranker.calls("experiment")
    assert asked == [action, details]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("experiment start 0", "`0` is neither a number of days nor `interleaved`"),
        ("experiment start 366", "`366` is neither a number of days nor `interleaved`"),
        ("experiment start 7 soon", "`soon` is neither a number of days nor `interleaved`"),
        ("experiment halt", "`experiment` has no use for `halt`"),
        ("report png", "`report` has no use for `png`"),
    ],
)
def test_wrong_words_start_nothing(scripted: Callable, words: str, answer: str) -> None:
    """What is no number of days, nor any word that is known, is told of, and the host is not asked."""
    child, ranker = scripted("x = 1\n")
    said_of(child, words, answer)
    assert ranker.calls("experiment") == []


def test_what_the_host_cannot_do_is_told(scripted: Callable) -> None:
    """The host's trouble is a sentence; without a host, or switched off, the way out is."""
    child, ranker = scripted("x = 1\n")
    ranker.set(experiment={"trouble": "The file is locked."})
    said_of(child, "experiment start", "The file is locked.")
    child.command("Sibyl disable")
    said_of(child, "experiment", "switched off (:Sibyl enable)")
    child.command("Sibyl enable")
    child.lua(
        "local client = require('sibyl.host.client') client.start = function() end"
        " client.state.phase = 'failed'"
    )
    said_of(child, "experiment", "the host does not run; see :checkhealth sibyl")


def test_a_host_that_does_not_read_is_told_of(scripted: Callable) -> None:
    """Where too much is on its way to the host, nothing is asked, and one sentence says so."""
    child, _ = scripted("x = 1\n")
    child.lua("require('sibyl.host.flow').open = function() return false end")
    said_of(child, "report", "the host could not answer")


@pytest.fixture
def drawn(scripted: Callable) -> tuple[Child, ScriptedRanker]:
    """A Neovim whose host has a picture of the report."""
    child, ranker = scripted("x = 1\n")
    ranker.set(experiment={"svg": "<svg/>"})
    return child, ranker


def test_the_picture_is_its_owners_alone(drawn: tuple) -> None:
    """Without a name it lies beside the memory; nobody else can read it."""
    child, _ = drawn
    said_of(child, "report svg", "the picture is ")
    picture = Path(child.lua("return require('sibyl.host.client').memory()")) / "report.svg"
    assert picture.read_text() == "<svg/>"
    assert (picture.stat().st_mode & 0o777, picture.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_no_picture(drawn: tuple, tmp_path: Path) -> None:
    """Where it cannot be written, or there is nothing to draw, a sentence says so."""
    child, ranker = drawn
    said_of(child, f"report svg {tmp_path}/nowhere/a.svg", "cannot be written (ENOENT")
    ranker.set(experiment={"svg": ""})
    said_of(child, f"report svg {tmp_path}/b.svg", "there is nothing to draw")
    assert not (tmp_path / "b.svg").exists()


@pytest.mark.parametrize("ended", ["on = false", "ends = os.time() - 1"])
def test_an_experiment_ends(serve: Callable, ended: str) -> None:
    """Once it was stopped, or its days are over, lists are in our order, and no word is told of."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "coin")
    child.lua(f"require('sibyl.host.client').state.facts.experiment.{ended}")
    child.lua("require('sibyl.completion.arms').coin = function() return false end")
    assert open_menu(child, "oos.")[:3] == BEST
    child.type_keys("js<C-n><C-y>(<Esc>")
    child.call("wait", 100, False)
    assert noted(ranker) == []
