"""Off means off, however it was said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_server import items
from scripted import NAMES, host_ready, listed, raw_replies
from test_unlisted import ASK


@pytest.mark.parametrize("value", ["v:false", "0"])
def test_a_switch_that_is_set_by_hand(scripted: Callable, value: str) -> None:
    """What is typed once `b:sibyl_enabled` says no goes nowhere, nor to a new host; the command switches it."""
    child, ranker = scripted("x = 1\n")
    buf = child.call("bufnr")
    child.command(f"let b:sibyl_enabled = {value}")
    child.type_keys("osecret<Esc>")
    child.wait_for(lambda: [buf] in ranker.calls("detach"), what="the end of following")
    child.command("Sibyl restart")
    host_ready(child)
    assert ranker.calls("edit") == []
    assert len(ranker.calls("attach")) == 1
    assert "on, but off in this buffer" in child.command("Sibyl enable")
    assert child.command("Sibyl! toggle") == "sibyl: on in this buffer"
    child.wait_for(lambda: len(ranker.calls("attach")) == 2, what="the text again")


def test_zero_is_the_current_buffer(scripted: Callable) -> None:
    """`disable(0)`, `enable(0)` and `toggle(0)` are of the current buffer, as everywhere in Neovim."""
    child, ranker = scripted("x = 1\n")
    for how, name in enumerate(["disable", "enable", "toggle", "toggle"]):
        child.lua("require('sibyl')[...](0)", name)
        kind = ["detach", "attach"][how % 2]
        child.wait_for(lambda: len(ranker.calls(kind)) == (how + 1) // 2 + 1, what=name)  # noqa: B023


@pytest.mark.parametrize("how", ["Sibyl disable", "Sibyl! disable", "let b:sibyl_enabled = 0"])
def test_a_list_that_comes_when_it_is_off(serve: Callable, how: str) -> None:
    """A list that was asked for before comes as the server sent it, though its word had one in our order."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    assert listed(child, "or.")[:2] == ["*json", "*text"]
    server.set(delay=300)
    child.lua(ASK)
    child.command(how)
    got = child.wait_for(lambda: child.lua("return GOT"), what="the list")
    assert got["items"] == items(*NAMES)
    assert len(ranker.calls("rank")) == 1


LOOKED = """
local reply = require('sibyl.completion.reply')
local consider = reply.consider
LOOKED_AT = 0
reply.consider = function(...)
  LOOKED_AT = LOOKED_AT + 1
  return consider(...)
end
"""


@pytest.mark.parametrize("how", ["set filetype=text", "let b:sibyl_enabled = 0"])
def test_lists_are_not_looked_at_where_it_is_off(serve: Callable, how: str) -> None:
    """Outside Python, and in a buffer where it is off, a list is what the server sent, unseen."""
    child, _, _ = serve(lua="NO_ENABLE = true")
    child.lua(LOOKED)
    child.type_keys("or.")
    raw_replies(child)
    assert child.lua("return LOOKED_AT") == 1
    child.command(how)
    assert raw_replies(child)["items"] == items(*NAMES)
    assert child.lua("return LOOKED_AT") == 1


WRAP = """
local rpc = vim.lsp.get_client_by_id(...).rpc
local request = rpc.request
SEEN = 0
rpc.request = function(...)
  SEEN = SEEN + 1
  return request(...)
end
"""


def test_who_wraps_requests_after_us_stays(serve: Callable) -> None:
    """Switched off and on again, sibyl leaves in place what somebody has put around a client's requests."""
    child, _, server = serve(lua="NO_ENABLE = true")
    child.type_keys("or.")
    child.lua(WRAP, server.id)
    child.command("Sibyl disable")
    assert raw_replies(child)["items"] == items(*NAMES)
    child.command("Sibyl enable")
    host_ready(child)
    assert raw_replies(child)["items"] != items(*NAMES)
    assert child.lua("return SEEN") == 2


def test_a_word_is_ranked_anew_once_it_is_on_again(serve: Callable) -> None:
    """What a word's list was before sibyl was switched off does not count when it is on again."""
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    assert listed(child, "ggOa")[:2] == ["*json", "*text"]
    child.command("Sibyl disable")
    child.command("Sibyl enable")
    host_ready(child)
    ranker.set(best=["close"], stars=1)
    assert listed(child, "")[0] == "*close"


def test_on_twice_is_off_at_once(serve: Callable) -> None:
    """Switched on where it is on already, sibyl looks at requests once, and at none when it is switched off."""
    child, _, server = serve(lua="NO_ENABLE = true")
    asks = "return debug.getinfo(vim.lsp.get_client_by_id(...).rpc.request, 'S').source"
    child.command("Sibyl enable")
    assert "lua/sibyl/" in child.lua(asks, server.id)
    child.command("Sibyl disable")
    assert "lua/sibyl/" not in child.lua(asks, server.id)
