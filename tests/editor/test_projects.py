"""Which project a buffer belongs to, and when its files are read again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from own_server import wait_clients

PROJECT = "return (require('sibyl.buffer.project').of(0))"
FOCUS = "vim.api.nvim_exec_autocmds('FocusGained', {})"
ROOTS_TOLD = """
local tell, at = require('sibyl.buffer.project').tell, 1
while true do
  local name, value = debug.getupvalue(tell, at)
  if name == 'sent' then return vim.tbl_count(value) end
  at = at + 1
end
"""


def test_a_loose_file_makes_no_project_of_its_folder(served: Callable, tmp_path: Path) -> None:
    """The root of sibyl's own server is made up: a file in a download folder has not all of it read."""
    child, _ = served()
    (tmp_path / "downloads").mkdir()
    child.open(tmp_path / "downloads/a.py", "import os\n")
    wait_clients(child, "sibyl")
    assert child.lua(PROJECT) == ""


def test_a_home_in_git_hides_no_project(nvim: Child, tmp_path: Path) -> None:
    """Who keeps the home folder in a repository has projects below it that are none."""
    home = tmp_path / "home"
    (home / ".git").mkdir(parents=True)
    (home / "src/shop").mkdir(parents=True)
    (home / "src/shop/pyproject.toml").write_text("")
    nvim.lua("vim.env.HOME = ...", str(home))
    nvim.open(home / "src/shop/a.py", "import os\n")
    assert nvim.lua(PROJECT) == str(home / "src/shop")


@pytest.mark.parametrize("off", ["Sibyl! disable", "let b:sibyl_enabled = v:false"])
def test_a_buffer_that_is_off_has_no_project_read(
    serve: Callable, tmp_path: Path, off: str
) -> None:
    """Where a buffer is switched off nothing is read for it, though Neovim gets the focus."""
    (tmp_path / "pyproject.toml").write_text("")
    child, ranker, _ = serve()
    child.command(off)
    child.lua(FOCUS)
    child.lua("vim.wait(200)")
    assert ranker.calls("changed") == []


def test_a_command_is_no_change_of_focus(serve: Callable) -> None:
    """The focus is looked at every 20 seconds; what a shell command has changed is read at once."""
    child, ranker, _ = serve()
    child.lua(FOCUS)
    child.lua(FOCUS)
    child.wait_for(lambda: len(ranker.calls("changed")) == 1, what="the first look")
    child.command("silent !true")
    child.wait_for(lambda: len(ranker.calls("changed")) == 2, what="the second look")


def test_nothing_is_kept_of_buffers_that_are_gone(serve: Callable, tmp_path: Path) -> None:
    """What was told to the host of a buffer is forgotten with it."""
    child, _, _ = serve()
    for number in range(5):
        before = child.lua(ROOTS_TOLD)
        child.open(tmp_path / f"f{number}.py", "x = 1\n")
        child.wait_for(lambda: child.lua(ROOTS_TOLD) == before + 1, what="the buffer's project")  # noqa: B023
        child.command("bwipeout!")
    child.wait_for(lambda: child.lua(ROOTS_TOLD) <= 1, what="one buffer")
