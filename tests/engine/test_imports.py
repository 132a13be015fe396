"""What is offered to be imported from a module of the project.

In:   small projects in a store; the shipped model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from places import place
from rows import having, rows_of

from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import noted
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

SHOP = b"""\
from __future__ import annotations
import json
import numpy as np
from dataclasses import dataclass, field
from pathlib import Path
from .units import Euro
from app.bags import Bag
class Item: ...
def load(path): return json.load(path)
loads = json.loads("")
limit = 3
"""
FOREIGN = {"annotations", "dataclass", "field", "json", "Path"}
OWN = {"Bag", "Euro", "Item", "limit", "load", "loads"}
NAMES = sorted(FOREIGN | OWN)


def remembered_of(project: Project, source: str) -> Remembered:
    """What is remembered at the end of a source."""
    remembered, here = Remembered(), place(source)
    project.remembered(here, contexts(here), remembered)
    return remembered


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    """A project with one module."""
    with closing(ProjectStore(tmp_path / "project.db")) as store:
        store.update([noted("app/shop.py", (1, 1), SHOP)])
        yield store


def test_what_a_module_has_from_elsewhere(store: ProjectStore) -> None:
    """Names of other projects are told from those that it defines, or has from its own project."""
    source = "from app.shop import "
    remembered = remembered_of(Project(store, "main.py"), source)
    rows = rows_of(source.encode(), NAMES, [6] * len(NAMES), remembered)
    assert set(having(rows, NAMES, "module_here")) == set(NAMES)
    assert set(having(rows, NAMES, "module_foreign")) == FOREIGN


def test_what_others_import_from_a_module_is_offered_there(store: ProjectStore) -> None:
    """A module may hand on what it has from elsewhere: one file that takes it from there says so."""
    other = b"from app.shop import Path\nfrom app.more import json\n"
    store.update([noted("app/other.py", (1, 1), other)])
    source = "from app.shop import "
    remembered = remembered_of(Project(store, "main.py"), source)
    rows = rows_of(source.encode(), NAMES, [6] * len(NAMES), remembered)
    assert set(having(rows, NAMES, "module_foreign")) == FOREIGN - {"Path"}


def test_what_a_module_defines_comes_first(real: Ranker, store: ProjectStore) -> None:
    """Where nobody has imported from it yet, its own names stand before those that it merely imports."""
    source = b"from app.shop import "
    session = Session(real, source, BufferMemory(Project(store, "main.py", saved=True), None))
    ranking = session.rank(len(source), NAMES, [6] * len(NAMES))
    assert {NAMES[index] for index in ranking.order[:4]} <= OWN
    assert NAMES[ranking.order[-1]] in FOREIGN


def guessed(ranker: Ranker, store: ProjectStore, source: str) -> list[str]:
    """What is guessed at the end of a source."""
    session = Session(ranker, source.encode(), BufferMemory(Project(store, "main.py")))
    return [name for name, _ in session.guess(len(source), 50)]


def test_guesses_are_names_of_the_module(store: ProjectStore, real: Ranker) -> None:
    """Guesses at an import are what the module binds and what others import from it, nothing in scope."""
    scope = "import os\nlimit = 2\n\n\ndef main(argv):\n    "
    names = guessed(real, store, scope + "from app.shop import ")
    assert set(names) <= {*NAMES, "np", "numpy"} - {"limit"}
    assert {"Item", "load"} <= set(names[:5])
    store.update([noted("a.py", (1, 1), b"from gone.away import mend, tear\n")])
    assert set(guessed(real, store, scope + "from gone.away import ")) == {"mend", "tear"}
    assert guessed(real, store, scope + "from gone.away import t") == ["tear"]
    assert guessed(real, store, scope + "from gone.away import tear, ") == ["mend"]
    assert guessed(real, store, scope + "from gone.far import ") == []
