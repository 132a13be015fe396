"""How it stands is one sentence, the same in `:Sibyl` and in the health report, and it is true."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import checkup
import pytest
from child import Child
from fake_server import FakeServer, items

STATE = "return require('sibyl.state').of(vim.api.nvim_get_current_buf())"
STOP = (
    "local c = vim.lsp.get_client_by_id(...)"
    " if vim.fn.has('nvim-0.11') == 1 then c:stop() else c.stop() end"
)
NO_PYTHON = "require('sibyl.host.interpreter').candidates = function() return {} end "


def wait_state(child: Child, name: str) -> str:
    """Wait for a state of the current buffer; `:Sibyl` must say its sentence; return that."""
    child.wait_for(lambda: child.lua(STATE)["name"] == name, 20, f"the state `{name}`")
    text = child.lua(STATE)["text"]
    assert text in child.command("Sibyl")
    return text


def health(child: Child) -> str:
    """The part of the health report that tells how it stands."""
    report = checkup.health(child)
    child.command("bwipeout!")
    return report.split("how it stands", 1)[1].split("Python host", 1)[0]


def test_states_of_buffers_and_servers(scripted: Callable, tmp_path: Path) -> None:
    """Each state of switches, buffers and servers has its sentence; servers that ended are not listed."""
    child, _ = scripted("x = 1\n")
    assert "option `server.enabled` is off" in wait_state(child, "no server")
    server = FakeServer(child, items=items("a"))
    assert wait_state(child, "ready") == "ready; ranks fake"
    assert "shop.py: ready; ranks fake" in health(child)
    child.command("Sibyl! disable")
    assert "in this buffer" in wait_state(child, "off here")
    child.command("Sibyl! enable")
    wait_state(child, "ready")
    child.command("Sibyl disable")
    assert "everywhere" in wait_state(child, "off everywhere")
    assert "switched off everywhere" in health(child)
    child.command("Sibyl enable")
    assert wait_state(child, "ready") == "ready; ranks fake"
    child.lua(STOP, server.id)
    wait_state(child, "no server")
    again = FakeServer(child, items=items("a"))
    assert wait_state(child, "ready") == "ready; ranks fake"
    child.lua(STOP, again.id)
    child.command("file scp://host/x.py")
    assert "no file of this machine (scp://)" in wait_state(child, "left alone")
    child.command("enew | setlocal buftype=nofile filetype=python")
    assert "belongs to a plugin" in wait_state(child, "left alone")
    child.command("enew")
    assert wait_state(child, "not Python") == "ready; this buffer is not Python"
    child.open(tmp_path / "large.py", "x = 1\n" * 100)
    wait_state(child, "no server")
    child.lua("require('sibyl').setup({ max_bytes = 50 })")
    child.command("edit!")
    assert "more than option `max_bytes`" in wait_state(child, "left alone")


def test_a_client_that_cannot_be_read(start_nvim: Callable, tmp_path: Path) -> None:
    """Where Neovim's own client cannot make the folder of its log, that is how it stands, and why."""
    (tmp_path / "home/state").mkdir(parents=True)
    (tmp_path / "home/state/nvim").write_text("a file where a folder should be")
    child = start_nvim(home=tmp_path / "home")
    child.open(tmp_path / "a.py", "x = 1\n")
    assert "E739: Cannot create directory" in wait_state(child, "no client")


def test_states_of_the_host(scripted: Callable) -> None:
    """A host that ended, one that is given up and a model that cannot be used are told as that."""
    child, ranker = scripted("x = 1\n")
    FakeServer(child, items=items("a"))
    wait_state(child, "ready")
    os.kill(child.lua("return require('sibyl.host.client').state.pid"), signal.SIGKILL)
    assert "started again" in wait_state(child, "host restarting")
    wait_state(child, "ready")
    child.lua("require('sibyl.host.client').restart()")
    assert child.lua(STATE)["name"] == "host starting"
    wait_state(child, "ready")
    ranker.set(trouble="the model in /nowhere is damaged; get it again.")
    child.command("Sibyl restart")
    told_ = wait_state(child, "broken model")
    assert told_ == "nothing is ranked: the model in /nowhere is damaged; get it again."
    assert "shop.py: nothing is ranked" in health(child)
    child.lua("require('sibyl.host.client').state.phase = 'failed'")
    assert ":Sibyl log tells why" in wait_state(child, "host failed")


