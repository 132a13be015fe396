"""The test tools themselves: what they show must be what a person would see."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items

OMNI = "<C-x><C-o>"


@pytest.fixture
def nvim(start_nvim: Callable[..., Child]) -> Child:
    """A Neovim without sibyl: here the tools are tested, not what they are for."""
    return start_nvim("vim.g.loaded_sibyl = 1")


def test_typed_keys_arrive_in_order(nvim: Child, tmp_path: Path) -> None:
    """Keys change the buffer as if a person had typed them, special ones included."""
    nvim.open(tmp_path / "a.py", "one = 1\n")
    nvim.type_keys("Gotwo < 2<Esc>k")
    assert ["one = 1", "two < 2"] == nvim.lines()
    assert (1, 6) == nvim.cursor()
    assert "n" == nvim.mode()


def test_the_menu_is_what_the_server_said(nvim: Child, tmp_path: Path) -> None:
    """The menu shows the server's items in its order, and a choice lands in the text."""
    nvim.open(tmp_path / "a.py", "x = 1\n")
    server = FakeServer(nvim, items=items("append", "alpha", "beta"))
    nvim.type_keys(f"ox.{OMNI}")
    assert ["alpha", "append", "beta"] == [item.word for item in nvim.wait_menu()]
    nvim.type_keys("<C-n>" if nvim.menu()[0].selected else "")
    chosen = next(item.word for item in nvim.menu() if item.selected)
    nvim.type_keys("<C-y>")
    assert f"x.{chosen}" == nvim.line()
    assert 1 == server.completions()


def test_the_menu_follows_what_is_typed(nvim: Child, tmp_path: Path) -> None:
    """Letters typed on leave only the lines that fit, and the selected one is told right."""
    nvim.command("set completeopt=menuone,noselect")
    nvim.open(tmp_path / "a.py", "x = 1\n")
    FakeServer(nvim, items=items("append", "alpha", "beta", "apply"))
    nvim.type_keys(f"ox.{OMNI}")
    nvim.wait_menu()
    nvim.type_keys("ap")
    assert ["append", "apply"] == nvim.words()
    assert not any(item.selected for item in nvim.menu())
    nvim.type_keys("<C-n><C-n>")
    assert [False, True] == [item.selected for item in nvim.menu()]
    assert "x.apply" == nvim.line()


def test_the_screen_shows_the_menu(nvim: Child, tmp_path: Path) -> None:
    """Screen text holds the popup menu's lines, since that is what a person sees."""
    nvim.command("set completeopt=menuone,noselect")
    nvim.open(tmp_path / "a.py", "x = 1\n")
    FakeServer(nvim, items=items("visible_name"))
    nvim.type_keys(f"ox.{OMNI}")
    nvim.wait_menu()
    assert any("visible_name" in line for line in nvim.screen())


@pytest.mark.parametrize("shape", ["null", "garbage", "error", "silent"])
def test_a_bad_reply_gives_no_menu(nvim: Child, tmp_path: Path, shape: str) -> None:
    """The fake server can fail in each way a real one does, and typing goes on."""
    nvim.open(tmp_path / "a.py", "x = 1\n")
    server = FakeServer(nvim, shape=shape, items=items("alpha"))
    # Asked without omnifunc, which would wait a while for a silent server.
    nvim.lua(
        "local c = vim.lsp.get_client_by_id(...)"
        " c.rpc.request('textDocument/completion', {}, function(e, r) Got = { e, r } end)",
        server.id,
    )
    nvim.type_keys("oy = 2<Esc>")
    assert ["x = 1", "y = 2"] == nvim.lines()
    assert 1 == server.completions()
    if shape != "silent":
        nvim.wait_for(lambda: nvim.lua("return Got ~= nil"), what="a reply")
    assert (shape == "silent") == nvim.lua("return Got == nil")


def test_pages_delay_and_incomplete(nvim: Child, tmp_path: Path) -> None:
    """Replies can differ from one request to the next, come late and be marked incomplete."""
    nvim.open(tmp_path / "a.py", "x = 1\n")
    server = FakeServer(
        nvim,
        pages=[items("first"), items("second")],
        delay=80,
        incomplete=True,
        defaults={"data": 1},
    )
    ask = (
        "Got = nil local c = vim.lsp.get_client_by_id(...)"
        " c.rpc.request('textDocument/completion', {}, function(_, r) Got = r end)"
    )
    for label in ("first", "second", "second"):
        begun = time.monotonic()
        nvim.lua(ask, server.id)
        got = nvim.wait_for(lambda: nvim.lua("return Got"), what="a reply")
        assert 0.07 < time.monotonic() - begun
        assert label == got["items"][0]["label"]
        assert got["isIncomplete"] and {"data": 1} == got["itemDefaults"]


def test_resolve_knows_only_its_own_labels(nvim: Child, tmp_path: Path) -> None:
    """Resolve adds fields to a known label and fails on a changed one, as some servers do."""
    nvim.open(tmp_path / "a.py", "x = 1\n")
    server = FakeServer(nvim, items=items("alpha"), resolve={"alpha": {"detail": "more"}})
    ask = (
        "local id, label = ... local got"
        " vim.lsp.get_client_by_id(id).rpc.request('completionItem/resolve', { label = label },"
        " function(e, r) got = { e or false, r or false } end)"
        " vim.wait(5000, function() return got end) return got"
    )
    assert [False, {"label": "alpha", "detail": "more"}] == nvim.lua(ask, server.id, "alpha")
    assert "unknown item" in nvim.lua(ask, server.id, "★ alpha")[0]["message"]
    assert ["alpha", "★ alpha"] == [x["label"] for x in server.log("completionItem/resolve")]


def test_nothing_of_the_person_is_touched(nvim: Child) -> None:
    """Every folder Neovim writes to lies in the test's own home."""
    places = nvim.lua(
        "return vim.tbl_map(vim.fn.stdpath, { 'config', 'data', 'state', 'cache', 'log' })"
    )
    assert all(place.startswith(str(nvim.home)) for place in places)


def test_a_blocked_neovim_fails_the_test(nvim: Child) -> None:
    """A Neovim that waits for a key is reported at once instead of waited for."""
    nvim.api.input("r")
    nvim.wait_for(lambda: nvim.api.request("nvim_get_mode")["blocking"], what="a half command")
    with pytest.raises(AssertionError, match="waiting for a key"):
        nvim.lua("return 1")
    assert 1 == nvim.lua("return 1")


def test_a_wait_that_fails_shows_the_screen(nvim: Child) -> None:
    """Who waits in vain is told what was awaited and what the screen showed."""
    nvim.type_keys("ihello there<Esc>")
    with pytest.raises(AssertionError, match=r"(?s)the miracle did not come.*hello there"):
        nvim.wait_for(lambda: False, 0.05, "the miracle")


def test_closing_ends_what_neovim_started(start_nvim: Callable[..., Child]) -> None:
    """After closing, neither Neovim nor its own children run."""
    child = start_nvim()
    child.lua("vim.fn.jobstart({ 'sleep', '600' })")
    sleeper = child.lua("return vim.api.nvim_get_proc_children(vim.fn.getpid())")[0]
    child.close()
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    stat = Path(f"/proc/{sleeper}/stat")
    # A zombie that its new parent has not buried yet is over all the same.
    assert not stat.exists() or " Z " in stat.read_text()
