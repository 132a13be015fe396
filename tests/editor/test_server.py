"""The language server of our own is there when nobody else is, and gone when it is not needed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import FakeServer, items
from own_server import CLIENTS, SAMPLE, wait_clients
from pynvim.api import NvimError


def test_menu_without_any_set_up(served: Callable) -> None:
    """On a bare Neovim a dot opens a ranked menu of real members, and inserts nothing by itself."""
    child, _ = served()
    wait_clients(child, "sibyl")
    before = child.lua("return vim.go.completeopt")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    assert child.words()[:2] == ["join", "exists"]
    assert child.line() == "p = os.path."
    child.type_keys("<C-n><C-y><Esc>")
    assert child.line() == "p = os.path.join"
    assert child.lua("return vim.go.completeopt") == before
    assert "ready; ranks the lists of sibyl's own server" in child.command("Sibyl")
    child.command("checkhealth sibyl")
    assert "inserts the first line" not in "".join(child.lines())  # not where sibyl sets the option


@pytest.mark.parametrize(
    "value", ["menuone", "menu,preview", "", "menuone,noinsert", "menu,longest,noselect"]
)
def test_a_menu_that_opens_by_itself_writes_nothing(served: Callable, value: str) -> None:
    """Whatever 'completeopt' says: what is typed stands there, no more; afterwards the option is as it was."""
    child, _ = served(lua=f"vim.o.completeopt = '{value}'")
    wait_clients(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    if value:
        child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    else:  # no menu is shown
        time.sleep(2)
    assert child.line() == "p = os.path."
    child.type_keys("join()", every=0.15)
    assert child.line() == "p = os.path.join()"
    assert child.lua("return vim.go.completeopt") == value or child.version < (0, 11, 0)
    child.type_keys("<Esc>")
    assert child.lua("return vim.go.completeopt") == value


def test_a_server_beside_the_python_that_was_chosen(scripted: Callable, tmp_path: Path) -> None:
    """Where the option `python` names an environment with ty in it, that one is the server."""
    program = tmp_path / "bin/ty"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    child, _ = scripted(SAMPLE, server={"enabled": False})
    child.lua(
        "local home = ... package.loaded['sibyl.host.interpreter'].venv = function() return home .. '/none' end"
        " package.loaded['sibyl.host.interpreter'].root = function() return home .. '/none' end"
        " require('sibyl.config').get().python = home .. '/bin/python'",
        str(tmp_path),
    )
    assert child.lua("return require('sibyl.server.program').command()") == [str(program), "server"]


@pytest.mark.parametrize("early", [True, False], ids=["before the server", "when one inserts"])
def test_one_menu_at_a_time(served: Callable, early: bool) -> None:
    """With a plugin that has a menu of its own, none opens by itself, whenever it was loaded."""
    loaded = "package.loaded['blink.cmp'] = {}"
    lazily = f"vim.api.nvim_create_autocmd('InsertEnter', {{ callback = function() {loaded} end }})"
    child, _ = served(lua=loaded if early else lazily)
    wait_clients(child, "sibyl")
    child.type_keys("Gos = name.", every=0.02)
    time.sleep(1)
    assert child.words() == []
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: "upper" in child.words(), 30, "the members of str")


def test_not_beside_another(serve: Callable) -> None:
    """Where somebody else completes Python, ours is not started."""
    child, _, _ = serve(options={"server": {"enabled": True, "delay": 300}})
    child.call("wait", 900, False)
    assert child.lua(CLIENTS) == ["fake"]


def test_steps_back(served: Callable, tmp_path: Path) -> None:
    """When another server attaches later, ours leaves that buffer, and ends with its last one."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.open(tmp_path / "second.py", SAMPLE)
    wait_clients(child, "sibyl")
    FakeServer(child, items=items("a"))
    wait_clients(child, "fake")
    child.command("buffer 1")
    assert child.lua(CLIENTS) == ["sibyl"]
    local = "return vim.fn.has('nvim-0.11') == 1 and vim.bo.completeopt or ''"
    child.type_keys("i")
    assert child.version < (0, 11, 0) or "noselect" in child.lua(local)
    FakeServer(child, items=items("a"))
    wait_clients(child, "fake")
    assert child.lua(local) == ""
    child.wait_for(
        lambda: child.lua("return #vim.lsp.get_clients({ name = 'sibyl' })") == 0, 10, "its end"
    )


