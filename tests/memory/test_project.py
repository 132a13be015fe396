"""Project: other files as the ranker asks them.

In:   small projects in a store.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from places import place

from sibyl.context.groups import GROUPS
from sibyl.memory.accepted import HALF, Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import digest_of, noted
from sibyl.memory.project import Project, Remembered, contexts
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY

BASE = b"""class Base:
    def close(self): pass
    def _open(self): pass
"""
CLIENT = b"""from app.base import Base
class Session:
    def rollback(self): pass
class Client(Base):
    def __init__(self, session: "Session"):
        self.session = Session()
        self.retries = 3
    def fetch(self) -> "Reply": ...
class Reply:
    @property
    def status(self): return 1
def connect() -> Client: ...
"""
FILES = {
    "app/base.py": BASE,
    "app/client.py": CLIENT,
    "app/__init__.py": b"from app.client import Client\n",
}


@pytest.fixture
def store() -> ProjectStore:
    """A store of three files."""
    new_store = ProjectStore(Path(IN_MEMORY))
    for path, data in FILES.items():
        new_store.update([noted(path, (len(data), 0), data)])
    return new_store


def members(
    store: ProjectStore, source: str, path: str = "app/main.py"
) -> tuple[dict[str, int], str]:
    """What other files say of the receiver at the end of a source: names with their distance."""
    remembered = Remembered()
    here = place(source)
    Project(store, path).remembered(here, contexts(here), remembered)
    return {name: member.distance for name, member in remembered.members.items()}, remembered.kind


@pytest.mark.parametrize(
    "source",
    [
        "from app.client import Client\nc = Client()\nc.",
        "from .client import Client\nc = Client()\nc.",
        "import app.client\napp.client.Client().",
        "from app import Client\nClient().",
        "from app.client import connect\nc = connect()\nc.",
        "from app.client import Client\ndef f(c: Client):\n    c.",
    ],
)
def test_an_instance_has_the_members_of_its_class(store: ProjectStore, source: str) -> None:
    """However a class of the project comes into a file, its members are known, its bases' farther away."""
    names, kind = members(store, source)
    assert kind == "class"
    assert names["fetch"] == names["session"] == 0
    assert names["close"] == 1


def test_self_has_what_its_bases_elsewhere_define(store: ProjectStore) -> None:
    """Inheritance is followed across files."""
    head = "from app.client import Client\nclass Mine(Client):\n    def run(self):\n        self."
    names, kind = members(store, head)
    assert (kind, names["fetch"], names["close"]) == ("base", 1, 2)
    assert members(store, head.replace("self.", "super()."))[0] == names


def test_attributes_have_types_across_files(store: ProjectStore) -> None:
    """An attribute assigned in a base class of another file is of the class that was assigned there."""
    head = "from app.client import Client\nclass Mine(Client):\n    def run(self):\n        self.session."
    assert members(store, head) == ({"rollback": 0}, "class")
    assert members(store, "from app.client import Client\nClient().session.")[0] == {"rollback": 0}


def test_modules_have_their_names(store: ProjectStore) -> None:
    """What a module of the project defines is known."""
    names, kind = members(store, "from app import client\nclient.")
    assert kind == "module"
    assert {"Client", "Session", "Reply", "connect"} <= set(names)


def test_a_variable_named_like_a_class_may_be_one(store: ProjectStore) -> None:
    """With nothing else to go by, `reply` is guessed to be a Reply, and called a guess."""
    assert members(store, "def f(reply):\n    reply.") == ({"status": 0}, "guess")


def test_classes_of_libraries_are_not_mistaken(store: ProjectStore) -> None:
    """A class of the same name from outside the project is another class."""
    assert members(store, "from requests import Session\ns = Session()\ns.") == ({}, "")


def test_the_open_file_is_not_another_file(store: ProjectStore) -> None:
    """The saved copy of the file being written, and exact copies of it, count for nothing."""
    source = b"import os\nos.sep\nx.fetch()\n"
    store.update([noted("a.py", (1, 1), source), noted("copy.py", (1, 1), source)])
    for path, digest in (("a.py", None), ("copy.py", None), ("new.py", digest_of(source))):
        project = Project(store, path, digest)
        project.look()
        assert "sep" not in project.uses("o @os"), path
    other = Project(store, "b.py")
    other.look()
    assert other.uses("o @os") == {"sep": (1, 1)}


SAVED = """\
import os
os.sep

class Tool:
    def start(self):
        self.

    def stop(self):
        self.level = os.curdir

def helper():
    pass
"""


