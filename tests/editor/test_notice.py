"""Messages of any length: whole on the screen, in the log where they are cut, never waiting for a key."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import ScriptedRanker, host_ready

WINDOW = """
for _, window in ipairs(vim.api.nvim_list_wins()) do
  local buf = vim.api.nvim_win_get_buf(window)
  local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, true)
  if vim.api.nvim_win_get_config(window).relative ~= '' and vim.startswith(lines[1], 'sibyl: ') then
    return table.concat(lines, '\\n')
  end
end
return ''
"""
MEMORY = {
    "projects": {"app": {"files": 12, "bytes": 2_500_000}},
    "person": {"items": 40, "names": 31, "bytes": 40_000},
}
LONG = "a sentence of many words " * 8 + "and its end"


def window(child: Child) -> str:
    """What stands in the window of a message; '' if there is none."""
    return str(child.lua(WINDOW))


def logged(child: Child) -> str:
    """What the log holds."""
    path = Path(child.lua("return require('sibyl.log').path()"))
    return path.read_text() if path.exists() else ""


@pytest.fixture
def narrow(start_nvim: Callable, tmp_path: Path) -> Callable[..., tuple[Child, ScriptedRanker]]:
    """Start a Neovim with options as people have them, and a screen of a width."""

    def start(width: int) -> tuple[Child, ScriptedRanker]:
        ranker = ScriptedRanker(tmp_path)
        child = start_nvim(init=ranker.init(log_level="warn"), width=width)
        child.command("set more")
        child.open(tmp_path / "shop.py", "x = 1\n")
        host_ready(child)
        return child, ranker

    return start


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_command_asks_for_a_key(narrow: Callable, width: int) -> None:
    """Whatever `:Sibyl …` answers, and however narrow the screen, the next key is the user's."""
    child, ranker = narrow(width)
    ranker.set(memory=MEMORY)
    name = "a language server with quite a long name"
    FakeServer(child, items=items("close", "json"), name=name)
    for command, words in [
        ("", f"ready; ranks {name}"),
        (" bogus", "`bogus` is not one of: disable, enable,"),
        (" status buffer", "`status` has no use for `buffer`"),
        (" memory", "app: 12 files, 2.5 MB\naccepted from lists: 40 items"),
        (" model", "the shipped model"),
        (" model /no/such/folder", "ranks with the"),
        (" disable", "off"),
        (" memory", "Nothing that was learned from you is on disk"),
        ("", "switched off everywhere: lists come in the server's own order"),
        (" enable", "on"),
    ]:
        child.type_keys(f":Sibyl{command}<CR>")

        def shown(words: str = words) -> bool:
            texts = [window(child), "\n".join(child.messages())]
            return any(" ".join(words.split()) in " ".join(text.split()) for text in texts)

        child.wait_for(shown, what=words)
        assert not child.blocked()
        child.type_keys("ix<Esc>")
        assert child.line().startswith("x"), command
        child.command("undo | messages clear")


def test_lines_stand_where_messages_have_the_rows(narrow: Callable) -> None:
    """With rows enough in 'cmdheight' lines are a message, whole in `:messages`; with too few, a window."""
    child, _ = narrow(80)
    child.command("set cmdheight=3")
    for lines, fits in [
        (["one", "two", "three"], True),
        (["one", "two " * 30], True),
        (["one", "two", "three", "four"], False),
        (["one", "two", "x" * 80], False),
    ]:
        child.command("messages clear")
        child.lua("Lines = ...", lines)
        child.type_keys(":lua require('sibyl.notice').say(Lines)<CR>")
        assert not child.blocked()
        wanted = " ".join(("sibyl: " + "\n".join(lines)).split())
        assert (window(child) == "") is fits
        text = "\n".join(child.messages()) if fits else window(child)
        assert " ".join(text.split()) == wanted
        child.lua("require('sibyl.notice').close()")


def test_without_a_message_line_no_answer_waits_for_a_key(narrow: Callable) -> None:
    """With 'cmdheight' 0 any message would: answers are windows."""
    child, _ = narrow(80)
    child.command("set cmdheight=0")
    for command in ["", " toggle", " toggle", " model", " status buffer"]:
        child.type_keys(f":Sibyl{command}<CR>")
        child.wait_for(lambda: window(child))
        assert not child.blocked()
        child.type_keys("ix<Esc>")
        assert child.line().startswith("x"), command
        child.lua("require('sibyl.notice').close()")
        child.command("undo")


