"""What is remembered of a project and a person, seen in the menu: real Neovim, server, network, keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from scripted import ScriptedRanker, host_ready

PYTHON = ROOT / ".venv/bin/python"
PARCEL = """\
class Thing:
    def yankee_label(self) -> str: ...


class Parcel(Thing):
    def alpha(self) -> None: ...
    def bravo(self) -> None: ...
    def charlie(self) -> None: ...
    def delta(self) -> None: ...
    def mike_count(self) -> int: ...
    def november(self) -> int: ...
    def zulu_weight(self) -> int: ...
"""
USES = """\
from parcel import Parcel


def weigh(parcel: Parcel) -> int:
    total = parcel.zulu_weight()
    other = Parcel()
    return total + other.zulu_weight()


def heavy(parcel: Parcel) -> bool:
    return parcel.zulu_weight() > 10
"""
HEAD = """\
from parcel import Parcel

parcel = Parcel()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two files, one of which uses the class that the other one defines."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    (folder / "parcel.py").write_text(PARCEL)
    (folder / "weigh.py").write_text(USES)
    return folder


@pytest.fixture
def opened(start_nvim: Callable, project: Path) -> Callable[..., Child]:
    """Start a Neovim as a user has it on a new file of the project, its server up and its project read."""

    def start(name: str, files: int, home: Path | None = None) -> Child:
        child = start_nvim(
            init=f"vim.o.completeopt = 'menuone,noselect' vim.g.sibyl = {{ python = '{PYTHON}',"
            f" deadline = 1000, server = {{ delay = 0 }} }}",
            home=home,
        )
        child.open(project / name, f"{HEAD}# {name}\n")  # exact copies count once
        host_ready(child)
        child.wait_for(lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30)
        known(child, project, files)
        return child

    return start


def remembered(child: Child) -> dict:
    """What the host says it remembers."""
    return child.lua(
        "local memory require('sibyl.host.client').ask('memory', function(_, answer) memory = answer end)"
        " vim.wait(5000, function() return memory end, 5) return memory or vim.empty_dict()"
    )


def accepted(child: Child) -> int | None:
    """How many accepted items are remembered; None while that memory is being opened, or nothing is said."""
    return (remembered(child).get("person") or {}).get("items")


def known(child: Child, root: Path, files: int) -> None:
    """Wait until this many files of the project are known: they are read at a low priority."""
    where = str(root.resolve())
    child.wait_for(
        lambda: (remembered(child).get("projects") or {}).get(where, {}).get("files") == files,
        120,
        "the project's files",
    )


def menu(child: Child, line: str = "parcel.") -> list[str]:
    """Type a line at the end of the file; return the menu's own names of the class, in order."""
    child.type_keys(f"Go{line}", every=0.05)
    names = {
        "alpha",
        "bravo",
        "charlie",
        "delta",
        "mike_count",
        "november",
        "zulu_weight",
        "yankee_label",
    }
    child.wait_for(lambda: names <= set(child.words()), 30, "the members of Parcel")
    return [word for word in child.words() if word in names]


def undo(child: Child) -> None:
    """Leave the menu and the line."""
    child.type_keys("<C-e><Esc>u")


def test_other_files_lead_the_menu(opened: Callable[..., Child]) -> None:
    """A member that another file uses stands first, though no model ever saw it; a saved file is news."""
    child = opened("main.py", 3)
    assert menu(child)[0] == "zulu_weight"
    undo(child)
    other = Path(child.call("expand", "%:p")).with_name("count.py")
    child.command(f"edit {other}")
    child.type_keys("ggO" + "<CR>".join((*HEAD.splitlines(), *["parcel.november()"] * 9)) + "<Esc>")
    child.command("write | edit #")
    known(child, other.parent, 4)
    listed = menu(child)
    assert set(listed[:2]) == {"november", "zulu_weight"}


def test_accepted_items_climb_and_are_forgotten(opened: Callable[..., Child]) -> None:
    """Accepted twice, an item stands higher in another file, in another Neovim too, until it is forgotten."""
    child = opened("main.py", 3)
    before = menu(child, "x = parcel.").index("mike_count")
    undo(child)
    for _ in range(2):
        menu(child, "x = parcel.")
        child.type_keys("mike", every=0.05)
        child.wait_for(lambda: child.words() == ["mike_count"], 30, "the only item left")
        child.type_keys("<C-n><C-y>()<Esc>", every=0.05)
    child.wait_for(lambda: accepted(child) == 2, 60, "two accepted items")
    assert child.lines()[-1] == "x = parcel.mike_count()"

    other = opened("second.py", 4, home=child.home)
    after = menu(other, "x = parcel.").index("mike_count")
    assert after < before
    undo(other)
    assert "forgot" in other.command("Sibyl forget")
    host_ready(other)
    other.wait_for(lambda: accepted(other) == 0, 60, "a memory without items")
    assert menu(other, "x = parcel.").index("mike_count") > after


def test_health_says_why_a_memory_is_off(start_nvim: Callable, tmp_path: Path) -> None:
    """A memory that cannot be opened is named in the check-up, with the reason and what happens next."""
    ranker = ScriptedRanker(tmp_path)
    ranker.set(memory={"off": ["The memory x.sqlite cannot be used now (database is locked)."]})
    child = start_nvim(init=ranker.init())
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)
    child.command("checkhealth sibyl")
    report = "\n".join(child.lines())
    assert "a memory is off: The memory x.sqlite cannot be used now (database is locked)." in report
    assert "it is tried again every few seconds" in report
