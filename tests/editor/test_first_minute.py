"""From nothing to a ranked menu: what a newcomer does first, in a real Neovim."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import ROOT, Child
from fake_server import FakeServer, items
from scripted import ScriptedRanker, host_ready
from test_state import wait_state

TY = ROOT / ".venv/bin/ty"
NAMES = "return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients({ bufnr = ... }))"
# Nothing is there before the installer has made it.
BARE = """
local done = %r
local python, server = require('sibyl.host.interpreter'), require('sibyl.server.program')
local candidates = python.candidates
python.candidates = function() return vim.uv.fs_stat(done) and candidates() or {} end
server.command = function() return vim.uv.fs_stat(done) and { %r, 'server' } or nil end
"""


class Newcomer:
    """A Neovim without an environment, whose installer does what a test says."""

    def __init__(self, start_nvim: Callable, tmp_path: Path, script: str, **options: int) -> None:
        """Write the installer's stand-in and start."""
        if not TY.exists():
            pytest.skip("no ty: run `make setup`")
        self.ranker, self.done = ScriptedRanker(tmp_path), tmp_path / "done"
        maker = tmp_path / "maker"
        case = f'case "$*" in *install.py*) {script}; exit;; esac'
        maker.write_text(f'#!/bin/sh\n{case}\nexec "{self.ranker.python}" "$@"\n')
        maker.chmod(0o755)
        server: dict[str, Any] = {"server": {"enabled": True, "delay": 0}, "deadline": 1000}
        init = self.ranker.init(**server) + BARE % (str(self.done), str(TY))
        init += f"require('sibyl').setup({{ python = '{maker}' }})"
        self.child: Child = start_nvim(init=init, **options)


def test_everything_starts_by_itself(start_nvim: Callable, tmp_path: Path) -> None:
    """After `:Sibyl install`, host and server come to all open Python buffers; one line moves meanwhile."""
    lines = 'for n in 3 7 11; do echo "sibyl: $n of 12: package$n 1.$n, 4 MB so far"; sleep 1; done'
    script = f"{lines}; touch {tmp_path / 'done'}; echo 'sibyl: ready in 3 s: Python (x).'"
    newcomer = Newcomer(start_nvim, tmp_path, script)
    child = newcomer.child
    newcomer.ranker.set(best=["join", "exists"], stars=2)
    child.open(tmp_path / "first.py", "import os\n\n")
    first = child.call("bufnr")
    child.open(tmp_path / "second.py", "import os\n\n")
    wait_state(child, "wrong Python")
    child.command("Sibyl install")
    for count in (3, 7, 11):
        word = f"{count} of 12: package{count}"
        child.wait_for(lambda word=word: word in "\n".join(child.screen()), 10, word)
    assert "11 of 12" in wait_state(child, "installing")
    host_ready(child)
    for buf in (first, child.call("bufnr")):
        child.wait_for(lambda buf=buf: child.lua(NAMES, buf) == ["sibyl"], 20, "the server")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: child.words()[:2] == ["join", "exists"], 30, "a ranked menu")
    assert any("ready in 3 s" in line for line in child.messages())
    assert not any("3 of 12" in line for line in child.messages())


def test_a_plugin_that_draws_messages_tells_of_it(start_nvim: Callable, tmp_path: Path) -> None:
    """It may show nothing of a line that moves: beginning and end go through its vim.notify, once each."""
    script = f"echo 'sibyl: 3 of 12: x'; touch {tmp_path / 'done'}; echo 'sibyl: ready in 3 s.'"
    newcomer = Newcomer(start_nvim, tmp_path, script)
    child = newcomer.child
    if not child.lua("return vim.fn.has('nvim-0.12') == 1"):
        pytest.skip("here the line is an ordinary message")
    child.open(tmp_path / "first.py", "x = 1\n")
    wait_state(child, "wrong Python")
    child.lua("Told = {} vim.notify = function(text) table.insert(Told, text) end")
    child.command("Sibyl install")
    host_ready(child)
    first, *more = child.lua("return Told")
    assert first == "sibyl: making the Python environment (:Sibyl tells how far it is)"
    assert [line.endswith("ready in 3 s.") for line in more] == [True]


def test_another_neovim_installs(start_nvim: Callable, tmp_path: Path) -> None:
    """An environment that was made from a shell or by another Neovim is found without a restart."""
    newcomer = Newcomer(start_nvim, tmp_path, "exit 1")
    child = newcomer.child
    child.open(tmp_path / "first.py", "import os\n\n")
    wait_state(child, "wrong Python")
    newcomer.done.touch()
    stamp = Path(child.lua("return require('sibyl.host.interpreter').venv()")) / "sibyl.json"
    stamp.parent.mkdir(parents=True)
    stamp.touch()
    child.type_keys("i<Esc>")
    host_ready(child)
    child.wait_for(lambda: child.lua(NAMES, 0) == ["sibyl"], 20, "the server")


