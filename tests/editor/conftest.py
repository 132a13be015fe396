"""What the editor's tests share.

In:   the fixtures of tests/conftest.py.
Out:  fixtures `told`: a Neovim with a Python file open and a ranker that does as told;
      `serve`: the same with the fake language server attached.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import Child
from fake_server import FakeServer, items
from told import BEST, NAMES, NATIVE, Told, host_ready


@pytest.fixture
def told(start_nvim: Callable[..., Child], tmp_path: Path) -> Callable[..., tuple[Child, Told]]:
    """Start such a Neovim: `told(text, lua, option=value)`."""

    def start(text: str = "", lua: str = "", **options: Any) -> tuple[Child, Told]:
        ranker = Told(tmp_path)
        child = start_nvim(init=ranker.init(**options) + "\n" + lua)
        child.open(tmp_path / "shop.py", text)
        host_ready(child)
        return child, ranker

    return start


@pytest.fixture
def serve(told: Callable) -> Callable:
    """Start a Neovim with the fake server attached and a ranker that prefers BEST."""

    def start(lua: str = "", options: dict | None = None, **server: Any) -> tuple[Any, ...]:
        child, ranker = told("import os\n", NATIVE + lua, **({"deadline": 1000} | (options or {})))
        ranker.set(best=BEST, stars=2)
        return child, ranker, FakeServer(child, **({"items": items(*NAMES)} | server))

    return start
