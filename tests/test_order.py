"""The rules of the layout, kept by machine: who may import whom, file lengths, names.

In:   the tracked files of this checkout.
Out:  a failing test per rule and file.
Who:  pytest.
"""

from __future__ import annotations

import ast
import graphlib
import itertools
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "engine" / "sibyl"
# Who may import whom, in one sentence: a room imports those to its left. `errors` is for all.
RULE = (
    "code ← context ← memory ← ranking ← host",
    "code ← network ← ranking",
    "memory ← experiment ← host",
)
# The same for the rooms of ranking; `ranking` stands for the files beside.
RANKING = ("lists ← features ← ranking",)
# The same for the rooms of learn, which may all import the live engine; `learn` stands for the files beside.
LEARN = (
    "learn ← corpus ← streams ← training ← export ← recipes",
    "training ← experiments ← recipes",
    "corpus ← menus ← evaluation ← recipes",
    "streams ← evaluation",
)
LONGEST = 300
DOOR = 100
TEXT = {".py", ".lua", ".vim", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".json", ""}
PYTHON = sorted(path for path in ENGINE.rglob("*.py"))


def tracked() -> list[Path]:
    """Every file git knows here, or would add; outside a checkout this raises, and no rule passes unchecked."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def imports(path: Path) -> set[str]:
    """All modules a Python file imports, anywhere in it."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import hides the order"
            modules |= {f"{node.module}.{name.name}" for name in node.names} | {str(node.module)}
    return modules


def left_of(rule: tuple[str, ...]) -> dict[str, set[str]]:
    """For each room of a rule, all rooms to its left, and itself."""
    chains = [chain.split(" ← ") for chain in rule]
    rooms = {room: {room} for chain in chains for room in chain}
    for _ in rooms:
        for chain in chains:
            for left, right in itertools.pairwise(chain):
                rooms[right] |= rooms[left]
    return rooms


def ours(path: Path) -> set[str]:
    """The modules of `sibyl` a file imports."""
    names = {name.removeprefix("sibyl.") for name in imports(path) if name.startswith("sibyl.")}
    return {name for name in names if (ENGINE / f"{name.replace('.', '/')}.py").exists()}


def room_of(parts: Sequence[str]) -> str:
    """The room inside a room that a module stands in; the outer one's name for those beside."""
    return parts[1] if len(parts) > 2 else parts[0]


def rooms_of(modules: list[list[str]], outer: str) -> set[str]:
    """The rooms inside one that these modules stand in."""
    return {room_of(parts) for parts in modules if parts[0] == outer}


def name(path: Path) -> str:
    """A path as a test's name."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_rooms_import_one_way(path: Path) -> None:
    """A room imports only rooms to its left, so that the engine can be read in one direction."""
    parts = path.relative_to(ENGINE).parts
    imported = [module.split(".") for module in sorted(ours(path) - {"errors"})]
    if parts[0] != "learn":
        allowed = left_of(RULE).get(parts[0], set()) if len(parts) > 1 else set()
        assert [] == [module for module in imported if module[0] not in allowed]
        if parts[0] == "ranking":
            assert rooms_of(imported, "ranking") <= left_of(RANKING)[room_of(parts)]
        return
    assert {module[0] for module in imported} <= {*left_of(RULE), "learn"}
    room = room_of(parts)
    assert room in left_of(LEARN), f"the room learn/{room} has no place in LEARN"
    assert rooms_of(imported, "learn") <= left_of(LEARN)[room]


def test_no_module_imports_itself_in_a_circle() -> None:
    """Inside a room, too, there is an order in which the files can be read."""
    graph = {
        ".".join(path.relative_to(ENGINE).with_suffix("").parts): ours(path) for path in PYTHON
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_heavy_packages_stay_where_they_belong(path: Path) -> None:
    """PyTorch is needed for learning alone, and the engine knows no editor."""
    used = {module.split(".")[0] for module in imports(path)}
    assert "pynvim" not in used
    if "learn" not in path.parts:
        assert not used & {"torch", "onnx", "optuna", "matplotlib", "tqdm", "datasketch", "pickle"}


def test_the_installer_needs_nothing_installed() -> None:
    """Setting up cannot depend on what it sets up."""
    ours = {"install", "packages", "failures", "progress"}
    for script in ours:
        imported = imports(ROOT / "scripts" / f"{script}.py")
        assert {module.split(".")[0] for module in imported} <= {*sys.stdlib_module_names, *ours}


HELPERS = {path.stem for path in (ROOT / "tests/support").glob("*.py")}


@pytest.mark.parametrize(
    "path",
    [p for p in tracked() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] != "tests"],
    ids=name,
)
def test_only_tests_depend_on_tests(path: Path) -> None:
    """The engine, benchmarks and scripts import no helper of the tests and open no file of theirs."""
    assert not imports(path) & HELPERS
    assert not re.search(
        r"""tests["']? ?/ ?["']?(support|data)\b""", path.read_text(encoding="utf-8")
    )


