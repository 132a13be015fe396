"""The menus stage in the braces of f-strings: which places there are, and what the server sees.

In: source texts, a tiny repository and a fake language server.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_repositories import make_repository, write_list
from test_menus import arguments, rows_of

from sibyl.learn.menus import places, sites
from sibyl.learn.menus import stage as menus

pytestmark = pytest.mark.learn

CODE = """\
total = count + 1
print(f"all of {total}, {self.alpha:>{width}}", f'{walk(key=names["x"])}')
text = "{plain}" + f"none"
"""


def test_places_in_braces() -> None:
    """What stands in braces of f-strings, and nothing else."""
    by_kind = places.sites_of(CODE.encode(), braces=True)
    members = {kind: [site.member for site in of_kind] for kind, of_kind in by_kind.items()}
    assert members == {
        "member": ["alpha"],
        "name": ["total", "self", "width", "walk", "names"],
        "keyword": ["key"],
        "import": [],
        "reserved": [],
    }
    assert {site.where for of_kind in by_kind.values() for site in of_kind} == {sites.BRACES}
    outside = [site.member for site in places.sites_of(CODE.encode())["name"]]
    assert outside == ["count", "print"]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('x = f"{|a}"\ny = 1\n', 'x = f"{|}"\ny = 1\n'),
        ('print(f"a {self.|b} c", d)\n', 'print(f"a {self.|}")\n'),
        ("print(f'{x[y.|z]}')", "print(f'{x[y.|]}')"),
        ('f(\n    g(f"""{|a}\n"""),\n    h)\n', 'f(\n    g(f"""{|}\n"""),\n    h)\n'),
        ('x = [f"{a}", |b]\n', 'x = [f"{a}", |]\n'),
        ("x = |b\r\ny\r\n", "x = |\r\ny\r\n"),
    ],
)
def test_what_is_open_on_the_line_is_closed(code: str, wanted: str) -> None:
    """Brackets and quotes that end on this line end behind the cursor; those that end below stay."""
    before, after = code.split("|")
    assert sites.closed((before + after).encode(), len(before)).decode() == wanted.replace("|", "")


def test_the_server_sees_closed_braces(tmp_path: Path) -> None:
    """Rows are of places in braces; behind the cursor stands what closes them."""
    (tmp_path / "sources").mkdir()
    commit = make_repository(tmp_path / "sources", "a/a", {"m.py": f"# one\n{CODE}"})
    place = {
        "list": write_list(tmp_path / "train.tsv", [("a/a", commit, "MIT")]),
        "sources": tmp_path / "sources",
        "out": tmp_path / "menus.jsonl.gz",
        "log": tmp_path / "asked.jsonl",
    }
    given = arguments(place, kinds="member,name", letters="0,1")
    assert menus.main([*given, "--braces"]) == 0
    rows = rows_of(place["out"])
    assert {row["where"] for row in rows} == {"braces"}
    asked = [json.loads(line) for line in place["log"].read_text().splitlines()]
    for row, ask in zip(rows, asked, strict=True):
        assert ask["before"].endswith(row["member"][: row["letters"]])
        assert ask["after"].endswith(")")
    dotted = next(ask for ask in asked if ask["before"].endswith("self."))
    assert dotted["after"].startswith('}")')
