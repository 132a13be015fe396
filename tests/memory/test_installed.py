"""Installed modules: their public names for guesses, read from files of any content, and never run.

In:   environments in folders.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from sibyl.memory import installed
from sibyl.memory.installed import Installed
from sibyl.memory.manager import Manager
from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

ROOT = Path(__file__).resolve().parents[2]
SHOP = '''\
"""A shop.

note: not a name
>>> follows
shown = 3
class Example:
"""
taken_back = 1
passing = 2
del taken_back, passing
import os, json
from typing import Any
from .till import Till, open_till as opened  # a comment, not_a_name
from .rest import *
from shop.far import (  # all of it
    Far,
    nearer as nearer,
)
from elsewhere import other, kept as kept
raise SystemExit("this was run")
LIMIT: int = 3
rate = 1
_hidden = 2
async def fetch(): pass
class Basket:
    inside = 1
    def sell(self): pass
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment that holds one package."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    package = tmp_path / "project/.venv/lib/python3.11/site-packages/shop"
    package.mkdir(parents=True)
    (tmp_path / "project/.venv/pyvenv.cfg").touch()
    (package / "__init__.py").write_text(SHOP)
    (package / "till.py").write_text("class Till: pass\nclass Drawer: pass\n")
    (package / "rest.py").write_text("def tea(): pass\nfrom .rest import *\n")
    (package / "typed.py").write_text("hidden_by_types = 1\n")
    (package / "typed.pyi").write_text("open: int\ntry: ...\ndef close() -> None: ...\n")
    return tmp_path / "project"


def test_a_module_has_its_public_names(root: Path) -> None:
    """What it binds, takes from its own package or hands on by name, and its modules; nothing is run."""
    names = set(Installed(str(root)).names("shop"))
    own = {"LIMIT", "rate", "fetch", "Basket", "Till", "opened", "tea", "Far", "nearer", "kept"}
    assert names == own | {"till", "rest", "typed"}
    assert "shop" not in sys.modules


def test_types_stand_before_code(root: Path) -> None:
    """Where a module has a file of types, its names are those."""
    assert set(Installed(str(root)).names("shop.typed")) == {"open", "close"}


def test_the_standard_library_is_there(root: Path) -> None:
    """Modules of Python, those that are built in included."""
    modules = Installed("")
    assert {"getcwd", "environ", "listdir"} <= set(modules.names("os"))
    assert {"join", "exists"} <= set(modules.names("os.path"))
    assert "argv" in modules.names("sys")
    assert {"dumps", "loads"} <= set(modules.names("json"))


@pytest.mark.parametrize(
    "value", ["", "~x", "shop()", "shop.nothing", "..", "a/b", "shop[]", "../shop", "S:Basket"]
)
def test_what_is_no_module_has_no_names(root: Path, value: str) -> None:
    """Values of other kinds, and modules that are not there, give nothing."""
    assert not Installed(str(root)).names(value)


def test_the_environment_is_the_projects(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own environment counts, and where it has none, the active one."""
    other = root.parent / "other/lib/python3.12/site-packages"
    other.mkdir(parents=True)
    (other / "shop.py").write_text("def elsewhere(): pass\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(root.parent / "other"))
    assert "Basket" in Installed(str(root)).names("shop")
    assert set(Installed(str(root.parent)).names("shop")) == {"elsewhere"}


def test_a_module_that_changed_is_read_again(root: Path) -> None:
    """Names are kept until the file is another one."""
    modules = Installed(str(root))
    file = root / ".venv/lib/python3.11/site-packages/shop/till.py"
    assert set(modules.names("shop.till")) == {"Till", "Drawer"}
    file.write_text("class Safe: pass\n")
    os.utime(file, ns=(1, 1))
    assert set(modules.names("shop.till")) == {"Safe"}


def test_odd_files_give_what_they_have(root: Path) -> None:
    """Bytes that are no text, files that are too long, pipes, and packages in a ring."""
    package = root / ".venv/lib/python3.11/site-packages/shop"
    (package / "bytes.py").write_bytes(b"\xff\xfe\0x = 1\ny = 2\n")
    (package / "ring.py").write_text("from .gnir import *\ndef one(): pass\n" * 40)
    (package / "gnir.py").write_text("from .ring import *\ndef two(): pass\n" * 40)
    (package / "long.py").write_text("".join(f"name{n} = 1\n" for n in range(40_000)))
    os.mkfifo(package / "pipe.py")
    modules = Installed(str(root))
    assert "y" in modules.names("shop.bytes")
    assert set(modules.names("shop.ring")) == {"one", "two"}
    assert len(modules.names("shop.long")) <= installed._MOST_NAMES
    assert not modules.names("shop.pipe")
    for number in range(2 * installed._MOST_KEPT):
        (package / f"m{number}.py").touch()
        modules.names(f"shop.m{number}")
    assert len(modules._kept) <= installed._MOST_KEPT


@pytest.mark.parametrize(
    "line",
    [
        *("from .a import (\n", "__all__ = [\n", "x: a", '"a', "  ", "from . import *\n"),
        *("import (", ".", '__all__ = ("a", ', "from a import b, "),
    ],
)
def test_hostile_modules_cost_little(root: Path, line: str) -> None:
    """No line that is repeated until the file is full makes its search take longer than its length explains."""
    file = root / ".venv/lib/python3.11/site-packages/hostile.py"
    file.write_text(f"from {line}" + line * (installed._MOST_BYTES // len(line)))
    began = time.process_time()
    Installed(str(root)).names("hostile")
    assert time.process_time() - began < 5


def test_guesses_after_a_module_are_its_names(root: Path, tmp_path: Path) -> None:
    """In a bracket that is open, too; a list that a server sent is ranked as without them."""
    manager = Manager(tmp_path / "state", {"read": False}, lambda *_: None)
    text = b"import shop\nprint(shop."
    ranker = Ranker(Model(ROOT / "models"))
    alone = Session(ranker, text)
    session = Session(ranker, text, manager.memory_of(str(root), str(root / "a.py")))
    assert alone.guess(len(text), 12) == []
    names = [name for name, _ in session.guess(len(text), 12)]
    assert "Basket" in names
    assert set(names) <= set(Installed(str(root)).names("shop"))
    sent = ["Basket", "Till", "rate"]
    assert session.rank(len(text), sent, [7] * 3) == alone.rank(len(text), sent, [7] * 3)
    manager.close()


def test_a_module_of_the_project_is_not_the_installed_one(root: Path) -> None:
    """Code of the project imports its own module of a name that an installed one has, too."""
    (root / "queue.py").write_text("def push(): pass\n")
    modules = Installed(str(root))
    assert not modules.names("queue") and "Basket" in modules.names("shop")
    (root / "shop").mkdir()
    (root / "shop/__init__.py").touch()
    assert not modules.names("shop") and not modules.names("shop.till")


def test_what_a_package_hands_on_is_read_again(root: Path) -> None:
    """Names that come from other files are as new as those files; a new module is one of them."""
    modules = Installed(str(root))
    package = root / ".venv/lib/python3.11/site-packages/shop"
    assert "tea" in modules.names("shop")
    (package / "rest.py").write_text("def coffee(): pass\n")
    os.utime(package / "rest.py", ns=(1, 1))
    assert "coffee" in modules.names("shop") and "tea" not in modules.names("shop")
    (package / "later.py").touch()
    os.utime(package, ns=(2, 2))
    assert "later" in modules.names("shop")


def test_every_name_can_be_written(root: Path) -> None:
    """Files of a package that no import can name are none of its modules."""
    package = root / ".venv/lib/python3.11/site-packages/shop"
    for name in ("my-script.py", "a.b.py", "0.py", "größe.py"):
        (package / name).touch()
    names = Installed(str(root)).names("shop")
    assert "größe" in names and all(name.isidentifier() for name in names)


def test_what_cannot_be_looked_into_has_no_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name too long for a file, or folders that may not be entered, cost the guesses alone."""
    assert not Installed(str(root)).names("x" * 300)

    def refused(*_: object) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", refused)
    assert not Installed(str(root)).names("shop")


def test_a_tree_of_modules_is_read_in_part(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that take all names of many others, and those of more: a few files of them are read."""
    package = root / ".venv/lib/python3.11/site-packages/tree"
    package.mkdir()
    stars = "".join(f"from .m{number} import *\n" for number in range(30))
    for name in ("__init__", *(f"m{number}" for number in range(30))):
        (package / f"{name}.py").write_text(f"{stars}def of_{name}(): pass\n")
    read: list[Path] = []
    whole = installed.bytes_of
    monkeypatch.setattr(installed, "bytes_of", lambda path: read.append(path) or whole(path))
    assert "of_m0" in Installed(str(root)).names("tree")
    assert len(read) == len(set(read)) <= installed._MOST_FILES


def test_modules_behind_links_have_names(tmp_path: Path) -> None:
    """Some installers link the files of a module to a cache: its names are there all the same."""
    packages = tmp_path / "p/.venv/lib/python3.12/site-packages"
    (packages / "mod").mkdir(parents=True)
    (tmp_path / "p/.venv/pyvenv.cfg").write_text("")
    (tmp_path / "cache.py").write_text("def fetch():\n    pass\n")
    (packages / "mod/__init__.py").symlink_to(tmp_path / "cache.py")
    assert "fetch" in Installed(str(tmp_path / "p")).names("mod")
