"""What the user's own code does with a receiver stands among the items of a server that does not know it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_server import FakeServer, items
from guessing import OBJECT
from scripted import BEST, NAMES, listed, open_menu

AMONG = [[3, "user"], [1, "token"]]  # the likeliest first, as the host sends them
WITH_AMONG = [BEST[0], "token", *BEST[1:], "user"]


def test_they_stand_where_the_host_says(serve: Callable) -> None:
    """They are marked as guesses, stand between items, and accepting one inserts it and tells the host."""
    child, ranker, server = serve(resolve={"token": {"detail": "theirs"}})
    ranker.set(best=BEST, stars=1, unlisted=AMONG)
    assert open_menu(child)[:5] == WITH_AMONG
    assert len(child.menu()) == len(NAMES) + 2
    marks = {item.word: item.menu for item in child.menu()}
    assert (marks["token"], marks["user"], marks["json"]) == ("guess", "guess", "")
    child.type_keys("<C-n><C-n><C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert child.line() == "r.token"
    assert ranker.calls("accepted")[-1][3] == "token"
    assert server.log("completionItem/resolve") == []


WRITTEN = (
    "require('sibyl.completion.accepted').when_written(function(outcome) OUTCOME = outcome end)"
)


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("to<C-n><C-y>", {"place": 2, "sibyl": 2, "server": 0, "saved": 3}),
        ("te<C-n><C-y>", {"place": 3, "sibyl": 2, "server": 6, "saved": 2}),
    ],
)
def test_statistics_count_them(serve: Callable, keys: str, wanted: dict[str, int]) -> None:
    """A name that was taken stood where the screen had it, in our order alone; items stand behind it."""
    child, ranker, _ = serve()
    child.lua(WRITTEN)
    ranker.set(best=BEST, unlisted=AMONG)
    open_menu(child)
    child.type_keys(keys)
    child.wait_for(lambda: child.lua("return OUTCOME ~= nil"), what="an outcome")
    outcome = child.lua("return OUTCOME")
    assert {name: outcome[name] for name in wanted} == wanted


def test_keyword_arguments_among_names(serve: Callable) -> None:
    """In a list of names with Python's keywords they stand as well, and are inserted with their sign."""
    child, ranker, server = serve()
    child.lua(WRITTEN)
    server.set(items=[*items(*NAMES), *items("not", kind=14)])
    ranker.set(best=BEST, unlisted=[[1, "timeout="]])
    child.type_keys("oget(<C-x><C-o>")
    child.wait_for(lambda: child.words()[:2] == [BEST[0], "timeout="], what="the list")
    child.type_keys("ti<C-n><C-y>")
    child.wait_for(lambda: ranker.calls("accepted"), what="the host to hear of it")
    assert child.line() == "get(timeout="
    assert ranker.calls("accepted")[-1][3] == "timeout="
    assert child.lua("return { OUTCOME.place, OUTCOME.server, OUTCOME.saved }") == [2, 0, 5]


@pytest.mark.parametrize("at", [0, len(NAMES)])
def test_at_either_end(serve: Callable, at: int) -> None:
    """They may stand before all items and behind them."""
    child, ranker, _ = serve()
    ranker.set(best=BEST, unlisted=[[at, "token"]])
    assert open_menu(child).index("token") == at


def test_letters_filter_them(serve: Callable) -> None:
    """With letters typed they stay where they begin so, and the order of what is left is the same."""
    child, ranker, _ = serve()
    ranker.set(best=BEST, unlisted=[[0, "jump"], [1, "token"], [1, "just"]])
    assert open_menu(child)[:4] == ["jump", "json", "token", "just"]
    child.type_keys("j")
    child.wait_for(lambda: child.words() == ["jump", "json", "just"], what="the shorter list")


