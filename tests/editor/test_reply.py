"""Replies of language servers come out in a better order, in time, and otherwise as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from child import Child
from fake import FakeServer, items
from told import Told

# As people write it: native completion where there is one, and a menu that inserts nothing itself.
NATIVE = """
vim.o.completeopt = 'menuone,noselect'
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  if vim.lsp.completion and vim.lsp.completion.enable and not NO_ENABLE then
    vim.lsp.completion.enable(true, event.data.client_id, event.buf, { autotrigger = true })
  end
end })
"""
NAMES = ("apparent", "close", "json", "next", "_private", "text")
BEST = ["json", "text", "_private"]


@pytest.fixture
def serve(told: Callable) -> Callable:
    """Start a Neovim with the fake server attached and a ranker that prefers BEST."""

    def start(lua: str = "", options: dict | None = None, **server: Any) -> tuple[Any, ...]:
        child, ranker = told("import os\n", NATIVE + lua, **({"deadline": 1000} | (options or {})))
        ranker.set(best=BEST, stars=2)
        return child, ranker, FakeServer(child, **({"items": items(*NAMES)} | server))

    return start


def open_menu(child: Child, text: str = "or.") -> list[str]:
    """Type a dot and get the menu, by autotrigger or the omni key; return its words."""
    child.type_keys(text)
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    child.wait_menu()
    return child.words()


def raw_replies(child: Child, position: tuple[int, int] | None = None) -> Any:
    """Ask the server as a plugin would; return what a plugin gets."""
    return child.lua(
        "local p = vim.lsp.util.make_position_params(0, 'utf-16')"
        " local got = vim.lsp.buf_request_sync(0, 'textDocument/completion', p, 5000)"
        " local _, reply = next(got) if reply and reply.result == vim.NIL then return 'null' end"
        " return reply and (reply.result or reply.err or reply.error) or 'nothing'"
    )


def test_best_first(serve: Callable) -> None:
    """The names the ranker prefers lead the menu; the rest keeps the server's own order."""
    child, _, _ = serve()
    assert open_menu(child) == ["json", "text", "_private", "apparent", "close", "next"]


def test_server_order_is_sent(serve: Callable) -> None:
    """Python gets the names in the order Neovim would show, with their kinds and no more."""
    sorted_items = [
        {"label": "zeta", "kind": 3, "sortText": "1"},
        {"label": "alpha", "kind": 6, "sortText": "2"},
        {"label": "beta", "sortText": "2", "additionalTextEdits": [{"newText": "x"}]},
        {"label": "read(size)", "kind": 2, "sortText": "0"},
        {"label": "key=", "kind": 6, "sortText": "3"},
    ]
    child, ranker, _ = serve(items=sorted_items)
    child.type_keys("or.")
    raw_replies(child)
    buf, _seq, length, offset, names, kinds = ranker.calls("rank")[0]
    assert names == ["read", "zeta", "alpha", "beta", "key="]
    assert kinds == [2, 3, 6, 64, 6]
    assert (length, offset) == (13, 12)
    assert buf == child.call("bufnr")


def test_stars(serve: Callable) -> None:
    """As many items wear a star as the ranker is sure of; accepting one inserts no star."""
    child, _, _ = serve()
    open_menu(child)
    starred = [item.word for item in child.menu() if "★" in item.abbr + item.kind]
    assert starred == ["json", "text"]
    child.type_keys("<C-n><C-y>")
    assert child.line() == "r.json"


def test_fewer_stars(serve: Callable) -> None:
    """Option `stars` bounds their number; false means none."""
    child, _, _ = serve(options={"stars": 1})
    open_menu(child)
    assert sum("★" in item.abbr + item.kind for item in child.menu()) == 1
    child.lua("require('sibyl').setup({ stars = false })")
    child.type_keys("<Esc>")
    open_menu(child)
    assert sum("★" in item.abbr + item.kind for item in child.menu()) == 0


def test_users_convert_is_kept(serve: Callable) -> None:
    """A user's own `convert` still shapes the lines; the star joins it."""
    if_new = """
    NO_ENABLE = true
    vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
      if vim.lsp.completion and vim.lsp.completion.enable then
        vim.lsp.completion.enable(true, event.data.client_id, event.buf, { autotrigger = true,
          convert = function(item) return { abbr = '<' .. item.label .. '>', kind = 'K' } end })
      end
    end })
    """
    child, _, _ = serve(lua=if_new)
    if child.version < (0, 11, 0):
        pytest.skip("0.10 has no convert")
    open_menu(child)
    assert [(i.abbr, i.kind) for i in child.menu()][1:3] == [("<text>", "★ K"), ("<_private>", "K")]


