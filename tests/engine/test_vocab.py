"""Vocab: texts of tokens to rows.

In:   the shipped vocabulary.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sibyl.code.tokens import FIXED_TOKENS
from sibyl.errors import ModelError
from sibyl.network.vocab import BEGIN, MOST_PIECES, Vocab, pieces

SMALL = Vocab(["name", "@os", "größe"], ["read", "lines", "A", "_"], 7)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("readlines", "readlines"),
        ("read_all_lines", "read all lines"),
        ("readAllLines", "read all lines"),
        ("HTTPServer2", "Aa http server 2"),
        ("MAX_SIZE", "A max size"),
        ("_private", "_ private"),
        ("__init__", "__ init"),
        ("größe", "gr öße"),  # letters beyond ASCII begin a piece
        ("名前", "名前"),
        ("_", "_"),
        ("@numpy", "@ numpy"),
        ("@pandas.read_csv()", "@ () pandas read csv"),
        ("@os.environ[]", "@ [] os environ"),
        ("@self:unittest.TestCase", "@self: unittest test case"),
        ("@~user_name", "@~ user name"),
        ("@self", "@ self"),
    ],
)
def test_a_name_has_these_pieces(text: str, wanted: str) -> None:
    """A name never seen in training is understood by its parts and by its shape."""
    assert wanted.split() == pieces(text)


def test_long_names_keep_their_ends() -> None:
    """However long a name is, it has few pieces, its first and its last among them."""
    of_long = pieces("first_" + "middle_" * 20 + "last")
    assert len(of_long) == MOST_PIECES
    assert (of_long[0], of_long[-1]) == ("first", "last")


def test_rows_are_inside_the_table() -> None:
    """Whatever a token is called, its rows exist."""
    texts = [
        "name",
        "@os",
        "größe",
        "zzz",
        "__x",
        "",
        "@",
        "@~",
        "名前🎉",
        "a" * 500,
        *FIXED_TOKENS,
    ]
    for text in texts:
        rows = [SMALL.whole(text), *SMALL.piece_rows(text)]
        assert all(-1 <= row < SMALL.rows for row in rows)
        assert len(rows) <= MOST_PIECES + 1


def test_fixed_tokens_have_no_pieces() -> None:
    """Marks and keywords are themselves, and stand in front of the table."""
    for row, text in enumerate((BEGIN, *FIXED_TOKENS)):
        assert row == SMALL.whole(text)
        assert SMALL.piece_rows(text) == []


def test_known_pieces_have_own_rows_and_unknown_ones_shared() -> None:
    """What is in the table is found there; the rest falls on the shared rows behind it."""
    first = SMALL.fixed + len(SMALL.words)
    assert [first, first + 1] == SMALL.piece_rows("read_lines")
    (row,) = SMALL.piece_rows("unheard")
    assert first + len(SMALL.parts) <= row < SMALL.rows


@pytest.mark.parametrize(
    "vocab", [SMALL, Vocab([], [], 3), Vocab(["a"], [], 3), Vocab([], ["a"], 3)]
)
def test_many_texts_have_the_rows_each_has(vocab: Vocab) -> None:
    """Looked up all at once or one by one, a text has the same rows."""
    texts = ["name", "read_lines", "a", "", "unheard", "(", "@os", "_a", "größe", "name"]
    wholes, rows, counts = vocab.rows_of(texts)
    assert [vocab.whole(text) for text in texts] == wholes.tolist()
    one_by_one = [vocab.piece_rows(text) for text in texts]
    assert [row for of_text in one_by_one for row in of_text] == rows.tolist()
    assert [len(of_text) for of_text in one_by_one] == counts.tolist()


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """Writing and reading a vocabulary changes nothing."""
    path = tmp_path / "vocab.txt"
    path.write_text(SMALL.dump(), encoding="utf-8")
    read = Vocab.load(path)
    assert SMALL.dump() == read.dump()
    assert SMALL.digest() == read.digest()
    assert (SMALL.words, SMALL.parts, SMALL.rows) == (read.words, read.parts, read.rows)


def test_the_shipped_vocabulary_is_one(model_folder: Path) -> None:
    """The shipped file is read, and no entry stands in it twice."""
    vocab = Vocab.load(model_folder / "vocab.txt")
    assert len(vocab.words) == len(set(vocab.words))
    assert len(vocab.parts) == len(set(vocab.parts))
    assert (model_folder / "vocab.txt").read_text("utf-8") == vocab.dump()


GOOD = SMALL.dump()
DAMAGES = {
    "empty": "",
    "another file": "hello\nworld\n",
    "another version": re.sub(r"sibyl-vocab \d+", "sibyl-vocab 99", GOOD),
    "cut in the middle": GOOD[: len(GOOD) * 2 // 3],
    "cut before the last line": GOOD.rstrip("\n").rpartition("\n")[0] + "\n",
    "cut before the last line's end": GOOD.rstrip("\n"),
    "a line too many": GOOD + "more\n",
    "other fixed tokens": GOOD.replace("<nl>", "<newline>"),
    "no shared rows": GOOD.replace("shared=7", "shared=0"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_refused_with_one_sentence(tmp_path: Path, damage: str) -> None:
    """A vocabulary that does not fit is never used; the sentence names the file."""
    path = tmp_path / "vocab.txt"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        Vocab.load(path)
    assert str(path) in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["missing", "not text"])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A missing file and a binary one are told alike: it cannot be read."""
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot be read"):
        Vocab.load(path)
