"""The first Python buffer is begun with in steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import ScriptedRanker, host_ready

READ = """
READ, TURN = {}, 0
vim.uv.new_prepare():start(function() TURN = TURN + 1 end)
table.insert(package.loaders, 1, function(name)
  if vim.startswith(name, 'sibyl.') then READ[name] = TURN end
end)
"""
BEGIN = """
vim.cmd('noautocmd setlocal filetype=python')
require('sibyl').begin_in_steps(vim.api.nvim_get_current_buf())
"""
STATE = """
return { require('sibyl.host.client').state.phase, require('sibyl').buffers(),
  pcall(vim.api.nvim_get_autocmds, { group = 'sibyl_work' }) }
"""


def test_keys_are_taken_between_the_parts(start_nvim: Callable, tmp_path: Path) -> None:
    """The editor's parts are read one after the other, so that a key waits for one of them at most."""
    ranker = ScriptedRanker(tmp_path)
    child = start_nvim(init=READ + ranker.init())
    child.open(tmp_path / "a.py", "x = 1\n")
    host_ready(child)
    turns = child.lua("return READ")
    parts = ["buffer.mirror", "menus.accepted", "server.default", "completion.lsp_hook", "events"]
    assert len({turns[f"sibyl.{part}"] for part in parts}) == len(parts)


@pytest.mark.parametrize("how", ["bwipeout!", "lua require('sibyl').disable()"])
def test_a_buffer_that_is_gone_before_the_last_step(
    start_nvim: Callable, tmp_path: Path, how: str
) -> None:
    """Who closes the first buffer at once, or switches off, has no host and no message."""
    child = start_nvim(init=ScriptedRanker(tmp_path).init())
    child.lua(f"{BEGIN} vim.cmd([[{how}]])")
    child.lua("vim.wait(100)")
    phase, _, wired, *_ = child.lua(STATE)
    assert (phase, wired) == ("off", False)
    assert child.command("messages") == ""
