"""`:Sibyl explain` is a page on the list that was ranked last."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import ScriptedRanker
from test_notice import window

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


def open_page(child: Child) -> None:
    """Have a list of two items ranked, and open the page on it."""
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<Esc>")
    child.command("Sibyl explain")
    child.wait_for(lambda: "The last list: 2 items" in child.lines()[0], what="the page")


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


@pytest.mark.parametrize("most", [0, 1])
def test_the_page_has_as_many_stars_as_the_menu(scripted: Callable, most: int) -> None:
    """What option `stars` leaves without one in the menu wears none on the page."""
    child, ranker = scripted(
        "x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000, stars=most
    )
    ranker.set(best=["json", "close"], stars=2)
    FakeServer(child, items=items("close", "json"))
    open_page(child)
    assert "\n".join(child.lines()).count("★") == most


def menu(
    scripted: Callable, lines: int = 1, labels: tuple[str, ...] = ("close", "json"), keys: str = "o"
) -> tuple[Child, ScriptedRanker]:
    """A Neovim with a ranked list on the screen, and <F3> to explain its items."""
    lua = (
        "vim.o.completeopt = 'menuone,noselect' vim.keymap.set('i', '<F3>', '<Plug>(SibylExplain)')"
    )
    child, ranker = scripted("x = 1\n" * lines, lua, deadline=1000)
    others = sorted(label for label in labels if label != "json")
    ranker.set(best=["json"], stars=1, explain=PAGE | {"names": ["json", *others]})
    FakeServer(child, items=items(*labels))
    child.type_keys(f"{keys}r.<C-x><C-o>")
    child.wait_menu()
    return child, ranker


def test_the_page_tells_what_stood_among_the_list(scripted: Callable) -> None:
    """Names that the server does not list are told of above the table, where there were any."""
    child, ranker = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000)
    ranker.set(best=["json"], unlisted=[[1, "token"], [2, "user"]])
    FakeServer(child, items=items("close", "json"))
    open_page(child)
    among = "Among it, not listed by the server: `token`, `user`. These are guesses."
    assert child.lines()[2:5] == [among, "", child.lines()[4]]
    assert child.lines()[4].split() == ["now", "before", "item", "likely", "why"]
    child.type_keys("q")
    ranker.set(best=["json"])
    open_page(child)
    assert "Among" not in "\n".join(child.lines())


def test_one_item_is_explained_where_one_types(scripted: Callable) -> None:
    """<Plug>(SibylExplain) tells places, probability and reasons of the selected item; the menu stays."""
    child, _ = menu(scripted)
    child.type_keys("<F3>")
    child.wait_for(lambda: "select an item" in "\n".join(child.messages()), what="the advice")
    child.type_keys("<C-n><F3>")
    sentence = "json: place 1 of 2; 2 in the server's order"
    child.wait_for(lambda: sentence in "\n".join(child.messages()), what="the sentence")
    assert child.words() == ["json", "close"]
    screen = " ".join(re.sub("[│~]", " ", "\n".join(child.screen())).split())
    assert "files of the project use it so (+1.5)" in screen


def test_an_item_far_down_is_not_explained(scripted: Callable) -> None:
    """The first thirty items of a long list are explained; of one behind them it is said that it is not."""
    child, _ = menu(scripted, labels=tuple(f"item_{number}" for number in range(10, 42)))
    child.type_keys("<C-n>" * 30 + "<F3>")
    last = "item_39: place 30 of 32; 30 in the server's order"
    child.wait_for(lambda: last in "\n".join(child.messages()), what="the sentence")
    child.type_keys("<C-n><F3>")
    beyond = "`item_40` is not among the first 30 items of the last list that was ranked"
    child.wait_for(lambda: beyond in "\n".join(child.messages()), what="the other sentence")


WIDE = (*(f"{'long_' * 13}{index}" for index in range(30)), "json")


@pytest.mark.parametrize("keys", ["Go", "ggo", "20Go"], ids=["below", "above", "in the middle"])
@pytest.mark.parametrize("labels", [("close", "json"), WIDE], ids=["a small menu", "a large menu"])
def test_the_menu_does_not_hide_what_is_said_of_it(
    scripted: Callable, labels: tuple[str, ...], keys: str
) -> None:
    """Wherever the cursor stands and however large the menu is, all of the sentence can be read."""
    child, _ = menu(scripted, 60, labels, keys)
    child.type_keys("<C-n><F3>")
    place = sorted(labels).index("json") + 1
    sentence = (
        f"sibyl: json: place 1 of {len(labels)}; {place} in the server's order; files of the project"
        " use it so (+1.5), its class in this project has others (-0.5), the network expects it here (+0.3)"
    )

    def shown() -> bool:
        window = re.findall("│(.*)│", "\n".join(child.screen()))
        return " ".join(" ".join(window).split()) == sentence

    child.wait_for(shown, what="the sentence")
    assert any("r.json" in line for line in child.screen())  # and the line that is typed


def listed(scripted: Callable) -> tuple[Child, ScriptedRanker]:
    """The same, its first item selected."""
    child, ranker = menu(scripted)
    child.type_keys("<C-n>")
    return child, ranker


@pytest.mark.parametrize("other", ["help", "Sibyl stats", "Sibyl explain", "new"])
def test_the_page_is_the_same_from_any_window(scripted: Callable, other: str) -> None:
    """`:Sibyl explain` in a window of something else has the reasons of the list's own buffer."""
    child, ranker = listed(scripted)
    buf = child.call("bufnr")
    child.type_keys("<Esc>")
    child.command(other)
    if other == "Sibyl explain":
        child.wait_for(lambda: "The last list" in child.lines()[0], what="the first page")
        child.command("wincmd =")
    windows, bufs = child.call("winnr", "$"), child.call("bufnr", "$")
    child.command("Sibyl explain")
    child.wait_for(lambda: child.call("bufnr", "$") > bufs, what="the page")
    assert child.call("winnr", "$") == windows + (other != "Sibyl explain")  # a page has one window
    assert "Receiver: `resp`" in child.lines()[1]
    assert {call[-1] for call in ranker.calls("explain")} == {buf}


