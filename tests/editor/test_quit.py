"""Closing Neovim never waits for the host, whatever it is doing.

In:   the real host and model in real Neovims; texts that keep the host busy for seconds; a host that hangs.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from scripted import host_ready

PYTHON = ROOT / ".venv/bin/python"
TRIES = 3
# Neovim itself waits two seconds for a process that does not end.
LIMIT_S = 1.5
BUSY = {
    "commented-out code": "def f(a):\n    x = 1\n" + "    # x = foo(bar, 'it', \"b\")\n" * 20_000,
    "data": "X = {\n" + "    'key': [1, 2, {'a': name.value}],\n" * 40_000 + "}\n",
    "an open quote": "x = '''\n" + 'a.b c(d, "e\n' * 60_000,
}
READ = "local lines = vim.fn.readfile(...) vim.api.nvim_buf_set_lines(0, -1, -1, false, lines)"


@pytest.fixture
def ready(start_nvim: Callable, tmp_path: Path) -> Callable[[], Child]:
    """Start a Neovim whose host is ready."""
    if not PYTHON.exists():
        pytest.skip("there is no environment: `make setup`")

    def start() -> Child:
        options = f"python = '{PYTHON}', server = {{ enabled = false }}"
        child: Child = start_nvim(init=f"vim.g.sibyl = {{ {options} }}")
        child.open(tmp_path / "small.py", "x = 1\n")
        host_ready(child)
        return child

    return start


def quits_in(child: Child) -> float:
    """Quit; return the seconds until Neovim has ended."""
    began = time.monotonic()
    child.wire.request("nvim_command", "qall!", async_=True)
    child.wire.process.wait(60)
    took = time.monotonic() - began
    child.close()
    return took


def test_a_host_that_hangs_is_not_waited_for(ready: Callable) -> None:
    """`:qa` ends a host that takes no signal, and Neovim with it."""
    took = []
    for _ in range(TRIES):
        child = ready()
        pid = child.lua("return require('sibyl.host.client').state.pid")
        os.kill(pid, signal.SIGSTOP)
        took.append(quits_in(child))
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    assert min(took) < LIMIT_S


@pytest.mark.parametrize("name", BUSY)
@pytest.mark.parametrize("how", ["opened", "pasted"])
def test_a_long_text_is_not_waited_for(
    ready: Callable, start_nvim: Callable, tmp_path: Path, name: str, how: str
) -> None:
    """`:qa` right after a long text came, while the host reads it, takes little longer than without us."""
    path = tmp_path / "long.py"
    path.write_text(BUSY[name])
    took = []
    for pause in (0.0, 0.3, 0.6):
        child = ready()
        if how == "opened":
            child.open(path)
        else:
            child.lua(READ, str(path))
            child.type_keys("Goos.")
        time.sleep(pause)
        took.append(quits_in(child))
    plain = start_nvim(init="vim.g.loaded_sibyl = 1")
    plain.open(path)
    assert min(took) < quits_in(plain) + LIMIT_S
