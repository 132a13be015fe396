"""What the comparison with other plugins hands to each order, and that it reads off the right rank.

In:   one small file with two recorded lists of members, and two of words.
Out:  nothing but a verdict; no number here is a measurement.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from test_bench import BENCH, needs_neovim, said

if not importlib.util.find_spec("tqdm"):
    pytest.skip("needs the packages of requirements/learn.txt", allow_module_level=True)
sys.path.append(str(BENCH))

from recorded import BY_NAME, BY_USE, OURS, sites

from sibyl.learn.corpus.stores import blob_id
from sibyl.learn.evaluation.recorded import read_menus

CODE = b"""import os


def shout(path):
    text = os.getcwd()
    text.strip()
    text.lower()
    return text.upper()


print(os.below)
"""
LABELS = ("upper", "lower", "title", "strip")  # as they came; by sortText: strip lower title upper
SORT = {"strip": "1", "lower": "2", "title": "3", "upper": "4"}
WORDS = """import os
from json import dumps


def shout(path, tones, tops):
    tops = dumps(obj=path, **tops)
    dumps(tops, obj=path)
"""
WORD_LABELS = ("object", "tones", "tops", "obj=", "obj")  # as they came, and by sortText


@pytest.fixture
def recorded(tmp_path: Path) -> list[str]:
    """Arguments that name the menus file and the sources folder."""
    folder = tmp_path / "sources" / "some+one"
    folder.mkdir(parents=True)
    (folder / "code.py").write_bytes(CODE)
    menu = [[label, 2, SORT[label]] for label in LABELS]
    common: dict[str, Any] = {"repo": "some/one", "commit": "", "path": "code.py"}
    common |= {"blob": blob_id(CODE), "menu": menu, "size": len(menu)}
    places = {member: CODE.index(f"text.{member}".encode()) + 5 for member in ("strip", "upper")}
    menus = tmp_path / "menus.jsonl.gz"
    with gzip.open(menus, "wt") as file:
        for member, offset in reversed(places.items()):
            file.write(json.dumps(common | {"member": member, "offset": offset}) + "\n")
    return ["--menus", str(menus), "--sources", str(tmp_path / "sources")]


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Arguments that name a file of lists of a name and of a keyword argument, and the sources folder."""
    folder = tmp_path / "sources" / "some+one"
    folder.mkdir(parents=True)
    (folder / "code.py").write_text(WORDS)
    menu = [[label, 6, str(place), 0] for place, label in enumerate(WORD_LABELS)]
    common: dict[str, Any] = {"repo": "some/one", "commit": "", "path": "code.py", "menu": menu}
    common |= {"blob": blob_id(WORDS.encode()), "size": len(menu), "where": "argument"}
    name = {"kind": "name", "letters": 1, "member": "tops", "offset": WORDS.rindex("tops,")}
    keyword = {"kind": "keyword", "letters": 0, "member": "obj", "offset": WORDS.rindex("obj")}
    missed = keyword | {"menu": None}  # the server's list did not hold it
    menus = tmp_path / "lists_some.jsonl.gz"
    with gzip.open(menus, "wt") as file:
        file.writelines(json.dumps(common | site) + "\n" for site in (keyword, missed, name))
    return ["--menus", str(menus), "--sources", str(tmp_path / "sources")]


def test_everybody_sees_what_stands_above(recorded: list[str]) -> None:
    """The text up to the dot and nothing below, members above as accepted, and the list as it came."""
    strip, upper = sites(read_menus(Path(recorded[1])), Path(recorded[3]), 0)
    assert "    return text." == upper.lines[-1]
    assert "import os" == upper.lines[0]
    assert ["getcwd", "strip", "lower"] == upper.used
    assert ["getcwd"] == strip.used
    assert list(LABELS) == [item["label"] for item in upper.items]
    assert [0, 3] == [upper.truth, strip.truth]
    assert ["", "u", "up", "upp"] == upper.beginnings
    assert [1, 1, 1] == upper.ranks[OURS][1:]  # no other begins with u


def test_words_are_asked_for_with_the_letters_that_were_typed(words: list[str]) -> None:
    """The typed letters filter; all words above count as accepted; ``obj=`` is not ``obj``."""
    name, keyword = sites(read_menus(Path(words[1])), Path(words[3]), 0)
    assert ("name", 1, ["t"], "tops") == (
        name.listed,
        name.letters,
        name.beginnings,
        name.items[name.truth]["label"],
    )
    assert "    dumps(" == name.lines[-1]
    assert ["os", "json", "dumps", "dumps", "obj=", "path", "tops", "dumps"] == name.used
    assert [2] == name.ranks[BY_NAME]  # after tones; what does not begin with t is left out
    assert [1] == name.ranks[BY_USE]
    assert ("keyword", [""], "obj=") == (
        keyword.listed,
        keyword.beginnings,
        keyword.items[keyword.truth]["label"],
    )
    assert [2] == keyword.ranks[BY_USE]  # behind tops; of equal names the server's first


@pytest.mark.editor
@needs_neovim
def test_lists_of_words_have_a_table_for_each_file(words: list[str]) -> None:
    """By the file's name and by kind and letters; Neovim leaves out what does not begin as typed."""
    groups = said("peers", "--times", "1", "--sites", "0", *words)["lists"]["lists_some"]
    assert {"name 1", "keyword 0"} == set(groups)
    assert 1 == groups["keyword 0"]["sites"]
    native = groups["name 1"]["orders"]["Neovim"]
    assert {"top1": 0.0, "top5": 1.0, "mrr": 0.5} == native  # tones comes first
    assert 0.25 == groups["keyword 0"]["orders"]["Neovim"]["mrr"]
    assert "sibyl" in groups["name 1"]["orders"]


@pytest.mark.editor
@needs_neovim
def test_ranks_are_those_of_the_order(recorded: list[str]) -> None:
    """Neovim sorts by sortText: one list has the right item on top, the other has it last."""
    measured = said("peers", "--times", "1", "--sites", "0", *recorded)["accuracy"]
    assert 2 == measured["sites"]
    native = measured["orders"]["Neovim"]
    assert {"top1": 0.5, "top5": 1.0, "mrr": 0.625} == native["0"]
    assert 1.0 == native["1"]["top1"]  # s and u: one item each
    assert set(measured["orders"]) == {"Neovim", "alphabetical", "last use above", "sibyl"}
