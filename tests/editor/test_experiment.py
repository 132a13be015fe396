"""`:Sibyl experiment`, `report` and `stats`: real keys, and for the report the real host and its file."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import ROOT, Child
from fake_server import FakeServer, items
from peers import loaded
from scripted import NAMES, NATIVE, host_ready, open_menu
from test_blink import SETUP, menu

PYTHON = ROOT / ".venv/bin/python"
SERVER_ORDER = sorted(NAMES)
RUNNING = """
require('sibyl.host.client').state.facts.experiment = { on = true, how = ..., ends = os.time() + 1000 }
"""
COINS = """
local tosses, at = { ... }, 0
require('sibyl.completion.arms').coin = function()
  at = at + 1
  return tosses[(at - 1) % #tosses + 1]
end
"""


def noted(ranker: Any) -> list[dict]:
    """What the host was told of words, oldest first."""
    return [call[2] for call in ranker.calls("experiment") if call[1] == "note"]


def test_the_coin_decides_for_each_word(serve: Callable) -> None:
    """In the server's arm the list comes untouched and starless, in ours as ever; both places are told."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "coin")
    child.lua(COINS, False, True)
    assert open_menu(child, "oos.") == SERVER_ORDER
    assert not any("★" in item.abbr + item.kind for item in child.menu())
    child.type_keys("js<C-n><C-y><Esc>")
    assert open_menu(child, "oos.")[0] == "json"
    assert "★" in child.menu()[0].abbr + child.menu()[0].kind
    child.type_keys("<C-n><C-y><Esc>")
    child.wait_for(lambda: len(noted(ranker)) == 2, what="two outcomes")
    first, second = noted(ranker)
    both = {"kind": "member", "length": 6, "began": 0, "server": 4, "sibyl": 1, "team": 0}
    assert first.items() >= ({"arm": "server", "typed": 2, "saved": 2, "place": 4} | both).items()
    assert second.items() >= ({"arm": "sibyl", "typed": 0, "saved": 4, "place": 1} | both).items()
    assert set(first) == {*both, "arm", "typed", "saved", "place", "root"}


@pytest.mark.parametrize(
    ("keys", "typed", "saved"),
    [
        ("json(", 4, 0),  # typed to its end
        ("json<CR>", 4, 0),
        ("js<C-n><C-n><C-p>(", 2, 2),  # taken along by the next key
        ("js<C-n><C-y>.", 2, 2),
        ("jsa<BS>on(", 5, 0),  # letters that were taken back were typed, too
        ("json<Esc>", 4, 0),
    ],
)
def test_letters_are_counted_as_typed(serve: Callable, keys: str, typed: int, saved: int) -> None:
    """However a word ends, its letters that nobody typed are what the list saved."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "coin")
    child.lua(COINS, True)
    open_menu(child, "oos.")
    child.type_keys(keys, every=0.05)
    child.type_keys("<Esc>")
    child.wait_for(lambda: noted(ranker), what="an outcome")
    (outcome,) = noted(ranker)
    assert (outcome["typed"], outcome["saved"], outcome["sibyl"]) == (typed, saved, 1)


def test_no_word_no_outcome(serve: Callable) -> None:
    """A list that no word came of is not counted; a word that the list lacks saves nothing."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "coin")
    open_menu(child, "oos.")
    child.type_keys("<BS><Esc>")
    open_menu(child, "oos.")
    child.type_keys("other(<Esc>")
    child.wait_for(lambda: noted(ranker), what="an outcome")
    (outcome,) = noted(ranker)
    wanted = {"place": 0, "server": 0, "sibyl": 0, "saved": 0, "typed": 5}
    assert outcome.items() >= wanted.items()


@pytest.mark.parametrize(
    ("above", "kind"),
    [
        ("from os import (\n    path,  # of files\n", "import"),
        ("from os import path, \\\n", "import"),
        ("from os import (path)\n", "name"),
        ("call(\n    path,\n", "name"),
    ],
)
def test_the_kind_of_a_list(serve: Callable, above: str, kind: str) -> None:
    """An import of several lines is an import on each of them; a call's lines are none."""
    child, ranker, _ = serve()
    child.lua(RUNNING, "coin")
    child.lua(COINS, True)
    child.command("setlocal indentexpr=")
    child.call("setline", 1, above.splitlines())
    child.type_keys("Go<C-x><C-o>")
    child.wait_menu()
    child.type_keys("json<Esc>")
    child.wait_for(lambda: noted(ranker), what="an outcome")
    assert noted(ranker)[0]["kind"] == kind


@pytest.mark.parametrize(
    ("above", "before", "kind"),
    [
        *(
            ([], "import ", "import"),
            ([], "  from ", "import"),
            ([], "  from os import ", "import"),
        ),
        *(([], "x. ", "member"), ([], "f(", "keyword"), ([], "important, ", "keyword")),
        *((["from os import ("], "  ", "import"), (["from os import ("], "  x.", "member")),
    ],
)
def test_the_kind_in_a_long_file(nvim: Child, above: list[str], before: str, kind: str) -> None:
    """It is told by the line up to the word, the lines above, and whether keyword arguments are listed."""
    code = """
    local above, before = ...
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.list_extend(above, vim.fn['repeat']({ 'x' }, 200)))
    local job, question = { buf = 0, row = #above - 200 }, { names = { 'a', 'b=' } }
    return require('sibyl.completion.kind').of(job, before, question)
    """
    assert nvim.lua(code, above, before) == kind


def test_one_coin_for_a_word(serve: Callable) -> None:
    """A server that is asked again at each letter is shown in the same order all through a word."""
    child, ranker, _ = serve(incomplete=True)
    child.lua(RUNNING, "coin")
    child.lua(COINS, False, True)
    open_menu(child, "oos.")
    child.type_keys("_<BS>", every=0.1)
    child.type_keys("<C-e>")
    child.type_keys("<C-x><C-o>")
    child.wait_menu()
    assert child.words() == SERVER_ORDER
    child.type_keys("<C-e>t(<Esc>")
    child.wait_for(lambda: noted(ranker), what="an outcome")
    assert [outcome["arm"] for outcome in noted(ranker)] == ["server"]


def test_without_an_experiment_nothing_is_told(serve: Callable) -> None:
    """Nobody's words are counted anywhere but in memory, for `:Sibyl stats`."""
    child, ranker, _ = serve()
    open_menu(child, "oos.")
    child.type_keys("<C-n><C-y>(")
    child.type_keys("<Esc>")
    open_menu(child, "oos.")
    child.type_keys("close(<Esc>")
    child.command("Sibyl stats")
    shown = "\n".join(child.lines())
    assert "lists: 2 ranked in time, 0 late, 0 not ranked" in shown
    assert "words written with a list: 2; 1 accepted from it" in shown
    assert "1: 1, 2: 0, 3: 0, 4-5: 0, 6-10: 0, beyond: 0" in shown
    assert "letters saved: 4, 2.0 a word" in shown
    assert not noted(ranker)
    child.type_keys("q")
    assert child.call("winnr", "$") == 1


def test_a_draft_is_fair(nvim: Child) -> None:
    """A team draft loses no item, and each side names as many; equal orders earn no side a preference."""
    shown, team, votes = nvim.lua("""
      local arms, ranking, votes = require('sibyl.completion.arms'), {}, 0
      for place = 1, 101 do ranking[place] = 102 - place end
      local shown, team = arms.draft(ranking)
      for _ = 1, 2000 do
        local _, names = arms.draft({ 1, 2, 3 })
        votes = votes + names[1]
      end
      return { shown, team, votes }
    """)
    assert sorted(shown) == list(range(1, 102))
    assert abs(sum(team)) == 1
    assert {shown[0], shown[1]} == {1, 101}
    assert abs(votes) < 200  # more than four standard deviations


def test_blink(serve: Callable) -> None:
    """In blink.cmp's menu, too, the coin decides the order, and letters and places are told."""
    peers = loaded("blink.cmp")
    known = [item for name in NAMES for item in items(name, sortText=f"5 {name}")]
    child, ranker, _ = serve(lua=peers + SETUP, items=known)
    child.lua(RUNNING, "coin")
    for coin, order, keys in ((False, SERVER_ORDER, "j"), (True, ["json", "text"], "")):
        child.lua(COINS, coin)  # it has a menu for the letters before the dot as well
        child.type_keys("oos.")
        child.wait_for(
            lambda wanted=order: menu(child)[: len(wanted)] == wanted, what="the order of the arm"
        )
        child.type_keys(keys)
        child.wait_for(lambda: menu(child)[:1] == ["json"], what="the item")
        child.type_keys("<C-y>")
        child.wait_for(lambda: child.line().endswith("json()"), what="the item in the text")
        child.type_keys("<Esc>")
    wanted = [("server", 1, 3, 4, 1), ("sibyl", 0, 4, 4, 1)]
    child.wait_for(lambda: members(noted(ranker)) == wanted, what="two outcomes")


def members(outcomes: list[dict]) -> list[tuple]:
    """What matters of the outcomes of members."""
    keys = ("arm", "typed", "saved", "server", "sibyl")
    return [
        tuple(outcome[key] for key in keys) for outcome in outcomes if outcome["kind"] == "member"
    ]


@pytest.fixture
def real(start_nvim: Callable, tmp_path: Path) -> Child:
    """A Neovim with the real host, the fake server, and a coin that falls on each side in turn."""
    child = start_nvim(
        init=f"vim.g.sibyl = {{ python = '{PYTHON}', deadline = 1000, server = {{ enabled = false }} }}"
        + NATIVE
    )
    (tmp_path / "secret_shop" / ".git").mkdir(parents=True)
    child.open(
        tmp_path / "secret_shop" / "till.py", "import requests\nanswer = requests.get('x')\n"
    )
    host_ready(child)
    FakeServer(child, items=items(*NAMES))
    child.lua(COINS, False, True)
    return child


def test_a_report_end_to_end(real: Child, tmp_path: Path) -> None:
    """From real keys to a report, by way of a file that holds numbers alone and that `forget` deletes."""
    child = real
    database = Path(child.lua("return require('sibyl.host.client').memory()")) / "experiment.sqlite"
    child.command("Sibyl report")
    child.wait_for(lambda: child.lines() == ["No experiment was started yet."], what="a page")
    child.type_keys("q")
    assert not database.exists()
    child.command("Sibyl experiment start 7")
    child.wait_for(lambda: "An experiment runs" in "".join(child.messages()), what="the start")
    for word in range(6):
        open_menu(child, "Goanswer.")
        keys = "js<C-n><C-y>(<Esc>" if word % 2 == 0 else "j<C-n><C-y>(<Esc>"
        child.type_keys(keys)
        child.wait_for(
            lambda wanted=word + 1: words_of(database) == wanted, what="a word in the file"
        )
    child.command("Sibyl report")
    child.wait_for(lambda: "completion" in "".join(child.lines()), what="a report")
    report = child.lines()
    assert "An experiment runs: 7 days left, 6 words so far." in report
    assert any(line.split()[:3] == ["letters", "saved", "2.0"] and "3.0" in line for line in report)
    assert any(line.split()[:3] == ["words", "3", "3"] for line in report)
    assert any(line.startswith("Not decided yet: sibyl saves between") for line in report)
    assert any("secret_shop" in line and "6 words" in line for line in report)
    child.type_keys("q")
    drawing = tmp_path / "report.svg"
    child.command(f"Sibyl report svg {drawing}")
    child.wait_for(drawing.exists, what="a picture")
    child.wait_for(lambda: drawing.read_text().endswith("</svg>\n"), what="all of it")
    assert ET.fromstring(drawing.read_text()).tag.endswith("svg")  # noqa: S314 (of our own making)
    assert database.stat().st_mode & 0o777 == 0o600
    held = b"".join(path.read_bytes() for path in database.parent.glob("experiment.sqlite*"))
    assert not any(name in held for name in (b"json", b"answer", b"secret_shop", b"till"))
    child.command("Sibyl experiment stop")
    stopped = "The experiment is stopped; 6 words are kept"
    child.wait_for(lambda: stopped in "".join(child.messages()), what="the end")
    open_menu(child, "Goanswer.")
    child.type_keys("j<C-n><C-y>(<Esc>")
    assert words_of(database) == 6
    child.command("Sibyl forget experiment")
    assert not database.exists()
    host_ready(child)


def words_of(path: Path) -> int:
    """How many words the experiment's file holds."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(base.execute("SELECT count(*) FROM words").fetchone()[0])
    finally:
        base.close()
