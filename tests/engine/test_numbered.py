"""Lists of names by their numbers: they are read, ranked and kept like lists of texts.

In:   lists as Lua sends them, ranked at a place of a small text by the shipped model.
Out:  nothing.
Who:  pytest.
"""

from __future__ import annotations

import gc
import random
import struct
import weakref
from collections.abc import Sequence

import numpy as np
import pytest

from sibyl.network import model as network
from sibyl.ranking.lists import listing
from sibyl.ranking.lists.label_vectors import LabelVectors
from sibyl.ranking.lists.labels import Labels
from sibyl.ranking.lists.numbered import NumberedNames, Reader
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

WORDS = b"import os\n\n\ndef run(path, limit):\n    total = limit\n    return call(path, to"
MEMBERS = b"import os\n\n\ndef run(path):\n    os.getcwd()\n    os."
NAMES = [
    "limit",
    "getcwd",
    "path",
    "total=",
    "limit",
    "run",
    "total",
    "os",
    "listdir",
    "getcwd",
    "tone",
    "Tag=",
]


def sent(reader: Reader, names: Sequence[str], first: int = 0) -> NumberedNames:
    """The names as the door hands them on, each told with this list."""
    new = list(dict.fromkeys(names))
    numbers = struct.pack(f"<{len(names)}H", *(first + new.index(name) for name in names))
    listed = reader.read(first, new, numbers)
    assert listed is not None
    return listed


def test_a_name_is_told_once() -> None:
    """Later lists name it by its number; from zero on all is told again."""
    reader = Reader()
    first = reader.read(0, ["a", "b"], b"\0\0\1\0\0\0")
    assert first is not None and [*first] == ["a", "b", "a"] and first[1] == "b"
    again = reader.read(2, ["c"], b"\2\0\0\0")
    assert again is not None and [*again] == ["c", "a"]
    afresh = reader.read(0, ["z"], b"\0\0")
    assert afresh is not None and [*afresh] == ["z"]
    assert [*first] == ["a", "b", "a"] and [*first[1:]] == ["b", "a"] and len(first[:0]) == 0


@pytest.mark.parametrize(
    ("first", "names", "numbers"),
    [
        (3, [], b"\0\0"), (3, ["c"], b"\3\0"), (1, ["c"], b"\0\0"),
        (2, [], b"\2\0"), (2, ["c"], b"\0\3"), (2, [], b"\0"),
    ],
    ids=["told elsewhere", "told after a gap", "told again", "never told", "too high", "half a number"],
)  # fmt: skip
def test_what_was_never_told_is_no_list(first: int, names: list[str], numbers: bytes) -> None:
    """A list with a number that has no name is refused, and what was told before still holds."""
    reader = Reader()
    assert reader.read(0, ["a", "b"], b"\0\0")
    assert reader.read(first, names, numbers) is None
    rest = reader.read(0, ["n"], b"\0\0")
    assert rest is not None and [*rest] == ["n"]


@pytest.mark.parametrize("source", [WORDS, MEMBERS], ids=["words", "members"])
def test_numbers_are_ranked_like_names(real: Ranker, source: bytes) -> None:
    """Whatever was listed before, a list by numbers is ranked as the same list by names is."""
    chance, reader = random.Random(5), Reader()
    session, count = Session(real, source), 0
    for turn in range(30):
        names = chance.choices(NAMES, k=chance.randint(1, 12))
        kinds = [chance.choice((2, 3, 6, 7, 67, 131)) for _ in names]
        listed = sent(reader, names, count)
        count += len({*names})
        if turn % 3:  # typed letters come and go
            end = len(session.text)
            session.edit(
                end - 1, 1, b"t" if turn % 2 else b"."
            ) if source == MEMBERS else session.edit(end - 1, 1, b"o" if turn % 2 else b"a")
        end = len(session.text)
        for _ in range(2):
            by_number = session.rank(end, listed, bytes(kinds))
            assert by_number == session.rank(end, names, kinds)


@pytest.mark.parametrize("source", [WORDS[:-2], MEMBERS], ids=["words", "members"])
def test_what_is_worked_out_once_is_not_written_to(real: Ranker, source: bytes) -> None:
    """A list that comes with letters typed, then with none, is ranked and explained as if it came first."""
    names, kinds = ["total", "tone", "top", "toast", "Token"], bytes([6] * 5)
    listed, session = sent(Reader(), names), Session(real, source)
    session.edit(len(source), 0, b"to")
    session.rank(len(source) + 2, listed, kinds)
    explained = session.told()
    session.edit(len(source), 2, b"")
    fresh = Session(real, source).rank(len(source), names, kinds)
    again = session.rank(len(source), listed, kinds)
    assert again == fresh
    assert again.rows is not None and fresh.rows is not None
    assert np.array_equal(again.rows.whole(), fresh.rows.whole())
    before = again.rows.whole()
    session.edit(len(source), 0, b"to")
    session.rank(len(source) + 2, listed, kinds)
    assert np.array_equal(again.rows.whole(), before) and session.told() == explained


def test_lists_that_come_again_are_kept(real: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last few lists are not looked at again; older ones are forgotten, other kinds make another list."""
    monkeypatch.setattr(listing, "_recent", {})
    reader = Reader()
    first = sent(reader, ["a", "b"])
    before = listing.listing_of(first, b"\2\2")
    assert listing.listing_of(first[:], b"\2\2") is before
    assert listing.listing_of(first, b"\2\3") is not before
    assert (
        listing.listing_of(first, b"\2\2", keep=False) is not before
    )  # a dry run takes no short cut
    for count in range(1, 9):
        listing.listing_of(first, bytes([count, 9]))
    assert len(listing._recent) == listing._LISTS
    assert listing.listing_of(first, b"\2\2") is not before
    monkeypatch.setattr(listing, "_NAMES", 3)
    listing.listing_of(first, b"\1\1")
    assert len(listing._recent) == 1
    # The same numbers of names that were told again are another list.
    other = sent(reader, ["c", "d"])
    assert [*listing.listing_of(other, b"\1\1").names] == ["c", "d"]


def test_vectors_of_labels_are_those_of_their_names(
    real: Ranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many names came before, each label has the vector of its name."""
    monkeypatch.setattr(network, "_MOST_CACHED", 60)
    model, chance = network.Model(real.model.folder), random.Random(6)
    vectors, tables = LabelVectors(model), [Labels(), Labels()]
    for _ in range(60):
        table = chance.choice(tables)
        names = [f"name_{chance.randrange(90)}" for _ in range(chance.randint(1, 25))]
        rows = vectors.of(table, table.numbers(names))
        assert np.array_equal(rows, np.stack([real.model.vectors([name])[0] for name in names]))


def test_a_buffer_holds_no_table_that_is_over(real: Ranker) -> None:
    """Once all names were told again, a resting buffer lets the old ones go, and still explains its list."""
    reader = Reader()
    session, names = Session(real, WORDS), ["total", "tone", "Tag"]
    listed = sent(reader, names)
    table = weakref.ref(listed.known)
    session.rank(len(WORDS), listed, b"\6\6\6")
    before = session.told()
    del listed
    sent(reader, ["other"])
    listing._recent.clear()
    session.rest()
    gc.collect()
    assert table() is None
    assert session.told() == before and before["items"]