def test_typing_on_keeps_the_order(serve: Callable) -> None:
    """Letters only filter: what is left stays in its order."""
    child, ranker, _ = serve(items=items("jack", "jill", "jason", "json", "other"))
    ranker.set(best=["json", "jill"], stars=1)
    open_menu(child)
    child.type_keys("j")
    assert child.words() == ["json", "jill", "jack", "jason"]
    child.type_keys("s")
    assert child.words() == ["json"]
    assert len(ranker.calls("rank")) == 1


def test_underscore_brings_private_names(serve: Callable) -> None:
    """After `_` the menu holds the private names, and nothing else."""
    child, _, _ = serve(items=items("apparent", "_one", "_two", "__init__", "text"))
    open_menu(child)
    child.type_keys("_")
    assert child.words() == ["__init__", "_one", "_two"]
    child.type_keys("o")
    assert child.words() == ["_one"]


def test_incomplete_lists_keep_their_order(serve: Callable) -> None:
    """A server that is asked anew at each letter does not make the order jump."""
    child, ranker, server = serve(
        incomplete=True,
        pages=[items("jb", "ja", "jason", "json"), items("jason", "json"), items("json", "jsonp")],
    )
    ranker.set(best=["json", "jb"], stars=1)
    child.type_keys("or.")
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    child.wait_menu()
    assert child.words() == ["json", "jb", "ja", "jason"]
    ranker.set(best=["jason"], stars=1)
    if child.version < (0, 11, 0):
        child.type_keys("<C-e>j<C-x><C-o>")
        child.wait_menu()
    else:
        child.type_keys("j")
        child.wait_for(lambda: server.completions() == 2)
    child.wait_for(lambda: child.words() == ["json", "jason"])
    assert len(ranker.calls("rank")) == 1


def test_a_new_word_is_ranked_anew(serve: Callable) -> None:
    """The ranking of one word is not the next one's."""
    child, ranker, _ = serve()
    assert open_menu(child)[0] == "json"
    child.type_keys("<C-e><BS>")
    ranker.set(best=["close"])
    assert open_menu(child, ".")[0] == "close"


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


def test_killed_in_mid_menu(serve: Callable) -> None:
    """A host that dies under an open menu leaves the menu; a new one ranks the next list."""
    child, _, _ = serve()
    first = open_menu(child)
    child.lua("vim.uv.kill(require('sibyl.bridge').state.pid, 9)")
    child.type_keys("j")
    assert child.words() == ["json"]
    child.type_keys("<BS><BS>")
    assert first[0] == "json"
    child.wait_for(lambda: child.lua("return require('sibyl.bridge').state.restarts") == 1)
    child.wait_for(lambda: child.lua("return require('sibyl.bridge').ready()"))
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


def test_several_clients(serve: Callable) -> None:
    """With two servers no item is lost, and each one's best come first among its own."""
    child, _, _ = serve()
    FakeServer(child, name="second", items=items("xeno", "json", "yak"))
    words = open_menu(child)
    assert sorted(words) == sorted([*NAMES, "xeno", "json", "yak"])
    assert words[0] == "json"


def test_compare(serve: Callable) -> None:
    """`require('sibyl').compare` orders the items of all clients together, strictly."""
    cmp = """
    NO_ENABLE = true
    vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
      if vim.fn.has('nvim-0.12') == 1 then
        vim.lsp.completion.enable(true, event.data.client_id, event.buf,
          { autotrigger = true, cmp = require('sibyl').compare })
      end
    end })
    """
    child, _, _ = serve(lua=cmp)
    if child.version < (0, 12, 0):
        pytest.skip("cmp came with 0.12")
    FakeServer(child, name="second", items=items("xeno", "json", "yak"))
    assert open_menu(child)[:2] == ["json", "json"]


def test_omnifunc_without_enable(serve: Callable) -> None:
    """<C-x><C-o> shows the order and the stars, native completion enabled or not."""
    child, _, _ = serve(lua="NO_ENABLE = true")
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    assert child.words()[:3] == BEST
    assert ["★" in item.abbr + item.kind for item in child.menu()][:3] == [True, True, False]
    child.type_keys("<C-n><C-y>")
    assert child.line() == "r.json"


