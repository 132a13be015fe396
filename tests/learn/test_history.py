"""Memory of the project as it was before each line was written, on a repository whose history is known.

In:   ``golden``: a network of known logits, weights that are powers of ten; a repository of six commits.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import golden
import pytest
from golden import REPLY
from small_repositories import ENVIRONMENT, run_git, write_tree

from sibyl.errors import LearnError
from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation import evaluate, replay_store
from sibyl.learn.evaluation.history import (
    FIRST,
    NO_HISTORY,
    SHALLOW,
    Before,
    History,
    lines_added,
)
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay import collect
from sibyl.learn.evaluation.replay_store import store_of, store_path
from sibyl.learn.evaluation.schema import MEMBERS
from sibyl.learn.metrics import compare
from sibyl.memory.index import Changed, noted

pytestmark = pytest.mark.learn

USE = "import client\n"
POST = "client.post()\n"
B1 = USE + "client.get()\n"
B2 = B1 + "client.put()\n" * 2
B4 = B2 + "client.close()\n" * 3
COMMITS: list[dict[str, str | None]] = [
    {"a.py": USE + POST, "b.py": B1},
    {"b.py": B2, "copies/b.py": B2, "A.py": B2},
    {"a.py": USE + POST * 2},
    {"a.py": None, "new name.py": USE + POST * 2, "b.py": B4, "A.py": None},
    {"new name.py": USE + POST * 3, "copies/b.py": None, "B.py": B4},
    {"e.py": USE + "client.patch()\n" * 4},
]
MEASURED = USE + POST * 3
OFFSETS = [MEASURED.index("post") + line * len(POST) for line in range(3)]
TODAY = [5, 5, 5]  # patch close put get, which other files use; POST
HISTORY = [
    None,  # the first commit wrote it
    3,  # put get, which b.py used and its copies did not more often; POST, as the old a.py is the file itself
    4,  # put close get, which b.py and its older copy use; POST
]


@pytest.fixture
def commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the repository's commits; it lies in `sources/me+mine/repo`."""
    tree = tmp_path / "tree"
    run_git("init", "--quiet", str(tree))
    hashes = []
    for number, files in enumerate(COMMITS):
        write_tree(tree, {path: text for path, text in files.items() if text is not None})
        for path, text in files.items():
            if text is None:
                (tree / path).unlink()
        run_git("-C", str(tree), "add", "-A")
        monkeypatch.setitem(ENVIRONMENT, "GIT_COMMITTER_DATE", f"2020-01-0{number + 1}T00:00:00Z")
        run_git("-C", str(tree), "commit", "--quiet", "-m", "more")
        hashes.append(run_git("-C", str(tree), "rev-parse", "HEAD").strip())
    bare = tmp_path / "sources" / "me+mine" / "repo"
    run_git("clone", "--quiet", "--bare", str(tree), str(bare))
    return hashes


@pytest.fixture
def menus(tmp_path: Path, commits: list[str]) -> Path:
    """A list at each `post` of the measured file."""
    lines = [
        golden.recorded("me/mine", "new name.py", MEASURED, at, "post", REPLY)
        | {"commit": commits[-1]}
        for at in OFFSETS
    ]
    return golden.write_menus(tmp_path / "menus.jsonl.gz", lines)


@pytest.fixture
def history(tmp_path: Path, commits: list[str]) -> Iterator[History]:
    """The history of the repository."""
    assert commits
    (tmp_path / "stores").mkdir()
    with closing(Sources(tmp_path / "sources")) as sources:
        yield History(sources, "me/mine", tmp_path / "stores")


def test_each_line_has_the_project_of_before_it(history: History, commits: list[str]) -> None:
    """A line's commit is found by blame, across a new name; its first commit has no parent."""
    before = history.before(commits[-1], "new name.py", [1, 2, 3, 4])
    assert [
        (state.commit, state.path, state.unknown, state.line) for state in before.values()
    ] == [
        ("", "", FIRST, 0), ("", "", FIRST, 0),
        (commits[1], "a.py", "", 3), (commits[3], "new name.py", "", 4),
    ]  # fmt: skip


def test_lines_that_were_added_are_told_from_lines_that_were_changed(tmp_path: Path) -> None:
    """Where a commit took no line away all that it wrote is new, across a new name of the file too."""
    tree = tmp_path / "tree"
    run_git("init", "--quiet", str(tree))
    texts = {
        "a.py": USE + "client.get(1)\n" + "client.put()\n" * 9,
        "b.py": USE
        + "client.get(2)\nclient.post()\n"
        + "client.put()\n" * 9
        + "client.close()\n" * 2,
    }
    hashes = []
    for path, text in texts.items():
        write_tree(tree, {path: text})
        if path == "b.py":
            (tree / "a.py").unlink()
        run_git("-C", str(tree), "add", "-A")
        run_git("-C", str(tree), "commit", "--quiet", "-m", "more")
        hashes.append(run_git("-C", str(tree), "rev-parse", "HEAD").strip())
    before = Before(hashes[0], "a.py", by=hashes[1], written="b.py")
    assert lines_added(tree / ".git", before) == {13, 14}
    whole = replace(before, path="b.py")
    assert lines_added(tree / ".git", whole) == set(range(1, 15)), "a new file is all new"


def dumped(path: Path) -> list[str]:
    """All that a store holds."""
    with closing(sqlite3.connect(path)) as base:
        return sorted(base.iterdump())


