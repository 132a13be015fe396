"""Relative imports: the file that is meant, where many of its name define the same.

In:   a project of several apps, each with models of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from places import place

from sibyl.memory.index import noted
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY

FILES = {
    "billing/models.py": "class User:\n    def invoice(self): ...\n",
    "social/models.py": "class User:\n    def follow(self): ...\n",
    "social/util/__init__.py": "from .names import User\ndef social(): ...\n",
    "social/util/names.py": "class User:\n    def named(self): ...\n",
    "util.py": "class User:\n    def top(self): ...\ndef general(): ...\n",
}


@pytest.fixture
def store() -> ProjectStore:
    """A store of these files."""
    new_store = ProjectStore(Path(IN_MEMORY))
    new_store.update([noted(path, (1, 0), text.encode()) for path, text in FILES.items()])
    return new_store


@pytest.mark.parametrize(
    ("path", "module", "member"),
    [
        ("social/views.py", ".models", "follow"),
        ("social/views/home.py", "..models", "follow"),
        ("social/api/v1/home.py", "...models", "follow"),
        ("billing/a/views.py", "..models", "invoice"),
        ("social/views.py", ".util", "named"),
        ("social/views/home.py", "..util", "named"),
        ("main.py", ".util", "top"),
    ],
)
def test_dots_lead_to_one_file(store: ProjectStore, path: str, module: str, member: str) -> None:
    """Each dot but the first is one folder up, whatever other folders have a file of that name."""
    remembered, here = Remembered(), place(f"from {module} import User\nu = User()\nu.")
    Project(store, path).remembered(here, contexts(here), remembered)
    assert set(remembered.members) == {member}


@pytest.mark.parametrize(("path", "name"), [("social/a.py", "social"), ("main.py", "general")])
def test_dots_lead_to_one_module(store: ProjectStore, path: str, name: str) -> None:
    """A module that is imported by dots is the one that stands there; a package is its ``__init__``."""
    remembered, here = Remembered(), place("from . import util\nutil.")
    Project(store, path).remembered(here, contexts(here), remembered)
    assert name in remembered.members


def test_more_dots_than_folders_mean_what_fits_best(store: ProjectStore) -> None:
    """A project's root may be a package of something larger: such an import is guessed, as others are."""
    remembered, here = Remembered(), place("from ....models import User\nu = User()\nu.")
    Project(store, "social/views.py").remembered(here, contexts(here), remembered)
    assert len(remembered.members) == 1
