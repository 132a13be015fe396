"""The end of our own server, as Neovim's client is ending of it."""

from __future__ import annotations

from child import Child

STOP = """
ASKED, STOPPED = {}, nil
local client = { id = 1, rpc = { request = function(...)
  table.insert(ASKED, { ... })
  return true, 7
end } }
client.stop = function(...) STOPPED = { ... } end
require('sibyl.server.spawn').stop(client)
local late = { client.rpc.request('textDocument/diagnostic', { 1 }, print) }
local last = { client.rpc.request('shutdown', nil, 'back') }
return { late = late, last = last, asked = ASKED, forced = vim.list_contains(STOPPED, true) }
"""


def test_a_server_that_is_to_end_is_asked_nothing_else(nvim: Child) -> None:
    """It may finish in peace; what timers of Neovim's ask of it meanwhile is no error on the screen."""
    ending = nvim.lua(STOP)
    assert ending["late"] == [False]
    assert ending["last"] == [True, 7]
    assert [call[0] for call in ending["asked"]] == ["shutdown"]
    assert ending["forced"] is False