def test_stores_made_from_one_another_are_those_made_from_nothing(
    tmp_path: Path, history: History, commits: list[str]
) -> None:
    """Files that came, went or changed, and exact copies of them, give the same rows, none left over."""
    (tmp_path / "fresh").mkdir()
    history.make(set(commits))
    with closing(Sources(tmp_path / "sources")) as sources:
        for commit in commits:
            store_of(sources, "me/mine", commit, tmp_path / "fresh").close()
            chained, other = (
                store_path(tmp_path / name, "me/mine", commit) for name in ("stores", "fresh")
            )
            assert dumped(chained) == dumped(other), commit


def test_each_content_is_read_once(
    tmp_path: Path, history: History, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many commits and paths have the same bytes, the stores of a repository read them once."""
    contents: list[bytes] = []

    def counted(path: str, stamp: tuple[int, int], data: bytes) -> Changed:
        contents.append(data)
        return noted(path, stamp, data)

    monkeypatch.setattr(replay_store, "noted", counted)
    history.make(set(commits))
    assert len(contents) == len(set(contents)) > 5


def test_ranks_are_those_counted_by_hand(
    tmp_path: Path, model: Path, menus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the menus file to the JSON: today's memory, that of each line's parent, what is left out and why."""
    given = ["--menus", menus, "--sources", tmp_path / "sources", "--model", model]
    with gzip.open(tmp_path / "counts.json.gz", "wt") as file:
        json.dump({"after": {}, "chain": {}, "overall": {"": {"put": 1}}}, file)
    out = tmp_path / "out.json"
    asked = ["--counts", tmp_path / "counts.json.gz", "--history", "--json", out]
    assert evaluate.main([*map(str, [*given, *asked]), "--memory", "project"]) == 0
    table = json.loads(out.read_text())
    assert table["orders"]["full"]["mrr"] == 0.2
    history_table = table["history"]
    assert (history_table["sites"], history_table["commits"], history_table["left_out"]) == (
        2,
        2,
        {FIRST: 1},
    )
    assert history_table["seconds"] > 0
    members = history_table["lists"]["member"]
    assert members["today"]["mrr"] == 0.2
    assert members["history"]["mrr"] == round((1 / 3 + 1 / 4) / 2, 4)
    assert members["history"]["top5"] == 1.0
    assert members["saved"]["mrr"] == round((1 / 3 + 1 / 2) / 2, 4)
    new = history_table["lists"]["member, lines added"]
    assert (new["sites"], new["saved"]) == (2, members["saved"]), "no commit took a line away"
    assert members["gain"]["mrr"]["gain"] == round((1 / 3 + 1 / 4) / 2 - 0.2, 4)
    assert "2 sites, 2 commits" in capsys.readouterr().out
    with pytest.raises(LearnError, match="--memory project"):
        evaluate.main([*map(str, [*given, *asked]), "--memory", "file"])


def test_what_is_accepted_counts_in_the_past_too(tmp_path: Path, model: Path, menus: Path) -> None:
    """The person of the replay is one, whatever the project was; the text above is today's."""
    (tmp_path / "stores").mkdir()
    sites = list(
        collect(read_menus(menus), tmp_path / "sources", model, tmp_path / "stores", history=True)
    )
    person = [MEMBERS.columns[name] for name in MEMBERS.person]
    for site in sites[1:]:
        assert site.past is not None
        assert site.past.rows is not None
        assert (site.past.rows[:, person] == site.rows[:, person]).all()
        assert site.past.rows[:, person].any()
    assert [site.past.files for site in sites[1:] if site.past] == [1, 2]
    assert [site.files for site in sites] == [2, 2, 2]


@pytest.mark.parametrize(("form", "why"), [("shallow", SHALLOW), ("folder", NO_HISTORY)])
def test_without_history_sites_are_counted_and_left_out(
    tmp_path: Path, model: Path, commits: list[str], form: str, why: str
) -> None:
    """A clone without its past, or a plain folder, gives no parent, and the reason."""
    sources = tmp_path / "others"
    if form == "shallow":
        tree, place = tmp_path / "tree", sources / "me+mine" / "repo"
        run_git("clone", "--quiet", "--bare", "--depth=1", tree.as_uri(), str(place))
    else:
        write_tree(sources / "me+mine", {"new name.py": MEASURED})
    line = golden.recorded("me/mine", "new name.py", MEASURED, OFFSETS[1], "post", REPLY)
    lines = [line | {"commit": commits[-1] if form == "shallow" else ""}]
    (tmp_path / "stores").mkdir()
    (site,) = collect(lines, sources, model, tmp_path / "stores", history=True)
    assert site.past is not None
    assert (site.past.before.unknown, site.past.rows) == (why, None)


def test_a_difference_is_real_where_its_interval_leaves_out_nothing() -> None:
    """Paired gains over whole groups, counted by hand; of fewer than five groups none is real."""
    groups = [str(number // 2) for number in range(12)]
    difference = compare([2] * 12, [1] * 12, groups)
    assert (difference["top1"].first, difference["top1"].second, difference["top1"].gain) == (
        0,
        1,
        1,
    )
    assert (difference["mrr"].gain, difference["mrr"].low, difference["mrr"].high) == (
        0.5,
        0.5,
        0.5,
    )
    assert difference["top1"].real and not difference["top5"].real
    assert not compare([2] * 4, [1] * 4, ["1", "2", "3", "4"])["top1"].real
    mixed = compare([2, 1] * 6, [1, 2] * 6, [str(number) for number in range(12)])["top1"]
    assert mixed.low < 0 < mixed.high and not mixed.real
