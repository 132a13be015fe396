"""The measuring path for lists that are not of members, and how training lists are made, counted by hand.

In:   ``golden``: a network of known logits, weights that are powers of ten; small corpora.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import golden
import numpy as np
import pytest

from sibyl.learn.corpus.sources import Entry
from sibyl.learn.corpus.splits import held_back
from sibyl.learn.corpus.stores import blob_id
from sibyl.learn.evaluation import evaluate, lists
from sibyl.learn.evaluation.letters import continued
from sibyl.learn.evaluation.recorded import longer, read_menus
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.replay import collect
from sibyl.learn.evaluation.schema import WORDS
from sibyl.learn.streams import stage as streams
from sibyl.network.vocab import Vocab

torch = pytest.importorskip("torch")

from sibyl.learn.evaluation.mix import shortened  # noqa: E402

pytestmark = pytest.mark.learn

OPEN = (
    "from client import get, post, close\nget()\nget()\nget = post(put)\nput(post)\n" + "post\n" * 9
)
"""Recorded at both `post` of calls. Above the first: get four times, post and close once, put never."""
IMPORTED = ["get", 3, "1", 1]  # the server's fourth field: taking it adds an import
REPLY = [["close", 3, "4"], ["post", 3, "3"], ["put", 3, "2"], IMPORTED, ["patch", 3, "5"]]
TYPED = [["gap", 3, "0"], ["put", 3, "1"], ["post", 3, "2"], ["patch", 3, "3"]]
# Lists by offset: `get = POST(`; the same after one letter; `put(POST)`. By hand:
RANKS = {
    "server": [3, 2, 3],  # get put POST; put POST (gap does not begin with p); get put POST
    "recent": [3, 1, 2],  # get close POST; only POST was used; put POST get
    "network": [2, 2, 2],  # patch POST
    "file": [
        1,
        1,
        1,
    ],  # POST close … get, last as it adds an import; POST; POST put (used alike) close … get
}
BY_MEMORY = {
    "file": RANKS["file"],
    "project": [
        2,
        1,
        2,
    ],  # close, which b.py imports twice, before POST; close is not among what begins with p
    "replay": [2, 1, 1],  # POST was accepted where the first list was shown
}


def world(folder: Path) -> tuple[Path, Path]:
    """A repository in which another file imports `close` twice, and three lists."""
    other = "from client import close\n"
    sources = golden.write_sources(
        folder / "sources", {"me+mine/a.py": OPEN, "me+mine/b.py": other + "x = 1\n" + other}
    )
    first, second = OPEN.index("post(put"), OPEN.index("post)")
    lines = [
        golden.recorded("me/mine", "a.py", OPEN, second, "post", REPLY, kind="name", letters=0),
        golden.recorded("me/mine", "a.py", OPEN, first, "post", REPLY, kind="name", letters=0),
        golden.recorded("me/mine", "a.py", OPEN, first, "post", TYPED, kind="name", letters=1),
    ]
    return sources, golden.write_menus(folder / "words.jsonl.gz", lines)


@pytest.fixture
def sites(tmp_path: Path, model: Path) -> list[RecordedList]:
    """The lists, seen with all there is to remember."""
    sources, menus = world(tmp_path)
    (tmp_path / "stores").mkdir()
    return list(collect(read_menus(menus), sources, model, tmp_path / "stores"))


@pytest.mark.parametrize("memory", BY_MEMORY)
def test_every_order_ranks_as_counted_by_hand(
    sites: list[RecordedList], model: Path, memory: str
) -> None:
    """Names are ranked by use, the project and the person; letters filter; what adds an import comes last."""
    ranked = lists.ranks_of(sites, evaluate.word_mixture(model), memory)
    assert ranked == RANKS | {"full": BY_MEMORY[memory]}


def test_a_model_without_weights_for_words_keeps_the_servers_order(
    sites: list[RecordedList],
) -> None:
    """Such a model ranks members alone: nothing is gained or lost in other lists."""
    ranked = lists.ranks_of(sites, None, "replay")
    assert ranked["full"] == ranked["file"] == ranked["server"] == RANKS["server"]
    measured = lists.measure_lists(sites, None, "replay")
    assert all(row == {"share": 0.0, "places": 0.0} for row in measured["worse"].values())


def test_lists_are_told_apart_by_kind_and_letters(sites: list[RecordedList], model: Path) -> None:
    """Each number belongs to lists of one kind, asked for after the same number of letters."""
    keyword = replace(sites[2], listed="keyword", repo="you/yours")
    measured = lists.measure_lists([*sites, keyword], evaluate.word_mixture(model), "project")
    full = {group: row["full"] for group, row in measured["lists"].items()}
    assert {name: (row["sites"], row["mrr"]) for name, row in full.items()} == {
        "keyword 0": (1, 0.5), "name 0": (2, 0.5), "name 1": (1, 1.0),
    }  # fmt: skip
    assert measured["lists"]["name 0"]["server"]["mrr"] == 0.3333


def test_letters_saved_are_counted_by_hand(tmp_path: Path, model: Path) -> None:
    """The server has POST second after `p`, first after `po`: three keys of four. Ours is first after `p`."""
    sources, menus = world(tmp_path)
    recorded_lines = read_menus(menus)
    more = continued(recorded_lines)
    assert [(row["letters"], [item[0] for item in row["menu"]]) for row in more] == [
        (2, ["post"]),
        (3, ["post"]),
    ]
    (tmp_path / "stores").mkdir()
    seen = list(collect(recorded_lines + more, sources, model, tmp_path / "stores"))
    measured = lists.measure_lists(seen, evaluate.word_mixture(model), "project")
    saved = measured["letters_saved"]["name"]
    assert (saved["places"], saved["length"]) == (1, 4)
    assert (saved["server"], saved["full"]) == (0.25, 0.5)
    assert set(measured["lists"]) == {"name 0", "name 1"}


def test_how_often_an_order_is_worse_is_counted(sites: list[RecordedList]) -> None:
    """Worse is a truth that stands lower than in the server's order, by the median of the places lost."""
    ranks = {"server": [3, 1, 2, 5], "full": [1, 4, 4, 5]}
    assert lists._worse(ranks, [0, 1, 2, 3]) == {"share": 0.5, "places": 2.5}
    assert lists._worse(ranks, [0, 3]) == {"share": 0.0, "places": 0.0}


