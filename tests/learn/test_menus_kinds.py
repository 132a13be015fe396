"""The menus stage, lists that are not members: which places there are, and what is written down of each.

In: source texts, tiny repositories and a fake language server.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from small_repositories import make_repository, write_list
from test_menus import MENU, arguments, rows_of

from sibyl.errors import LearnError
from sibyl.learn.corpus.splits import held_back
from sibyl.learn.menus import items, options, places, repository, resumable_jsonl
from sibyl.learn.menus import stage as menus

pytestmark = pytest.mark.learn

CODE = '''\
from alpha.beta import gamma as g, (
    delta)
import os.path as p
from . import here
from ..up import there
from __future__ import annotations

@wrapped(alpha=one)
class Made[Parameter](Base, metaclass=Meta):
    """text.member name"""
    field: Kind[int] = default()

    def method(self, plain, other: Other = preset, *rest, **more) -> Result:
        global never
        total = plain + self.count
        for key, (left, table[slot]) in rest:
            total += f"{hidden}"
        try:
            raise Trouble(why) from cause
        except (Wrong, module.Bad) as error:
            return [entry for entry in entries if entry > limit]
        with opened(total) as out, locked:
            assert out, text
        if (walrus := maker(beta = lambda shown=start, *others: shown)):
            del table[last]
        type Alias[Variable] = Kind[Variable]
        match total:
            case Point(x=bound):
                pass
'''
EXPECTED = {
    "member": "count/binary_operator Bad/except",
    "name": "wrapped/decorator one/argument Base/base Meta/base Kind/annotation int/annotation "
    "default/assignment Other/annotation preset/default Result/annotation plain/binary_operator "
    "self/binary_operator table/subscript slot/subscript rest/for_statement "
    "total/augmented_assignment Trouble/raise why/argument cause/raise Wrong/except module/except "
    "entry/return_statement entries/return_statement entry/comparison_operator "
    "limit/comparison_operator opened/with_statement total/argument locked/with_statement "
    "out/assert_statement text/assert_statement maker/if_statement start/default shown/argument "
    "table/subscript last/subscript Kind/annotation "
    "Variable/annotation total/match_statement",
    "keyword": "alpha/argument beta/argument",
    "import": "alpha/module beta/module gamma/import delta/import os/module path/module here/import "
    "up/module there/import",
    "reserved": "from/import_from_statement import/import_from_statement as/import_from_statement "
    "import/import_statement as/import_statement from/import_from_statement "
    "import/import_from_statement from/import_from_statement import/import_from_statement "
    "class/statement def/default for/for_statement in/for_statement try/try_statement raise/raise "
    "from/raise except/except as/except return/return_statement for/return_statement "
    "in/return_statement if/return_statement with/with_statement as/with_statement "
    "assert/assert_statement if/if_statement lambda/argument del/delete_statement pass/pass_statement",
}


@pytest.fixture
def place(tmp_path: Path) -> dict:
    """A sources folder with one repository, its list, and where the output goes."""
    (tmp_path / "sources").mkdir()
    code = "from alpha import walk, beta\n\ndef go(names):\n    names.alpha(delta=walk)\n    return beta\n"
    files = {f"m{at}.py": f"# {at}\n{code}\nwas_{at} = go\n" for at in range(4)}
    commit = make_repository(tmp_path / "sources", "a/a", files)
    return {
        "list": write_list(tmp_path / "train.tsv", [("a/a", commit, "MIT")]),
        "sources": tmp_path / "sources", "out": tmp_path / "menus.jsonl.gz",
        "log": tmp_path / "asked.jsonl", "files": files,
    }  # fmt: skip


ALL = {"kinds": "member,name=6,keyword,import=5", "letters": "0,1", "per-file": 9}


def test_places_of_every_kind() -> None:
    """What is read, passed by name or imported is a place; what is bound there, or is text, is none."""
    code = CODE.replace("g, (\n    delta)", "g, delta")
    by_kind = places.sites_of(code.encode())
    for kind, expected in EXPECTED.items():
        assert expected.split() == [f"{site.member}/{site.where}" for site in by_kind[kind]]
        assert {kind} == {site.kind for site in by_kind[kind]}
    for site in (site for sites in by_kind.values() for site in sites):
        assert code.encode()[site.offset :].startswith(site.member.encode())


def test_a_row_says_what_was_asked(place: dict) -> None:
    """Kind, where, letters and the truth are noted; the truth may stand there as `name=`; numbers hold."""
    assert 0 == menus.main(arguments(place, **ALL))
    rows = rows_of(place["out"])
    counts: dict[tuple[str, int], int] = {}
    for row in rows:
        source = place["files"][row["path"]].encode()
        assert source[row["offset"] :].startswith(row["member"].encode())
        assert (
            MENU == row["menu"]
            if row["member"] in ("walk", "beta", "alpha", "delta")
            else not row["menu"]
        )
        counts[row["kind"], row["letters"]] = counts.get((row["kind"], row["letters"]), 0) + 1
    assert {("member", 0): 4, ("name", 0): 6, ("name", 1): 6, ("keyword", 0): 4, ("keyword", 1): 4,
            ("import", 0): 5, ("import", 1): 5} == counts  # fmt: skip


def test_the_server_sees_the_letters_typed_and_no_more(place: dict) -> None:
    """The line ends behind the letters typed; only behind a dot is the question one of a typed dot."""
    menus.main(arguments(place, **ALL))
    asked = [json.loads(line) for line in place["log"].read_text().splitlines()]
    assert [] == [ask for ask in asked if ask["after"]]
    rows = rows_of(place["out"])
    assert len(rows) == len(asked)
    for row, ask in zip(rows, asked, strict=True):
        line = place["files"][row["path"]].encode()[: row["offset"]].decode().split("\n")[-1]
        assert line + row["member"][: row["letters"]] == ask["before"]
        assert (2 if ask["before"].endswith(".") else 1) == ask["trigger"]


def test_letters_are_characters() -> None:
    """A letter of two bytes is one letter; a name that is typed whole is not asked about."""
    (site,) = places.sites_of("print(ärger)".encode())["name"][1:]
    assert [6, 8, 11] == [place.cursor for place in repository.with_letters([site], [0, 1, 4, 5])]


def test_long_lists_are_counted_not_kept(place: dict) -> None:
    """Of a list of more than 3,000 items only the size is noted."""
    menus.main(arguments(place, "many", 2995, **ALL))
    assert {3000} == {len(row["menu"]) for row in rows_of(place["out"]) if row["menu"]}
    place["out"] = place["out"].with_name("long.jsonl.gz")
    menus.main(arguments(place, "many", 2996, **ALL))
    assert {(3001, None)} == {(row["size"], row["menu"]) for row in rows_of(place["out"])}


def test_auto_imports_can_be_off(place: dict) -> None:
    """The server is told not to offer names that are not imported."""
    assert 0 == menus.main([*arguments(place, "no-imports"), "--no-auto-imports"])


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"additionalTextEdits": [{"newText": "from a.b import c\n"}]}, "a.b"),
        ({"additionalTextEdits": [{"newText": "\nimport a.b"}]}, "a.b"),
        ({"additionalTextEdits": [{"newText": ", c"}],
          "labelDetails": {"detail": " (import a.b)"}}, "a.b"),
        ({"additionalTextEdits": [{"newText": ", c"}]}, 1),
        ({"detail": "Auto-import", "labelDetails": {"description": "a.b"}}, "a.b"),
        ({"detail": "int", "labelDetails": {"description": "int"}}, 0),
        ({"additionalTextEdits": None, "labelDetails": None, "tags": None, "kind": None}, 0),
    ],
)  # fmt: skip
def test_where_an_item_would_be_imported_from(item: dict, expected: str | int) -> None:
    """The module is noted in whatever field the server says it; an edit that does not say it is 1."""
    assert ["c", 0, "", expected, 0] == items.kept(item | {"label": "c"})


def test_labels_that_stand_for_a_name() -> None:
    """`name`, `name=` and `name(…)` do; `name.other`, `names` and what only ends so do not."""
    labels = ["get", "get=", "get(key)", "get.x", "gets", "widget", ""]
    assert ["get", "get=", "get(key)"] == [label for label in labels if items.names(label, "get")]


def test_what_is_whole_can_be_packed_at_any_time(place: dict, tmp_path: Path) -> None:
    """While a run goes on, its whole repositories can be had; what is half written is left out and kept."""
    menus.main(arguments(place, **ALL))
    whole = place["out"].read_bytes()
    place["out"].unlink()
    partial = tmp_path / "menus.partial.jsonl"
    with open(partial, "ab") as half:
        half.write(b'{"repo": "b/b", "ha')
    before = partial.read_bytes()
    assert 0 == menus.main(["--so-far", "--out", str(place["out"])])
    assert whole == place["out"].read_bytes()
    assert before == partial.read_bytes()
    (tmp_path / "menus.progress.jsonl").write_text('{"sites": 1}\n{"repo')
    for out in (place["out"], tmp_path / "other.jsonl.gz"):
        with pytest.raises(LearnError, match="Nothing was recorded"):
            resumable_jsonl.pack_so_far(out)


@pytest.mark.parametrize("given", ["names", "name=", "name=x", "name=-1", ""])
def test_kinds_that_are_none(place: dict, given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no kind, or no number, is refused in one sentence."""
    with pytest.raises(SystemExit):
        menus.main([*arguments(place), "--kinds", given])
    assert "is not KIND or KIND=N" in capsys.readouterr().err


def test_the_split_dev_is_what_streams_hold_back(tmp_path: Path) -> None:
    """Of a corpus, `dev` and `train` are parted as `streams` parts them, and no repository is in both."""
    names = [f"o/r{at}" for at in range(20)]
    with gzip.open(tmp_path / "corpus.jsonl.gz", "wt") as out:
        for name in [*names, "v/v"]:
            entry = {"repo": name, "commit": "", "path": "a.py", "blob": name, "bytes": 1,
                     "split": "val" if name == "v/v" else "train"}  # fmt: skip
            out.write(json.dumps(entry) + "\n")

    def asked(*more: str) -> set[str]:
        given = ["--corpus", str(tmp_path), "--out", "x", *more]
        return {
            repository.name for repository, _ in menus.wanted(options.parser("").parse_args(given))
        }

    assert held_back(names, None) == asked("--split", "dev")
    assert held_back(names, 5) == asked("--split", "dev", "--dev", "5")
    assert set(names) - held_back(names, None) == asked("--split", "train")
    assert {"v/v"} == asked()
