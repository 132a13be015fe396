"""The tools around the code agree with each other: make's targets, the version, what may be left out of a run.

In:   the Makefile and the tracked files of this checkout.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import faults
import pytest
import strict
from test_order import ROOT, tracked

import sibyl

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE)
# The last letters stand in brackets, or this file would hold the words itself.
ARCHAIC = re.compile(
    r"\b(ane[w]|whoeve[r]|whose ow[n]|so man[y]|whenc[e]|unaske[d]|nough[t]|thereo[f])\b",
    re.IGNORECASE,
)
EMPTY = {"made", "found", "told", "said", "its", "there", "kept", "gone", "one", "all_"}
LUA_BINDS = re.compile(
    r"\blocal\s+(?!function\b)([\w\s,]+?)(?=\s*(?:=|$))"
    r"|\bfor\s+([\w\s,]+?)\s+(?:in\b|=)|\bfunction\b[^()]*\(([^)]*)\)"
)
CODE = {".py", ".lua", ".vim"}
PLACES = {".md", ".py", ".lua", ".txt", ".yml", ""}


def test_make_warns_of_nothing() -> None:
    """No target is defined twice, none is named like a file that shadows it: make has nothing to warn of."""
    assert len(TARGETS) == len(set(TARGETS))
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony and sorted(phony[1].replace("\\\n", " ").split()) == sorted(TARGETS)
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", *TARGETS], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("folder", ["engine", "editor", "learn"])
def test_each_folder_of_tests_has_a_target_that_runs_it(folder: str) -> None:
    """`make test-engine` and its like run tests; none of them is an empty name."""
    done = subprocess.run(
        ["make", "--dry-run", f"test-{folder}"], cwd=ROOT, capture_output=True, text=True
    )
    assert "-m pytest" in done.stdout, done.stdout + done.stderr


def test_targets_that_are_named_exist() -> None:
    """A message or a text that says `make X` names a target there is."""
    wrong = []
    for path in tracked():
        if path.suffix in PLACES and path.name not in ("Makefile", "CHANGELOG.md"):
            text = path.read_text(encoding="utf-8", errors="replace")
            quoted = re.findall(r"`make ([a-z.][\w.-]*)", text)
            wrong += [(path.name, word) for word in quoted if word not in TARGETS]
    assert wrong == []


def test_the_version_is_one() -> None:
    """The engine and its metadata speak of the same version, a semantic one."""
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{sibyl.__version__}"\n' in metadata
    assert re.fullmatch(r"\d+\.\d+\.\d+", sibyl.__version__)


@pytest.mark.parametrize("reason", sorted(strict.INSTALLABLE))
def test_what_is_not_installed_cannot_hide_a_test(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """With SIBYL_ALL=1, as .ci/run sets it, a test that misses what make installs fails."""
    monkeypatch.setenv("SIBYL_ALL", "1")
    skipped = ("a.py", 1, f"Skipped: {reason}")
    report = SimpleNamespace(outcome="skipped", longrepr=skipped)
    strict.judge(report)
    assert report.outcome == "failed" and reason in report.longrepr
    report = SimpleNamespace(
        outcome="skipped", longrepr=("a.py", 1, "Skipped: 0.10 has no convert")
    )
    strict.judge(report)
    assert report.outcome == "skipped"
    monkeypatch.delenv("SIBYL_ALL")
    report = SimpleNamespace(outcome="skipped", longrepr=skipped)
    strict.judge(report)
    assert report.outcome == "skipped"


def test_ci_leaves_nothing_out() -> None:
    """The script of continuous integration asks for all tests."""
    assert "export SIBYL_ALL=1" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_threat_model_names_tests_that_exist() -> None:
    """Each test that SECURITY.md rests a claim on is there."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    existing = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(named) > 20 and named <= existing


def test_the_table_of_faults_names_tests_that_exist() -> None:
    """Each fault is brought about by tests there are; what is not tried is said."""
    for fault in faults.FAULTS:
        for test in fault.tests:
            path, _, name = test.partition("::")
            assert f"def {name}" in (ROOT / "tests" / path).read_text(encoding="utf-8"), test


def code(*folders: str) -> list[Path]:
    """The files of code in these folders."""
    return [
        path
        for path in tracked()
        if path.suffix in CODE and path.relative_to(ROOT).parts[0] in folders
    ]


def test_prose_is_plain() -> None:
    """No archaic word comes back into comments, docstrings or messages."""
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in code("engine", "lua", "plugin", "autoload", "rplugin", "scripts", "tests")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ARCHAIC.search(line)
    ]
    assert lines == []


def bound_in_python(text: str) -> Iterator[tuple[int, str]]:
    """Lines and names of all locals and arguments of a piece of Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def bound_in_lua(text: str) -> Iterator[tuple[int, str]]:
    """The same of a piece of Lua: what `local`, `for` and `function` name."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in LUA_BINDS.finditer(line.split("--")[0]):
            for word in re.findall(r"[A-Za-z_]\w*", match[1] or match[2] or match[3] or ""):
                yield number, word


def test_locals_say_what_they_hold() -> None:
    """No local and no argument is called by a word that fits any value."""
    lines = []
    for path in code("bench", "engine", "lua", "plugin", "rplugin", "scripts", "tests"):
        binds = {".py": bound_in_python, ".lua": bound_in_lua}.get(path.suffix)
        if binds:
            for number, word in binds(path.read_text(encoding="utf-8")):
                if word in EMPTY:
                    lines.append(f"{path.relative_to(ROOT)}:{number}: {word}")
    assert lines == []


def test_names_that_are_bound_are_seen() -> None:
    """Both languages' ways to name a local or an argument are known to the test above."""
    lua = (
        "local a, b = f()\nlocal c ---@type integer\nfor d, e in pairs(x) do\n"
        "local function g(h, ...)\nM.i = function(j) -- local k\nfor l = 1, 2 do\n"
    )
    assert "".join(word for _, word in bound_in_lua(lua)) == "abcdehjl"
    python = "def f(a, *b, c=1): d = [e for e in b]\nwith x as g, y as (h, i): pass\nlambda j: j"
    assert {word for _, word in bound_in_python(python)} == {*"abcdeghij"}
