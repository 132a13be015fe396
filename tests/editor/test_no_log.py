"""Where Neovim's client of language servers can keep no log: a state folder that may not be written.

In:   a Neovim; its log folder, or the log in it, is made impossible before it starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from child import Child
from own_server import SAMPLE, TY
from scripted import ScriptedRanker, host_ready

KEYS = """
vim.keymap.set('i', '<F2>', '<Plug>(SibylCompare)')
vim.keymap.set('i', '<F3>', '<Plug>(SibylSuggest)')
"""
CANNOT = "Neovim's client of language servers cannot be used"


def told(child: Child, what: str) -> None:
    """Wait for the one message that there is to be."""
    child.wait_for(lambda: child.blocked() or child.messages(), 20, "a message")
    assert not child.blocked(), child.drawn()
    time.sleep(0.3)
    (message,) = child.messages()
    assert what in message


def test_a_log_folder_that_cannot_be_made_is_one_sentence(
    start_nvim: Callable[..., Child], tmp_path: Path
) -> None:
    """The client cannot be read then: one sentence, once; no error for each Python file, key or command."""
    (tmp_path / "home/state").mkdir(parents=True)
    (tmp_path / "home/state/nvim").write_text("a file where a folder should be")
    child = start_nvim(init=ScriptedRanker(tmp_path).init() + KEYS, home=tmp_path / "home")
    child.open(tmp_path / "a.py", "x = 1\n")
    told(child, CANNOT)
    child.open(tmp_path / "b.py", "y = 1\n")
    child.type_keys("Gox.<F2><F3>abc<Esc>", every=0.05)
    for command in ("Sibyl disable", "Sibyl enable", "Sibyl toggle", "Sibyl toggle", "edit!"):
        child.command(f"silent {command}")
    told(child, CANNOT)
    assert f"{CANNOT}: E739: Cannot create directory" in child.command("Sibyl")
    child.command("checkhealth sibyl")
    assert any(CANNOT in line for line in child.lines())


def test_a_log_that_cannot_be_written_waits_for_no_key(
    start_nvim: Callable[..., Child], tmp_path: Path
) -> None:
    """Our own server starts and completes; Neovim's message about its log, which waits for a key, is a line."""
    (tmp_path / "home/state/nvim/lsp.log").mkdir(parents=True)
    ranker = ScriptedRanker(tmp_path)
    server = {"enabled": True, "delay": 0, "cmd": [str(TY), "server"]}
    child = start_nvim(init=ranker.init(server=server), home=tmp_path / "home")
    child.open(tmp_path / "a.py", SAMPLE)
    host_ready(child)
    told(child, "the log of language servers cannot be written")
    child.wait_for(
        lambda: child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 1, 30, "the server"
    )
    child.type_keys("Goos.path.", every=0.03)
    assert child.wait_menu(30)