@pytest.mark.parametrize(
    ("above", "expected"), [("close\n", "in the file"), ("", "in the project"), (None, "nowhere")]
)
def test_where_the_truth_was_met_is_told(
    sites: list[RecordedList], above: str | None, expected: str
) -> None:
    """Slices say whether a name was seen in this file, in the project's others, or nowhere."""
    rows = np.zeros_like(sites[0].rows)
    rows[0, WORDS.columns["word_count"]] = above == "close\n"
    rows[0, WORDS.columns["project_value_share"]] = above is not None
    assert lists._seen(replace(sites[0], truth=0, rows=rows)) == expected


def test_evaluate_writes_the_table_of_lists(tmp_path: Path, model: Path) -> None:
    """From recorded lists to JSON and a document, where no list is of members."""
    sources, menus = world(tmp_path)
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("<!-- begin lists words -->\n<!-- end lists words -->\n")
    given = ["--menus", menus, "--sources", sources, "--model", model, "--json", out]
    assert evaluate.main([*map(str, given), "--memory", "project", "--into", str(page)]) == 0
    table = json.loads(out.read_text())["lists"]
    assert (table["name 0"]["full"]["mrr"], table["name 1"]["full"]["mrr"]) == (0.5, 1.0)
    assert "| name 0 | 2 | 0.000 / 1.000 / 0.333 |" in page.read_text()


# Training lists ---------------------------------------------------------------------------------


def line(**more: object) -> dict:
    """A recorded list after one letter."""
    menu = [["get_all", 3, "1"], ["getter=", 3, "2"], ["Great", 3, "3"], ["glob", 3, "4"]]
    given = {"kind": "name", "letters": 1, "member": "get_all", "menu": menu, "offset": 3}
    return given | {"blob": "b"} | more


def test_lists_after_more_letters_hold_what_begins_so() -> None:
    """A longer list is the recorded one, filtered by two letters or more of the truth, whatever their case."""
    later = [more for at in range(60) if (more := longer(line(offset=at)))]
    assert {more["letters"] for more in later} == {
        2,
        3,
    }  # after four, get_all alone is left: no list
    for more in later:
        assert [item[0] for item in more["menu"]] == ["get_all", "getter="]
        assert more | {"letters": 1, "menu": line()["menu"]} == line(offset=more["offset"])
    assert longer(line(offset=1)) == longer(line(offset=1))


@pytest.mark.parametrize(
    "change", [{"kind": "member"}, {"letters": 0}, {"letters": 2}, {"member": "go"}]
)
def test_only_lists_after_one_letter_are_made_longer(change: dict) -> None:
    """Members are asked with none; what is recorded after more letters, or has no more, stays alone."""
    assert all(longer(line(offset=at, **change)) is None for at in range(20))


def long_site(count: int, truth: int, listed: str = "name") -> RecordedList:
    """A site whose network likes the last candidates best, and whose file uses the one of index 300."""
    rows = np.zeros((count, len(WORDS.names)), np.float16)
    rows[min(300, count - 1), WORDS.columns["word_count"]] = 1
    names = [f"n{index}" for index in range(count)]
    return RecordedList(
        repo="r", path="p", member=names[truth], names=names, truth=truth, rows=rows,
        logits=np.arange(count, dtype=np.float32), origin="", before="", files=0, kind="known",
        listed=listed, imports=np.arange(count) % 2 == 0, letters=1, allowed=np.ones(count, bool),
    )  # fmt: skip


@pytest.mark.parametrize("truth", [0, 59, 200, 317, 499])
def test_a_shortened_list_keeps_what_matters(truth: int) -> None:
    """The server's first, the network's first, what the file uses and the truth stay, in order."""
    site = long_site(500, truth)
    short = shortened(site)
    numbers = [int(name[1:]) for name in short.names]
    assert numbers == sorted(set(numbers)) and 180 <= len(numbers) <= 301
    assert {*range(60), *range(440, 500), 300} <= set(numbers)
    assert short.names[short.truth] == site.member
    assert short.logits.tolist() == numbers
    assert short.imports is not None and short.imports.tolist() == [at % 2 == 0 for at in numbers]
    assert len(short.rows) == len(numbers) and short.rows[numbers.index(300)].any()
    assert shortened(site).names == short.names


