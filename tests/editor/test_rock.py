"""As a rock of LuaRocks: the rockspec holds, and sibyl finds what lies apart from its Lua."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT
from scripted import ScriptedRanker, host_ready

ROCKSPEC = next(ROOT.glob("*.rockspec"))
# Read as LuaRocks reads it: a chunk that sets globals.
READ = "local spec = {} setfenv(assert(loadfile(...)), spec)() return vim.json.encode(spec)"


def test_a_rock_holds_all_that_runs(start_nvim: Callable) -> None:
    """The rockspec is Lua, named as its version says, and copies each folder that users need."""
    spec = json.loads(start_nvim().lua(READ, str(ROCKSPEC)))
    assert ROCKSPEC.name == f"{spec['package']}-{spec['version']}.rockspec"
    copied = set(spec["build"]["copy_directories"])
    assert all((ROOT / folder).is_dir() for folder in copied)
    apart = {"bench", "tests"}  # what makes and measures
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    folders = {
        line.split("/")[0] for line in tracked.stdout.splitlines() if re.match(r"\w+/", line)
    }
    assert folders - apart == copied


def test_luarocks_finds_nothing_wrong() -> None:
    """`luarocks lint` accepts the rockspec."""
    if not shutil.which("luarocks"):
        pytest.skip("luarocks is not on PATH")
    done = subprocess.run(["luarocks", "lint", str(ROCKSPEC)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lua_apart_from_the_rest(start_nvim: Callable, tmp_path: Path) -> None:
    """LuaRocks installs Lua in one folder and the rest in another: the host starts all the same."""
    ranker = ScriptedRanker(tmp_path)
    lua, rest = tmp_path / "share/lua/5.1", tmp_path / "rocks/sibyl.nvim/scm-1"
    shutil.copytree(ROOT / "lua/sibyl", lua / "sibyl")
    for folder in ("plugin", "autoload", "rplugin", "scripts"):
        shutil.copytree(ROOT / folder, rest / folder)
    child = start_nvim(
        init=f"vim.opt.runtimepath:remove({str(ROOT)!r}) vim.opt.runtimepath:append({str(rest)!r})\n"
        f"package.path = '{lua}/?.lua;{lua}/?/init.lua;' .. package.path\n{ranker.init()}"
    )
    child.open(tmp_path / "shop.py", "x = 1\n")
    assert child.lua("return require('sibyl.host.interpreter').root()") == str(rest)
    host_ready(child)
