"""Nothing is lost, added or altered; and where no ranking comes, all is as without sibyl."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from fake_server import FakeServer, items
from scripted import BEST, NAMES, open_menu, raw_replies


def test_every_field_survives(serve: Callable) -> None:
    """Same items, same fields: only sortText differs, and no server sees even that."""
    rich = [
        {
            "label": label,
            "kind": 2,
            "detail": "d" + label,
            "documentation": {"kind": "markdown", "value": "doc"},
            "tags": [1],
            "data": {"n": number, "deep": [1, {"x": None}]},
            "command": {"title": "t", "command": "fake.command", "arguments": [number]},
            "commitCharacters": ["("],
            "textEdit": {
                "newText": label,
                "range": {
                    "start": {"line": 1, "character": 2},
                    "end": {"line": 1, "character": 2},
                },
            },
            "sortText": f"{number:03}",
        }
        for number, label in enumerate(NAMES)
    ]
    child, _, server = serve(items=rich, defaults={"insertTextFormat": 1, "data": {"all": True}})
    child.type_keys("or.")
    reply = raw_replies(child)
    assert reply["isIncomplete"] is False
    assert reply["itemDefaults"] == {"insertTextFormat": 1, "data": {"all": True}}
    got = [dict(item) for item in reply["items"]]
    texts = {item["label"]: item.pop("sortText") for item in got}
    for item in rich:
        item = dict(item)
        item.pop("sortText")
        assert item in got
    assert len(got) == len(rich)
    assert sorted(texts, key=lambda label: texts[label])[:3] == BEST
    # What goes back to the server is what came from it.
    child.lua(
        "local c = vim.lsp.get_client_by_id(...) c.rpc.request('completionItem/resolve',"
        " select(2, ...), function() end)",
        server.id,
        dict(reply["items"][2]),
    )
    assert server.log("completionItem/resolve")[-1] == rich[2]


def test_item_defaults_edit_range(serve: Callable) -> None:
    """An edit range that is given once for all items still counts."""
    span = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 1}}
    child, _, _ = serve(
        items=items("rest", "ring", "rust", insertText="r1"), defaults={"editRange": span}
    )
    child.type_keys("or")
    reply = raw_replies(child)
    assert reply["itemDefaults"]["editRange"] == span


def test_auto_import_is_applied(serve: Callable) -> None:
    """Accepting an item that adds an import writes it, where Neovim does such things."""
    edit = {
        "newText": "import json\n",
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
    }
    child, _, _ = serve(items=[*items("apparent"), *items("json", additionalTextEdits=[edit])])
    open_menu(child)
    child.type_keys("<C-n><C-y>")
    assert child.line() == "r.json"
    if child.version >= (0, 11, 0):
        child.wait_for(lambda: child.lines()[0] == "import json")
    child.type_keys("<Esc>uu")
    assert child.lines() == ["import os"]


def test_resolve_on_accept(serve: Callable) -> None:
    """A lazily given import is asked for under the server's own label, and applied."""
    edit = {
        "newText": "import json\n",
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
    }
    child, _, server = serve(resolve={"json": {"additionalTextEdits": [edit]}})
    if child.version < (0, 11, 0):
        pytest.skip("0.10 does not resolve")
    open_menu(child)
    child.type_keys("<C-n><C-y>")
    child.wait_for(lambda: child.lines()[0] == "import json")
    assert all("sibyl" not in str(item) for item in server.log("completionItem/resolve"))


@pytest.mark.parametrize("shape", ["null", "error", "garbage", "plain"])
def test_odd_replies(serve: Callable, shape: str) -> None:
    """null, errors and garbage pass through as they are; a plain list is ranked."""
    # Neovim itself stumbles over garbage: it must not be the one who asks here.
    child, ranker, _ = serve(lua="NO_ENABLE = true", shape=shape)
    child.type_keys("or.")
    reply = raw_replies(child)
    if shape == "plain":
        assert [item["label"] for item in reply] == list(NAMES)
        assert len(ranker.calls("rank")) >= 1
    else:
        assert "sibyl" not in str(reply)
        assert not ranker.calls("rank")
    assert child.lua("return require('sibyl.log').last()") is None
    child.type_keys("x")
    assert child.line() == "r.x"


