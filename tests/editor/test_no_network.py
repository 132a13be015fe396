"""A whole Neovim with the real host, the reader and the language server, and no way out of the machine."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from child import ROOT, Child
from closed import can_close, closed, written
from scripted import host_ready

PYTHON = ROOT / ".venv/bin/python"
OURS = ("state/nvim/", "data/nvim/", "runtime/", "init.lua", "nvim.log")
CODE = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('x')\n"


@pytest.mark.skipif(not can_close(), reason="no filter of system calls here (Linux has)")
@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv: `make setup`")
def test_nothing_leaves_the_machine(
    nvim_binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neovim, host, reader and `ty` rank a list with no socket to elsewhere, and write our files only.

    A process that asked for such a socket would be dead. The host answers, with its first process number.
    """
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")  # a person's environment does not say so
    binary, home = tmp_path / "nvim", tmp_path / "home"
    binary.write_text(f'#!/bin/sh\nexec {shlex.join(closed([str(nvim_binary)]))} "$@"\n')
    binary.chmod(0o755)
    project = tmp_path / "project"
    project.mkdir()
    (project / "other.py").write_text(CODE)
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    child = Child(binary, home, "vim.g.sibyl = { server = { delay = 10 }, deadline = 1000 }")
    try:
        child.open(project / "a.py", CODE)
        host_ready(child)
        pid = child.lua("return require('sibyl.host.client').state.pid")
        child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 1, 20, "the server")
        child.type_keys("Goparser.<C-x><C-o>")
        words = [item.word for item in child.wait_menu(20)]
        assert "add_argument" in words
        child.wait_for(lambda: list(home.rglob("projects/*.sqlite")), 20, "the project's memory")
        child.lua(
            "vim.wait(12000, function() return false end)"
        )  # telemetry would speak after nine seconds
        assert pid == child.lua("return require('sibyl.host.client').state.pid")
        assert 0 == child.lua("return require('sibyl.host.client').state.restarts")
        assert 1 == child.lua("return #vim.lsp.get_clients()")
    finally:
        child.close()
    assert [] == [name for name in written(home) if not name.startswith(OURS)]
    assert ["a.py", "other.py", "pyproject.toml"] == written(project)
