"""One project's file by itself: what is written, replaced and taken away, row by row.

In:   notes that are made up, under paths that nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sibyl.errors import MemoryTrouble
from sibyl.memory import project_store
from sibyl.memory.notes import Notes
from sibyl.memory.project_store import ProjectStore, Used
from sibyl.memory.sqlite import READ_S, WAIT_S

STAMP = (10, 20)


def notes(**uses: int) -> Notes:
    """Notes of a file that uses names so often in one context, and has one class and one function."""
    return Notes(
        {"m": uses}, {"Box": ([], {"size": "int"})}, {"Box": "L:Box"}, {"ship": ["a", "b"]}
    )


def add(store: ProjectStore, path: str, about: Notes, digest: bytes = b"") -> None:
    """Write the notes of one file."""
    store.update([(path, STAMP, digest or path.encode(), about)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    """An empty one."""
    with closing(ProjectStore(tmp_path / "a.sqlite")) as store:
        yield store


def test_totals_and_the_most_used_go_by_how_often() -> None:
    """In how many files a name is used decides neither."""
    used = Used({"often": (9, 1), "widely": (2, 2), "once": (1, 1)})
    assert used.total == 12
    assert used.most(2) == ["often", "widely"]
    assert Used().total == 0


def test_an_answer_is_that_of_now(store: ProjectStore) -> None:
    """What the store itself writes is in its next answer, also where it was asked the same before."""
    assert store.uses("m") == {}
    add(store, "a.py", notes(get=2))
    assert store.uses("m") == {"get": (2, 1)}
    add(store, "b.py", notes(get=3, put=1))
    assert store.uses("m") == {"get": (5, 2), "put": (1, 1)}
    store.update([], ["a.py"])
    assert store.uses("m") == {"get": (3, 1), "put": (1, 1)}


def test_answers_are_kept_while_nobody_writes(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list asks again what the last one has asked; the number of answers that are kept has a bound."""
    monkeypatch.setattr(project_store, "MOST_ANSWERS", 3)
    store.moment()
    first = store.uses("m")
    store.moment()
    assert store.uses("m") is first
    for key in "abc":
        store.uses(key)
    store.moment()
    assert store.uses("m") is not first


def test_what_moves_between_files_is_counted_right(store: ProjectStore) -> None:
    """As often as before in more files, or more often in as many: either change is written."""
    add(store, "a.py", notes(get=2))
    changed = [(path, STAMP, path.encode(), notes(get=1)) for path in ("a.py", "b.py")]
    store.update(changed)
    assert store.uses("m") == {"get": (2, 2)}
    add(store, "a.py", notes(get=4))
    assert store.uses("m") == {"get": (5, 2)}


def test_a_file_read_again_counts_once(store: ProjectStore) -> None:
    """Its old notes are taken away: uses, definitions, and the row itself."""
    add(store, "pack/mod.py", notes(get=2))
    add(store, "pack/mod.py", Notes({"m": {"put": 1}}, {}, {"new": ""}, {}), b"other")
    assert store.uses("m") == {"put": (1, 1)}
    assert store.defined("class", "Box") == store.defined("function", "ship") == {}
    assert store.defined("module", "mod") == {"pack/mod.py": {"new": ""}}
    assert (store.files(), store.stamps()) == (1, {"pack/mod.py": STAMP})


def test_what_files_define_is_told_by_kind_and_name(store: ProjectStore) -> None:
    """Each file says its own, in the order of their paths; a package is known by its folder."""
    for path in ("pack/b.py", "pack/__init__.py", "__init__.py"):
        add(store, path, notes())
    paths = ["__init__.py", "pack/__init__.py", "pack/b.py"]
    assert store.defined("class", "Box") == {key: [[], {"size": "int"}] for key in paths}
    assert store.defined("function", "ship") == {key: ["a", "b"] for key in paths}
    assert list(store.defined("class", "Box")) == list(store.defined("function", "ship")) == paths
    assert store.defined("class", "ship") == store.defined("function", "Box") == {}
    for name, path in (
        ("b", "pack/b.py"),
        ("pack", "pack/__init__.py"),
        ("__init__", "__init__.py"),
    ):
        assert store.defined("module", name) == {path: {"Box": "L:Box"}}


