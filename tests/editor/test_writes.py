"""Which files an editing session writes: ours in our own folder, and what Neovim itself writes.

In:   strace; a real Neovim with the real host, its reader and the language server that sibyl starts.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from child import ROOT, Child
from file_trace import can_trace, changes, traced
from scripted import host_ready

PYTHON = ROOT / ".venv/bin/python"
CODE = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('x')\n"
SESSION = "vim.g.sibyl = { log_level = 'debug', server = { delay = 10 }, deadline = 1000 }"
HOST, READER = "pynvim.start_host()", "from sibyl.memory.index import main"
# Below the test's folder. Neovim's own: folders it makes for itself, its logs, its socket, what is temporary,
# and the file that is saved, with the copy that it keeps meanwhile.
OURS = re.compile(r"home/state/nvim/sibyl(\.log|/.*|)")
READERS = re.compile(r"home/state/nvim/sibyl/projects/\w+\.(lock|sqlite)(-\w+)?")
NEOVIMS = re.compile(
    r"home/(data|state|cache)(/nvim(/swap|/undo|/lsp\.log|/log|/shada.*)?)?|home/nvim\.log"
    r"|home/runtime(/nvim\..*)?|nvim\.[^/]+(/.*)?|project/(a\.py~?|4913)"
)
needs_strace = pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not trace")


@needs_strace
def test_each_change_is_seen(tmp_path: Path) -> None:
    """The means of the test below works: whatever changes a file is told, by its program, reading is not."""
    code = (
        "import os, pathlib as p, threading; here = p.Path('here'); here.mkdir(); os.chdir(here);"
        " p.Path('one').write_text('x'); p.Path('one').rename('two'); p.Path('two').read_text();"
        " os.symlink('two', 'three'); p.Path('../gone').touch(); p.Path('../gone').unlink();"
        " t = threading.Thread(target=p.Path('four').touch); t.start(); t.join()"
    )
    program = shlex.join([sys.executable, "-I", "-S", "-B", "-c", code])
    command = traced(
        ["sh", "-c", f"cd {tmp_path}; {program}; true > five; cat five"], tmp_path / "t"
    )
    subprocess.run(command, check=True, timeout=120)
    by_program = {name.split()[0]: paths for name, paths in changes(tmp_path / "t").items()}
    names = {
        str(tmp_path / name)
        for name in ("here here/one here/two here/three gone here/four".split())
    }
    assert names == by_program[sys.executable]
    assert {str(tmp_path / "five")} == by_program["sh"]
    assert "cat" not in by_program


@needs_strace
@pytest.mark.skipif(not PYTHON.exists(), reason="no .venv: `make setup`")
def test_a_session_writes_our_files_and_neovims_own(nvim_binary: Path, tmp_path: Path) -> None:
    """Open, type, complete, accept, save, quit: host and reader write into our folder and nowhere else.

    Neovim writes besides these what it would without us; the language server and all that is asked on the way
    write nothing.
    """
    binary, project = tmp_path / "nvim", tmp_path / "project"
    command = shlex.join(traced([str(nvim_binary)], tmp_path / "trace"))
    binary.write_text(f'#!/bin/sh\nTMPDIR={tmp_path} exec {command} "$@"\n')
    binary.chmod(0o755)
    project.mkdir()
    (project / "other.py").write_text(CODE)
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    child = Child(binary, tmp_path / "home", SESSION)
    try:
        child.open(project / "a.py", CODE)
        host_ready(child)
        child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 1, 60, "the server")
        child.type_keys("Goparser.<C-x><C-o>")
        assert "add_argument" in [item.word for item in child.wait_menu(60)]
        child.type_keys("<C-n><C-y>()<Esc>")
        child.command("silent write")
        child.wait_for(lambda: list(tmp_path.rglob("projects/*.lock")), 60, "the reader")
    finally:
        child.close()

    written = changes(tmp_path / "trace")
    for program, paths in written.items():
        below = {path.removeprefix(f"{tmp_path}/") for path in paths} - {"/dev/null"}
        if READER in program:
            allowed = [READERS]
        elif HOST in program:
            allowed = [OURS]
        elif program.startswith(str(nvim_binary)):
            allowed = [OURS, NEOVIMS]
        else:
            allowed = []
        other = {path for path in below if not any(each.fullmatch(path) for each in allowed)}
        assert (program[:80], set()) == (program[:80], other)
    for part in (HOST, READER, str(nvim_binary)):  # each was traced
        assert any(paths - {"/dev/null"} for program, paths in written.items() if part in program)
