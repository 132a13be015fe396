"""Notes and store: what files say to each other, counted together.

In:   small files.
"""

from __future__ import annotations

import os
import random
import stat
from pathlib import Path

import pytest

from sibyl.errors import MemoryTrouble
from sibyl.memory.index import digest_of, noted
from sibyl.memory.notes import Notes, take_notes
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY, siblings

CLIENT = b"""import socket
class Client(socket.socket):
    def __init__(self, url):
        self.url = url
        self.timeout = 3
    def fetch(self, path):
        return self.url.join(path)
def connect(url) -> Client:
    return Client(url)
"""
USER = b"""from client import Client, connect
client = Client("x")
client.fetch("a")
client.fetch("b")
client.timeout
"""


def add(store: ProjectStore, path: str, data: bytes, when: int = 0) -> None:
    """Put one file into a store."""
    store.update([noted(path, (len(data), when), data)])


@pytest.fixture
def store() -> ProjectStore:
    """A store of two files."""
    new_store = ProjectStore(Path(IN_MEMORY))
    add(new_store, "client.py", CLIENT)
    add(new_store, "user.py", USER)
    return new_store


def everything(store: ProjectStore) -> tuple[list, list]:
    """All a store counts and knows, to compare two of them."""
    base = store._base
    uses = base.execute("SELECT key, name, times, files FROM uses ORDER BY key, name").fetchall()
    return uses, base.execute("SELECT * FROM defined ORDER BY kind, name, path").fetchall()


def test_a_file_says_what_follows_what() -> None:
    """Members are counted after their receiver's origin, its last name, the member before them."""
    uses = take_notes(USER).uses
    assert uses["o @client.Client()"] == {"fetch": 2, "timeout": 1}
    assert uses["l client"] == {"fetch": 2, "timeout": 1}
    assert uses["p @client.Client() fetch"] == {"fetch": 1, "timeout": 1}
    assert uses["m"] == {"fetch": 2, "timeout": 1}


def test_a_file_says_what_it_defines() -> None:
    """Classes with bases and attributes, functions with what they return."""
    notes = take_notes(CLIENT)
    bases, attrs = notes.classes["Client"]
    assert bases == ["socket.socket"]
    assert list(attrs) == ["__init__", "url", "timeout", "fetch"]
    assert notes.names["connect"] == "M:I:Client"


def test_notes_survive_packing() -> None:
    """What is written into the file comes back; what was not written by us is refused."""
    notes = take_notes(CLIENT)
    assert Notes.unpacked(notes.packed()) == notes
    with pytest.raises(ValueError):
        Notes.unpacked(b"nonsense")


def test_files_are_counted_together(store: ProjectStore) -> None:
    """Uses of two files add up, and it is known in how many files they are."""
    add(store, "other.py", USER.replace(b'client.fetch("b")\n', b""))
    assert store.uses("o @client.Client()") == {"fetch": (3, 2), "timeout": (2, 2)}


def test_an_exact_copy_counts_once(store: ProjectStore) -> None:
    """A copied file says nothing new, but takes over when the first one goes."""
    before = everything(store)
    add(store, "copy.py", USER)
    assert store.uses("l client") == {"fetch": (2, 1), "timeout": (1, 1)}
    store.update((), ["user.py"])
    assert store.uses("l client") == {"fetch": (2, 1), "timeout": (1, 1)}
    add(store, "user.py", USER)
    store.update((), ["copy.py"])
    assert everything(store) == before


def test_any_order_of_changes_ends_the_same() -> None:
    """A store after many changes equals one made from scratch of the files there are then."""
    chance = random.Random(3)
    texts = [
        CLIENT,
        USER,
        b"import os\nos.path.join(a)\n",
        b"x.y\n",
        b"x.y.z(x.w)\nclass A: b = 1\n",
    ]
    store, files = ProjectStore(Path(IN_MEMORY)), {}
    for turn in range(120):
        path = f"{chance.randrange(6)}.py"
        if chance.random() < 0.3:
            store.update((), [path])
            files.pop(path, None)
        else:
            files[path] = chance.choice(texts)
            add(store, path, files[path], turn)
    fresh = ProjectStore(Path(IN_MEMORY))
    for path in sorted(files):
        add(fresh, path, files[path])
    assert everything(store)[0] == everything(fresh)[0]
    contents = [
        {row[:2] + row[3:] for row in everything(each_store)[1] if row[0] == "class"}
        for each_store in (store, fresh)
    ]
    assert contents[0] == contents[1]


