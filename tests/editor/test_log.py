"""The log and the worker of the real host: what becomes of them ends no ranking.

In:   a Neovim with the real ranker.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from scripted import host_ready
from test_host import SERVER_OFF, STATE, script


def real_host(start_nvim: Callable, tmp_path: Path, lua: str = "") -> Child:
    """A Neovim with the real ranker and the shipped model, in the real interpreter."""
    python = ROOT / ".venv/bin/python"
    child = start_nvim(init=f"{SERVER_OFF}, python = '{python}', log_level = 'debug' }}\n{lua}")
    child.open(tmp_path / "a.py", "import os\nos.")
    host_ready(child)
    return child


def ranked(child: Child) -> str:
    """The kind of answer that a list of two names gets from the host, for the end of the buffer."""
    code = (
        "local m, b, got = require('sibyl.buffer.mirror'), vim.api.nvim_get_current_buf(), nil"
        " m.flush(b) local n = require('sibyl.buffer.bytes').length(b)"
        " require('sibyl.host.client').ask('rank', function(kind, a) got = kind .. (a.reason or '')"
        " if a.reason == 'out of step' then m.resend(b) end end,"
        " b, m.seq(b), n, n - 1, require('sibyl.host.numbered').packed({ 'path', 'sep' }), '\\5\\5')"
        " vim.wait(10000, function() return got end, 5) return got or 'nothing'"
    )
    return str(child.lua(code))


def bring_about(fault: str, log: Path) -> None:
    """Make a log one that cannot be written; raises OSError where somebody else writes there just now."""
    log.unlink(missing_ok=True)
    if fault == "a folder":
        log.mkdir()
    elif fault == "a FIFO":
        os.mkfifo(log)
    elif log.parent.is_dir():
        shutil.rmtree(log.parent)
    if fault == "read-only":
        log.parent.write_text("in the way")  # a folder that root cannot write to either


@pytest.mark.parametrize("fault", ["deleted", "read-only", "a folder", "a FIFO"])
def test_a_log_that_cannot_be_written_changes_nothing(
    start_nvim: Callable, tmp_path: Path, fault: str
) -> None:
    """Whatever became of the log, the real ranker goes on ranking, and Neovim stays silent."""
    child = real_host(start_nvim, tmp_path)
    log = Path(child.lua("return require('sibyl.log').path()"))
    for moment in range(50):
        try:
            bring_about(fault, log)
            break
        except OSError:  # the host writes at this very moment
            assert moment < 49
            time.sleep(0.02)
    pid = child.lua(STATE + "s.pid")
    for _ in range(3):
        # An edit that cannot be: the host writes a traceback down.
        child.lua(
            "local seq = require('sibyl.buffer.mirror').seq(1) + 1\n"
            "require('sibyl.host.client').send('edit', 1, seq, 9999, 5, 'x')"
        )
        child.lua("require('sibyl.log').error('%d is no number', 'x')")
        assert ranked(child) == "noneout of step"
        assert ranked(child) == "order"
    assert child.lua(STATE + "s.pid") == pid
    # What is remembered lies beside the log; that it is not, is told.
    assert [line for line in child.messages() if "The memory" not in line] == []


def test_the_real_hosts_log_is_private(start_nvim: Callable, tmp_path: Path) -> None:
    """If the host or Neovim writes the first line: the log is for its owner alone, an old one too."""
    child = real_host(start_nvim, tmp_path)
    log = Path(child.lua("return require('sibyl.log').path()"))
    for before in (None, 0o666):
        log.unlink(missing_ok=True)
        if before:
            log.write_text("old\n")
            log.chmod(before)
        child.lua(
            "local seq = require('sibyl.buffer.mirror').seq(1) + 1\n"
            "require('sibyl.host.client').send('edit', 1, seq, 9999, 5, 'x')"
        )
        assert ranked(child) == "noneout of step"
        assert "lies outside" in log.read_text()
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert ranked(child) == "order"


def test_a_worker_that_ends_is_told_and_another_comes(start_nvim: Callable, tmp_path: Path) -> None:
    """Should the ranker's worker end, one sentence says so, and a new host ranks the next list."""
    child = real_host(start_nvim, tmp_path)
    pid = child.lua(STATE + "s.pid")
    # A number that is a list: what nobody has thought of. It must not end the worker, but one question.
    child.lua("require('sibyl.host.client').send('guess', {}, {}, {}, {}, {}, {})")
    assert ranked(child) == "order"
    assert child.lua(STATE + "s.pid") == pid
    child.close()
    broken = script(
        tmp_path / "python",
        f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "tests/data/ending_host.py"}" "{tmp_path}/ended" "$@"\n',
    )
    child = start_nvim(init=f"{SERVER_OFF}, python = '{broken}' }}")
    child.open(tmp_path / "b.py", "import os\nos.")
    host_ready(child)
    pid = child.lua(STATE + "s.pid")
    child.lua("require('sibyl.host.client').send('changed', 1)")
    child.wait_for(lambda: child.lua(STATE + "s.pid") not in (pid, None), 20, "another host")
    host_ready(child)
    assert ranked(child) == "order"
    assert [line for line in child.messages() if "started again" in line] == child.messages() != []
