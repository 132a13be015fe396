"""What a key, a list and a host that does not read may cost.

In:   a Neovim with a ranker that does as told.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST, NAMES, digest, mirrored, open_menu, raw_replies, truth
from test_host import STATE
from test_mirror import TEXT, matches


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_host_that_does_not_read_costs_no_memory(scripted: Callable, tmp_path: Path) -> None:
    """While the host is stopped Neovim holds little for it; when it goes on, it gets every text."""
    child, ranker = scripted("x = 1\n")
    child.open(tmp_path / "other.py", "other = 1\n")
    other = child.call("bufnr")
    child.command("buffer 1")
    pid = child.lua(STATE + "s.pid")
    mirrored(child)
    child.command("syntax off | set undolevels=-1")  # what undo keeps is not ours
    child.lua("vim.uv.kill(..., 'sigstop')", pid)
    fill = (
        "local m = require('sibyl.buffer.mirror') for i = 1, 100 do"
        " local line = ('%06d'):format(i):rep(8000)"
        " vim.api.nvim_buf_set_lines(0, 0, 20, false, vim.fn['repeat']({ line }, 20))"
        " m.flush(vim.api.nvim_get_current_buf()) end"
    )
    before = resident(child.pid)
    child.lua(fill)  # 96 MB of edits
    child.command(f"bdelete! {other}")
    assert resident(child.pid) - before < 30
    child.type_keys("Goa.b")
    assert child.line() == "a.b"
    child.lua("vim.uv.kill(..., 'sigcont')", pid)
    child.wait_for(lambda: child.lua("return require('sibyl.host.client').open()"), 20, "a reader")
    child.type_keys("c")
    held = child.wait_for(lambda: mirrored(child), 20, "the text")
    assert [held["length"], held["crc32"]] == digest(truth(child))
    child.wait_for(lambda: [other] in ranker.calls("detach"), what="the buffer that is gone")
    assert child.lua(STATE + "s.pid") == pid and child.messages() == []


def test_lists_for_a_host_that_does_not_read_are_held_back(scripted: Callable) -> None:
    """However many names are new, no more than a few megabytes of lists wait for a host that is stopped."""
    child, _ = scripted("x = 1\n")
    mirrored(child)
    child.lua("vim.uv.kill(..., 'sigstop')", child.lua(STATE + "s.pid"))
    code = (
        "local post, numbered = require('sibyl.host.client'), require('sibyl.host.numbered')"
        " local sent = 0 for turn = 1, 400 do"
        "   local names = {} for at = 1, 4000 do names[at] = ('name_%d_%d'):format(turn, at) end"
        "   local packed = numbered.packed(names)"
        "   if not post.ask('rank', function() end, 1, 0, 0, 0, packed, '') then break end"
        "   sent = sent + #packed[2] + #packed[3]"
        " end return sent"
    )
    assert 3e6 < child.lua(code) < 6e6


def test_a_line_that_grows_in_steps(scripted: Callable) -> None:
    """A line that becomes too long is let go of, though no single step was; so is one made of joined lines."""
    grow = {
        "put": "vim.api.nvim_buf_set_text(0, 0, 0, 0, 0, { ('y'):rep(90000) })",
        "join": "vim.api.nvim_buf_set_lines(0, 0, 0, true, { ('y'):rep(90000) }) vim.cmd('1join')",
    }
    for name, step in grow.items():
        child, ranker = scripted(TEXT, "vim.cmd('syntax off')")
        lengths = []
        while not lengths or lengths[-1] < 256 * 1024:
            assert not ranker.calls("detach"), (name, lengths)
            child.lua(
                step + " require('sibyl.buffer.mirror').flush(vim.api.nvim_get_current_buf())"
            )
            lengths.append(child.lua("return #vim.fn.getline(1)"))
        child.wait_for(
            lambda followed=ranker: followed.calls("detach"), what="the end of following"
        )
        child.close()
        ranker.log.unlink()


KEY_COST = """
local row, keys = ...
local buf, best = vim.api.nvim_get_current_buf(), math.huge
local mirror, bytes = require('sibyl.buffer.mirror'), require('sibyl.buffer.bytes')
for key = 1, keys do
  vim.api.nvim_buf_set_text(buf, row, #vim.fn.getline(row + 1), row, #vim.fn.getline(row + 1), { 'a' })
  vim.api.nvim_win_set_cursor(0, { row + 1, #vim.fn.getline(row + 1) })
  local began = vim.uv.hrtime()
  mirror.flush(buf)
  mirror.cursor_moved(buf)
  bytes.word(buf)
  best = math.min(best, vim.uv.hrtime() - began)
end
return best / 1e6
"""


def test_a_key_in_a_long_line_is_cheap(scripted: Callable) -> None:
    """What a key costs grows at most linearly with its line, and stays below 5 ms at 256 KiB."""
    child, _ = scripted(TEXT)
    child.type_keys("Go")  # insert mode: hints are sent
    row = child.cursor()[0] - 1
    for word, end in itertools.product(["0a", "a ", "é", "a.b(", "_"], [" ", "", "."]):
        costs = []
        for length in (64 * 1024, 256 * 1024 - 64):
            text = word * (length // len(word.encode())) + end
            child.lua("vim.api.nvim_buf_set_lines(0, -2, -1, true, { ... })", text)
            # A host that has not read what was sent gets the whole text again, which is not what a key costs.
            child.wait_for(lambda: matches(child), 30, "the host in step")
            costs.append(child.lua(KEY_COST, row, 20))
        assert costs[1] < 5, f"{word!r} {end!r}: {costs} ms"
        assert costs[1] < max(1.0, 8 * costs[0]), f"{word!r} {end!r}: {costs} ms"
    assert matches(child)  # it is still followed


def test_a_buffer_that_is_left_alone_is_looked_at_once(serve: Callable, tmp_path: Path) -> None:
    """A list in a buffer with a huge line waits for no look at all of its text, and is not logged."""
    child, _, _ = serve()
    child.open(tmp_path / "long.py", "z = 1\n" * 100 + "x = '" + "y" * 300_000 + "'\n")
    server = FakeServer(child, name="second", items=items(*NAMES))
    child.lua(
        "WHOLE, LINES = 0, vim.api.nvim_buf_get_lines vim.api.nvim_buf_get_lines = function(b, f, t, s)"
        " WHOLE = WHOLE + (t == -1 and 1 or 0) return LINES(b, f, t, s) end"
    )
    for letter in "abcde":
        child.type_keys(f"gg^i{letter}.")
        raw_replies(child)
        child.type_keys("<Esc>")
    assert server.completions() >= 5
    assert child.lua("return WHOLE") == 0
    log = child.lua("return vim.fn.readfile(require('sibyl.log').path())")
    assert sum("is left alone" in line for line in log) == 1


@pytest.mark.parametrize(("listed", "wanted"), [(NAMES, BEST), ((), ["append", "pop"])])
def test_a_buffer_that_fits_again_is_followed(
    serve: Callable, tmp_path: Path, listed: tuple[str, ...], wanted: list[str]
) -> None:
    """Once a huge line is gone the next list is ranked, and a silent server leaves its menu to guesses."""
    child, ranker, _ = serve()
    child.open(tmp_path / "long.py", "x = '" + "y" * 300_000 + "'\nimport os\n")
    server = FakeServer(child, name="second", items=items(*NAMES))
    assert open_menu(child, "Gor.") == sorted(NAMES)
    child.type_keys("<C-e><Esc>")
    child.command("1delete")
    server.set(items=items(*listed))
    ranker.set(best=BEST, guess=["append", "pop"])
    assert open_menu(child, "Gox.")[: len(wanted)] == wanted


@pytest.mark.parametrize("field", ["label", "sortText"])
def test_a_list_of_megabytes_is_left_alone(nvim: Child, field: str) -> None:
    """A list whose labels or sort keys are megabytes is given on as it is, in a few milliseconds."""
    code = """
    local reply = { items = {} }
    for index = 1, 3000 do
      reply.items[index] = { label = 'l' .. index, kind = 3 }
      reply.items[index][...] = ('%05d'):format(3000 - index):rep(1000)
    end
    local job, host = { buf = 0, client_id = 1, row = 0, col = 0 }, require('sibyl.host.client')
    host.ready, host.ask = function() return true end, function() return 1 end
    host.send = function() return true end
    require('sibyl.buffer.mirror').flush = function() return true end
    local best, given = math.huge, nil
    for _ = 1, 3 do
      local began = vim.uv.hrtime()
      given = require('sibyl.completion.reply').consider(job, reply, function() end)
      best = math.min(best, (vim.uv.hrtime() - began) / 1e6)
    end
    return { given == reply, best }
    """
    same, took = nvim.lua(code, field)
    assert same and took < 10


def test_no_time_is_no_question(serve: Callable) -> None:
    """With a deadline of 0 lists come as the server sent them, and the host is not asked."""
    child, ranker, _ = serve(options={"deadline": 0})
    assert open_menu(child) == sorted(NAMES)
    assert ranker.calls("rank") == []
