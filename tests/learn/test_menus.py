"""The menus stage: where it asks, what it writes down, and that no server can stop it.

In: tiny repositories and a fake language server.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest
from small_repositories import ENVIRONMENT, last_line, make_repository, run, start, write_list

from sibyl.errors import LearnError
from sibyl.learn.corpus.stores import blob_id
from sibyl.learn.menus import places
from sibyl.learn.menus import sites as members
from sibyl.learn.menus import stage as menus

SERVER = Path(__file__).with_name("fake_language_server.py")
CODE = """\
import os.path
from a.b import c

def go(self, names):
    '''a.docstring'''
    # a.comment
    über = "a.string" + self.alpha(names).beta; print(f"{self.inside}")
    return names.gamma.alpha
"""
MENU = [
    ["__doc__", 6, "14.__doc__", 0, 0], ["alpha", 2, "10.alpha", 0, 0], ["beta", 0, "", 0, 0],
    ["delta=", 6, "", 0, 1], ["walk", 3, "15.walk", "os", 1],
]  # fmt: skip


pytestmark = pytest.mark.learn


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """A sources folder with three repositories, their list, and a place for temporary trees."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setitem(ENVIRONMENT, "TMPDIR", str(tmp_path / "temporary"))
    rows = []
    for name in ("a/a", "b/b", "c/c"):
        files = {f"pkg/{i}.py": f"# {name} {i}\n" + CODE * 2 for i in range(4)}
        commit = make_repository(tmp_path / "sources", name, files | {"no_code.txt": "a.b"})
        rows.append((name, commit, "MIT"))
    return {
        "list": write_list(tmp_path / "train.tsv", rows),
        "sources": tmp_path / "sources",
        "out": tmp_path / "menus.jsonl.gz",
        "log": tmp_path / "asked.jsonl",
    }


def arguments(place: dict, *fault: object, **more: object) -> list[str]:
    """Return the command line of the stage for a place."""
    server = shlex.join([sys.executable, str(SERVER), str(place["log"]), *map(str, fault)])
    given = {"list": place["list"], "sources": place["sources"], "out": place["out"],
             "server": server, "sites": 10, "per-file": 4, "patience": 20} | more  # fmt: skip
    return [part for name, value in given.items() for part in (f"--{name}", str(value))]


def rows_of(path: Path) -> list[dict]:
    """Return the rows of a finished menus file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_sites_are_members_in_code() -> None:
    """Only names right after a dot in code are sites: not imports, strings, comments."""
    sites = places.sites_of(CODE.encode())["member"]
    assert ["alpha", "beta", "gamma", "alpha"] == [site.member for site in sites]
    for site in sites:
        data = CODE.encode()
        assert data[site.offset :].startswith(site.member.encode())
        assert b"." == data[site.offset - 1 : site.offset]


def test_positions_count_as_the_server_does() -> None:
    """Lines end as LSP says they do, and columns are UTF-16 units unless UTF-8 was agreed on."""
    data = "a\r\nb\r😀ü.x\n".encode()
    offset = data.index(b"x")
    assert (2, 4) == members.position(data, offset, utf8=False)
    assert (2, 7) == members.position(data, offset, utf8=True)
    assert "a\r\nb\r😀ü.\n".encode() == members.cut(data, offset)


def test_rows_say_what_the_server_gave(place: dict) -> None:
    """Every row can be checked against the source, and its menu is the server's own list."""
    assert 0 == menus.main(arguments(place))
    rows = rows_of(place["out"])
    assert 30 == len(rows)
    listed = write_out = 0
    for row in rows:
        owner = row["repo"].replace("/", "+")
        data = (f"# {row['repo']} {row['path'][4]}\n" + CODE * 2).encode()
        assert (place["sources"] / owner).is_dir()
        assert blob_id(data) == row["blob"]
        assert data[row["offset"] :].startswith(row["member"].encode())
        assert ("member", 0, 5) == (row["kind"], row["letters"], row["size"])
        listed += row["menu"] is not None
        write_out += row["member"] in ("alpha", "beta")
        if row["menu"]:
            assert MENU == row["menu"]
    assert 0 < listed == write_out < 30
    assert max(sum(r["path"] == row["path"] and r["repo"] == row["repo"] for r in rows)
               for row in rows) <= 4  # fmt: skip


def test_lists_without_the_truth_are_kept_where_asked_for(place: dict) -> None:
    """With `--lacking` each row has its list, in `menu` or in `lacking`, and `menu` is as it is without."""
    assert 0 == menus.main(arguments(place))
    plain = rows_of(place["out"])
    place["out"] = place["out"].with_name("lacking.jsonl.gz")
    assert 0 == menus.main([*arguments(place), "--lacking"])
    rows = rows_of(place["out"])
    lacking = [row.pop("lacking", None) for row in rows]
    assert plain == rows
    assert {(True, True), (False, False)} == {
        (row["menu"] is None, items == MENU) for row, items in zip(rows, lacking, strict=True)
    }