def test_states_without_an_environment(start_nvim: Callable, tmp_path: Path) -> None:
    """Without a Python, the sentence says what to do; a named one that does not do is named."""
    child = start_nvim(init=NO_PYTHON)
    child.open(tmp_path / "a.py", "x = 1\n")
    assert "run :Sibyl install" in wait_state(child, "no environment")
    child.wait_for(lambda: any("run :Sibyl install" in line for line in child.messages()))
    assert "run :Sibyl install" in health(child)
    bare = tmp_path / "bare"
    bare.write_text("#!/bin/sh\necho no such thing >&2\nexit 1\n")
    bare.chmod(0o755)
    child = start_nvim(init=f"vim.g.sibyl = {{ python = '{bare}' }}")
    child.open(tmp_path / "a.py")
    assert f"{bare} cannot be run: no such thing" in wait_state(child, "wrong Python")


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("shim: python9: not found\n\n  Versions that have it:\n    9.1\n", "shim: python9: not found"),
        ("Traceback (most recent call last):\n  File x\nImportError: no x\n", "ImportError: no x"),
        ("", "it could not be run"),
    ],
    ids=["a shim", "a traceback", "nothing"],
)  # fmt: skip
def test_why_a_python_does_not_do(
    start_nvim: Callable, tmp_path: Path, printed: str, reason: str
) -> None:
    """Of what a Python prints that cannot be run, the line that says why is shown."""
    (tmp_path / "printed").write_text(printed)
    shim = tmp_path / "shim"
    shim.write_text(f"#!/bin/sh\ncat '{tmp_path / 'printed'}' >&2\nexit 127\n")
    shim.chmod(0o755)
    child = start_nvim(init=f"vim.g.sibyl = {{ python = '{shim}' }}")
    child.open(tmp_path / "a.py")
    assert wait_state(child, "wrong Python").split("cannot be run: ")[1].startswith(reason)


def test_server_states(scripted: Callable, tmp_path: Path) -> None:
    """A server that starts, one that is waited for, one that ended and none to start are told apart."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 4\nexit 3\n")
    slow.chmod(0o755)
    options = {"enabled": True, "delay": 60000, "cmd": [str(slow)]}
    # Neovim itself says that a client has ended, in a line longer than the screen is wide.
    child, _ = scripted("x = 1\n", "vim.o.cmdheight = 6", server=options)
    assert "waits for a language server" in wait_state(child, "server coming")
    child.lua("require('sibyl').setup({ server = { delay = 0 } })")
    child.open(tmp_path / "second.py", "x = 1\n")
    assert "is starting" in wait_state(child, "server starting")
    assert "code 3" in wait_state(child, "server ended")
    child.lua("require('sibyl').setup({ server = { cmd = { '/no/such' } } })")
    child.command("Sibyl restart")
    assert "there is no program /no/such" in wait_state(child, "no such server")
    child.lua("require('sibyl.server.program').command = function() end")
    child.lua("vim.g.sibyl = { server = { delay = 0 } } require('sibyl').setup({})")
    assert "sibyl has none to start" in wait_state(child, "server not installed")


def test_every_state_is_tested() -> None:
    """The table of states has no state without a test here or in test_first_minute.py."""
    here = Path(__file__).parent
    tests = "".join((here / name).read_text() for name in ("test_state.py", "test_first_minute.py"))
    table = (here.parents[1] / "lua/sibyl/state.lua").read_text(encoding="utf-8")
    names = [line.split("'")[1] for line in table.splitlines() if line.startswith("    name = ")]
    assert len(names) > 10
    assert [name for name in names if f'"{name}"' not in tests] == []
