"""The suggestion key opens the ranked list anywhere, and guesses where the server is silent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST

KEY = "vim.keymap.set('i', '<C-s>', '<Plug>(SibylSuggest)')"


# Each different list that was on the screen.
WATCH = """
SEEN = {}
vim.api.nvim_create_autocmd('CompleteChanged', { callback = function()
  local words = {}
  for _, item in ipairs(vim.fn.complete_info({ 'items' }).items) do
    table.insert(words, item.word)
  end
  local list = table.concat(words, ' ')
  if SEEN[#SEEN] ~= list then
    table.insert(SEEN, list)
  end
end })
"""


def test_ranked_list(serve: Callable) -> None:
    """Behind a dot, in the middle of a word and on an empty line the list comes, ranked."""
    child, _, _ = serve(lua=KEY)
    child.type_keys("or. <BS><C-s>")
    child.wait_menu()
    assert child.words()[:3] == BEST
    child.type_keys("<C-e><Esc>or.j<C-s>")
    child.wait_for(lambda: child.words() == ["json"])
    child.type_keys("<C-e><Esc>o<C-s>")
    child.wait_menu()
    assert child.words()[:3] == BEST


def test_open_menu_is_replaced(serve: Callable) -> None:
    """Over an open menu the key closes it and opens the ranked one."""
    child, _, _ = serve(lua=KEY)
    child.type_keys("ojson jason js<C-n>")
    child.wait_menu()
    child.type_keys("<C-s>")
    child.wait_for(lambda: child.words() == ["json"], what="the ranked list")


def test_what_an_open_menu_has_inserted_is_taken_out(serve: Callable) -> None:
    """The list is that of the letters that were typed, not of what an open menu shows in their place."""
    child, _, server = serve(lua=KEY)
    server.set(items=items("json", "jag"))
    child.type_keys("ojason j<C-n><C-n>")
    child.wait_for(lambda: child.line() == "jason jason", what="the other menu's word")
    child.type_keys("<C-s>")
    child.wait_for(lambda: child.words() == ["json", "jag"], what="the ranked list")
    assert child.line() == "jason j"


def test_replace_mode_is_left_alone(serve: Callable) -> None:
    """A list would be inserted there, not replace: the key asks nobody."""
    child, _, server = serve(lua=KEY)
    child.type_keys("oabc<Esc>hR<C-s>")
    child.call("wait", 200, False)
    assert server.completions() == 0
    child.type_keys("x<Esc>")
    assert child.line() == "axc"


def test_client_not_enabled(serve: Callable) -> None:
    """It asks clients that are attached but not enabled for native completion, too."""
    child, _, _ = serve(lua=KEY + " NO_ENABLE = true")
    child.type_keys("or.<C-s>")
    child.wait_menu()
    assert child.words()[:3] == BEST


def test_guesses_where_the_server_is_silent(serve: Callable) -> None:
    """An empty reply brings the model's own ideas, marked as guesses; accepting inserts them."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[])
    ranker.set(guess=["append", "attach", "pop"])
    child.type_keys("ox.a<C-s>")
    child.wait_menu()
    assert child.words() == ["append", "attach"]
    assert ranker.calls("guess")[-1][3] == len("import os\nx.a")  # what is typed counts
    assert {item.kind for item in child.menu()} == {"guess"}
    assert {item.menu for item in child.menu()} == {"[sibyl]"}
    shown = child.lua("return vim.fn.complete_info({ 'items' }).items")
    assert all("not told by a language server" in item["info"] for item in shown)
    child.type_keys("<C-n><C-y>")
    assert child.line() == "x.append"
    child.wait_for(lambda: ranker.calls("accepted"))
    assert ranker.calls("accepted")[-1][3] == "append"


def test_guesses_where_the_server_knows_only_object(serve: Callable) -> None:
    """Names that every object has are no knowledge: they come behind guesses, or alone where there are none."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=items("__class__", "__doc__"))
    child.type_keys("ox.<C-s>")
    child.wait_for(lambda: child.words() == ["__class__", "__doc__"])
    assert all(item.kind for item in child.menu()), "the server's own items"
    child.type_keys("<Esc>")
    ranker.set(guess=["append", "__doc__", "pop"])
    child.type_keys("ox.<C-s>")
    wanted = ["append", "__doc__", "pop", "__class__"]
    child.wait_for(lambda: child.words() == wanted, what="the guesses")
    child.type_keys("p<C-n><C-y>")
    assert child.line() == "x.pop"


def test_what_is_typed_is_no_guess(serve: Callable) -> None:
    """A name that stands there already is not offered, a longer one is."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[])
    ranker.set(guess=["pop", "popitem"])
    child.type_keys("ox.pop<C-s>")
    child.wait_for(lambda: child.words() == ["popitem"], what="the guess")


def test_guesses_where_the_server_lists_keywords(serve: Callable) -> None:
    """A list with keywords behind a dot holds no members: guesses come first; for a name it is the list."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[*items("sep="), *items("import", kind=14)])
    ranker.set(guess=["append", "pop"])
    child.type_keys("oprint(x.<C-s>")
    child.wait_for(lambda: child.words()[:2] == ["append", "pop"], what="the guesses")
    child.type_keys("<C-e><Esc>ccprint(<C-s>")
    child.wait_for(lambda: set(child.words()) == {"sep=", "import"}, what="the list")


def test_nothing_is_swapped(serve: Callable) -> None:
    """What the server says of every object is never on the screen before the guesses are."""
    child, ranker, server = serve(lua=KEY + WATCH)
    server.set(items=items("__class__", "__doc__"))
    ranker.set(guess=["append"], delay=100)
    child.type_keys("ox.<C-s>")
    child.wait_menu()
    child.call("wait", 300, False)
    assert child.lua("return SEEN") == ["append __class__ __doc__"]


def test_a_late_list_does_not_replace_guesses(serve: Callable) -> None:
    """Of two servers one is silent and one slow: once guesses are shown, they stay."""
    child, ranker, server = serve(lua=KEY + WATCH)
    server.set(items=[])
    FakeServer(child, name="slow", items=items("json", "yak"), delay=2500)
    ranker.set(guess=["append"])
    child.type_keys("ox.")
    child.type_keys("<C-s>")
    child.wait_menu()
    child.call("wait", 3000, False)
    assert child.lua("return SEEN") == ["append"]


def test_guesses_without_a_server(scripted: Callable) -> None:
    """Without any language server the guesses come at once."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    child.lua("require('sibyl.completion.guesses').PATIENCE_MS = 60000")
    ranker.set(guess=["append", "pop"])
    child.type_keys("ox.<C-s>")
    child.wait_menu()
    assert child.words() == ["append", "pop"]
    child.type_keys("p")
    assert child.words() == ["pop"]
    child.type_keys("<C-n><C-y><Esc>")
    assert child.line() == "x.pop"
    assert child.messages() == []


@pytest.mark.parametrize(
    ("keys", "line"), [(" y", "x. y"), ("<Left>", "x."), ("<C-o>", "x."), ("<BS>:", "x:")]
)
def test_late_guesses_are_dropped(scripted: Callable, keys: str, line: str) -> None:
    """Guesses for a place the cursor has left, or that come when a command is typed, are not shown."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["append", "xylem"], delay=200)
    child.type_keys("ox.<C-s>" + keys)
    child.call("wait", 500, False)
    assert child.words() == []
    child.type_keys("<Esc>")
    assert (child.line(), child.messages()) == (line, [])


def test_late_guesses_are_dropped_where_a_command_leaves_the_cursor(scripted: Callable) -> None:
    """CTRL-O in the middle of a line does not move it: guesses that come then would be an error."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["append"], delay=200)
    child.type_keys("ox. y<Left><Left><C-s><C-o>")
    child.call("wait", 500, False)
    child.type_keys("<Esc>")
    assert (child.line(), child.messages()) == ("x. y", [])


def test_late_guesses_are_not_those_of_another_buffer(scripted: Callable, tmp_path: Path) -> None:
    """Guesses for one buffer are not shown in another, though the cursor stands at the same place."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["append"], delay=300)
    child.type_keys("ox.<C-s>")
    child.wait_for(lambda: ranker.calls("guess"), what="the question")
    child.open(tmp_path / "other.py", "x = 1\nx.\n")
    child.lua("vim.api.nvim_win_set_cursor(0, { 2, 2 })")
    assert child.mode() == "i"
    child.call("wait", 600, False)
    assert child.words() == []


def test_nothing_to_say(scripted: Callable, tmp_path: object) -> None:
    """With no server and no guesses, or outside Python, the key does nothing."""
    child, ranker = scripted("x = 1\n", KEY)
    ranker.set(guess=[])
    child.type_keys("ox.<C-s>y<Esc>")
    child.open(tmp_path / "a.txt", "x\n")
    child.type_keys("ox.<C-s>y<Esc>")
    assert child.line() == "x.y"
    assert child.messages() == []


@pytest.mark.parametrize("how", ["edit %:h/notes.txt", "Sibyl! disable", "let b:sibyl_enabled = 0"])
def test_no_guesses_where_sibyl_is_off(scripted: Callable, how: str) -> None:
    """Where sibyl is off, or outside Python, the key offers no guess, and the host gets no text by it."""
    child, ranker = scripted("x = 1\n", KEY + " vim.o.completeopt = 'menuone,noselect'")
    ranker.set(guess=["zzz"])
    child.command(how)
    child.type_keys("ox.<C-s>")
    child.call("wait", 200, False)
    assert child.words() == []
    assert ranker.calls("guess") == []
    assert len(ranker.calls("attach")) == 1
    assert ranker.calls("edit") == []


def test_two_servers_one_silent(serve: Callable) -> None:
    """A list from one of two servers is a list: no guesses."""
    child, ranker, server = serve(lua=KEY)
    server.set(items=[])
    FakeServer(child, name="second", items=items("json", "yak"))
    ranker.set(guess=["zzz"], best=["yak"])
    child.type_keys("or. <BS><C-s>")
    child.wait_menu()
    assert child.words() == ["yak", "json"]
    assert isinstance(child, Child)