def test_what_speaks_of_a_menu_is_not_overdrawn(narrow: Callable) -> None:
    """Where 'showmode' keeps the message line, a short sentence is shown in a window, and in `:messages`."""
    child, _ = narrow(120)
    for showmode in (True, False):
        child.lua("vim.o.showmode = ...", showmode)
        child.type_keys("i")
        child.lua("require('sibyl.notice').say('short', vim.log.levels.INFO, true)")
        assert (window(child) == "sibyl: short") is showmode
        child.type_keys("<Esc>")
        child.lua("require('sibyl.notice').close()")
    assert child.messages().count("sibyl: short") == 2


def test_wide_letters_are_counted_in_cells(narrow: Callable) -> None:
    """A sentence in letters of two cells is cut before it would need a second row."""
    child, _ = narrow(80)
    child.lua("Text = ...", "名前" * 60)
    child.type_keys(":lua require('sibyl.notice').say(Text)<CR>")
    assert not child.blocked()
    assert "(:Sibyl log)" in child.screen()[-1]
    assert "名前" * 60 in logged(child)


def test_a_script_gets_all_of_an_answer(narrow: Callable) -> None:
    """execute() has the whole answer of a command, as long as it may be."""
    child, _ = narrow(40)
    answer = child.call("execute", "Sibyl it's | not")
    assert "sibyl: `it's` is not one of: disable, enable" in answer and "toggle" in answer
    assert not child.blocked()


def test_what_is_cut_is_in_the_log(narrow: Callable) -> None:
    """A message that points to the log is whole there, at any `log_level`, and once."""
    child, _ = narrow(80)
    child.lua("Text = ...", LONG)
    for tell in (
        "require('sibyl.log').tell(Text, vim.log.levels.INFO)",
        "require('sibyl.log').warn(Text) require('sibyl.notice').say(Text, vim.log.levels.WARN)",
        "require('sibyl.notice').say(Text)",
    ):
        Path(child.lua("return require('sibyl.log').path()")).unlink(missing_ok=True)
        child.command("messages clear")
        child.lua(tell)
        child.wait_for(lambda: "(:Sibyl log)" in "\n".join(child.messages()), what="the message")
        assert logged(child).count(LONG) == 1
        child.lua("require('sibyl.notice').close()")
    child.type_keys(":Sibyl log<CR>")
    assert LONG in child.line()
    child.command("tabclose")


def test_no_pointer_to_a_log_that_cannot_be_written(narrow: Callable) -> None:
    """Where nothing can be written, a message that is cut does not send anybody to the log."""
    child, _ = narrow(80)
    log = Path(child.lua("return require('sibyl.log').path()"))
    log.unlink(missing_ok=True)
    log.mkdir(parents=True)
    child.lua("require('sibyl.notice').say(...)", LONG)
    assert child.messages()[-1].endswith("…")
    assert LONG in " ".join(window(child).split())


def test_an_empty_log_is_told(narrow: Callable) -> None:
    """Without a log, `:Sibyl log` says so and opens nothing; where only an older one is left, it opens that."""
    child, _ = narrow(80)
    log = Path(child.lua("return require('sibyl.log').path()"))
    log.unlink(missing_ok=True)
    child.type_keys(":Sibyl log<CR>")
    assert child.messages()[-1] == "sibyl: nothing has been logged yet"
    assert child.call("tabpagenr", "$") == 1
    log.parent.mkdir(parents=True, exist_ok=True)
    log.with_name("sibyl.log.old").write_text("first\nlast\n")
    child.type_keys(":Sibyl log<CR>")
    assert (child.call("tabpagenr", "$"), child.line()) == (2, "last")


# A window's time is over soon.
SOON = """
local new = vim.uv.new_timer
vim.uv.new_timer = function()
  local timer = new()
  return { start = function(_, wait, again, callback)
    return timer:start(math.min(wait, 300), math.min(again, 300), callback)
  end, stop = function() timer:stop() end, close = function() timer:close() end,
    is_closing = function() return timer:is_closing() end }
end
vim.keymap.set('i', '<F9>', function() return vim.fn.getcharstr() end, { expr = true })
"""
LONG = "require('sibyl.notice').say(('a long sentence that does not fit '):rep(4))"
WINDOWS = "return #vim.api.nvim_list_wins()"


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_mapping_that_waits_for_a_key(start_nvim: Callable, when: str) -> None:
    """Neovim opens and closes no window then (E565): one is closed later, and no error is shown."""
    child = start_nvim(init=SOON, width=60)
    child.lua(LONG if when == "before" else f"vim.defer_fn(function() {LONG} end, 200)")
    child.api.input("i<F9>")
    time.sleep(1)
    child.api.input("x")
    child.wait_for(lambda: child.mode() == "i" and child.line() == "x", what="the mapping's letter")
    assert [line for line in child.messages() if not line.startswith("sibyl: a long")] == []
    child.wait_for(lambda: child.lua(WINDOWS) == 1, 5, "the window to be closed")
