"""Properties that hold for whatever comes in: edits, lists, models, vocabularies, memories, corpora, sources.

In:   inputs that Hypothesis makes up: a few of each in a run of all tests, many by `make fuzz`
      (HYPOTHESIS_PROFILE=long). A failing input is made smaller and printed; @example keeps it.

Whatever the input, the outcome is a result or one error of our own family, never another one.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

settings.register_profile("short", max_examples=25, deadline=None, derandomize=True, database=None,
                          suppress_health_check=list(HealthCheck))  # fmt: skip
settings.register_profile(
    "long",
    settings.get_profile("short"),
    max_examples=int(os.environ.get("EXAMPLES") or 5000),
    derandomize=False,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

from differ import Differ  # noqa: E402 (profiles first)
from standin import StandIn  # noqa: E402

from sibyl.errors import LearnError, MemoryTrouble, ModelError  # noqa: E402
from sibyl.learn.corpus.sources import read_manifest  # noqa: E402
from sibyl.memory.accepted import Accepted  # noqa: E402
from sibyl.memory.limits import cpu_time  # noqa: E402
from sibyl.memory.notes import Notes, take_notes  # noqa: E402
from sibyl.memory.project_store import ProjectStore  # noqa: E402
from sibyl.network.model import _read_meta, _rows  # noqa: E402
from sibyl.network.vocab import Vocab  # noqa: E402
from sibyl.ranking.mix import Mix  # noqa: E402
from sibyl.ranking.ranker import Ranker  # noqa: E402
from sibyl.ranking.session import Session  # noqa: E402

MODELS = Path(__file__).resolve().parents[1] / "models"
RANKER = Ranker(StandIn())
# Pieces that code is broken with.
WORDS = (
    "( [ { ) ] } : , . = ' \" ''' \\ # @ ; \n \t \r\n \x00 é 🎉 f'{ not in is x a.b class def import "
    "self. lambda match case if else for async"
)
PIECES = st.sampled_from([*WORDS.split(" "), " ", "\\\n", "\n    "])
CODE = st.lists(PIECES, max_size=40).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(CODE, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), PIECES), max_size=12))
def test_any_edits_leave_no_trace(source: str, edits: list[tuple[float, int, str]]) -> None:
    """However a text came to be, all layers are as if it had just been opened."""
    differ = Differ(RANKER, source)
    for share, old, new in edits:
        start = int(share * len(differ.data))
        differ.edit(start, min(old, len(differ.data) - start), new)
        differ.check()


@given(CODE, st.lists(st.tuples(st.text(max_size=12), st.integers(0, 255)), max_size=40))
@example("x.", [("", 0), ("\n", 255), ("a" * 2000, 1), ("a", 2), ("a", 2)])
def test_any_list_is_ordered_or_left(source: str, entries: list[tuple[str, int]]) -> None:
    """Whatever a server's labels and kinds are, the order holds each of them exactly once."""
    data = source.encode()
    ranked = Session(RANKER, data).rank(len(data), [e[0] for e in entries], [e[1] for e in entries])
    assert sorted(ranked.order) == list(range(len(entries)))


def written(data: bytes, use: Callable[[Path], object]) -> object:
    """Use a file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(data)
        return use(path)


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """A sound file with a stretch replaced, cut short, or other bytes altogether."""
    stretch = st.tuples(st.integers(0, len(sound)), st.integers(0, 50), st.binary(max_size=50))
    replaced = stretch.map(lambda s: sound[: s[0]] + s[2] + sound[s[0] + s[1] :])
    return st.binary(max_size=200) | replaced | st.integers(0, len(sound)).map(lambda n: sound[:n])


@given(damaged((MODELS / "vocab.txt").read_bytes()[:5000]))
def test_a_damaged_vocabulary_is_one_error(data: bytes) -> None:
    """A vocabulary that is not one is told in one sentence."""
    try:
        written(data, Vocab.load)
    except ModelError:
        return


@given(damaged((MODELS / "meta.json").read_bytes()) | JSON.map(lambda x: json.dumps(x).encode()))
def test_a_damaged_sidecar_is_one_error(data: bytes) -> None:
    """A model's sidecar that is not one is told in one sentence."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "meta.json").write_bytes(data)
        try:
            meta = _read_meta(Path(folder))
        except ModelError:
            return
        assert isinstance(meta, dict)


