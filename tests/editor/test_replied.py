"""A list that is left out, and one that nobody can rank, in the middle of a word."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from guessing import GUESSES

PENDING = "return vim.tbl_count(vim.lsp.get_client_by_id(...).requests)"


def leave_words(child: Child) -> None:
    """Leave four words before their lists come."""
    child.type_keys("Go")
    for _ in range(4):
        child.type_keys("or.<C-x><C-o>" if child.version < (0, 11, 0) else "or.")
        time.sleep(0.06)
        child.type_keys("x =")
        time.sleep(0.3)


def test_a_list_that_is_left_out_is_no_error(serve: Callable) -> None:
    """Words that are left before their list comes write nothing into the log of Neovim's client."""
    child, _, server = serve(delay=120)
    leave_words(child)
    log = Path(child.lua("return vim.lsp.log.get_filename and vim.lsp.log.get_filename() or ''"))
    assert not log.is_file() or "Cannot find request" not in log.read_text()
    assert server.log("$/cancelRequest") == [], "the server has answered"
    child.type_keys("<Esc>or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<C-e><Esc>")
    child.wait_for(lambda: child.lua(PENDING, server.id) == 0, what="no request that waits")


def test_no_request_waits_once_it_is_off(serve: Callable) -> None:
    """What was left out waits no longer when sibyl is switched off, in the middle of insert mode as well."""
    child, _, server = serve(delay=120)
    leave_words(child)
    child.command("Sibyl disable")
    child.wait_for(lambda: child.lua(PENDING, server.id) == 0, what="no request that waits")


UNANSWERED = """
local id = vim.lsp.start({ name = 'silent', cmd = function()
  return { request = function(method, _, callback, notify_reply)
    if method == 'initialize' then
      local provider = { triggerCharacters = { '.' } }
      vim.schedule(function() callback(nil, { capabilities = { completionProvider = provider } }) end)
    else
      vim.schedule(function() notify_reply(7) end)
    end
    return true, 7
  end, notify = function() return true end, is_closing = function() return false end,
  terminate = function() end }
end })
vim.wait(2000, function() return vim.lsp.get_client_by_id(id).initialized end)
local client, params = vim.lsp.get_client_by_id(id), vim.lsp.util.make_position_params(0, 'utf-16')
local function ask(...) return (vim.fn.has('nvim-0.11') == 1 and client.request or function(_, ...)
  return client.request(...) end)(client, ...) end
ask('textDocument/completion', params, function() end)
if ... then client.rpc.notify('$/cancelRequest', { id = 7 }) end
return { id, vim.tbl_count(client.requests) }
"""


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_request_that_the_server_cancels_waits_no_longer(
    serve: Callable, taken_back: bool
) -> None:
    """Of such an answer Neovim's client hears that it came, and nothing else."""
    child, _, _ = serve()
    client, asked = child.lua(UNANSWERED, taken_back)
    assert asked == 1
    child.wait_for(lambda: child.lua(PENDING, client) == 0, what="no request that waits")


TAKE_BACK = """
local client = vim.lsp.get_client_by_id(...)
for id in pairs(client.requests) do
  if vim.fn.has('nvim-0.11') == 1 then client:cancel_request(id) else client.cancel_request(id) end
end
"""


def test_a_request_that_was_taken_back_waits_no_longer(serve: Callable) -> None:
    """The server hears that nobody wants its answer; once that has come Neovim's client holds nothing of it."""
    child, _, server = serve(lua="NO_ENABLE = true", delay=200)
    child.type_keys("or.<C-x><C-o>")
    child.wait_for(server.completions, what="the request")
    child.lua(TAKE_BACK, server.id)
    assert len(server.log("$/cancelRequest")) == 1
    child.wait_for(lambda: child.lua(PENDING, server.id) == 0, what="no request that waits")
    assert child.menu() == []


TOLD = """
TOLD = {}
vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
  table.insert(TOLD, event.data.request.method .. ' ' .. event.data.request.type)
end })
"""


def test_a_request_is_over_once(serve: Callable) -> None:
    """Who follows Neovim's requests sees one begin, and the same one end."""
    child, _, _ = serve(lua="NO_ENABLE = true")
    child.lua(TOLD)
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<C-e><Esc>")
    child.lua("vim.wait(50)")
    kinds = ("pending", "complete")
    assert child.lua("return TOLD") == [f"textDocument/completion {kind}" for kind in kinds]


def test_nobody_waits_once_insert_mode_is_over(serve: Callable) -> None:
    """Where native completion is not enabled nobody cancels a request: it is over all the same."""
    child, _, server = serve(lua="NO_ENABLE = true", delay=120)
    child.type_keys("or.<C-x><C-o>x = ")
    child.lua("vim.wait(300)")
    child.type_keys("<Esc>")
    child.wait_for(lambda: child.lua(PENDING, server.id) == 0, 3, "no request that waits")


def test_the_order_stays_where_the_host_ends_within_a_word(serve: Callable) -> None:
    """What was ranked in a word keeps its order, although nobody can be asked of a name that is new."""
    pages = [items("ja", "jb", "jc"), items("ja", "jb", "jc", "jd")]
    child, ranker, _ = serve(pages=pages, incomplete=True)
    if child.version < (0, 11, 0):
        pytest.skip("no second list while a menu is open")
    ranker.set(best=["jc"], stars=1)
    child.type_keys("Goor.")
    child.wait_for(lambda: child.words() == ["jc", "ja", "jb"], what="the ranked list")
    child.lua("require('sibyl.host.client').stop()")
    child.type_keys("j")
    child.wait_for(lambda: "jd" in child.words(), what="the second list")
    assert child.words()[0] == "jc"


END = """
local client = vim.lsp.get_client_by_id(...)
if vim.fn.has('nvim-0.11') == 1 then client:stop() else client.stop() end
"""


@pytest.mark.parametrize("shape", ["plain", "silent"])
def test_guesses_come_where_a_server_ended_before_it_answered(serve: Callable, shape: str) -> None:
    """The answer that a dead server owes does not keep guesses from the same word of its successor."""
    child, ranker, server = serve(shape=shape)
    server.set(items=[])
    ranker.set(guess=GUESSES)
    child.type_keys("ox.<C-x><C-o>")
    child.wait_for(server.completions, what="the request")
    child.lua("vim.wait(300)")
    child.lua(END, server.id)
    child.wait_for(lambda: child.lua("return #vim.lsp.get_clients()") == 0, what="its end")
    child.type_keys("<Esc>")
    FakeServer(child, items=[])
    child.type_keys("a<C-x><C-o>")
    child.wait_for(lambda: child.words() == GUESSES, what="the guesses")
