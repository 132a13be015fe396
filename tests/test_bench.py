"""Each benchmark runs, and its last line has the numbers that others read; what is certainly wrong is found.

In:   the scripts in bench/, with settings that take seconds.
Out:  nothing but a verdict; no number here is a measurement.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "bench"
sys.path.append(str(BENCH))

import budgets  # noqa: E402 (found through the line above, as the next three)
import find  # noqa: E402
import letters  # noqa: E402
import run  # noqa: E402

from sibyl.network.model import published_hash  # noqa: E402

CENTILES = {"p50", "p95", "p99", "max"}
needs_neovim = pytest.mark.skipif(not find.neovims(), reason="no Neovim: `make neovim` brings some")


def said(script: str, *arguments: str) -> Any:
    """What a benchmark's last line says."""
    command = [sys.executable, str(BENCH / f"{script}.py"), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert not done.returncode, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def newest() -> str:
    """The newest Neovim's version, as the scripts take it."""
    return ".".join(map(str, max(map(find.version_of, find.neovims()))))


def test_stages_tell_each_step_and_the_whole() -> None:
    """The whole and each step have their centiles by size; lists and opening a number each."""
    measured = said("stages", "--sizes", "300", "1000", "--opened", "300", "--rounds", "1")
    assert {"300", "1000"} == set(measured["keystroke_ms"])
    assert all(set(numbers) == CENTILES for numbers in measured["keystroke_ms"].values())
    steps = {"text", "syntax", "stream", "vocabulary", "model", "states", "usage", "rank"}
    assert all(steps == set(numbers) for numbers in measured["steps_ms"].values())
    assert all(numbers["max"] > 0 for numbers in measured["steps_ms"]["1000"].values())
    assert {"300"} == set(measured["open_ms"])
    assert {"100", "700"} == set(measured["rank_ms"])
    assert {"loop", "rested"} == set(measured["rank_words_ms"]["1000"])
    assert all(
        value > 0 for value in (*measured["open_ms"].values(), *measured["rank_ms"].values())
    )
    assert all(numbers["peak_max"] > 0 for numbers in measured["allocations"].values())


def test_memory_grows_from_step_to_step() -> None:
    """Each part has its megabytes, and what is the ranker's own is told apart."""
    measured = said("memory", "--keystrokes", "10", "--one-buffer", "--no-neovim")
    steps = ["python", "imports", "model", "buffer_2000"]
    sizes = [measured["resident_mb"][step] for step in steps]
    assert sizes == sorted(sizes)
    assert 0 < measured["above_imports_own_mb"] <= measured["above_imports_mb"]
    assert measured["keystrokes"] >= 10
    assert measured["model_bytes"] == sum(
        (ROOT / "models" / name).stat().st_size
        for name in ("sibyl.onnx", "rows.npy", "vocab.txt", "meta.json")
    )


@pytest.mark.editor
@needs_neovim
def test_keystroke_compares_with_and_without() -> None:
    """From reply to menu both ways, how far two native lists are apart, and what typing takes."""
    measured = said(
        *("keystroke", "--nvim", newest(), "--times", "2", "--sizes", "20"),
        *("--names", "30", "--late", "25", "--keys", "12", "--no-server"),
    )
    of_newest = measured[newest()]
    for since in ("key", "reply"):
        assert {"native", "ranked", "added", "apart"} == set(of_newest["instant"]["20"][since])
    assert of_newest["instant"]["20"]["items"] == 20
    assert of_newest["names"]["30"]["items"] == 30
    for part in ("late", "late names"):
        late = of_newest[part]["25"]
        assert late["items"] == 25
        assert late["key"]["native"]["p50"] > 9 > late["reply"]["native"]["p50"]
    assert of_newest["instant"]["20"]["ours_at_once"]["p50"] > 0
    assert of_newest["typing"]["ours_us"]["p50"] > 0
    assert {"over_5_ms"} == set(of_newest["typing"]["ranked"]) - CENTILES


@pytest.mark.editor
@needs_neovim
def test_startup_comes_to_a_ranked_menu() -> None:
    """Starting both ways, and then, in this order, the host and the first ranked menu."""
    measured = said("startup", "--nvim", newest(), "--times", "1", "--fresh", "1")[newest()]
    assert {"without", "with", "added"} == set(measured["started_ms"])
    assert (
        0 < measured["begin_ms"]["p50"] < measured["ready_ms"]["p50"] < measured["ranked_ms"]["p50"]
    )


@pytest.mark.editor
@needs_neovim
def test_peers_that_are_not_there_are_left_out() -> None:
    """Without checkouts and recorded lists, Neovim and sibyl are still compared."""
    measured = said("peers", "--times", "1")
    assert {"100", "700"} == set(measured["cost_ms"])
    assert {"Neovim", "sibyl"} == set(measured["cost_ms"]["100"])
    assert "accuracy" not in measured


def good() -> dict[str, Any]:
    """Results that keep every promise."""
    added = {"p50": 1.0, "p99": 3.0}
    editor = {
        "instant": {size: {"reply": {"added": added}} for size in ("100", "2000")},
        "again": {"100": {"reply": {"added": added}}},
        "names": {"1000": {"reply": {"added": added}}},
        "typing": {"ours_at_once_ms": 1.0},
    }
    return {
        "stages": {
            "keystroke_ms": {
                "500": {"p50": 0.1},
                "2000": {"p50": 0.1, "p99": 1.0},
                "20000": {"p50": 0.1},
            },
            "rank_ms": {"100": 0.1, "700": 0.5},
            "rank_words_ms": {"1000": {"rested": {"p50": 1.1}}},
            "open_ms": {"2000": 90.0, "20000": 500.0},
        },
        "keystroke": {"0.10.4": editor, "0.12.4": editor},
        "startup": {"0.12.4": {"started_ms": {"added": {"p50": 0.5}}, "begin_ms": {"p50": 2.0}}},
        "memory": {
            "above_imports_own_mb": 9.0,
            "host_above_imports_own_mb": 10.0,
            "model_bytes": 3_990_000,
        },
        "project": {
            "rank_100_ms": {"all": {"p50": 0.3}},
            "host_mb": 8.0,
            "build_cpu_s": 4.0,
            "warm_ms": 10.0,
        },
    }


def test_good_numbers_pass() -> None:
    """What keeps its budgets is called met, and nothing is certainly wrong."""
    assert {} == budgets.failed(good())
    rows = list(budgets.rows(good()))
    assert {"yes"} == {row[3] for row in rows}
    assert set(run.SCRIPTS) - {"peers"} == {Path(str(row[4])).stem for row in rows}
    assert len(rows) == len({row[0] for row in rows}) == len(budgets.BUDGETS)
    short = good()
    del short["stages"]["rank_words_ms"]
    assert len(list(budgets.rows(short))) == len(rows) - 1


BAD = {
    "a key whose cost grows with the file": ("stages", "keystroke_ms", "20000", "p50", 0.31),
    "memory": ("memory", "above_imports_own_mb", 24.5),
    "a menu that waits in one Neovim": (
        *("keystroke", "0.10.4", "instant", "100", "reply", "added", "p50"),
        20.5,
    ),
    "no number": ("memory", "above_imports_own_mb", None),
    "not a number": ("stages", "keystroke_ms", "500", "p50", float("nan")),
}


@pytest.mark.parametrize("path", BAD.values(), ids=list(BAD))
def test_bad_numbers_fail(path: tuple[Any, ...]) -> None:
    """A ratio beyond what noise explains, or a number that is missing, fails its script and no other."""
    results = json.loads(json.dumps(good()))
    script, *steps, last, value = path
    place = results[script]
    for step in steps:
        place = place[step]
    place[last] = value
    assert {script} == set(budgets.failed(results))


def test_a_missed_budget_shows() -> None:
    """A number just above its budget is told as not met, though it fails nothing."""
    results = good()
    results["memory"]["above_imports_own_mb"] = 12.1
    assert {} == budgets.failed(results)
    assert ["memory"] == [
        Path(str(row[4])).stem for row in budgets.rows(results) if row[3] != "yes"
    ]


def test_short_form_measures_again_what_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what fails twice fails, and only its script is run again."""
    results = good()
    results["memory"]["above_imports_own_mb"] = 99.0
    asked: list[str] = []

    def fake(script: str, arguments: list[str]) -> tuple[str, Any]:
        asked.append(script)
        return "", results[script]

    monkeypatch.setattr(run, "said", fake)
    assert run.short() == 1
    assert asked == [*run.SHORT, "memory"]
    asked.clear()

    def better(script: str, arguments: list[str]) -> tuple[str, Any]:
        if script in asked:
            results["memory"]["above_imports_own_mb"] = 10.0
        return fake(script, arguments)

    monkeypatch.setattr(run, "said", better)
    assert run.short() == 0


def test_the_front_page_and_the_card_are_of_the_model_that_ships() -> None:
    """Tables of members come from the same lists, and all that is published from today's model."""
    meta = json.loads((ROOT / "models" / "meta.json").read_text("utf-8"))
    shipped = published_hash(meta)
    members = []
    for path, block in (("README.md", "orders"), ("models/card.md", "all")):
        text = (ROOT / path).read_text("utf-8")
        members.append(text.split(f"<!-- begin {block} -->\n")[1].split("\n")[0])
        assert set(re.findall(r"[Mm]odel ([0-9a-f]{12})", text)) == {shipped}
    assert members[0] == members[1]
    for path in (*BENCH.glob("validation*.json"), BENCH / "ty_evaluation.json"):
        assert json.loads(path.read_text("utf-8"))["model"] == shipped, path.name


def test_every_table_has_its_place() -> None:
    """The page of results has a place for each script's tables, and putting one there keeps the rest."""
    text = (BENCH / "README.md").read_text("utf-8")
    for name in (*run.SCRIPTS, "budgets"):
        once = run.put(text, name, "| a | b |")
        assert "| a | b |" in once
        assert once == run.put(once, name, "| a | b |")
        assert text.count("\n## ") == once.count("\n## ")


def test_letters_saved_count_by_what_is_typed(tmp_path: Path) -> None:
    """A kind counts as much as its names have letters, and kinds that nobody measured do not count."""
    members, words = tmp_path / "members.json", tmp_path / "words.json"
    orders = {"server": {"keystrokes_saved": 0.2}, "full": {"keystrokes_saved": 0.8}}
    members.write_text(json.dumps({"letters": orders}))
    words.write_text(json.dumps({"letters_saved": {"name": {"server": 0.1, "full": 0.4}}}))
    more = tmp_path / "more.json"
    more.write_text(json.dumps({"letters_saved": {}}))
    saved = letters.saved_by_kind(members, [more, words])
    counted = Counter({"member": 300, "name": 100, "import": 9000})
    assert letters.together(saved, counted) == {"server": 0.175, "full": 0.7}
