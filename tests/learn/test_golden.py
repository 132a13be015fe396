"""The measuring path, on lists whose ranks are counted by hand: replay, evaluate, and the choice of words.

In:   ``golden``: a network of known logits, weights that are powers of ten, two small repositories.

A measurement that is wrong looks like one that is right. So every rank below was counted on paper.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import golden
import numpy as np
import pytest

from sibyl.errors import LearnError
from sibyl.learn.evaluation import baselines, evaluate, member_measures, schema
from sibyl.learn.evaluation.paired import gain_table
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.replay import collect
from sibyl.learn.metrics import rank_of

pytestmark = pytest.mark.learn
COUNTS = {
    "after": {"@client": {"put": 9, "post": 6}},
    "chain": {"@client get": {"post": 3}, "@client post": {"put": 3}},
    "overall": {"": {"put": 1}},
}
# In the order of visiting: the first and the second list of me/mine, that of you/yours.
RANKS = {
    "server": [3, 3, 3],  # get put POST close patch
    "alphabetical": [4, 4, 4],  # close get patch POST put
    "popularity": [2, 2, 2],  # put POST
    "markov": [1, 2, 2],  # after get: POST; after post: put POST; after nothing: as popularity
    "recent": [3, 1, 3],  # get, then as the server: put POST; POST get; nothing used: as the server
    "counts": [3, 1, 2],  # get put POST; POST get put; put POST
    "bare": [2, 2, 2],  # patch POST close put get
}
BY_MEMORY = {
    "none": [2, 2, 2],  # as bare
    "file": [3, 2, 2],  # get patch POST; get (twice) POST (once) patch; patch POST
    "project": [4, 3, 2],  # close first, which b.py uses; then as with the file alone
    "replay": [
        4,
        1,
        2,
    ],  # POST was accepted at the first list; another repository is another person
}


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """Sources and recorded lists."""
    return golden.world(tmp_path)


@pytest.fixture
def sites(tmp_path: Path, model: Path, world: tuple[Path, Path]) -> list[RecordedList]:
    """The lists, seen with all there is to remember."""
    sources, menus = world
    (tmp_path / "stores").mkdir()
    return list(collect(read_menus(menus), sources, model, tmp_path / "stores"))


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    """Counts of a made-up training split."""
    with gzip.open(tmp_path / "counts.json.gz", "wt") as file:
        json.dump(COUNTS, file)
    return tmp_path / "counts.json.gz"


def ranks(sites: list[RecordedList], scores: list[np.ndarray]) -> list[int]:
    """The truth's rank in each list."""
    return [rank_of(values, site.truth) for values, site in zip(scores, sites, strict=True)]


def test_candidates_stand_as_the_server_sorts_them(sites: list[RecordedList]) -> None:
    """Sort texts decide, not the order of the reply; the truth is found where it then stands."""
    assert [site.names for site in sites] == [golden.BY_SORT] * 3
    assert [site.truth for site in sites] == [2, 2, 2]
    assert [(site.repo, site.before) for site in sites] == [
        ("me/mine", "get"), ("me/mine", "post"), ("you/yours", ""),
    ]  # fmt: skip


def test_the_networks_logits_are_its_own(sites: list[RecordedList]) -> None:
    """What the network likes best has the largest number."""
    for site in sites:
        assert site.logits.tolist() == [golden.KNOWN[name] for name in site.names]


def test_every_order_ranks_as_counted_by_hand(sites: list[RecordedList], counts: Path) -> None:
    """Orders that need no weights: the server's, the alphabet's, four ways of counting, the network's."""
    scores = member_measures.baselines(sites, counts) | {"bare": [site.logits for site in sites]}
    assert RANKS == {name: ranks(sites, values) for name, values in scores.items()}


def test_every_amount_of_memory_ranks_as_counted_by_hand(
    sites: list[RecordedList], model: Path
) -> None:
    """The open file is none of the other files, and the person is left out where the project alone counts."""
    scores = member_measures.remembered(sites, *evaluate.mixtures(model), schema.MEMORIES)
    assert BY_MEMORY == {name: ranks(sites, values) for name, values in scores.items()}


def test_without_stores_nothing_but_the_file_is_known(
    model: Path, world: tuple[Path, Path]
) -> None:
    """Where no project is read, more memory gives the orders of the file alone."""
    sources, menus = world
    sites = list(collect(read_menus(menus), sources, model))
    scores = member_measures.remembered(sites, *evaluate.mixtures(model), ("file", "replay"))
    assert ranks(sites, scores["file"]) == ranks(sites, scores["replay"]) == BY_MEMORY["file"]
    assert [site.files for site in sites] == [0, 0, 0]


def test_a_copy_of_the_open_file_counts_no_more_than_the_file(
    tmp_path: Path, model: Path, world: tuple[Path, Path]
) -> None:
    """Another path with the same bytes is the open file still."""
    sources, menus = world
    golden.write_sources(sources, {"me+mine/A_copy.py": golden.MEASURED})
    (tmp_path / "stores").mkdir()
    sites = list(collect(read_menus(menus), sources, model, tmp_path / "stores"))
    scores = member_measures.remembered(sites, *evaluate.mixtures(model), ["project"])
    assert ranks(sites, scores["project"]) == BY_MEMORY["project"]
    assert [site.files for site in sites] == [1, 1, 0]