def test_the_door_is_thin() -> None:
    """What Neovim starts only passes on; everything worth testing lies behind it."""
    length = len((ROOT / "rplugin/python3/sibyl_host.py").read_text().splitlines())
    assert length <= DOOR


@pytest.mark.parametrize(
    "path", [p for p in tracked() if p.suffix in {".py", ".lua", ".vim"}], ids=name
)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    """A longer file holds two things that should be apart."""
    length = len(path.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST


def mapped(text: str) -> set[str]:
    """The files that the map of CONTRIBUTING.md names: two spaces a level, folders end in a slash."""
    block = text.split("<!-- begin map -->")[1].split("<!-- end map -->")[0]
    paths, folders = set(), [""]
    for line in block.splitlines():
        line = line.rstrip()
        if not line or line.startswith("```"):
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        word = line.split()[0]
        del folders[depth + 1 :]
        if word.endswith("/"):
            folders.append(folders[depth] + word)
        else:
            paths.add(folders[depth] + word)
    return paths


def test_the_map_names_every_file() -> None:
    """Who looks for a file finds it in the map of CONTRIBUTING.md, and the map names no ghosts."""
    folders = (
        "plugin",
        "lua",
        "autoload",
        "rplugin",
        "engine",
        "bench",
        "models",
        "doc",
        "scripts",
    )
    apart = {"__init__.py", "__main__.py", "py.typed"}
    existing = {
        name(path)
        for path in tracked()
        if path.relative_to(ROOT).parts[0] in folders and path.name not in apart
    }
    assert existing == mapped((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


def test_every_room_says_what_it_is() -> None:
    """The docstring of each package says what comes in, what goes out, and what it may import."""
    for path in PYTHON:
        if path.name == "__init__.py" and path.parent != ENGINE:
            docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            words = [line.split(":")[0] for line in docstring.splitlines() if ":" in line]
            assert {"In", "Out", "Imports"} <= set(words), name(path)


# Written in pieces, or this file would name them itself.
PRIVATE = re.compile(
    r"(?<![\w.~$}])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|tm" + r"p/\w+)/"
    r"|pypi\.(?:org|python)|pythonhosted|registry\.npm|deb\.debian|npmjs\.org|\bhttp://\S*debian"
)


@pytest.mark.parametrize("path", [p for p in tracked() if p.suffix in TEXT], ids=name)
def test_no_machine_and_no_mirror_is_named(path: Path) -> None:
    """What is committed holds on every machine: no path of ours, no registry's address."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    lines = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if PRIVATE.search(line) and path != Path(__file__).resolve()
    ]
    assert not lines


def test_no_two_tests_have_one_name() -> None:
    """Two test files of one name, in whatever folders, cannot be collected in one run."""
    names = [path.name for path in tracked() if path.name.startswith("test_")]
    assert len(names) == len(set(names))
