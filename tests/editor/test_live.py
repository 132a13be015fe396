"""The whole chain, nothing replaced: real Neovim, real language server, real network."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from scripted import digest, host_ready, mirrored, truth

PYTHON = ROOT / ".venv/bin/python"
MODEL = ROOT / "models/sibyl.onnx"
CODE = """\
import json
import os


def load(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with open(path) as file:
            yield json.load(file)

"""


@pytest.fixture
def live(start_nvim: Callable, tmp_path: Path) -> Callable[..., Child]:
    """Start a Neovim as a user has it after the installation."""
    if not (PYTHON.exists() and MODEL.exists()):
        pytest.skip("no environment or no model")

    def start(text: str = CODE, server: bool = True) -> Child:
        child = start_nvim(
            init=f"vim.g.sibyl = {{ python = '{PYTHON}', log_level = 'debug', deadline = 1000,"
            f" server = {{ delay = 0, enabled = {str(server).lower()} }} }}"
        )
        child.open(tmp_path / "work.py", text)
        host_ready(child)
        return child

    return start


def test_ranked_menu(live: Callable) -> None:
    """A dot opens a menu of all the server's names, in an order that is not the server's."""
    child = live()
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30)
    child.type_keys("Goif os.path.", every=0.03)
    wanted = {"join", "exists", "commonprefix", "sep"}
    child.wait_for(lambda: wanted <= set(child.words()), 30, "the members of os.path")
    words = child.words()
    last = child.lua("return require('sibyl.completion.reply').last")
    assert last["names"][:5] == words[:5]
    assert words != sorted(words)
    child.type_keys("is")
    assert child.words() == [word for word in words if word.startswith("is")]


@pytest.mark.parametrize("name", ["__init__", "setUp"])
def test_a_method_calls_its_base(live: Callable, name: str) -> None:
    """Behind `super().` the menu opens with the method's own name, in a class whose base nobody knows, too."""
    child = live("from remote import Base\n\n\nclass Job(Base):\n")
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30)
    child.type_keys(f"Go    def {name}(self):<CR>super().", every=0.03)
    child.wait_for(lambda: child.words()[:1] == [name], 30, "the base's method")
    assert "__class__" in child.words()


def test_health(live: Callable) -> None:
    """After an installation the check-up finds nothing to complain about but 'completeopt'."""
    child = live()
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30)
    child.command("checkhealth sibyl")
    report = "\n".join(child.lines())
    assert "ERROR" not in report
    assert "10 names there and back" in report


def test_mirror(live: Callable) -> None:
    """The real host holds what the buffer holds, after typing, undo, filters and a reload."""
    child = live(server=False)
    random_ = random.Random(11)
    steps = ["Gox.y<Esc>", "ggdd", "u", "<C-r>", ":%s/e/ee/g<CR>", "GAé€<Esc>", "3Gyyp", "5GddP"]
    steps += [":silent e!<CR>", "ggVG>", ":silent %!sort<CR>", "4GIdef f(<CR>)<Esc>", "10u"]
    for number in range(60):
        child.type_keys(random_.choice(steps))
        if number % 5 == 4:
            held = mirrored(child)
            assert [held["length"], held["crc32"]] == digest(truth(child))
    assert "out of step" not in Path(child.lua("return require('sibyl.log').path()")).read_text()