@pytest.mark.parametrize("memory", schema.MEMORIES[1:])
def test_the_tables_hold_what_was_counted(
    tmp_path: Path, model: Path, world: tuple[Path, Path], counts: Path, memory: str
) -> None:
    """From the recorded lists to the JSON that the README quotes: top-1 and MRR of every order."""
    sources, menus = world
    given = ["--menus", menus, "--sources", sources, "--model", model, "--counts", counts]
    out = tmp_path / "out.json"
    assert evaluate.main([*map(str, given), "--memory", memory, "--json", str(out)]) == 0
    table = json.loads(out.read_text())
    wanted = RANKS | {"int8": BY_MEMORY["none"], "full": BY_MEMORY[memory]}
    for name, of_order in wanted.items():
        mrr = round(sum(1 / rank for rank in of_order) / 3, 4)
        assert (table["orders"][name]["top1"], table["orders"][name]["mrr"]) == (
            round(of_order.count(1) / 3, 4), mrr,
        ), name  # fmt: skip
    assert (table["sites"], table["repositories"], table["menus"]) == (3, 2, 3)
    for name, of_order in table["memories"].items():
        assert of_order["all"]["mrr"] == round(sum(1 / rank for rank in BY_MEMORY[name]) / 3, 4)


def test_the_gain_of_a_second_model_is_paired_by_list(
    tmp_path: Path, model: Path, world: tuple[Path, Path], counts: Path
) -> None:
    """Each list is ranked once by each model; the table has both means and what the second gains."""
    sources, menus = world
    given = ["--menus", menus, "--sources", sources, "--model", model, "--counts", counts]
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert evaluate.main([*map(str, given), "--memory", "project", "--ranks", str(first)]) == 0
    written = json.loads(first.read_text())
    assert written["files"] == ["me/mine/a.py", "me/mine/a.py", "you/yours/a.py"]
    assert written["ranks"] == {"bare": RANKS["bare"]} | {
        memory: BY_MEMORY[memory] for memory in ("none", "file", "project")
    }
    better = written["ranks"] | {"project": [1, 3, 2]}  # of 4, 3, 2: the first list of a.py gains
    second.write_text(json.dumps(written | {"ranks": better}))
    rows = gain_table(("old", first), ("new", second)).splitlines()
    assert rows[0] == "3 lists of 2 files; intervals by bootstrap over files:"
    assert rows[2] == "| remembered | measure | old | new | gain | 95 % |"
    # Both files drawn, or one of them twice: the gain is 0, a half, or what lies between.
    assert "| project | top-1 | 0.000 | 0.333 | +0.333 | +0.000 to +0.500 |" in rows
    assert "| file | MRR | 0.444 | 0.444 | +0.000 | +0.000 to +0.000 |" in rows
    second.write_text(json.dumps(written | {"files": written["files"][:2]}))
    with pytest.raises(LearnError, match="are not of the same lists"):
        gain_table(("old", first), ("new", second))


def test_letters_leave_what_begins_so(sites: list[RecordedList], counts: Path) -> None:
    """After `p`: put POST patch; after `po`: POST alone. By five keys at most, letters are saved."""
    measured = member_measures.letters(
        sites, {"server": member_measures.baselines(sites, counts)["server"]}
    )
    server = measured["server"]
    assert [server[str(count)]["mrr"] for count in range(3)] == [0.3333, 0.5, 1.0]  # type: ignore[index]
    # Three keys by place (rank 3), three after p (1 + 2), three after po (2 + 1): 1 of 4 letters saved.
    assert server["keystrokes_saved"] == 0.25  # type: ignore[index]


def test_how_sure_the_first_is_can_be_counted(sites: list[RecordedList]) -> None:
    """Sureness is the softmax of the first item; it is right where the truth is first."""
    likely = np.log(np.asarray([1, 1, 6, 1, 1], np.float32))  # the third is the truth
    sure, right = member_measures.confidence(sites[:2], [likely, -likely])
    assert sure == pytest.approx([0.6, 1 / (4 + 1 / 6)])
    assert right == [True, False]


def test_a_truth_that_is_not_listed_is_no_site(model: Path, world: tuple[Path, Path]) -> None:
    """A list that lacks what was typed cannot be ranked right or wrong."""
    sources, menus = world
    lines = [line | {"menu": [["other", 2, ""]]} for line in read_menus(menus)]
    assert list(collect(lines, sources, model)) == []
    with pytest.raises(LearnError, match="holds what was typed"):
        evaluate.main(
            [*map(str, ("--menus", golden.write_menus(menus, lines), "--sources", sources)),
             "--model", str(model)]
        )  # fmt: skip


def test_counts_are_of_the_training_split(tmp_path: Path) -> None:
    """What is held out, in a part of its own or listed as validation, is not counted."""
    parts = tmp_path / "streams" / "parts"
    parts.mkdir(parents=True)
    texts = ["@client", "get", "put", "client"]

    def part(name: str, member: int) -> None:
        tokens = np.asarray([3, 0, member] * 4, np.int32)
        np.savez(
            parts / name,
            tokens=tokens,
            kinds=np.asarray([1, 3, 2] * 4, np.uint8),
            firsts=np.asarray([0, 6, 12]),
            texts=np.frombuffer("\n".join(texts).encode(), np.uint8),
        )

    part("me+mine.npz", 1)
    part("me+more.npz", 2)
    part("you+val.npz", 2)
    part("me+mine@held-out.npz", 2)
    listed = tmp_path / "val.tsv"
    listed.write_text("repository\tcommit\nyou/val\t\n")
    given = ("--streams", tmp_path / "streams", "--validation", listed, "--out", tmp_path / "c.gz")
    assert baselines.main([*map(str, given)]) == 0
    with gzip.open(tmp_path / "c.gz", "rt") as file:
        counted = json.load(file)
    assert counted["after"] == {"@client": {"get": 4, "put": 4}}
    assert counted["overall"] == {"": {"get": 4, "put": 4}}
    assert (
        counted["chain"] == {}
    )  # a context with one way on says nothing; both files begin from nothing