LONG = (
    "There are no ready-made packages for Python 3.15 on this system: run this with another Python from 3.10 to"
    " 3.14 (ERROR: No matching distribution found for onnxruntime==1.32.0), or ask your system for one."
)


def test_a_failure_is_never_cut(start_nvim: Callable, tmp_path: Path) -> None:
    """At any width, all of the advice is on the screen, no key is waited for, and `:Sibyl` says it again."""
    newcomer = Newcomer(start_nvim, tmp_path, f"echo 'sibyl: {LONG}' >&2; exit 1", width=110)
    child = newcomer.child
    child.open(tmp_path / "first.py", "x = 1\n")
    wait_state(child, "wrong Python")
    child.command("Sibyl install")

    def shown() -> str:
        inside = [re.findall(r"│(.*?)│", line) for line in child.screen()]
        return " ".join(" ".join(part[0] for part in inside if part).split())

    child.wait_for(lambda: f"the installation failed: {LONG}" in shown(), 10, "the whole sentence")
    assert not child.blocked()
    child.type_keys("ihello<Esc>")
    assert child.line().startswith("hello")
    assert LONG in wait_state(child, "installation failed")


def served(scripted: Callable, text: str, lua: str = "", **server: Any) -> tuple[Child, Any]:
    """A Neovim where sibyl starts its own server."""
    if not TY.exists():
        pytest.skip("no ty: run `make setup`")
    options = {"enabled": True, "delay": 0} | server
    child, ranker = scripted(text, lua, deadline=1000, server=options)
    ranker.set(best=["join", "exists", "upper", "dumps"], stars=2)
    return child, ranker


def wait_server(child: Child, *names: str) -> None:
    """Wait until exactly these clients are attached to the current buffer."""
    child.wait_for(lambda: sorted(child.lua(NAMES, 0)) == sorted(names), 30, f"clients {names}")


def test_off_keeps_the_server(scripted: Callable) -> None:
    """Off shows the server's own order; on again after edits, lists are ranked and know the edits."""
    child, _ = served(scripted, "import os\n\n")
    wait_server(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: child.words()[:1] == ["join"], 30, "our order")
    ours = child.words()
    child.type_keys("<C-e><Esc>")
    child.command("Sibyl toggle")
    child.type_keys("S<Esc>ggOimport json<Esc>Gop = os.path.", every=0.02)
    child.wait_for(lambda: "join" in child.words(), 30, "the server's order")
    assert child.words()[0] != "join" and sorted(child.words()) == sorted(ours)
    child.type_keys("<C-e><Esc>")
    child.command("Sibyl toggle")
    host_ready(child)
    child.type_keys("op = os.path.", every=0.02)
    child.wait_for(lambda: child.words()[:1] == ["join"], 30, "our order again")
    child.type_keys("<C-e><Esc>oq = json.", every=0.02)
    child.wait_for(lambda: child.words()[:1] == ["dumps"], 30, "what was written while off")


def test_both_orders_by_one_key(scripted: Callable) -> None:
    """One key shows the server's own order of the list on the screen, and ours again; the next list is ours."""
    child, _ = served(
        scripted, "import os\n\n", "vim.keymap.set('i', '<F2>', '<Plug>(SibylCompare)')"
    )
    wait_server(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: child.words()[:1] == ["join"], 30, "our order")
    ours = child.words()
    child.type_keys("<F2>")
    child.wait_for(lambda: child.words() and child.words()[0] != "join", 30, "the server's order")
    assert sorted(child.words()) == sorted(ours) and child.line() == "p = os.path."
    child.type_keys("<F2>")
    child.wait_for(lambda: child.words() == ours, 30, "our order again")
    child.type_keys("<F2>")
    child.wait_for(lambda: child.words() and child.words()[0] != "join", 30, "the server's order")
    child.type_keys("<C-e><CR>q = os.path.", every=0.02)
    child.wait_for(lambda: child.words()[:1] == ["join"], 30, "our order in the next list")


def test_a_dot_before_the_server(scripted: Callable) -> None:
    """A dot typed while the server starts is completed when it is there, if the cursor still stands there."""
    child, _ = served(scripted, "import os\n\n", delay=1200)
    child.type_keys("Gop = os.path.", every=0.02)
    assert child.lua(NAMES, 0) == []
    child.wait_for(lambda: child.words()[:2] == ["join", "exists"], 30, "the menu of that dot")


