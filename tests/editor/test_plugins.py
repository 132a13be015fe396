"""Plugins with a completion menu of their own get the order, and are not fought with."""

from __future__ import annotations

from collections.abc import Callable

from child import Child
from fake_server import FakeServer


def test_comparator_for_plugins(nvim: Child) -> None:
    """A plugin's menu has ranked items first and in order, nvim-cmp's entries and plain items alike."""
    code = """
    local wrap = ...
    local shown = {}
    for text in ('00002~sibyl=b 00001~sibyl*=z 00003~sibyl- - 1'):gmatch('%S+') do
      local item = { label = text, sortText = text ~= '-' and text or nil }
      table.insert(shown, wrap and { completion_item = item } or item)
    end
    table.sort(shown, function(a, b)
      local first = require('sibyl').comparator(a, b)
      if first ~= nil then return first end
      return (a.completion_item or a).label < (b.completion_item or b).label
    end)
    return vim.tbl_map(function(e) return (e.completion_item or e).label end, shown)
    """
    wanted = ["00001~sibyl*=z", "00002~sibyl=b", "00003~sibyl-", "-", "1"]
    assert [nvim.lua(code, wrap) for wrap in (True, False)] == [wanted, wanted]


def test_lines_of_all_kinds_have_one_order(nvim: Child) -> None:
    """Ranked items come first, by place and then by their text; then other items; then lines of no server."""
    code = """
    local lines, given = { { word = 'aaa' }, {} }, {}
    for text in (...):gmatch('%S+') do
      local key, label = text:match('^(.*):(.*)$')
      local item = { label = label, sortText = key }
      table.insert(given, item)
      table.insert(lines, { word = label, user_data = { nvim = { lsp = { completion_item = item } } } })
    end
    local first, second = given[2], given[3]
    local sibyl = require('sibyl')
    table.sort(lines, sibyl.completion_cmp)
    local words = vim.tbl_map(function(line) return line.word or '-' end, lines)
    return { table.concat(words, ' '), sibyl.comparator(second, first), sibyl.comparator(first, second) }
    """
    shown = "00002~sibyl=a:x 00001~sibyl=b:y 00001~sibyl=a:z 0:bbb"
    assert nvim.lua(code, shown) == ["z y x bbb - aaa", True, False]


def test_comparator_breaks_ties_only(nvim: Child) -> None:
    """Wherever it stands among the comparators, exact matches come first, then better ones, then our order."""
    code = """
    local entries = {
      { exact = false, score = 5, completion_item = { label = 'request', sortText = '00001~sibyl*=r' } },
      { exact = false, score = 9, completion_item = { label = 'returns', sortText = '00003~sibyl=r' } },
      { exact = false, score = 9, completion_item = { label = 'retry', sortText = '00002~sibyl=r' } },
      { exact = false, score = 9, completion_item = { label = 'retain' } },
      { exact = true, score = 9, completion_item = { label = 'ret', sortText = '00009~sibyl=r' } },
    }
    table.sort(entries, require('sibyl').comparator)
    return vim.tbl_map(function(entry) return entry.completion_item.label end, entries)
    """
    assert nvim.lua(code) == ["ret", "retry", "returns", "retain", "request"]


def test_a_former_name_goes_on_working(nvim: Child) -> None:
    """Settings written for `compare` need not change."""
    assert nvim.lua("local sibyl = require('sibyl') return sibyl.compare == sibyl.completion_cmp")


def test_a_client_that_ended_is_neither_listed_nor_kept(serve: Callable) -> None:
    """A server that ended or was started again is not shown twice, and takes no memory."""
    child, _, server = serve()
    listed = "return require('sibyl.completion.lsp_hook').names()"
    assert child.lua(listed) == ["fake"]
    child.lua(
        "local client = vim.lsp.get_client_by_id(...) HELD = client "
        "WEAK = setmetatable({ client.rpc }, { __mode = 'v' }) vim.lsp.stop_client(client.id)",
        server.id,
    )
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 0, what="the server's end")
    assert child.lua(listed) in ([], {})
    FakeServer(child, name="fake")
    assert child.lua(listed) == ["fake"]
    # Compiled code keeps what it has seen as a constant: it is thrown away first.
    freed = "HELD = nil jit.flush() collectgarbage() collectgarbage() return WEAK[1] == nil"
    child.wait_for(lambda: child.lua(freed), what="the freed client")


def test_a_client_whose_lists_were_switched_off_is_not_listed(serve: Callable) -> None:
    """A server that a user's settings keep from completing is not among those whose lists are ranked."""
    child, _, server = serve()
    taken = "vim.lsp.get_client_by_id(...).server_capabilities.completionProvider = nil"
    child.lua(taken, server.id)
    assert child.lua("return require('sibyl.completion.lsp_hook').names()") in ([], {})


def test_other_files_are_left_to_blink(nvim: Child) -> None:
    """In files that are not Python's, blink.cmp's own sorting stands: ours says nothing there."""
    code = "return require('sibyl.menus.blink').sort({ label = 'zip' }, { label = 'a' }) == nil"
    nvim.command("set filetype=text | call setline(1, 'a') | normal! $")
    assert nvim.lua(code)
    nvim.command("set filetype=python virtualedit=onemore | call setline(1, 'b = a') | normal! $l")
    assert (
        nvim.lua("return require('sibyl.menus.blink').sort({ label = 'zip' }, { label = 'a' })")
        is False
    )
