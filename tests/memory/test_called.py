"""What is called in a file: what other files of the project say it is given, in order.

In:   small projects in a store.
"""

from __future__ import annotations

from pathlib import Path

from places import place

from sibyl.memory.index import noted
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore

SHOP = b"""\
class Base:
    zeta: str
class Item(Base):
    mid: int
    alpha: float
    def run(self): ...
def make(alpha): ...
"""


def test_a_class_that_is_called_tells_its_fields(tmp_path: Path) -> None:
    """One of another file tells its attributes in order, its bases' first; functions and libraries nothing."""
    store = ProjectStore(tmp_path / "project.db")
    store.update([noted("app/shop.py", (len(SHOP), 0), SHOP)])

    project = Project(store, "app/main.py")

    def fields(source: str) -> tuple[str, ...]:
        remembered, here = Remembered(), place(source)
        project.remembered(here, contexts(here), remembered)
        return remembered.fields

    assert fields("from app.shop import Item\nItem(") == ("zeta", "mid", "alpha")
    assert fields("import app.shop\napp.shop.Item(1, ") == ("zeta", "mid", "alpha")
    assert fields("from app.shop import make\nmake(") == ()
    assert fields("from json import Item\nItem(") == ()
    assert fields("class Item:\n    pass\nItem(") == ()
    assert fields("from app.shop import Item\nItem.") == ()
    saved = SHOP.replace(b"mid", b"new")
    other = ProjectStore(tmp_path / "project.db")  # as the indexer's process
    other.update([noted("app/shop.py", (len(saved), 1), saved)])
    assert fields("from app.shop import Item\nItem(") == ("zeta", "new", "alpha")


CALLED = b"""\
class Item:
    def __init__(self, name, size): ...
    def ship(self, way, fast=False): ...
def ship(order, way): ...
def lone(only): ...
"""


def test_what_functions_of_other_files_are_given(tmp_path: Path) -> None:
    """Functions, methods and classes of that name, each order once, the short ones first."""
    store = ProjectStore(tmp_path / "project.db")
    more = b"def ship(way, fast, *, soon): ...\n"
    files = [("app/shop.py", CALLED), ("app/more.py", more), ("app/again.py", more + b"x = 1\n")]
    store.update([noted(path, (len(data), 0), data) for path, data in files])

    main, shop = Project(store, "app/main.py"), Project(store, "app/shop.py")

    def signatures(source: str, project: Project = main) -> tuple[tuple[str, ...], ...]:
        remembered, here = Remembered(), place(source)
        project.remembered(here, contexts(here), remembered)
        return remembered.signatures

    # Of one file the last definition counts.
    assert signatures("from app import ship\nship(1, ") == (
        ("order", "way"),
        ("way", "fast", "soon"),
    )
    assert signatures("x.y().ship(") == signatures("ship(")
    assert signatures("Item(") == (("name", "size"),)
    assert signatures("lone(") == ()  # nothing to put in order
    assert signatures("ship(1, ", shop) == (("way", "fast", "soon"),)
    assert signatures("def ship(a, b): ...\nship(") == ()  # this file says it
    assert signatures("x.ship.") == signatures("ship[") == ()
    other = ProjectStore(tmp_path / "project.db")  # as the indexer's process
    other.update([noted("app/shop.py", (9, 1), CALLED.replace(b"size", b"weight"))])
    assert signatures("Item(") == (("name", "weight"),)