def test_completion_get(serve: Callable) -> None:
    """vim.lsp.completion.get() shows the same."""
    child, _, _ = serve()
    if child.version < (0, 11, 0):
        pytest.skip("no vim.lsp.completion before 0.11")
    child.type_keys("or")
    child.lua("vim.lsp.completion.get()")
    child.type_keys("<BS>")
    child.type_keys("r")
    child.type_keys("<Esc>or. ")
    child.type_keys("<BS>")
    child.lua("vim.lsp.completion.get()")
    child.wait_menu()
    assert child.words()[:3] == BEST


def test_autocomplete_option(serve: Callable) -> None:
    """0.12's own 'autocomplete' with source `o` shows the servers' items in this order."""
    child, _, _ = serve(lua="NO_ENABLE = true")
    if child.version < (0, 12, 0):
        pytest.skip("'autocomplete' came with 0.12")
    child.command("set autocomplete complete=o")
    child.type_keys("or.j")
    child.wait_menu()
    child.type_keys("<Esc>")
    child.type_keys("or.")
    child.wait_for(lambda: child.words()[:3] == BEST or child.words() == [])


def test_accepted_is_told(serve: Callable) -> None:
    """What was accepted reaches the host once: the name and where it stands."""
    child, ranker, _ = serve()
    open_menu(child)
    child.type_keys("<C-n><C-y>")
    child.wait_for(lambda: ranker.calls("accepted"))
    assert [call[2:] for call in ranker.calls("accepted")] == [[12, "json"]]


def test_not_accepted_is_not_told(serve: Callable) -> None:
    """Typing past the menu or leaving it tells nothing."""
    child, ranker, _ = serve()
    open_menu(child)
    child.type_keys("<C-e>")
    child.type_keys("x <Esc>")
    child.call("wait", 100, False)
    assert ranker.calls("accepted") == []


def test_other_languages_are_left_alone(serve: Callable, tmp_path: Any) -> None:
    """In a buffer that is not Python, nothing is asked and nothing changed."""
    child, ranker, _ = serve()
    child.open(tmp_path / "a.txt", "x\n")
    FakeServer(child, items=items(*NAMES))
    child.type_keys("or.")
    assert "sibyl" not in str(raw_replies(child))
    assert not ranker.calls("rank")


def test_unnamed_and_two_windows(serve: Callable) -> None:
    """An unnamed Python buffer is ranked like any other."""
    child, ranker, _ = serve()
    child.command("enew | set filetype=python")
    FakeServer(child, items=items(*NAMES))
    child.command("split")
    assert open_menu(child, "ir.")[:3] == BEST
    assert ranker.calls("rank")[-1][3] == 2


def test_multibyte_and_utf8_positions(serve: Callable) -> None:
    """The word's first byte is told right after wide letters, in every position encoding."""
    for encoding in ("utf-16", "utf-8", "utf-32"):
        child, ranker, _ = serve(encoding=encoding)
        child.type_keys("o\U0001f40d = 'é'; größe.te")
        child.lua("vim.lsp.omnifunc(1, '')")
        child.wait_for(lambda: ranker.calls("rank"))  # noqa: B023
        text = "import os\n\U0001f40d = 'é'; größe."
        assert ranker.calls("rank")[-1][3] == len(text.encode())
        child.close()
        ranker.log.unlink()


def test_disable_takes_everything_off(serve: Callable) -> None:
    """Switched off, every function is Neovim's own again and no host runs; on, all is back."""
    child, ranker, server = serve()
    look = (
        "local c = vim.lsp.get_client_by_id(...) local i = debug.getinfo(c.rpc.request, 'S')"
        " local o = debug.getinfo(vim.lsp.omnifunc, 'S') return i.source .. ' ' .. o.source"
    )
    assert "sibyl" in child.lua(look, server.id).replace("sibyl.nvim", "")
    child.command("Sibyl disable")
    assert "lua/sibyl/" not in child.lua(look, server.id)
    assert open_menu(child) == sorted(NAMES)
    child.type_keys("<C-e><Esc>")
    assert child.lua("return require('sibyl.bridge').state.phase") == "off"
    child.command("Sibyl enable")
    child.wait_for(lambda: child.lua("return require('sibyl.bridge').ready()"))
    assert open_menu(child)[0] == "json"
    child.type_keys("<C-e><Esc>")
    child.command("Sibyl! toggle")
    assert open_menu(child) == sorted(NAMES)
    assert isinstance(ranker, Told)