def test_no_reply_ever(serve: Callable) -> None:
    """A silent server costs nothing: typing goes on."""
    child, _, _ = serve(shape="silent")
    child.type_keys("or.abc.def")
    assert child.line() == "r.abc.def"
    assert child.messages() == []


@pytest.mark.parametrize(
    "orders",
    [
        {"delay": 400},
        {"reason": "no model"},
        {"reason": "out of step"},
        {"answer": {"order": [0, 0, 1], "stars": 2}},
        {"answer": {"order": [3, 3, 2, 1, 0, 4], "stars": 2}},
        {"answer": {"order": [6, 5, 4, 3, 2, 1], "stars": 2}},
        {"answer": {"order": ["x", 4, 3, 2, 1, 0], "stars": 2}},
        {"answer": {"order": "none", "stars": 2}},
        {"answer": {}},
        {"die": True},
    ],
    ids=str,
)
def test_plain_list(serve: Callable, orders: dict) -> None:
    """Late, refused, wrong or no answers: the list is exactly what it is without sibyl."""
    child, ranker, _ = serve(options={"deadline": 60})
    ranker.set(**orders)
    assert open_menu(child) == sorted(NAMES)
    assert not any("★" in item.abbr + item.kind for item in child.menu())
    child.call("wait", 500, False)
    assert child.words() == sorted(NAMES), "a late answer changes nothing"
    assert child.messages() == []


@pytest.mark.parametrize(("stars", "wanted"), [(5, 2), (-1, 0), ("x", 0)])
def test_a_wrong_number_of_stars_leaves_the_order_alone(
    serve: Callable, stars: object, wanted: int
) -> None:
    """More stars than items are as many as items; what is no number is none."""
    child, ranker, _ = serve(items=items("close", "json"))
    ranker.set(best=BEST, stars=stars)
    assert open_menu(child) == ["json", "close"]
    assert sum("★" in item.abbr + item.kind for item in child.menu()) == wanted


def test_a_host_out_of_step_is_told_the_text(serve: Callable) -> None:
    """A host whose copy of the buffer is wrong gets the whole text again; the next list is ranked."""
    child, ranker, _ = serve()
    ranker.set(reason="out of step")
    before = len(ranker.calls("attach"))
    assert open_menu(child) == sorted(NAMES)
    child.wait_for(lambda: len(ranker.calls("attach")) > before, what="the whole text")
    ranker.set(best=BEST)
    child.type_keys("<C-e><Esc>")
    assert open_menu(child)[:3] == BEST


def test_a_host_that_hangs(serve: Callable) -> None:
    """With a host that answers nothing, typing goes on and lists come plain after the deadline."""
    child, _, _ = serve(options={"deadline": 50})
    pid = child.lua("return require('sibyl.host.client').state.pid")
    child.lua("vim.uv.kill(..., 'sigstop')", pid)
    try:
        began = time.monotonic()
        child.type_keys("o" + "value = other.thing(1)<CR>" * 20)
        assert open_menu(child, "r.") == sorted(NAMES)
        assert time.monotonic() - began < 10
        assert child.messages() == []
    finally:
        child.lua("vim.uv.kill(..., 'sigcont')", pid)


def test_killed_in_mid_menu(serve: Callable) -> None:
    """A host that dies under an open menu leaves the menu; a new one ranks the next list."""
    child, _, _ = serve()
    first = open_menu(child)
    child.lua("vim.uv.kill(require('sibyl.host.client').state.pid, 9)")
    child.type_keys("j")
    assert child.words() == ["json"]
    child.type_keys("<BS><BS>")
    assert first[0] == "json"
    child.wait_for(lambda: child.lua("return require('sibyl.host.client').state.restarts") == 1)
    child.wait_for(lambda: child.lua("return require('sibyl.host.client').ready()"))
    child.type_keys("<Esc>")
    assert open_menu(child) == first


