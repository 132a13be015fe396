"""Packages that are replaced while the host runs: it goes on ranking, or says one sentence.

In:   an environment of its own, made of links to the files of .venv; the real host and model in real Neovims.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from fake_server import FakeServer, items
from scripted import host_ready

STATE = "local s = require('sibyl.host.client').state return "
NAMES = ("abort", "getcwd", "listdir", "path")
RANKED = "return require('sibyl.completion.reply').last ~= nil"


def copied(place: Path) -> None:
    """Copy the packages of requirements/run.txt from the environment of this process."""
    text = (ROOT / "requirements/run.txt").read_text()
    for name in set(re.findall(r"^[\w-]+(?===)", text, re.MULTILINE)):
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for other Pythons
        for file in files:
            if ".." not in file.parts and file.suffix != ".pyc":
                target = place / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages, copied: what a test does to them never reaches the files that everything else runs on."""
    place = tmp_path_factory.mktemp("packages")
    copied(place)
    return place


class Environment:
    """A Python with those packages, whose files may be removed and replaced, but not written to."""

    def __init__(self, place: Path, packages: Path) -> None:
        """Make it, with links to the packages' files."""
        self.place, self.python, self.source = place, place / "bin/python", packages
        subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", place], check=True)
        (self.packages,) = place.glob("lib/python3*/site-packages")
        shutil.copytree(packages, self.packages, copy_function=os.link, dirs_exist_ok=True)

    def remove(self) -> None:
        """Remove the packages, as a manager does before it installs others."""
        for each in self.packages.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()


@pytest.fixture
def environment(tmp_path: Path, packages: Path) -> Environment:
    """An environment of this test's own."""
    return Environment(tmp_path / "environment", packages)


def ranking(environment: Environment, start_nvim: Callable, tmp_path: Path) -> Child:
    """Start a Neovim whose host runs in that environment and has ranked a list."""
    options = "deadline = 1000, server = { enabled = false }"
    child: Child = start_nvim(
        init=f"vim.g.sibyl = {{ python = '{environment.python}', {options} }}"
    )
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pyproject.toml").write_text("")
    opened(child, tmp_path / "project/first.py")
    host_ready(child)
    assert completed(child)
    return child


@pytest.fixture
def child(environment: Environment, start_nvim: Callable, tmp_path: Path) -> Child:
    """Such a Neovim."""
    return ranking(environment, start_nvim, tmp_path)


def opened(child: Child, path: Path) -> None:
    """Open another file that the server completes in."""
    child.command("set hidden")
    child.open(path, "import os\n\nos.getcwd()\n")
    FakeServer(child, items=items(*NAMES))
    child.lua("vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'")


def completed(child: Child) -> bool:
    """Complete after a dot at the end of the buffer; tell whether the list was ranked."""
    child.lua("require('sibyl.completion.reply').last = nil")
    child.type_keys("Goos.<C-x><C-o>")
    child.wait_for(lambda: len(child.menu()) == len(NAMES), 30, "the menu")
    ranked = bool(child.lua(RANKED))
    child.type_keys("<C-e><Esc>")
    return ranked


def start_another(child: Child) -> None:
    """End the host; the waits before others are short."""
    child.lua(
        "local later = vim.defer_fn"
        " vim.defer_fn = function(f, ms) return later(f, math.min(ms, 20)) end"
    )
    pid = child.lua(STATE + "s.pid")
    child.lua("vim.uv.kill(..., 9)", pid)
    child.wait_for(lambda: child.lua(STATE + "s.pid") != pid, 30, "the end of the host")


def test_a_host_without_packages_goes_on(
    environment: Environment, child: Child, tmp_path: Path
) -> None:
    """The host ranks on, in new buffers too; when it ends, one sentence names what the next one lacks."""
    pid = child.lua(STATE + "s.pid")
    environment.remove()
    assert completed(child)
    child.command("silent write")
    opened(child, tmp_path / "project/second.py")
    assert completed(child)
    child.command("silent write | silent Sibyl stats | silent Sibyl explain | silent close")
    assert completed(child)
    assert (pid, []) == (child.lua(STATE + "s.pid"), child.messages())

    start_another(child)
    child.wait_for(lambda: child.lua(STATE + "s.phase") == "failed", 30, "the end of looking")
    assert not completed(child)
    assert 1 == len(child.messages())
    assert "does not do" in child.messages()[0]


def test_another_environment_in_its_place(
    environment: Environment, child: Child, tmp_path: Path
) -> None:
    """Moved away and made again, as `:Sibyl install` of another Neovim does it: each list is ranked."""
    pid = child.lua(STATE + "s.pid")
    environment.place.rename(tmp_path / "old")
    Environment(environment.place, environment.source)
    shutil.rmtree(tmp_path / "old")
    assert completed(child)
    assert pid == child.lua(STATE + "s.pid")
    start_another(child)
    host_ready(child)
    assert completed(child)
    assert [] == child.messages()


DAMAGE = {
    "numpy/__init__.py": "raise AttributeError('half')",
    "onnxruntime/__init__.py": "half a line",
    "pynvim/__init__.py": "",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_host_that_starts_amid_a_replacement(
    environment: Environment, child: Child, name: str
) -> None:
    """It says one sentence, whatever an import raises; with an environment again, the next key starts one."""
    place = environment.packages / name
    whole = place.read_text()
    place.unlink()  # it is a link to what other tests use, too
    place.write_text(DAMAGE[name])
    assert completed(child)
    start_another(child)
    child.wait_for(child.messages, 60, "a sentence")
    child.wait_for(lambda: child.lua(STATE + "s.phase") in ("ready", "failed"), 60, "the end of it")
    assert not completed(child)
    assert 1 == len(child.messages())

    place.write_text(whole)
    stamp = Path(child.lua("return require('sibyl.host.interpreter').venv()")) / "sibyl.json"
    stamp.parent.mkdir(parents=True)
    stamp.touch()
    child.type_keys("i<Esc>")
    host_ready(child)
    assert completed(child)
    assert 1 == len(child.messages())


def test_libraries_overwritten_where_they_lie(
    environment: Environment, start_nvim: Callable, tmp_path: Path
) -> None:
    """Even this, which ends a process at any moment, is one sentence at most; Neovim types on."""
    libraries = [path for path in environment.packages.rglob("*.so*") if "tests" not in path.parts]
    for path in libraries:  # copies, as they are written to
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
    child = ranking(environment, start_nvim, tmp_path)
    pid = child.lua(STATE + "s.pid")
    for path in libraries:
        assert path.stat().st_nlink == 1
        path.write_bytes(path.read_bytes()[:4096])
    completed(child)
    if child.lua(STATE + "s.pid") == pid:
        start_another(child)
    child.wait_for(child.messages, 60, "a sentence")
    child.wait_for(lambda: child.lua(STATE + "s.phase") in ("ready", "failed"), 60, "the end of it")
    assert not completed(child)
    assert 1 == len(child.messages())
