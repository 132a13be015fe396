"""The language server of our own is there when nobody else is, and gone when it is not needed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from child import ROOT, Child
from fake_server import FakeServer, items

TY = ROOT / ".venv/bin/ty"
CLIENTS = "return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients({ bufnr = 0 }))"
SAMPLE = "import os\n\nname = 'x'\n"
SILENT = """
_G.asked = 0
local rpc = vim.lsp.get_clients({ bufnr = 0 })[1].rpc
local request = rpc.request
rpc.request = function(method, ...)
  if method ~= 'textDocument/completion' then
    return request(method, ...)
  end
  asked = asked + 1
  return true, 100000 + asked
end
"""


@pytest.fixture
def served(scripted: Callable) -> Callable[..., tuple[Child, Any]]:
    """Start a Neovim where sibyl may start its server at once."""
    if not TY.exists():
        pytest.skip("no ty: run `make setup`")

    def start(text: str = SAMPLE, lua: str = "", **server: Any) -> tuple[Child, Any]:
        options = {"enabled": True, "delay": 0} | server
        child, ranker = scripted(text, lua, deadline=1000, server=options)
        ranker.set(best=["join", "exists", "upper"], stars=2)
        return child, ranker

    return start


def wait_clients(child: Child, *names: str) -> None:
    """Wait until exactly these clients are attached."""
    child.wait_for(lambda: sorted(child.lua(CLIENTS)) == sorted(names), 30, f"clients {names}")


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


def test_autotrigger_off(served: Callable, tmp_path: Path) -> None:
    """With `autotrigger` off no menu opens by itself; <C-x><C-o> has it."""
    child, _ = served()
    child.lua("require('sibyl').setup({ autotrigger = false })")
    child.open(tmp_path / "second.py", SAMPLE)
    wait_clients(child, "sibyl")
    child.type_keys("Gos = name.", every=0.02)
    child.call("wait", 400, False)
    assert child.menu() == []
    child.type_keys("<C-x><C-o>")
    child.wait_menu(30)
    assert "upper" in child.words()


def test_a_dot_in_an_open_bracket(served: Callable) -> None:
    """Where the server has no list for a dot, as ty inside an open bracket, a letter opens the menu, once."""
    child, _ = served(SAMPLE + "other = 3\n")
    wait_clients(child, "sibyl")
    child.type_keys("GOprint(os.path.", every=0.02)
    child.call("wait", 400, False)  # the dot's answer
    child.type_keys("e")
    child.wait_for(lambda: "expanduser" in child.words(), 30, "the menu after a letter")
    assert child.words()[0] == "exists"
    child.type_keys("<C-e>")
    child.type_keys("xp", every=0.1)
    child.call("wait", 400, False)
    assert child.words() == []
    assert child.line() == "print(os.path.exp"
    child.type_keys("<BS><BS><BS><BS>.j", every=0.1)  # another dot, another word
    child.wait_for(lambda: "join" in child.words(), 30, "the menu of the next word")


def test_comments_and_strings_open_nothing(served: Callable) -> None:
    """A dot in a comment or a string has no list, and the letter behind it opens none."""
    child, _ = served(SAMPLE + "x1 = 'x'\nother = 3\n")
    wait_clients(child, "sibyl")
    for text in ("# see os.p", "y = 'os.p"):
        child.type_keys(f"GO{text}", every=0.05)
        child.call("wait", 500, False)
        assert child.words() == [], text
        child.type_keys("<Esc>")
    child.type_keys("GOprint(x1.u", every=0.05)
    child.wait_for(lambda: "upper" in child.words(), 30, "the members of a string")


def test_a_number_is_not_asked_about(served: Callable) -> None:
    """Behind `3.e` ty lists all names: the letter does not ask there."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.lua(SILENT)
    child.type_keys("GOy = 3.", every=0.02)
    child.call("wait", 200, False)
    dots = child.lua("return asked")
    child.type_keys("e")
    child.call("wait", 200, False)
    assert child.lua("return asked") == dots


@pytest.mark.parametrize("every", [0, 0.04])
def test_letters_typed_before_the_answer(served: Callable, every: float) -> None:
    """Typed in one go, or while a server that has just started works on the dot, the menu opens as well."""
    child, _ = served(SAMPLE + "other = 3\n")
    wait_clients(child, "sibyl")
    child.type_keys("GOprint(os.path.ex", every=every)
    child.wait_for(lambda: "expanduser" in child.words(), 30, "the menu")


def test_a_word_is_asked_about_once_more(served: Callable) -> None:
    """Where nothing ever answers, the first letter asks, the further ones do not; nor one in an older word."""
    child, _ = served(SAMPLE + "other.thing\n")
    wait_clients(child, "sibyl")
    child.lua(SILENT)
    child.type_keys("GOname.", every=0.02)
    for letter in "upp":
        child.call("wait", 200, False)
        child.type_keys(letter)
    child.call("wait", 200, False)
    assert child.lua("return asked") == 2
    child.type_keys("<Esc>jA")
    child.type_keys("s", every=0.1)
    child.call("wait", 200, False)
    assert child.lua("return asked") == 2
    child.type_keys("<Esc>oname.", every=0.02)
    child.call("wait", 200, False)
    child.type_keys("u<Esc>")  # gone before the letter asks
    child.call("wait", 200, False)
    assert child.lua("return asked") == 3
    assert child.lua("return vim.v.errmsg") == ""


def test_a_menu_that_was_closed_stays_closed(served: Callable) -> None:
    """A letter behind a dot does not bring back the menu that one has closed with <C-e>."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    child.type_keys("<C-e>")
    child.type_keys("ex", every=0.1)
    child.call("wait", 400, False)
    assert child.words() == []


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
