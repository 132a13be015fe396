"""What is called in a file: what other files of the project say it is given, in order.

In:   small projects in a store.
"""

from __future__ import annotations

from pathlib import Path

from places import place

from sibyl.memory.index import noted
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import MOST_ANSWERS

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
        ("way", "fast", "*", "soon"),
    )
    assert signatures("x.y().ship(") == signatures("ship(")
    assert signatures("Item(") == (("name", "size"),)
    assert signatures("lone(") == ()  # nothing to put in order
    assert signatures("ship(1, ", shop) == (("way", "fast", "*", "soon"),)
    assert signatures("def ship(a, b): ...\nship(") == ()  # this file says it
    assert signatures("x.ship.") == signatures("ship[") == ()
    other = ProjectStore(tmp_path / "project.db")  # as the indexer's process
    other.update([noted("app/shop.py", (9, 1), CALLED.replace(b"size", b"weight"))])
    assert signatures("Item(") == (("name", "weight"),)


def test_of_many_classes_of_one_name_the_one_that_is_meant(tmp_path: Path) -> None:
    """In a project of hundreds of apps, each with a ``User``, the path says which: the last is found, too."""
    store = ProjectStore(tmp_path / "project.db")
    source = "class User:\n    name%d: str\n    def only%d(self): ...\ndef make%d(): ...\n"
    store.update(
        noted(f"app{n:03}/models.py", (1, n), (source % (n, n, n)).encode()) for n in range(250)
    )

    def asked(source: str, path: str) -> Remembered:
        remembered, here = Remembered(), place(source)
        Project(store, path, saved=True).remembered(here, contexts(here), remembered)
        return remembered

    for n in (0, 240):
        own, import_it = f"app{n:03}/views.py", f"from app{n:03}.models import User\n"
        members = {f"name{n}", f"only{n}"}
        assert set(asked(import_it + "User().", "main.py").members) == members
        assert set(asked("from .models import User\nUser().", own).members) == members
        assert (
            set(asked(f"{import_it}class A(User):\n    def f(self):\n        self.", own).members)
            == members
        )
        assert asked("from .models import User\nUser(", own).fields == (f"name{n}",)
        assert set(asked(import_it[: -len("User\n")], "main.py").members) == {"User", f"make{n}"}


def test_answers_about_what_is_called_are_bounded(tmp_path: Path) -> None:
    """A file that calls ever other functions does not grow what is kept of their names."""
    store = ProjectStore(tmp_path / "project.db")
    store.update([noted("app/shop.py", (len(CALLED), 0), CALLED)])
    project = Project(store, "app/main.py")
    for n in range(MOST_ANSWERS + 500):
        here = place(f"f{n}(")
        project.remembered(here, contexts(here), Remembered())
    assert len(project._called_so) <= MOST_ANSWERS + 1
    assert len(project._defined) <= 4 * MOST_ANSWERS