@example({"features": 1})
@example({"features": [[]]})
@given(st.dictionaries(st.sampled_from(["features", "version", "out", "hidden", "star"]), JSON))
def test_damaged_weights_are_one_error(weights: dict[str, Any]) -> None:
    """Mixing weights that are none are told in one sentence."""
    sound = StandIn().meta["mix"]
    try:
        Mix({**sound, **weights})
    except ModelError:
        return
    assert weights.items() <= sound.items() or set(weights) <= {"star"}


@given(damaged((MODELS / "rows.npy").read_bytes()[:400]))
def test_damaged_rows_are_one_error(data: bytes) -> None:
    """Rows that are none, pickles among them, are told in one sentence and run nothing."""
    with pytest.raises(ModelError):
        written(data, lambda path: _rows(path, 100, 8))


def _store() -> bytes:
    """The bytes of a small store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.sqlite")
        store = ProjectStore(path)
        store.update([("a.py", (1, 2), b"digest", take_notes(b"import os\nos.walk(x.y)\n"))])
        store.close()
        base = sqlite3.connect(path)
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()
        return path.read_bytes()


def _asked(path: Path) -> None:
    store = ProjectStore(path)
    try:
        store.stamps()
        store.uses("o @os")
        store.defined("class", "A")
        store.files()
        store.update([("b.py", (1, 2), b"other", take_notes(b"x.y\n"))], ["a.py"])
    finally:
        store.close()


@given(damaged(_store()))
def test_any_bytes_are_a_store_or_made_again(data: bytes) -> None:
    """Whatever a memory's file holds, using it works or raises MemoryTrouble, after which it is made again."""
    for use in (_asked, lambda path: Accepted(path).close()):
        try:
            written(data, use)
        except MemoryTrouble:
            continue


@given(damaged(take_notes(b"class A(B):\n    def f(self): self.x.y\n").packed()))
def test_any_bytes_are_notes_or_none(data: bytes) -> None:
    """Notes that are cut short or of another make raise ValueError, which is taken for damage."""
    try:
        Notes.unpacked(data)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError):
        return  # what sibyl.memory.sqlite takes for damage


@given(st.binary(max_size=100) | st.lists(JSON, max_size=4).map(
    lambda rows: gzip.compress("\n".join(map(json.dumps, rows)).encode())))  # fmt: skip
def test_any_bytes_are_a_list_of_files_or_one_error(data: bytes) -> None:
    """Files of menus and of a corpus that are none are told in one sentence."""
    read_menus = pytest.importorskip("sibyl.learn.evaluation.recorded").read_menus
    for use in (read_menus, lambda path: list(read_manifest(path))):
        try:
            written(data, use)
        except LearnError:
            continue


HOSTILE = [
    "(", "[", "{", "a.", "a(", "'", '"""', "f'{", "\\\n", "#\n", "\n", " ", "class A(", "class A(A):\n ",
    "if x:\n ", "lambda:", "x=", "@a\n", "not ", "a,", "def f(a=", "import a\n", "match x:\n case ", "\t",
    "\x0c", "async ", "*", "a[b].", "é", "\x00", "0", "x\n", "self.x = self.x.x\n", "from a import (b,\n",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3),
    st.sampled_from(HOSTILE),
    st.integers(1, 20_000),
)
@example(["x\n"], "  \\\n", 50_000)
@example(["class A("], "b,\n", 20_000)
@example(['"""'], "a.b c ", 20_000)
def test_hostile_sources_cost_little(begin: list[str], again: str, times: int) -> None:
    """No source of 200 kB costs the reader more than a few seconds, whatever it repeats."""
    data = ("".join(begin) + again * times).encode()[:200_000]
    with cpu_time(10.0):
        take_notes(data)
