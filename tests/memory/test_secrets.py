"""Privacy: what is in a string is not remembered, even where quotes are left open.

In:   sources and texts with unclosed quotes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from test_build import read

from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

OPEN = {
    "three quotes": 'x = """\nmy.SECRET word.SECRET\n',
    "three single quotes": "x = '''\nmy.SECRET word.SECRET\n",
    "at its first byte": '"""my.SECRET word.SECRET\n',
    "one quote": 'x = "it is my.SECRET\ny = SECRET.of\n',
    "a quote that opens another": "x = 'it's my.SECRET\nword.SECRET'\nz = 'SECRET.b\n",
    "behind a backslash": 'x = "a\\"my.SECRET word.SECRET\n',
    "in brackets": 'f(a, """ my.SECRET (\nclass SECRET(my.SECRET):\n    SECRET = 1\n',
}


@pytest.mark.parametrize("source", OPEN.values(), ids=OPEN)
def test_a_string_left_open_in_a_file_is_not_remembered(source: str, tmp_path: Path) -> None:
    """What stands before it is; nothing of it or behind it reaches the disk."""
    root, path = tmp_path / "project", tmp_path / "a.sqlite"
    root.mkdir()
    (root / "a.py").write_text("import os\nos.known\n# it's\ns = f'{os.known}'\n" + source)
    assert read(root, path)
    base = sqlite3.connect(path)
    assert "known" in {name for (name,) in base.execute("SELECT name FROM uses")}
    contents = " ".join(str(row) for row in base.execute("SELECT * FROM uses"))
    contents += " ".join(str(row) for row in base.execute("SELECT * FROM defined"))
    base.close()
    assert "SECRET" not in contents


@pytest.mark.parametrize("source", OPEN.values(), ids=OPEN)
def test_an_item_accepted_behind_an_open_quote_is_not_remembered(
    source: str, tmp_path: Path, ranker: Ranker
) -> None:
    """Its receiver may be a word of a letter, and its name too."""
    person = Accepted(tmp_path / "person.sqlite")
    session = Session(ranker, source.encode() + b"SECRET.", BufferMemory(person=person))
    session.accepted(len(session.text), "hidden")
    assert person.uses("m") == {}
    sound = Session(ranker, b"import os\nos.", BufferMemory(person=person))
    sound.accepted(len(sound.text), "sep")
    assert set(person.uses("m")) == {"sep"}


def test_a_quote_that_is_open_below_hides_nothing_above(tmp_path: Path, ranker: Ranker) -> None:
    """What is accepted in code is remembered, though a string further down is not closed yet."""
    person = Accepted(tmp_path / "person.sqlite")
    above = b"import os\nos."
    session = Session(ranker, above + b"\nx = 'it is\n", BufferMemory(person=person))
    session.accepted(len(above), "sep")
    assert set(person.uses("m")) == {"sep"}