def test_short_lists_and_members_are_left_alone() -> None:
    """Up to 240 words every candidate stays; members are never thinned out."""
    assert shortened(long_site(240, 7)).names == long_site(240, 7).names
    assert len(shortened(long_site(241, 7)).names) < 241
    assert len(shortened(long_site(500, 7, "member")).names) == 500


# Vocabulary -------------------------------------------------------------------------------------


def corpus(folder: Path, texts: dict[tuple[str, str], str]) -> Path:
    """Write a manifest of one file for each split and repository, and the files."""
    entries = []
    for (split, repo), text in texts.items():
        golden.write_sources(folder / "sources", {f"{repo.replace('/', '+')}/a.py": text})
        entries.append(Entry(repo, "", "a.py", blob_id(text.encode()), split, len(text)))
    with gzip.open(folder / "corpus.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(vars(entry)) + "\n" for entry in entries)
    return folder / "corpus.jsonl.gz"


def test_the_vocabulary_is_chosen_from_the_training_split(tmp_path: Path) -> None:
    """Names of validation and of repositories held back have no row of their own, however frequent."""
    own = ["alpha", "beta", "gamma", "delta"]
    texts = {("train", f"a/{name}"): f"{name} = both\n" * 900 for name in own}
    texts["val", "v/v"] = "hidden = both\n" * 5000
    given = ["--corpus", corpus(tmp_path, texts), "--sources", tmp_path / "sources"]
    given += ["--out", tmp_path / "streams", "--words", 9, "--pieces", 9, "--jobs", 1, "--dev", 1]
    assert streams.main([*map(str, given)]) == 0
    about = json.loads((tmp_path / "streams" / "streams.json").read_text())
    counted = {split: about[split]["repositories"] for split in ("train", "dev", "val")}
    assert counted == {"train": 3, "dev": 1, "val": 1}
    numbered = gzip.decompress((tmp_path / "streams" / "texts.txt.gz").read_bytes()).decode()
    assert {*own, "both", "hidden"} <= set(numbered.split("\n"))  # all have a number, though
    held = next(repo for repo in held_back([f"a/{name}" for name in own], 1))
    trained = {*own} - {held.removeprefix("a/")}
    words = Vocab.load(tmp_path / "streams" / "vocab.txt").words
    assert {*words} == {*trained, "both"}


def test_one_repository_cannot_fill_the_vocabulary(tmp_path: Path) -> None:
    """A name that one repository uses a thousand times counts for less than one that three use often."""
    texts = {("train", f"a/{name}"): f"{name} = 1\n" * 1000 + "both = 1\n" * 150 for name in "xyz"}
    given = ["--corpus", corpus(tmp_path, texts), "--sources", tmp_path / "sources"]
    given += ["--out", tmp_path / "streams", "--words", 1, "--pieces", 9, "--jobs", 1]
    assert streams.main([*map(str, given)]) == 0
    assert Vocab.load(tmp_path / "streams" / "vocab.txt").words == ["both"]


def test_what_is_imported_for_code_below_is_first_with_below_alone(
    tmp_path: Path, model: Path
) -> None:
    """`--below` measures an import that is added later: the file below, without the truth, waits for it."""
    text = "import os\nfrom client import put, get\nget(put, post)\npost = 1\n"
    sources = golden.write_sources(tmp_path / "sources", {"me+mine/a.py": text})
    reply, at = [["patch", 3, "1"], ["gap", 3, "2"], ["get", 3, "3"]], text.index("get")
    line = golden.recorded("me/mine", "a.py", text, at, "get", reply, kind="import", letters=0)
    above, below = collect([line, line | {"below": True}], sources, model)
    unbound = WORDS.columns["unbound"]
    waited = [name for name, row in zip(below.names, below.rows, strict=True) if row[unbound]]
    assert set(waited) == {"get"} and not above.rows[:, unbound].any()
    others = [column for column in range(len(WORDS.names)) if column != unbound]
    # Nothing else sees the text below.
    assert (above.rows[:, others] == below.rows[:, others]).all()
    menus = golden.write_menus(tmp_path / "imports.jsonl.gz", [line, line | {"kind": "name"}])
    document = tmp_path / "card.md"
    document.write_text("<!-- begin lists imports below -->\n<!-- end lists imports below -->\n")
    given = ["--menus", menus, "--sources", sources, "--model", model, "--into", document]
    assert evaluate.main([*map(str, given), "--below"]) == 0
    rows = [row for row in document.read_text().splitlines() if row.startswith("| import 0")]
    assert len(rows) == 1 and rows[0].endswith(" | 1.000 / 1.000 / 1.000 | 0.000 |")
    assert " | 0.000 / 1.000 / 0.333 | " in rows[0]  # the server's
    assert "| name 0" not in document.read_text()