def test_later_lists_of_a_word_have_them(serve: Callable) -> None:
    """A server that is asked again at each letter does not lose them, nor moves them."""
    child, ranker, server = serve()
    server.set(items=items(*NAMES, "token_type"), incomplete=True)
    ranker.set(best=[*BEST, "token_type"], unlisted=[[0, "tokens"], [0, "token"]])
    assert open_menu(child)[:3] == ["tokens", "token", "json"]
    ranker.set(best=[*BEST, "token_type"])
    server.set(items=items("token_type", "text", "totals"), incomplete=True)
    before = server.completions()
    child.type_keys("t" if child.version >= (0, 11, 0) else "t<C-x><C-o>")
    child.wait_for(lambda: server.completions() > before, what="the second question")
    wanted = ["tokens", "token", "text", "token_type", "totals"]
    child.wait_for(lambda: child.words() == wanted, what="the second list")


def test_new_items_do_not_move_them(serve: Callable) -> None:
    """They stay behind the item they stood behind, though a later list has a new item before it."""
    pages = [items("tac", "tub"), items("tic", "tac", "tub")]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    ranker.set(best=["tac"], unlisted=[[1, "token"]])
    assert listed(child, "or.") == ["tac", "token", "tub"]
    ranker.set(best=["tic"])
    assert listed(child, "t") == ["tic", "tac", "token", "tub"]


def test_a_name_that_comes_first_stays_first(serve: Callable) -> None:
    """Before all items of a later list, and so in the word's next ones."""
    pages = [items("text", "tub"), items("text", "tub", "tuk")]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    ranker.set(best=["text"])
    assert listed(child, "or.") == ["text", "tub"]
    ranker.set(best=["text"], unlisted=[[0, "ta"]])
    assert listed(child, "t") == ["ta", "text", "tub", "tuk"]
    assert listed(child, "<BS>t") == ["ta", "text", "tub", "tuk"]


def test_later_answers_add_to_them(serve: Callable) -> None:
    """What a later list brings comes behind what stood at that place before, once, and all of it stays so."""
    pages = [items("text", "tub"), items("ta", "tb", "text", "tub"), items("text", "tub")]
    child, ranker, _ = serve(lua="NO_ENABLE = true", incomplete=True, pages=pages)
    ranker.set(best=["text"], unlisted=[[0, "ta"], [0, "tb"], [0, "tc"], [1, "to"]])
    assert listed(child, "or.") == ["ta", "tb", "tc", "text", "to", "tub"]
    ranker.set(best=["text"], unlisted=[[0, "td"], [4, "tc"], [1, "te"], [4, "tf"]])
    assert listed(child, "t") == ["tc", "td", "text", "to", "te", "ta", "tb", "tub", "tf"]
    wanted = ["ta", "tb", "tc", "td", "text", "to", "te", "tub", "tf"]
    assert listed(child, "<BS>t") == wanted
    assert len(ranker.calls("rank")) == 2


def test_a_long_answer_is_cut(serve: Callable) -> None:
    """The first six names of an answer are shown."""
    child, ranker, _ = serve()
    names = [f"token{number}" for number in range(9)]
    ranker.set(best=BEST, unlisted=[[1, name] for name in names])
    assert open_menu(child)[:8] == [BEST[0], *names[:6], BEST[1]]


def test_what_a_server_lists_is_no_guess(serve: Callable) -> None:
    """A name that the list has by now stands there once, as the server's."""
    child, ranker, _ = serve()
    ranker.set(best=BEST, unlisted=[[0, "json"], [1, "token"]])
    names = open_menu(child)
    assert (names[:2], names.count("json")) == (["json", "token"], 1)


@pytest.mark.parametrize(
    "off",
    [
        "require('sibyl').setup({ guesses = false })",
        "vim.o.completeopt = 'menuone'",
        "require('sibyl.experiment').running = function() return 'coin' end",
    ],
)
def test_not_where_they_are_not_wanted(serve: Callable, off: str) -> None:
    """Option `guesses` off, a menu that inserts its first line, a running experiment: the list alone."""
    child, ranker, _ = serve()
    child.lua(off)
    ranker.set(best=BEST, unlisted=AMONG)
    child.type_keys("or.<C-x><C-o>")
    child.wait_menu()
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
    assert sorted(child.words()) == sorted(NAMES)