def test_the_page_says_truly_why_it_has_no_reasons(scripted: Callable) -> None:
    """A list that the ranker no longer holds, and a ranker that is off, are not called another list."""
    child, ranker = listed(scripted)
    child.type_keys("<Esc>")
    for explain, command, words in [
        ({"items": []}, "", "The ranker no longer holds this list: no reasons are left."),
        (PAGE, "Sibyl disable", "The ranker does not answer now: no reasons are left."),
    ]:
        ranker.set(explain=explain)
        child.command(command)
        child.command("Sibyl explain")
        child.wait_for(lambda words=words: child.lines()[1:2] == [words], what=words)
        child.type_keys("q")


@pytest.mark.parametrize("keys", ["<C-y>", "<Esc>", "<C-e>", "(", " y"])
def test_the_window_goes_with_the_menu(scripted: Callable, keys: str) -> None:
    """What is sentence of the selected item stays while the menu is open, and goes with it, accepted or not."""
    child, _ = listed(scripted)
    child.type_keys("<F3>")
    child.wait_for(lambda: "json: place 1 of 2" in window(child), what="the window")
    assert child.words() == ["json", "close"]
    child.type_keys("<C-n><C-p>")
    assert "json: place 1 of 2" in window(child)
    child.type_keys(keys)
    assert window(child) == ""
    assert child.messages()[-1].startswith("sibyl: json: place 1 of 2")


def test_no_window_after_the_menu(scripted: Callable) -> None:
    """Reasons that come when the menu is closed again are not shown."""
    child, ranker = listed(scripted)
    ranker.set(best=["json"], stars=1, explain=PAGE, delay=300)
    child.type_keys("<F3><C-y>")
    child.wait_for(lambda: ranker.calls("explain"), what="the question")
    child.lua("vim.wait(600)")
    assert (window(child), child.messages()) == ("", [])


@pytest.mark.parametrize("page", ["explain", "stats", "log"])
def test_a_page_is_not_covered(scripted: Callable, page: str) -> None:
    """A page of ours takes away the window of a message from before."""
    child, _ = listed(scripted)
    child.type_keys("<C-y><Esc>")
    child.lua("require('sibyl.notice').say(('a long message '):rep(20))")
    assert window(child) != ""
    name = child.call("bufname")
    child.command(f"Sibyl {page}")
    child.wait_for(lambda: child.call("bufname") != name, what="the page")
    assert window(child) == ""


def test_a_label_of_several_lines_is_one_line_of_the_page(scripted: Callable) -> None:
    """Line breaks in what a server lists are shown as such: the page opens."""
    child, ranker = scripted("x = 1\n", "vim.o.completeopt = 'menuone,noselect'", deadline=1000)
    ranker.set(best=["close"], stars=1, explain=PAGE | {"names": ["close", "'two\nlines'"]})
    FakeServer(child, items=items("close", "'two\nlines'"))
    open_page(child)
    assert sum("'two^@lines'" in line for line in child.lines()) == 1
