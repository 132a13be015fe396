"""What all tests share: the Neovims to run on, and a fresh one for every test.

In:   the binaries that scripts/neovim/bring.py left (or SIBYL_NVIMS, or PATH).
Out:  fixtures `nvim_binary`, `start_nvim`, `nvim`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Before anything may import ONNX Runtime, which else reports to its maker (engine/sibyl/network/runtime.py).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
HERE = Path(__file__).resolve().parent
# Helpers and scripts are imported by their plain names; the engine works uninstalled too.
PLACES = ("tests/support", "scripts", "scripts/neovim", "scripts/pictures", "engine")
sys.path[:0] = [str(HERE.parent / place) for place in PLACES]

import find  # noqa: E402 (found through the line above)
from child import Child  # noqa: E402
from strict import judge  # noqa: E402

BINARIES = find.neovims()
CAN_LEARN = all(importlib.util.find_spec(name) for name in ("torch", "tqdm", "datasketch"))
# A change of the editor's side alone does not need what learning takes.
collect_ignore = [] if CAN_LEARN else ["learn"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Any:
    """Let no test be left out that could run (see tests/support/strict.py)."""
    report = yield
    judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Any:
    """Let no file of tests be left out that could run."""
    report = yield
    judge(report)
    return report


def pytest_report_header() -> str:
    """Say what this run covers."""
    learn = "" if CAN_LEARN else "; without tests/learn (their packages are not installed)"
    return f"sibyl: Neovim {', '.join(map(label, BINARIES)) or 'not found'}{learn}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder, so that nobody has to remember to."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in ("editor", "learn"):
            item.add_marker(folder)


def label(binary: Path) -> str:
    """A short name for a test's parameter: the version."""
    return ".".join(map(str, find.version_of(binary))) or binary.name


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that needs Neovim once on each."""
    if "nvim_binary" in metafunc.fixturenames:
        marks = (
            [] if BINARIES else [pytest.mark.skip(reason="no Neovim: `make neovim` brings some")]
        )
        metafunc.parametrize(
            "nvim_binary",
            [pytest.param(path, id=label(path)) for path in BINARIES]
            or [pytest.param(None, marks=marks, id="no-neovim")],
            scope="session",
        )


@pytest.fixture
def start_nvim(nvim_binary: Path, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Start Neovims by hand: `start_nvim(init="vim.g.sibyl = {}")`, each in its own home unless told."""
    children: list[Child] = []

    def start(init: str = "", home: Path | None = None, **options: int) -> Child:
        home = home or tmp_path / f"home{len(children)}"
        child = Child(nvim_binary, home, init, **options)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close()


@pytest.fixture
def nvim(start_nvim: Callable[..., Child]) -> Child:
    """A fresh Neovim with the checkout on its runtimepath and no settings."""
    return start_nvim()
