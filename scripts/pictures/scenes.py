"""What is shown in the pictures: real Neovims, real keys, and their screens.

In:   a Neovim, a folder for its home, the environment of `make setup`.
Out:  panels for svg.py.

A moment is taken when what it shows has come: the same programs give the same moments.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from child import ROOT
from menu import Item
from pictured import READ, READY, Stage
from svg import Panel, Rows

from sibyl.experiment.log import Log, Outcome

KEY, PAUSE, LOOK = 0.09, 0.5, 3.0  # seconds in the animation: a key, a thought, a look at a list
SETTLED_MS = 250  # a server that has read the file has answered within
FETCH = '''\
"""Read what a server says of a path."""

from http.client import HTTPSConnection


def fetch(host: str, path: str) -> bytes:
    line = HTTPSConnection(host, timeout=10)
    line.request("GET", path)
    resp = line.getresponse()
    if resp.status != 200:
        raise OSError(resp.reason)
'''
SHOP = '''\
"""Reminders of bills that are due."""

from store import load


def overdue(path, today):
    late = []
    for order in load(path):
        if order.due < today and not order.paid:
            late.append(order)
    return late


def remind(order, mailer):
    subject = order.number
    mailer.send(order.customer, subject)
'''


PAGE = '''\
"""Pages of a report, made by functions that take any option."""

from report import page


def cover(title, **options):
    page(title, margin=20, heading="large", **options)


def summary(rows):
    page("Summary", margin=12, footer=True)
    return len(rows)


'''


def side_by_side(nvim: Path, home: Path, size: tuple[int, int]) -> tuple[list[Panel], float, float]:
    """Return the same list without and with sibyl, the length in seconds, and the moment of the lists."""
    panels = [Panel("Neovim with ty, a language server"), Panel("the same, with sibyl")]
    stages = [Stage(nvim, home / name, name == "with", size) for name in ("without", "with")]
    at = [0.0, 0.0]

    def take(side: int, seconds: float) -> None:
        # A list that was asked for before this key may still come.
        stages[side].child.call("wait", SETTLED_MS, False)
        panels[side].moments.append((round(at[side], 2), stages[side].rows()))
        at[side] += seconds

    try:
        for side, stage in enumerate(stages):
            child = stage.child
            stage.open("fetch.py", FETCH)
            stage.warm("Gobody = resp.")
            child.type_keys("Go")
            take(side, PAUSE)
            for key in "    body = resp"[4:]:
                child.type_keys(key)
                take(side, KEY)
            child.type_keys(".")
            menu = child.wait_menu(20)
            shown = at[side]
            take(side, LOOK)
            if side:
                if "★" not in menu[0].kind + menu[0].abbr:
                    raise AssertionError(f"nothing is starred: {menu[0]}")
                child.type_keys("<C-n>")
                take(side, 2 * KEY)
                child.type_keys("<C-y>")
                take(side, PAUSE)
            else:
                for key in "read":
                    child.type_keys(key)
                    take(side, 4 * KEY)
                child.type_keys("<C-e>")
                take(side, PAUSE)
            for key in "()":
                child.type_keys(key)
                take(side, KEY)
    finally:
        for stage in stages:
            stage.close()
    return panels, round(max(at) + LOOK, 2), shown


def explain(stage: Stage) -> Rows:
    """Return the page on the last list."""
    stage.open("fetch.py", FETCH)
    stage.warm("Gobody = resp.")
    stage.child.command("Sibyl explain")
    return _page(stage, "Receiver")


def guesses(stage: Stage) -> Rows:
    """Return a menu of names where the server knows none."""
    stage.open("shop.py", SHOP)
    return _suggested(stage, "Goif not order.", "", lambda item: item.kind == "guess")


def among(stage: Stage) -> Rows:
    """Return a menu with keyword arguments that the server does not list."""
    stage.open("pages.py", PAGE)
    # Further items are as likely as each other, and processors differ in the last bits of a number.
    stage.child.command("set pumheight=6")
    text = "Godef chapter(rows):", "<CR>page(rows, "
    return _suggested(stage, *text, lambda item: item.word[-1:] == "=")


def _suggested(stage: Stage, first: str, then: str, wanted: Callable[[Item], bool]) -> Rows:
    """Return the menu that the suggestion key opens behind a text, once it has an item that is wanted."""
    child = stage.child
    child.type_keys(first)
    child.call("wait", 300, False)
    child.type_keys(f"{then}<C-Space>")
    child.wait_for(lambda: any(map(wanted, child.menu())), 20, "the menu")
    return stage.rows()


def health(stage: Stage) -> Rows:
    """Return the top of the check-up; the folders of this machine are given the names of a user's."""
    child = stage.child
    stage.open("fetch.py", FETCH)
    stage.warm("Gobody = resp.")
    child.wait_for(lambda: child.lua(READ), 40, "the project's memory")
    child.command("checkhealth sibyl")
    child.wait_for(lambda: "records" in "\n".join(child.lines()), 40, "the check-up")
    child.command("only | set modifiable nolist")
    for folder, name in ((stage.project.parent, r"\~"), (ROOT, r"\~/sibyl.nvim")):
        child.command(f"silent! %s#{folder}#{name}#g")
    child.command("normal! gg")
    child.lua("vim.cmd.nohlsearch(); vim.cmd.echo('\"\"')")
    return stage.rows()


def report(stage: Stage) -> Rows:
    """Return the report on an experiment that a made-up person has made."""
    child = stage.child
    stage.open("fetch.py", FETCH)
    folder = Path(child.lua("return require('sibyl.host.client').memory()"))
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(folder / "experiment.sqlite")
    for outcome in made_up_words(900):
        log.add(outcome)
    log.close()
    child.command("Sibyl restart")
    child.wait_for(lambda: child.lua(READY), 40, "the ranker")
    child.command("Sibyl report")
    return _page(stage, "letters saved")


def made_up_words(count: int) -> list[Outcome]:
    """Return words of a person who takes what stands near the top; the places are drawn at random."""
    chance = random.Random(1)
    words = []
    for number in range(count):
        arm = chance.choice(("server", "sibyl"))
        server = chance.randint(1, 60)
        sibyl = 1 if chance.random() < 0.65 else chance.randint(2, 12)
        place = sibyl if arm == "sibyl" else server
        letters = chance.randint(3, 9)
        typed = 0 if place == 1 else min(letters, chance.randint(1, 2 + place // 20))
        kind = chance.choice(("member", "member", "member", "name", "keyword", "import"))
        words.append(
            Outcome(
                20_500 + number // 60, "", arm, kind, 80, 0, typed, letters - typed, place, server, sibyl, 0
            )
        )  # fmt: skip
    return words


def _page(stage: Stage, holds: str) -> Rows:
    """Wait for a page, and give it the whole screen."""
    child = stage.child

    def there() -> Any:
        return any(holds in line for line in child.lines())

    child.wait_for(there, 20, "the page")
    child.command("only | setlocal nolist")
    child.lua("vim.cmd.echo('\"\"')")
    return stage.rows()