def test_the_server_never_sees_the_truth(place: dict) -> None:
    """At each site the server sees a line that ends with the dot, and one open file at a time."""
    menus.main(arguments(place))
    asked = [json.loads(line) for line in place["log"].read_text().splitlines()]
    assert 30 == len(asked)
    assert all(ask["before"].endswith(".") and "" == ask["after"] for ask in asked)
    assert {1} == {ask["open"] for ask in asked}


def test_same_seed_same_sites(place: dict, tmp_path: Path) -> None:
    """The same seed chooses the same sites, and another seed chooses others."""
    runs = []
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        out = tmp_path / f"{name}.jsonl.gz"
        menus.main(arguments(place, out=out, seed=seed))
        runs.append(out.read_bytes())
    assert runs[0] == runs[1] != runs[2]


def test_a_hanging_server_is_replaced(place: dict, tmp_path: Path) -> None:
    """A server that stops answering is killed, and a new one answers the same questions."""
    fault = ("hang-once", tmp_path / "flag")
    assert 0 == menus.main(arguments(place, *fault, patience=2, **{"limit-repos": 1}))
    assert 10 == len(rows_of(place["out"]))


def test_a_server_without_answers_gives_no_menus(place: dict) -> None:
    """Errors and nulls from the server are empty lists, not the end of the run."""
    assert 0 == menus.main(arguments(place, "odd"))
    assert {(0, None)} == {(row["size"], row["menu"]) for row in rows_of(place["out"])}


def test_killed_and_started_again(place: dict, tmp_path: Path) -> None:
    """Killed in the middle, even of a write, the stage goes on and ends with the same bytes."""
    slow = arguments(place, "hang-once", tmp_path / "flag", patience=60)
    killed = start("menus", *slow, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "flag").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    with open(tmp_path / "menus.partial.jsonl", "ab") as partial:
        partial.write(b'{"repo": "a/a", "half a ro')
    with open(tmp_path / "menus.progress.jsonl", "ab") as progress:
        progress.write(b'{"repo": "a/')
    status, output = run("menus", *slow)
    assert 0 == status, output
    whole = arguments(place, "hang-once", tmp_path / "flag", out=tmp_path / "whole.jsonl.gz")
    assert 0 == menus.main(whole)
    assert (tmp_path / "whole.jsonl.gz").read_bytes() == place["out"].read_bytes()


def test_finished_repositories_are_not_asked_again(place: dict) -> None:
    """A second run with more repositories asks only about the new ones."""
    menus.main(arguments(place, **{"limit-repos": 2}))
    asked = len(place["log"].read_text().splitlines())
    menus.main(arguments(place))
    assert asked == 20
    assert 30 == len(place["log"].read_text().splitlines()) == len(rows_of(place["out"]))
    with pytest.raises(LearnError, match="begun with seed 1, not 5"):
        menus.main(arguments(place, seed=5))


def test_being_asked_to_end_cleans_up(place: dict, tmp_path: Path) -> None:
    """A polite end (SIGTERM) leaves neither a server nor a work tree behind."""
    slow = arguments(place, "hang-once", tmp_path / "flag", patience=60)
    process = start("menus", *slow)
    deadline = time.monotonic() + 60
    while not (tmp_path / "flag").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.terminate()
    output = process.communicate(timeout=30)[1]
    assert 130 == process.returncode
    assert "goes on from here" in last_line(output)
    assert [] == list((tmp_path / "temporary").iterdir())


def test_bad_input_gives_one_sentence(place: dict, tmp_path: Path) -> None:
    """Whatever is wrong, the exit status says so and one sentence says what."""
    nothing = make_repository(place["sources"], "n/n", {"a.py": "x = 1\n"})
    empty = write_list(tmp_path / "empty.tsv", [("n/n", nothing, "MIT")])
    absent = write_list(tmp_path / "absent.tsv", [("z/z", nothing, "MIT")])
    cases: list[tuple[list[str], str]] = [
        (arguments(place, list=tmp_path / "none.tsv"), "Cannot read the list"),
        (arguments(place, list=absent), "not in"),
        (arguments(place, list=empty), "No site"),
        (arguments(place, sources=tmp_path / "nowhere"), "no sources folder"),
        (arguments(place, server="there-is-no-such-server"), "Cannot start"),
        (arguments(place, settings="{"), "not JSON"),
        (arguments(place, "crash"), "does not answer"),
        (arguments(place, "hang", patience=1), "does not answer"),
        (arguments(place, server="true"), "does not answer"),
    ]
    for given, sentence in cases:
        (tmp_path / "menus.progress.jsonl").unlink(missing_ok=True)
        with pytest.raises(LearnError, match=sentence) as caught:
            menus.main(given)
        assert 1 == len(str(caught.value).splitlines())
    status, output = run("menus", *cases[1][0])
    assert 1 == status
    assert "Traceback" not in output
    assert last_line(output).startswith("sibyl.learn menus: ")


def test_full_disk(place: dict) -> None:
    """When no more can be written, the sentence says so and the finished file does not appear."""

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    status, output = run("menus", *arguments(place, sites=60), preexec_fn=small_files_only)
    assert 1 == status
    assert "Traceback" not in output
    assert "Cannot write" in last_line(output)
    assert not place["out"].exists()
