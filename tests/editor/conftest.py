"""What the editor's tests share.

In:   the fixtures of tests/conftest.py.
Out:  fixtures `scripted`: a Neovim with a Python file open and a ranker that does as told;
      `serve`: the same with the fake language server attached;
      `served`: the same where sibyl may start its own server;
      `asked`: one where the menu of that server is asked for, and a function that tells how often.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asking import look, watch
from child import Child
from fake_server import FakeServer, items
from own_server import SAMPLE, TY
from scripted import BEST, NAMES, NATIVE, ScriptedRanker, host_ready


@pytest.fixture
def scripted(
    start_nvim: Callable[..., Child], tmp_path: Path
) -> Callable[..., tuple[Child, ScriptedRanker]]:
    """Start such a Neovim: `scripted(text, lua, option=value)`."""

    def start(text: str = "", lua: str = "", **options: Any) -> tuple[Child, ScriptedRanker]:
        ranker = ScriptedRanker(tmp_path)
        child = start_nvim(init=ranker.init(**options) + "\n" + lua)
        child.open(tmp_path / "shop.py", text)
        host_ready(child)
        assert child.lua("return require('sibyl.config').problems()") == [], "options of the test"
        return child, ranker

    return start


@pytest.fixture
def serve(scripted: Callable) -> Callable:
    """Start a Neovim with the fake server attached and a ranker that prefers BEST."""

    def start(lua: str = "", options: dict | None = None, **server: Any) -> tuple[Any, ...]:
        child, ranker = scripted(
            "import os\n", NATIVE + lua, **({"deadline": 1000} | (options or {}))
        )
        ranker.set(best=BEST, stars=2)
        return child, ranker, FakeServer(child, **({"items": items(*NAMES)} | server))

    return start


@pytest.fixture
def served(scripted: Callable) -> Callable[..., tuple[Child, Any]]:
    """Start a Neovim where sibyl may start its server at once."""
    if not TY.exists():
        pytest.skip("no ty: run `make setup`")

    def start(text: str = SAMPLE, lua: str = "", **server: Any) -> tuple[Child, Any]:
        options = {"enabled": True, "delay": 0} | server
        child, ranker = scripted(text, lua, deadline=1000, server=options)
        ranker.set(best=["join", "exists", "upper"], stars=2)
        return child, ranker

    return start


@pytest.fixture
def asked(scripted: Callable) -> Callable[[], tuple[Child, Callable[[], list[Any]]]]:
    """Start such a Neovim; the second value tells what was asked since it was called last."""

    def start() -> tuple[Child, Callable[[], list[Any]]]:
        child, _ = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'")
        watch(child)
        return child, lambda: look(child)

    return start
