"""Replies of language servers come out in a better order, in every way to complete."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_server import FakeServer, items
from scripted import BEST, NAMES, open_menu, raw_replies


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


LAST = """
local last = require('sibyl.completion.reply').last
return last and { names = last.names, from = last.from }
"""


def test_a_long_order_arrives_whole(serve: Callable) -> None:
    """Positions that one byte does not hold, and more of them than one call returns, are read right."""
    labels = [f"n{index:04}" for index in range(4_500)]
    child, ranker, _ = serve(items=items(*labels))
    child.lua("require([[sibyl.config]]).get().deadline = 30000")  # a busy machine is no failure
    ranker.set(best=[labels[4_499], labels[256], labels[2_000]])
    open_menu(child)
    last = child.wait_for(lambda: child.lua(LAST), 30, "our order")
    assert last["names"][:5] == [labels[4_499], labels[256], labels[2_000], labels[0], labels[1]]
    assert sorted(last["from"]) == list(range(1, 4_501))


def test_stars(serve: Callable) -> None:
    """As many items wear a star as the ranker is sure of; accepting one inserts no star."""
    child, _, _ = serve()
    open_menu(child)
    starred = [item.word for item in child.menu() if "★" in item.abbr + item.kind]
    assert starred == ["json", "text"]
    child.type_keys("<C-n><C-y>")
    assert child.line() == "r.json"


def test_stars_stand_before_the_names(serve: Callable) -> None:
    """However long a label of the list is, a star is on the screen."""
    child, _, _ = serve(items=items("json", "text", "long_" * 40))
    open_menu(child)
    rows = [line for line in child.screen() if "★" in line]
    assert [row.split("★")[1].split()[0] for row in rows] == ["json", "text"]


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
    assert [(i.abbr, i.kind) for i in child.menu()][1:3] == [("★ <text>", "K"), ("<_private>", "K")]


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
    """A server that is asked again at each letter does not make the order jump."""
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


def test_several_clients(serve: Callable) -> None:
    """With two servers no item is lost, and each one's best come first among its own."""
    child, _, _ = serve()
    FakeServer(child, name="second", items=items("xeno", "json", "yak"))
    words = open_menu(child)
    assert sorted(words) == sorted([*NAMES, "xeno", "json", "yak"])
    assert words[0] == "json"


def test_completion_cmp(serve: Callable) -> None:
    """`require('sibyl').completion_cmp` orders the items of all clients together, strictly."""
    cmp = """
    NO_ENABLE = true
    vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
      if vim.fn.has('nvim-0.12') == 1 then
        vim.lsp.completion.enable(true, event.data.client_id, event.buf,
          { autotrigger = true, cmp = require('sibyl').completion_cmp })
      end
    end })
    """
    child, _, _ = serve(lua=cmp)
    if child.version < (0, 12, 0):
        pytest.skip("cmp came with 0.12")
    FakeServer(child, name="second", items=items("xeno", "json", "yak"))
    assert open_menu(child)[:2] == ["json", "json"]


def test_omnifunc_without_enable(serve: Callable) -> None:
    """<C-x><C-o> shows the order and the stars, native completion enabled or not; names are told without."""
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    assert child.words()[:3] == BEST
    assert ["★" in item.abbr + item.kind for item in child.menu()][:3] == [True, True, False]
    child.type_keys("<C-n><C-y>")
    assert child.line() == "r.json"
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert ranker.calls("accepted")[-1][3] == "json"


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
    child.type_keys("or", every=0.05)
    child.type_keys(".")
    child.wait_for(lambda: child.words()[:3] == BEST, what="the ranked menu")
    child.type_keys("j")
    assert child.words() == ["json"]


def test_letters_typed_before_the_reply(serve: Callable) -> None:
    """A list that comes after some more letters is filtered by them, and ranked."""
    child, ranker, _ = serve(delay=250, items=items("jack", "jason", "json", "other"))
    ranker.set(best=["json"], stars=1)
    child.type_keys("or.")
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    else:
        child.call("wait", 80, False)
    child.type_keys("ja<BS>s", every=0.01)
    child.call("wait", 500, False)
    if child.version >= (0, 11, 0):
        assert child.words() == ["json"]
    assert child.line() == "r.js"


def test_star_in_the_label_is_taken_off(serve: Callable) -> None:
    """An item that wears its star in the label goes back to the server without it."""
    child, _, server = serve(lua="NO_ENABLE = true")
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.lua(
        "local item = vim.fn.complete_info({ 'items' }).items[1].user_data.nvim.lsp.completion_item"
        " SEEN = item.label vim.lsp.get_client_by_id(...).rpc.request('completionItem/resolve',"
        " item, function() end)",
        server.id,
    )
    assert child.lua("return SEEN") == "★ json"
    assert server.log("completionItem/resolve")[-1] == {"label": "json", "kind": 3}


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


def test_unnamed_and_two_windows(serve: Callable) -> None:
    """An unnamed Python buffer is ranked like any other."""
    child, ranker, _ = serve()
    child.command("enew | set filetype=python")
    FakeServer(child, items=items(*NAMES))
    child.command("split")
    assert open_menu(child, "ir.")[:3] == BEST
    assert ranker.calls("rank")[-1][3] == 2


def test_multibyte_and_utf8_positions(serve: Callable) -> None:
    """The byte up to which is typed is told right after wide letters, in every position encoding."""
    for encoding in ("utf-16", "utf-8", "utf-32"):
        child, ranker, _ = serve(lua="NO_ENABLE = true", encoding=encoding)
        child.type_keys("o\U0001f40d = 'é'; größe.te")
        child.lua("vim.lsp.omnifunc(1, '')")
        child.wait_for(lambda: ranker.calls("rank"))  # noqa: B023
        text = "import os\n\U0001f40d = 'é'; größe.te"
        assert ranker.calls("rank")[-1][3] == len(text.encode())
        child.close()
        ranker.log.unlink()