def test_a_dot_that_was_left(scripted: Callable) -> None:
    """Where the cursor has gone on, no menu comes up."""
    child, _ = served(scripted, "import os\n\n", delay=1200)
    child.type_keys("Gop = os.path.sep ", every=0.02)
    wait_server(child, "sibyl")
    child.call("wait", 1000, False)
    assert child.menu() == []


RECORD = """
Attached = {}
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  table.insert(Attached, vim.lsp.get_client_by_id(event.data.client_id).name)
end })
"""


def test_a_slow_server_is_waited_for(scripted: Callable, tmp_path: Path) -> None:
    """A server of the user's own that is slower than `server.delay` is waited for: ours never comes."""
    child, _ = served(scripted, "x = 1\n", RECORD, delay=60000)
    child.lua("require('sibyl').setup({ server = { delay = 1500 } })")
    child.open(tmp_path / "second.py", "x = 1\n")
    FakeServer(child, name="slow", items=items("a"), hello_delay=6000)
    child.call("wait", 800, False)
    assert child.lua("return Attached") == ["slow"]


def test_an_enabled_server_is_waited_for(scripted: Callable) -> None:
    """What vim.lsp.enable() has for Python is waited for, even before its process runs; ours never comes."""
    if not TY.exists():
        pytest.skip("no ty: run `make setup`")
    lua = RECORD + (
        f"Asked = {{}} if vim.lsp.enable then vim.lsp.config('mine', {{ cmd = {{ '{TY}', 'server' }},"
        " filetypes = { 'python' }, root_dir = function(_, give) table.insert(Asked, give) end })"
        " vim.lsp.enable('mine') require('sibyl.server.default').patience.enabled = 120000 end"
    )
    child, _ = served(scripted, "x = 1\n", lua, delay=100)
    if child.version < (0, 11, 0):
        wait_server(child, "sibyl")
        return
    assert "(mine)" in wait_state(child, "server coming")
    child.lua("for _, give in ipairs(Asked) do give(vim.fn.getcwd()) end")
    wait_server(child, "mine")
    assert child.lua("return Attached") == ["mine"]


ASK_WHAT_ENDS = """
Asked = {}
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  local rpc = vim.lsp.get_client_by_id(event.data.client_id).rpc
  local request = rpc.request
  rpc.request = function(method, ...)
    if method == 'shutdown' then
      vim.schedule(function() table.insert(Asked, (rpc.request('textDocument/hover', {}, print))) end)
    end
    return request(method, ...)
  end
end })
"""
"""Ask a server for something right after it was told to end, as timers of Neovim's do."""


def test_buffers_without_a_name(scripted: Callable, tmp_path: Path) -> None:
    """A Python buffer without a name is served and ranked, and still is when it gets one, and another."""
    child, _ = served(scripted, "x = 1\n")
    child.lua(ASK_WHAT_ENDS)
    child.command("enew | set filetype=python")
    wait_server(child, "sibyl")

    def complete(prefix: str) -> None:
        child.type_keys("oimport os<CR>p = os.path.", every=0.02)
        child.call("wait", 2000, False)
        if not child.menu():  # a busy ty refuses the first request: "content modified"
            child.type_keys("<C-x><C-o>")
        child.wait_for(lambda: child.words()[:1] == ["join"], 30, f"a ranked menu {prefix}")
        child.type_keys("<C-e><Esc>:%d<CR>")

    complete("without a name")
    child.command(f"write {tmp_path / 'named.py'}")
    wait_server(child, "sibyl")
    complete("after it was written")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/pyproject.toml").write_text("")
    child.command(f"file {tmp_path / 'project/other.py'}")
    root = "local c = vim.lsp.get_clients({ bufnr = 0 })[1] return c and c.config.root_dir"
    child.wait_for(lambda: child.lua(root) == str(tmp_path / "project"), 20, "its root")
    child.call("wait", 2000, False)  # ty refuses what it is asked while it reads a project
    complete("under another name")
    assert set(child.lua("return Asked")) == {False}  # it would answer by an error on the screen
    assert child.messages() == []


def test_what_is_not_ours_is_left_alone(scripted: Callable, tmp_path: Path) -> None:
    """Buffers of another machine or of a plugin get no server and no ranker, and `:Sibyl` says why."""
    child, ranker = served(scripted, "x = 1\n", "vim.g.loaded_netrwPlugin = 1")
    child.command("edit scp://host/x.py | set filetype=python")
    assert "scp://" in wait_state(child, "left alone")
    buf = child.call("bufnr")
    child.type_keys("ix.<Esc>")
    child.call("wait", 500, False)
    assert child.lua(NAMES, 0) == []
    assert [call for call in ranker.calls("attach") if call[0] == buf] == []