def test_the_saved_file_counts_while_it_is_written(store: ProjectStore) -> None:
    """What is used below the cursor is known, but of the class around only what is above it."""
    saved = SAVED.replace("self.\n", "pass\n")
    store.update([noted("a.py", (1, 1), saved.encode())])
    above = SAVED.partition("self.")[0] + "self."
    project, other = Project(store, "a.py", saved=True), Project(store, "a.py")

    def remembered(of: Project, source: str) -> Remembered:
        known, here = Remembered(), place(source)
        of.remembered(here, contexts(here), known)
        return known

    assert not remembered(project, above).members
    assert list(remembered(project, above[:-5] + "os.").project[0]) == ["curdir", "sep"]
    assert not remembered(other, above[:-5] + "os.").project[0]
    assert remembered(project, above).files == remembered(other, above).files + 1
    assert not remembered(Project(store, "new.py", saved=True), above).members


def test_a_class_written_anew_is_not_mistaken_for_the_saved_one_of_another_file(
    store: ProjectStore,
) -> None:
    """A class of this file that the saved copy does not have has no members of another file's namesake."""
    store.update([noted("b.py", (1, 1), SAVED.encode())])
    above = SAVED.partition("self.")[0] + "self."
    known, here = Remembered(), place(above)
    Project(store, "a.py", saved=True).remembered(here, contexts(here), known)
    assert not known.members


def test_what_is_saved_again_is_seen(tmp_path: Path) -> None:
    """After another process has written, the next list knows it."""
    reader, writer = ProjectStore(tmp_path / "a.sqlite"), ProjectStore(tmp_path / "a.sqlite")
    recall = BufferMemory(Project(reader, "main.py"))
    here = place("import tools\ntools.")
    assert recall.at(here).project[0] == {}
    writer.update([noted("user.py", (1, 1), b"import tools\ntools.hammer\n")])
    assert recall.at(here).project[0] == {"hammer": (1, 1)}


def test_each_context_is_asked_for() -> None:
    """A place has as many contexts as a use is counted under, in the same order."""
    assert len(contexts(place("a.b\nx = a."))) == len(GROUPS)


def test_what_was_accepted_is_known_in_its_context(tmp_path: Path) -> None:
    """Accepted twice here weighs more than once; elsewhere it weighs nothing; later items fade it."""
    person = Accepted(tmp_path / "person.sqlite")
    recall = BufferMemory(person=person)
    here, elsewhere = place("import tools\ntools."), place("import os\nos.")
    recall.accept(here, "saw")
    recall.accept(here, "hammer")
    recall.accept(here, "hammer")
    known = recall.at(here).person[0]
    assert known["hammer"][0] > known["saw"][0] > 0
    assert known["hammer"][1] > known["saw"][1]
    assert recall.at(elsewhere).person[0] == {}
    for _ in range(400):
        person.accept(("o @other",), "x")
    assert recall.at(here).person[0]["hammer"][0] < known["hammer"][0] / 2


def test_two_neovims_share_what_was_accepted(tmp_path: Path) -> None:
    """What one accepts the other knows at its next list, and both counts add up."""
    first, other = (BufferMemory(person=Accepted(tmp_path / "person.sqlite")) for _ in range(2))
    here = place("import tools\ntools.")
    first.accept(here, "saw")
    assert other.at(here).person[0]["saw"][0] == 1
    other.accept(here, "saw")
    assert first.at(here).person[0]["saw"][0] > 1.9


def test_a_broken_memory_never_stops_a_list(tmp_path: Path) -> None:
    """A memory that breaks while it is used is left out, told of, and marked to be opened again."""
    notices: list[str] = []
    person = Accepted(tmp_path / "person.sqlite")
    recall = BufferMemory(person=person, tell=lambda trouble: notices.append(trouble.why))
    (tmp_path / "person.sqlite").unlink()
    assert recall.at(place("import os\nos.")).accepted == 0
    assert (notices, recall.lost) == (["gone"], True)


def test_what_the_open_file_has_counted_is_taken_off() -> None:
    """Of a name that both use, the other file's uses stay, and one file fewer has it."""
    store = ProjectStore(Path(IN_MEMORY))
    both = {
        "a.py": b"import os\nos.getcwd()\nos.getcwd()\nos.listdir()\n",
        "b.py": b"import os\nos.getcwd()\n",
    }
    store.update([noted(path, (len(data), 0), data) for path, data in both.items()])
    assert store.uses("o @os") == {"getcwd": (3, 2), "listdir": (1, 1)}
    project = Project(store, "a.py")
    project.look()
    assert project.uses("o @os") == {"getcwd": (1, 1)}
    assert project.uses("o @os").total == 1


def test_an_item_accepted_again_adds_to_what_has_faded() -> None:
    """Its weight has halved after as many items as say so; then one more is added."""
    person = Accepted(Path(IN_MEMORY))
    person.accept(("k",), "x")
    for _ in range(int(HALF) - 1):
        person.accept(("m",), "y")
    person.accept(("k",), "x")
    weight, recency = person.uses("k")["x"]
    assert (weight, recency) == (pytest.approx(1.5), 1)