def test_a_file_that_is_read_again_is_served_at_once(served: Callable) -> None:
    """After `:edit!` ours does not wait again for a server of the user's own."""
    child, _ = served(delay=4000)
    wait_clients(child, "sibyl")
    child.command("edit!")
    child.wait_for(lambda: child.lua(CLIENTS) == ["sibyl"], 2, "the server after :edit!")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")


def test_not_installed(scripted: Callable) -> None:
    """A server that is not there costs nothing but a line in the health report."""
    child, _ = scripted(SAMPLE, server={"enabled": True, "delay": 0, "cmd": ["/no/such/server"]})
    child.call("wait", 500, False)
    child.type_keys("Gox.y<Esc>")
    assert child.line() == "x.y"
    assert child.messages() == ["sibyl: no such program, option `server.cmd`: /no/such/server"]


def test_switched_off(scripted: Callable) -> None:
    """With `server.enabled` off, or sibyl off in the buffer, none is started."""
    child, _ = scripted(SAMPLE, server={"enabled": False, "delay": 0})
    child.call("wait", 500, False)
    assert child.lua(CLIENTS) == []


def test_a_folder_with_a_dollar_in_its_name(served: Callable, tmp_path: Path) -> None:
    """The server runs there, too: `$HOME` in a path is a name."""
    folder = tmp_path / "a$HOME"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    (folder / "shop.py").write_text(SAMPLE)
    child, _ = served()
    child.lua("vim.cmd.edit(vim.fn.fnameescape(...))", str(folder / "shop.py"))
    wait_clients(child, "sibyl")
    root = "return vim.lsp.get_clients({ name = 'sibyl', bufnr = 0 })[1].config.root_dir"
    assert child.lua(root) == str(folder)
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")


def test_project_environment(served: Callable, tmp_path: Path) -> None:
    """The project's own environment is named to the server; failing that, not sibyl's."""
    environment = tmp_path / "project/venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (tmp_path / "project/pyproject.toml").write_text("")
    child, _ = served()
    wait_clients(child, "sibyl")
    told_ = "local c = vim.lsp.get_clients({ name = 'sibyl', bufnr = 0 })[1] return c.config."
    named = child.lua(told_ + "settings")["ty"]["configuration"]["environment"]["python"]
    assert ".venv" not in named
    child.open(tmp_path / "project/a.py", SAMPLE)
    wait_clients(child, "sibyl")
    pid = "return vim.api.nvim_get_proc_children(vim.fn.getpid())"
    given = [Path(f"/proc/{number}/environ") for number in child.lua(pid)]
    assert any(f"VIRTUAL_ENV={environment}".encode() in path.read_bytes() for path in given)
    assert child.lua(told_ + "root_dir") == str(tmp_path / "project")
    assert child.messages() == []


def test_incomplete_lists_of_a_real_server(served: Callable) -> None:
    """Typed on letter by letter, a real server's list shrinks but never changes its order."""
    child, ranker = served()
    ranker.set(best=["expandvars", "exists", "expanduser"], stars=1)
    wait_clients(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_menu(30)
    before = child.words()
    ranker.set(best=["expanduser"])
    for letter in "exp":
        child.type_keys(letter, every=0.2)
        after = child.words()
        assert after == [word for word in before if word in after]
    assert after == ["expandvars", "expanduser"]


def test_a_server_that_was_killed_is_started_again(served: Callable) -> None:
    """It hears of every edit that follows, and of those made meanwhile; one that ends at once is left alone."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.lua("require('sibyl.server.default').steady = 0")
    kill = (
        "local done = vim.system({ 'pkill', '-9', '-P', tostring(vim.fn.getpid()), '-f', 'ty' }):wait() "
        "return done.code"
    )
    first = child.lua("return vim.lsp.get_clients({ name = 'sibyl' })[1].id")
    # Neovim itself says that a client has ended, in a line longer than the screen is wide.
    child.lua("vim.o.cmdheight = 6")
    assert child.lua(kill) == 0
    serves = (
        "local client = vim.lsp.get_clients({ name = 'sibyl' })[1] "
        "return client and next(client.server_capabilities or {}) and client.id"
    )
    child.wait_for(lambda: child.lua(serves) not in (None, first), 20, "another server")
    child.type_keys("Gofresh_name = 5<Esc>ofresh_na<C-x><C-o>", every=0.02)
    child.wait_for(lambda: "fresh_name" in child.words(), 20, "what was typed since")


def test_a_folder_that_is_not_there_yet(served: Callable, tmp_path: Path) -> None:
    """A file in a folder that is not made yet is served like any other, without a message."""
    child, _ = served()
    child.open(tmp_path / "new/folder/first.py")
    wait_clients(child, "sibyl")
    child.type_keys("iimport os<CR>os.pa")
    child.wait_menu()
    assert "path" in child.words()
    assert child.messages() == []


def test_a_name_of_another_machine(served: Callable) -> None:
    """A buffer that gets such a name is let go of: 'completeopt' is as it was, and the server ends."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.command("file scp://host/far.py")
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 0, what="the server's end")
    assert "noselect" not in child.command("set completeopt?")
    child.type_keys("oos.")
    child.call("wait", 200, False)
    assert child.menu() == []