def test_the_file_is_private(tmp_path: Path) -> None:
    """Nobody but its owner may read a memory, nor what SQLite keeps beside it, whatever the umask says."""
    before = os.umask(0)
    try:
        store = ProjectStore(tmp_path / "state" / "a.sqlite")
        add(store, "a.py", USER)
        files = [path for path in siblings(tmp_path / "state" / "a.sqlite") if path.exists()]
        assert len(files) > 1
        for path in (*files, tmp_path / "state"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    finally:
        os.umask(before)


def test_two_readers_see_what_a_writer_wrote(tmp_path: Path) -> None:
    """Another process's transaction is seen at the next look, and tells that it was there."""
    writer, reader = ProjectStore(tmp_path / "a.sqlite"), ProjectStore(tmp_path / "a.sqlite")
    moment = reader.moment()
    add(writer, "a.py", USER)
    assert reader.moment() != moment
    assert "fetch" in reader.uses("l client")


def test_a_damaged_file_is_called_damaged(tmp_path: Path) -> None:
    """Bytes that are no database, or a broken one, give our own error that says so."""
    place = tmp_path / "a.sqlite"
    place.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(MemoryTrouble) as trouble:
        ProjectStore(place)
    assert trouble.value.why == "damaged"


def test_an_older_file_is_begun_again(tmp_path: Path) -> None:
    """A file of another version holds nothing that can be used: it is emptied, not misread."""
    store = ProjectStore(tmp_path / "a.sqlite")
    add(store, "a.py", USER)
    store._base.execute("UPDATE about SET version='0 0'")
    store.close()
    assert ProjectStore(tmp_path / "a.sqlite").uses("l client") == {}


def test_a_deleted_file_is_noticed(tmp_path: Path) -> None:
    """What another Neovim had forgotten is not remembered here either."""
    store = ProjectStore(tmp_path / "a.sqlite")
    add(store, "a.py", USER)
    (tmp_path / "a.sqlite").unlink()
    with pytest.raises(MemoryTrouble) as trouble:
        store.moment()
    assert trouble.value.why == "gone"


def test_digests_tell_files_apart() -> None:
    """Equal bytes, equal digest; one byte more, another."""
    assert digest_of(USER) == digest_of(bytes(USER)) != digest_of(USER + b" ")


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """What does not fit is refused with a sentence; what was there before can still be read."""
    store = ProjectStore(tmp_path / "a.sqlite")
    add(store, "a.py", USER)
    before = everything(store)
    pages = store._base.execute("PRAGMA page_count").fetchone()[0]
    store._base.execute(f"PRAGMA max_page_count={pages}")  # as a full disk says it
    with pytest.raises(MemoryTrouble, match="full"):
        add(store, "b.py", b"".join(b"x%d.y%d\n" % (index, index) for index in range(2000)))
    assert everything(store) == before


def test_a_name_that_all_files_define_costs_no_more_than_a_few_hundred(tmp_path: Path) -> None:
    """A call of `run` in a project of thousands of files is answered while one types."""
    store = ProjectStore(tmp_path / "project.db")
    source = b"class Meta:\n    x = 1\ndef run(a, b): ...\n"
    store.update(noted(f"a{n:03}.py", (1, 1), source + b"y = %d\n" % n) for n in range(250))
    files = store.defined("function", "run")
    assert len(files) == 200 and min(files) == "a000.py"
    assert len(store.defined("class", "Meta")) == 250  # one of them is meant: which, says the path


def test_a_file_of_thousands_of_functions_says_what_the_first_ones_are_given() -> None:
    """Generated code does not make the notes grow for ever."""
    notes = take_notes(b"".join(b"def f%d(a, b): ...\n" % n for n in range(2_500)))
    assert len(notes.parameters) == 2_000
    assert notes.parameters["f0"] == ["a", "b"]
