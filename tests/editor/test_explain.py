"""`:Sibyl explain` is a page on the list that was ranked last."""

from __future__ import annotations

import re
from collections.abc import Callable

from fake_server import FakeServer, items

PAGE = {
    "items": [
        [
            "json",
            [["other files", 1.5], ["its class", -0.5], ["network", 0.3], ["words around", 0.2]],
        ],
        ["close", [["network", -2.0]]],
    ],
    "names": ["json", "close"],
    "before": [2, 1],
    "probability": [0.81, 0.19],
    "receiver": {"spelled": "resp", "origin": "@requests.get()", "class": ""},
}


def test_explain_is_a_page(scripted: Callable) -> None:
    """`:Sibyl explain` opens a page: receiver, places before and after, reasons in words, nothing cut."""
    child, ranker = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000)
    ranker.set(best=["json"], stars=1)
    FakeServer(child, items=items("close", "json"))
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<Esc>")
    ranker.set(explain=PAGE)
    child.command("Sibyl explain")
    child.wait_for(lambda: "The last list: 2 items" in child.lines()[0], what="the page")
    page = "\n".join(child.lines())
    assert "Receiver: `resp`, which is requests.get()." in page
    why = "files of the project use it so (+1.5), its class in this project has others (-0.5)"
    assert re.search(
        rf"^ +1 +2 +★ json +81.0 % +{re.escape(why)}, the network expects it here \(\+0.3\)$",
        page,
        re.M,
    )
    assert re.search(
        r"^ +2 +1 +close +19.0 % +the network does not expect it here \(-2.0\)$", page, re.M
    )
    child.type_keys('ggyy:let g:copied = @"<CR>q')
    assert child.call("winnr", "$") == 1 and child.line() != ""
    assert child.lua("return vim.g.copied").startswith("The last list")
    ranker.set(
        explain=PAGE | {"names": ["other", "list"]}
    )  # the host has ranked another list since
    child.command("Sibyl explain")
    child.wait_for(lambda: "no reasons are left" in child.lines()[1], what="the page")
    assert "json" in "\n".join(child.lines()) and "use it so" not in "\n".join(child.lines())


def test_one_item_is_explained_where_one_types(scripted: Callable) -> None:
    """<Plug>(SibylExplain) tells places, probability and reasons of the selected item; the menu stays."""
    lua = (
        "vim.o.completeopt = 'menuone,noselect' vim.keymap.set('i', '<F3>', '<Plug>(SibylExplain)')"
    )
    child, ranker = scripted("x = 1\n", lua, deadline=1000)
    ranker.set(best=["json"], stars=1, explain=PAGE)
    FakeServer(child, items=items("close", "json"))
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<F3>")
    child.wait_for(lambda: "select an item" in "\n".join(child.messages()), what="the advice")
    child.type_keys("<C-n><F3>")
    sentence = "json: place 1 of 2; 2 in the server's order"
    child.wait_for(lambda: sentence in "\n".join(child.messages()), what="the sentence")
    assert child.words() == ["json", "close"]
    screen = " ".join(re.sub("[│~]", " ", "\n".join(child.screen())).split())
    assert "files of the project use it so (+1.5)" in screen
