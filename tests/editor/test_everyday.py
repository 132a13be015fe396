"""Menus of everyday places: real Neovim, real server, real network, nothing learned of anybody before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from scripted import host_ready

PYTHON = ROOT / ".venv/bin/python"
CODE = '''\
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


class StoreError(Exception):
    """Nothing there."""


class Base:
    def close(self):
        pass


@dataclass
class Entry(Base):
    path: Path
    size: int = 0


def load_entry(path: Path, encoding: str = "utf-8", retries: int = 3) -> Entry:
    text = path.read_text(encoding=encoding)
    entries = [Entry(path, len(text))]
'''
CALL = '    first = subprocess.run(["ls"], check=True)\n    second = subprocess.run(["ls"], '
PLACES = {
    "call arguments": (CALL, "check="),
    "call arguments, a letter": ("    return load_entry(path, e", "encoding="),
    "except": ("    try:\n        load_entry(path)\n    except St", "StoreError"),
    "class bases": ("\n\nclass Special(Ba", "Base"),
    "decorators": ("\n\n@da", "dataclass"),
    "f-strings": ('    print(f"{te', "text"),
    "annotations": ("\n\ndef save(target: Pa", "Path"),
    "comprehension": ("    sizes = [entry.size for entry in en", "entries"),
    "from . import": ("\n\nfrom . import ", "basket"),
    "dictionary values": ('    told = {"text": te', "text"),
    "return": ("    return en", "entries"),
}


@pytest.fixture
def shop(start_nvim: Callable, tmp_path: Path) -> Child:
    """A Neovim in a small package, as a user has it after the installation."""
    if not (PYTHON.exists() and (ROOT / "models/sibyl.onnx").exists()):
        pytest.skip("no environment or no model")
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text('__version__ = "1"\n')
    for name in ("basket", "orders"):
        (package / f"{name}.py").write_text("LIMIT = 3\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    child: Child = start_nvim(
        init="vim.o.completeopt = 'menuone,noselect'"
        f" vim.g.sibyl = {{ python = '{PYTHON}', deadline = 1000, server = {{ delay = 0 }} }}"
    )
    child.open(package / "stock.py", CODE)
    host_ready(child)
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30)
    return child


def test_everyday_places(shop: Child) -> None:
    """What anybody would write there stands first, and `:Sibyl explain` says why in words."""
    for place, (text, wanted) in PLACES.items():
        shop.lua("vim.api.nvim_buf_set_lines(0, 0, -1, true, ...)", (CODE + text).split("\n"))
        shop.type_keys("G$a<C-x><C-o>")
        shop.wait_for(lambda: bool(shop.words()), 60, f"the menu of {place}")
        words = shop.words()
        assert words[0] == wanted, (place, words[:5])
        shop.type_keys("<C-e><Esc>")
        if place == "call arguments":
            assert "check=" in words and "continue" not in words[:10]
            shop.command("Sibyl explain")
            shop.wait_for(lambda: shop.lines()[0].startswith("The last list"), 10, "the reasons")
            first = next(line for line in shop.lines() if " check= " in line)
            assert "this file uses it so" in first
            shop.type_keys("q")


def test_an_import_for_code_that_is_there(shop: Child) -> None:
    """Above code that says `Counter(…)` and `json.loads` the import offers these, and says why."""
    code = "\n\ndef count(path):\n    return Counter(json.loads(path.read_text()))\n"
    for line, wanted in (("from collections import ", "Counter"), ("import ", "json")):
        shop.lua("vim.api.nvim_buf_set_lines(0, 0, -1, true, ...)", (line + code).split("\n"))
        shop.type_keys("ggA<C-x><C-o>")
        shop.wait_for(lambda: bool(shop.words()), 60, f"the menu after {line}")
        assert shop.words()[0] == wanted
        shop.type_keys("<C-e><Esc>")
    shop.command("Sibyl explain")
    shop.wait_for(lambda: shop.lines()[0].startswith("The last list"), 10, "the reasons")
    first = next(line for line in shop.lines() if " json " in line)
    assert "the code below uses it and nothing binds it" in first
