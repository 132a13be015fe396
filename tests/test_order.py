"""The rules of the layout, kept by machine: who may import whom, file lengths, names.

In:   the tracked files of this checkout.
Out:  a failing test per rule and file.
Who:  pytest.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ENGINE = ROOT / "engine" / "sibyl"
# From bytes to a ranked list; a step imports only steps to its left.
ORDER = (
    "errors private git text quotes "
    "tokens grammar sections syntax origins statements reader stream vocab runtime "
    "model states usage clean memory.base memory.notes memory.store memory.files memory.limits memory.build "
    "memory.classes memory.project memory.person memory.recall memory.scribe memory.opening memory.keeper "
    "features rank trial explain session about shelf work mail desk"
).split()
# Needed by nobody at run time: they stand outside the row, and may import nothing of ours.
APART = {"install": {"packages"}, "packages": set()}
LONGEST = 300
DOOR = 100
TEXT = {".py", ".lua", ".vim", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".json", ""}
PYTHON = sorted(path for path in ENGINE.rglob("*.py"))


def tracked() -> list[Path]:
    """Every file git knows here, or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def imports(path: Path) -> set[str]:
    """All modules a Python file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import hides the order"
            found |= {f"{node.module}.{name.name}" for name in node.names} | {str(node.module)}
    return found


def ours(path: Path) -> set[str]:
    """The modules of `sibyl` a file imports."""
    names = {name.removeprefix("sibyl.") for name in imports(path) if name.startswith("sibyl.")}
    return {name for name in names if (ENGINE / f"{name.replace('.', '/')}.py").exists()}


def name(path: Path) -> str:
    """A path as a test's name."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [p for p in PYTHON if "learn" not in p.parts], ids=name)
def test_the_engine_imports_one_way(path: Path) -> None:
    """A step imports only steps before it, so that the engine can be read in one direction."""
    step = ".".join(path.relative_to(ENGINE).with_suffix("").parts)
    if path.stem == "__init__":
        assert not ours(path) - {*ORDER}
        return
    assert step in ORDER or step in APART, f"{step} has no place in the order"
    before = set(ORDER[: ORDER.index(step)]) if step in ORDER else APART[step]
    assert not ours(path) - before


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_heavy_packages_stay_where_they_belong(path: Path) -> None:
    """PyTorch is needed for learning alone, and the engine knows no editor."""
    used = {module.split(".")[0] for module in imports(path)}
    assert "pynvim" not in used
    if "learn" not in path.parts:
        assert not used & {"torch", "onnx", "optuna", "matplotlib", "tqdm", "datasketch", "pickle"}


def test_the_installer_needs_nothing_installed() -> None:
    """Setting up cannot depend on what it sets up."""
    used = {module.split(".")[0] for module in imports(ENGINE / "install.py")}
    assert used <= {*sys.stdlib_module_names, "sibyl"}


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


def test_the_readme_maps_every_file() -> None:
    """Who looks for a file finds it in README's map, and the map names no ghosts."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README yet")
    text = readme.read_text(encoding="utf-8")
    named = set(re.findall(r"[\w.-]+\.(?:py|lua|vim|txt|md|onnx|npy|json|toml|png)\b", text))
    folders = ("plugin", "lua", "autoload", "rplugin", "engine", "bench", "models", "doc")
    there = {
        path.name.removesuffix(".gz")
        for path in tracked()
        if path.relative_to(ROOT).parts[0] in folders and path.suffix != ".typed"
    }
    assert [] == sorted(there - named - {"__init__.py", "__main__.py"})
    everywhere = {path.name for path in tracked()}
    code = {word for word in named if word.endswith((".py", ".lua", ".vim"))}
    assert [] == sorted(code - everywhere - {"init.lua"})


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
    found = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        if PRIVATE.search(line) and path != Path(__file__).resolve()
    ]
    assert not found