def test_a_name_that_is_taken(served: Callable, tmp_path: Path) -> None:
    """Where `:file` is refused, the buffer is served as before, edits included."""
    child, _ = served()
    child.open(tmp_path / "other.py", "import os\n")
    wait_clients(child, "sibyl")
    with pytest.raises(NvimError, match="E95"):
        child.command(f"file {tmp_path}/shop.py")
    wait_clients(child, "sibyl")
    child.type_keys("Simport json<CR>json.lo")
    child.wait_menu()
    assert "loads" in child.words()


def test_no_longer_python(served: Callable) -> None:
    """In another 'filetype' nothing of ours is left; back in Python all is, and no edit was missed."""
    child, ranker = served("import os\n\nname = \n")
    wait_clients(child, "sibyl")
    child.wait_for(lambda: child.lua("return #vim.diagnostic.get(0)") > 0, what="a diagnostic")
    child.command("set filetype=text")
    child.wait_for(lambda: ranker.calls("detach"), what="the end of following")
    child.type_keys("oos.<Esc>")
    child.call("wait", 300, False)
    child.type_keys("Aos.")
    child.call("wait", 300, False)
    assert child.menu() == []
    assert "noselect" not in child.command("set completeopt?")
    shown = "return vim.diagnostic.is_enabled({ bufnr = 0, ns_id = vim.diagnostic.get(0)[1].namespace })"
    assert not child.lua(shown)
    assert ranker.calls("edit") == []
    child.type_keys("<Esc>Simport json<Esc>")
    child.command("set filetype=python")
    child.wait_for(lambda: len(ranker.calls("attach")) == 2, what="the text again")
    child.type_keys("ojson.lo")
    child.wait_menu()
    assert "loads" in child.words()
    assert child.lua(shown)


def test_a_new_name_in_a_buffer_without_one(served: Callable) -> None:
    """What is renamed there is renamed there; nothing leads into a buffer made for the server's name."""
    child, _ = served()
    child.command("enew | set filetype=python")
    child.lua(
        "vim.api.nvim_buf_set_lines(0, 0, -1, true, { 'é = \\'\U0001f40d\\'; old = 1', 'print(old)' })"
    )
    wait_clients(child, "sibyl")
    buffers = child.lua("return #vim.api.nvim_list_bufs()")
    child.type_keys("G^fo")
    child.lua("vim.lsp.buf.rename('new')")
    child.wait_for(lambda: child.lines()[1] == "print(new)", what="the new name")
    assert child.lines()[0] == "é = '\U0001f40d'; new = 1"
    for question in ("definition", "references", "code_action"):
        child.lua("vim.lsp.buf[...]()", question)
        child.call("wait", 300, False)
    assert child.lua("return #vim.fn.getbufinfo({ buflisted = 1 })") <= buffers
    assert "untitled" not in child.command("ls!")


def test_a_buffer_that_is_gone_leaves_nothing(served: Callable, tmp_path: Path) -> None:
    """Of a buffer that was served and wiped out no group of autocommands is left."""
    child, _ = served()
    wait_clients(child, "sibyl")
    groups = child.call("getcompletion", "sibyl_", "augroup")
    child.open(tmp_path / "other.py", "import os\n")
    wait_clients(child, "sibyl")
    child.command("bwipeout!")
    child.wait_for(lambda: child.call("getcompletion", "sibyl_", "augroup") == groups, what="so")
