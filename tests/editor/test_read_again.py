"""Buffers that got another name or another server, and whose files other programs change."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from own_server import SAMPLE, wait_clients

READ_AGAIN = "vim.o.autoread = true"


def change(child: Child, path: Path, times: int) -> None:
    """Write a file as another program does, and wait until its buffer has the text."""
    path.write_text(SAMPLE * (times + 1))
    later = time.time() + 60 * times
    os.utime(path, (later, later))
    child.command("checktime")
    child.wait_for(lambda: "\n".join([*child.lines(), ""]) == path.read_text(), what="the text")


@pytest.mark.parametrize("way", ["saveas", "write"])
def test_under_another_name(served: Callable, tmp_path: Path, way: str) -> None:
    """A buffer that got a name is read again, and goes on being completed; the server complains of nothing."""
    child, _ = served(SAMPLE, READ_AGAIN)
    if way == "write":
        child.command("enew | set filetype=python")
        child.type_keys("iimport os<Esc>")
    wait_clients(child, "sibyl")
    child.command(f"{way} {tmp_path / 'renamed.py'}")
    wait_clients(child, "sibyl")
    for times in (1, 2):
        change(child, tmp_path / "renamed.py", times)
        child.call("wait", 300, False)

    def completed() -> bool:  # a busy ty refuses a request: "content modified"
        child.type_keys("<Esc>Gop = os.path.", every=0.02)
        child.call("wait", 1000, False)
        return "join" in child.words()

    child.wait_for(completed, 20, "the menu")
    assert not [line for line in child.messages() if "problem" in line]


def test_under_its_first_name(served: Callable, tmp_path: Path) -> None:
    """Behind a dot the menu opens by itself in a buffer that had no name when its server came."""
    child, _ = served()
    child.command("enew | set filetype=python")
    wait_clients(child, "sibyl")
    child.type_keys("iimport os<Esc>")
    child.command(f"write {tmp_path / 'first.py'}")
    wait_clients(child, "sibyl")

    def opens() -> bool:
        child.type_keys("<Esc>Gop = os.path.", every=0.02)
        child.call("wait", 1000, False)
        return "join" in child.words()

    child.wait_for(opens, 20, "the menu")


def test_after_our_server_has_left(served: Callable, tmp_path: Path) -> None:
    """A buffer that a server of the user's own has taken over is read again without an error."""
    child, _ = served(SAMPLE, READ_AGAIN)
    wait_clients(child, "sibyl")
    FakeServer(child, items=items("alpha", "beta"))
    wait_clients(child, "fake")
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 1, what="the end of ours")
    change(child, tmp_path / "shop.py", 1)
    child.call("wait", 300, False)
    assert child.messages() == []


def test_asked_for_by_a_key(served: Callable, tmp_path: Path) -> None:
    """<C-x><C-o> has the list of our server after the file was read again, too."""
    child, _ = served(SAMPLE, READ_AGAIN)
    wait_clients(child, "sibyl")
    change(child, tmp_path / "shop.py", 1)
    child.wait_for(lambda: child.lua("return vim.bo.omnifunc") != "", what="'omnifunc'")
    child.type_keys("Gop = os.path.")
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: "join" in child.words(), 30, "the list")
    assert child.messages() == []