def test_cancelled_requests(serve: Callable) -> None:
    """A request that is taken back is not answered, and nothing waits for it."""
    child, ranker, server = serve()
    ranker.set(best=BEST, delay=300)
    child.type_keys("or.")
    called = child.lua(
        "CALLED = 0 local c = vim.lsp.get_client_by_id(...)"
        " local p = vim.lsp.util.make_position_params(0, 'utf-16')"
        " local ok, id = c.rpc.request('textDocument/completion', p,"
        "   function() CALLED = CALLED + 1 end)"
        " vim.wait(100, function() return false end)"
        " local before = CALLED c.rpc.notify('$/cancelRequest', { id = id })"
        " vim.wait(600, function() return false end) return { ok, id, before, CALLED }",
        server.id,
    )
    assert called[0] is True and isinstance(called[1], int) and called[2:] == [0, 0]


def test_other_languages_are_left_alone(serve: Callable, tmp_path: Any) -> None:
    """In a buffer that is not Python, nothing is asked and nothing changed."""
    child, ranker, _ = serve()
    child.open(tmp_path / "a.txt", "x\n")
    FakeServer(child, items=items(*NAMES))
    child.type_keys("or.")
    assert "sibyl" not in str(raw_replies(child))
    assert not ranker.calls("rank")


def test_disable_takes_everything_off(serve: Callable) -> None:
    """Switched off, every function is Neovim's own again and no host runs; on, all is back."""
    child, _, server = serve()
    look = (
        "local c = vim.lsp.get_client_by_id(...) local i = debug.getinfo(c.rpc.request, 'S')"
        " local o, n = debug.getinfo(vim.lsp.omnifunc, 'S'), debug.getinfo(c.rpc.notify, 'S')"
        " return i.source .. ' ' .. o.source .. ' ' .. n.source"
    )
    assert "sibyl" in child.lua(look, server.id).replace("sibyl.nvim", "")
    child.command("Sibyl disable")
    assert "lua/sibyl/" not in child.lua(look, server.id)
    assert open_menu(child) == sorted(NAMES)
    child.type_keys("<C-e><Esc>")
    assert child.lua("return require('sibyl.host.client').state.phase") == "off"
    child.command("Sibyl enable")
    child.wait_for(lambda: child.lua("return require('sibyl.host.client').ready()"))
    assert open_menu(child)[0] == "json"
    child.type_keys("<C-e><Esc>")
    child.command("Sibyl! toggle")
    assert open_menu(child) == sorted(NAMES)


def test_a_list_held_back_is_not_shown_behind_another_word(serve: Callable) -> None:
    """A list whose word was left while it waited for its order does not open behind the next word."""
    child, ranker, server = serve(options={"deadline": 1000})
    ranker.set(best=BEST, delay=300)
    child.lua("vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'")
    child.type_keys("or.<C-x><C-o>")
    child.wait_for(lambda: ranker.calls("rank"), what="the question for an order")
    child.type_keys("x = ")
    time.sleep(0.6)
    assert child.menu() == []
    assert child.line() == "r.x = "
    assert server.completions() >= 1


ASK = """
local buf, line, character = vim.api.nvim_get_current_buf(), ...
local params = vim.lsp.util.make_position_params(0, 'utf-16')
params.position = { line = line, character = character }
GOT = nil
vim.lsp.buf_request(buf, 'textDocument/completion', params, function(_, result) GOT = result end)
"""


@pytest.mark.parametrize(
    "where", [(0, 7), (1, 1), (1, 2)], ids=["line above", "in a word", "cursor"]
)
def test_a_request_for_any_position_gets_its_items(serve: Callable, where: tuple) -> None:
    """Other callers in insert mode get every item, ranked: for another place than the cursor's, and also
    when the word was left before the list came.
    """
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    ranker.set(best=BEST, delay=100)
    child.type_keys("or.x")
    child.lua(ASK, *where)
    if where == (1, 2):
        child.type_keys(" = ")
    got = child.wait_for(lambda: child.lua("return GOT"), what="the reply")
    assert sorted(item["label"] for item in got["items"]) == sorted(NAMES)
    assert any("~sibyl" in item.get("sortText", "") for item in got["items"])
