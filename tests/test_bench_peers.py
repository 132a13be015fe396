"""What the comparison with other plugins hands to each order, and that it reads off the right rank.

In:   one small file with two recorded lists.
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

from recorded import sites

from sibyl.learn.corpus.stores import blob_id

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


def test_everybody_sees_what_stands_above(recorded: list[str]) -> None:
    """The text up to the dot and nothing below, members above as accepted, and the list as it came."""
    strip, upper = sites(Path(recorded[1]), Path(recorded[3]), 0)
    assert "    return text." == upper.lines[-1]
    assert "import os" == upper.lines[0]
    assert ["getcwd", "strip", "lower"] == upper.used
    assert ["getcwd"] == strip.used
    assert list(LABELS) == [item["label"] for item in upper.items]
    assert [0, 3] == [upper.truth, strip.truth]
    assert ["", "u", "up", "upp"] == upper.beginnings
    assert [1, 1, 1] == upper.ours[1:]  # no other begins with u


@pytest.mark.editor
@needs_neovim
def test_ranks_are_those_of_the_order(recorded: list[str]) -> None:
    """Neovim sorts by sortText: one list has the right item on top, the other has it last."""
    told = said("peers", "--times", "1", "--sites", "0", *recorded)["accuracy"]
    assert 2 == told["sites"]
    native = told["orders"]["Neovim"]
    assert {"top1": 0.5, "top5": 1.0, "mrr": 0.625} == native["0"]
    assert 1.0 == native["1"]["top1"]  # s and u: one item each
    assert set(told["orders"]) == {"Neovim", "sibyl"}
