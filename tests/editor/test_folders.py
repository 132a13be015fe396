"""What sibyl keeps lies in one place, also where Neovim's own folders are relative.

In:   a Neovim whose variables name relative folders, as some containers have it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from scripted import ScriptedRanker, host_ready

RELATIVE = "vim.env.XDG_STATE_HOME, vim.env.XDG_DATA_HOME = 'kept', 'kept'"
PLACES = """
return { require('sibyl.host.client').memory(), require('sibyl.log').path(),
  require('sibyl.host.interpreter').venv() }
"""


def test_relative_folders_are_where_neovim_began(start_nvim: Callable, tmp_path: Path) -> None:
    """The host is told an absolute folder, which `:Sibyl forget` empties after `:cd`, too."""
    (tmp_path / "work").mkdir()
    ranker = ScriptedRanker(tmp_path)
    child = start_nvim(init=f"vim.cmd.cd('{tmp_path}/work')\n{RELATIVE}\n{ranker.init()}")
    child.open(tmp_path / "work/a.py", "x = 1\n")
    host_ready(child)
    child.command(f"cd {tmp_path}")
    ours = tmp_path / "work/kept/nvim"
    places = [str(ours / place) for place in ("sibyl", "sibyl.log", "sibyl/venv")]
    assert child.lua(PLACES) == places
    ((options,),) = ranker.calls("start")
    assert [options["state"], options["log"]] == places[:2]
    (ours / "sibyl").mkdir(parents=True)
    (ours / "sibyl/person.sqlite").write_text("learned")
    child.command("Sibyl forget")
    assert not (ours / "sibyl").exists()