def test_of_functions_that_many_files_have_some_are_told(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first by the alphabet; of classes and modules one file is meant, so that none is left out."""
    monkeypatch.setattr(project_store, "_MOST_FUNCTIONS", 2)
    for folder in "cab":
        add(store, f"{folder}/mod.py", notes())
    paths = ["a/mod.py", "b/mod.py", "c/mod.py"]
    assert list(store.defined("function", "ship")) == paths[:2]
    assert list(store.defined("class", "Box")) == list(store.defined("module", "mod")) == paths


def test_copies_are_known_but_counted_once(store: ProjectStore) -> None:
    """Each is found by the other's notes; where the counted one goes, a copy counts with its own notes."""
    first, second = notes(get=2), notes(put=3)
    add(store, "z.py", first, b"same")
    add(store, "b.py", second, b"same")
    add(store, "c.py", notes(own=1), b"other")
    assert (store.files(), len(store.stamps())) == (2, 3)
    assert store.uses("m") == {"get": (2, 1), "own": (1, 1)}
    assert store.counted_as("b.py") == ("z.py", first)
    assert store.counted_as("unknown.py", b"same") == ("z.py", first)
    assert store.counted_as("c.py", b"same") == ("c.py", notes(own=1)), "as it was read"
    assert store.counted_as("unknown.py") is None
    store.update([], ["z.py"])
    assert store.uses("m") == {"put": (3, 1), "own": (1, 1)}
    assert set(store.defined("class", "Box")) == {"b.py", "c.py"}
    assert store.counted_as("b.py") == ("b.py", second)
    assert store.files() == 2
    store.update([], ["never there.py", "b.py"])
    assert store.uses("m") == {"own": (1, 1)}


def test_a_copy_that_goes_takes_nothing_with_it(store: ProjectStore) -> None:
    """It was not counted, and its notes need not be those of the other: they depend on the path."""
    add(store, "a.py", notes(get=2), b"same")
    add(store, "b.py", notes(put=3), b"same")
    store.update([], ["b.py"])
    assert store.uses("m") == {"get": (2, 1)}
    assert set(store.defined("class", "Box")) == {"a.py"}


def test_an_update_is_whole_or_not_at_all(store: ProjectStore) -> None:
    """Where the second file cannot be written, the first one is not there either."""
    with pytest.raises(MemoryTrouble):
        store.update([("a.py", STAMP, b"a", notes(get=1)), ("b.py", STAMP, b"b", None)])  # type: ignore[list-item]
    assert (store.files(), store.uses("m"), store.stamps()) == (0, {}, {})
    add(store, "a.py", notes(get=1))
    assert store.uses("m") == {"get": (1, 1)}


@pytest.mark.parametrize("version", ["STORE_VERSION", "STREAM_VERSION"])
def test_what_another_version_has_written_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Names are counted, or read, in another way: nothing of the old file is left."""
    with closing(ProjectStore(tmp_path / "a.sqlite")) as store:
        add(store, "a.py", notes(get=2))
    with closing(ProjectStore(tmp_path / "a.sqlite")) as store:
        assert store.files() == 1
    monkeypatch.setattr(project_store, version, 1000)
    with closing(ProjectStore(tmp_path / "a.sqlite")) as store:
        assert (store.files(), store.uses("m"), store.defined("class", "Box")) == (0, {}, {})


@pytest.mark.parametrize(("patience", "waits"), [(WAIT_S, READ_S), (3.0, 3.0)])
def test_who_reads_waits_no_longer_than_a_list_may(
    tmp_path: Path, patience: float, waits: float
) -> None:
    """For another process's lock; who asks for more patience than that, as a writer does, has it."""
    with closing(ProjectStore(tmp_path / "a.sqlite", patience)) as store:
        assert store._base.execute("PRAGMA busy_timeout").fetchone() == (waits * 1000,)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM defined WHERE path='a'",
        "SELECT 1 FROM files WHERE digest='a' AND counted",
        "SELECT name FROM uses WHERE key='a'",
        "SELECT path FROM defined WHERE kind='a' AND name='a' ORDER BY path",
    ],
)
def test_no_question_looks_at_all_rows(store: ProjectStore, query: str) -> None:
    """A whole project read again costs no square."""
    plan = store._base.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert len(plan) == 1
    assert plan[0][3].startswith("SEARCH")