def test_not_with_two_servers(serve: Callable) -> None:
    """What one server lacks the other one may list: then they are left out."""
    child, ranker, _ = serve()
    FakeServer(child, name="second", items=items("token"))
    ranker.set(best=BEST, unlisted=AMONG)
    child.type_keys("or.<C-x><C-o>")
    child.wait_for(lambda: sorted(child.words()) == sorted([*NAMES, "token"]), what="both lists")


def test_other_clients_do_not_matter(serve: Callable) -> None:
    """A client that completes nothing and a server of another buffer could not list them: they are shown."""
    child, ranker, _ = serve()
    silent = FakeServer(child, name="silent")
    child.lua(
        "vim.lsp.get_client_by_id(...).server_capabilities.completionProvider = nil", silent.id
    )
    child.command("new")
    FakeServer(child, name="elsewhere")
    child.command("wincmd p")
    ranker.set(best=BEST, unlisted=AMONG)
    assert open_menu(child)[:5] == WITH_AMONG


@pytest.mark.parametrize(
    ("keys", "lacking"),
    [
        ("or.<C-x><C-o>", items(*OBJECT)),
        ("oprint(r.<C-x><C-o>", [*items("sep="), *items("import", kind=14)]),
        ("oprint(r.i<C-x><C-o>", [*items("iter="), *items("import", kind=14)]),
    ],
)
def test_not_in_a_list_that_says_nothing(serve: Callable, keys: str, lacking: list[dict]) -> None:
    """Among what every object has, or names in scope behind a dot, there are guesses of their own, or none."""
    child, ranker, server = serve(lua="NO_ENABLE = true")
    server.set(items=lacking)
    ranker.set(guess=[], unlisted=[[0, "index"]])
    child.type_keys(keys)
    wanted = sorted(item["label"] for item in lacking)
    child.wait_for(lambda: sorted(child.words()) == wanted, what="the list")


@pytest.mark.parametrize(
    "wrong",
    [
        *("x", {}, [1], [[0]], [None], [[0, 5]], [["a", 1]]),
        *([[at, "token"]] for at in (-1, 0.5, 99)),
    ],
)
def test_damaged_answers_leave_the_list_alone(serve: Callable, wrong: object) -> None:
    """What is no place and name is not shown; the order holds."""
    child, ranker, _ = serve()
    ranker.set(best=BEST, unlisted=wrong)
    assert open_menu(child)[:3] == BEST
    assert sorted(child.words()) == sorted(NAMES)
    assert child.messages() == []


ASK = """
local place = vim.lsp.util.make_position_params(0, 'utf-16')
vim.lsp.buf_request(0, 'textDocument/completion', place, function(_, reply) GOT = reply end)
"""


def test_the_line_may_be_deleted_meanwhile(serve: Callable) -> None:
    """An answer that comes when the word's line is deleted gives the list to the plugin that has asked."""
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    ranker.set(best=BEST, unlisted=AMONG, delay=200)
    child.type_keys("or.")
    child.lua(ASK)
    child.wait_for(lambda: ranker.calls("rank"), what="the question")
    child.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'x' })")
    child.wait_for(lambda: child.lua("return GOT ~= nil"), what="the list")
    assert {*NAMES} <= {item["label"] for item in child.lua("return GOT.items")}
    assert child.messages() == []


def test_other_menus_do_not_follow_completeopt(serve: Callable) -> None:
    """Where it makes Neovim's own menu insert its first line, the menus of plugins have these names as ever."""
    child, ranker, _ = serve(lua="NO_ENABLE = true")
    child.command("set completeopt=menu")
    ranker.set(best=BEST, unlisted=[[1, "token"]])
    assert listed(child, "or.")[:2] == [BEST[0], "token"]
