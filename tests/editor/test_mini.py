"""mini.completion, the real one: our order, stars, and what is accepted there."""

from __future__ import annotations

from collections.abc import Callable

from peers import loaded
from scripted import BEST

SETUP = """
NO_ENABLE = true
require('mini.completion').setup({
  delay = { completion = 20 },
  lsp_completion = { process_items = require('sibyl.menus.mini').process_items },
})
"""


def test_order_stars_and_accepting(serve: Callable) -> None:
    """Our order with stars, nothing typed and letters typed; what is accepted is told to the host."""
    child, ranker, _ = serve(lua=loaded("mini.nvim") + SETUP)
    child.type_keys("or.")
    child.wait_for(lambda: child.words()[:3] == BEST, what="our order")
    assert ["★" in item.menu for item in child.menu()][:3] == [True, True, False]
    child.type_keys("t<C-n><C-y>")
    assert child.line() == "r.text"
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert ranker.calls("accepted")[-1][2:] == [len("import os\nr."), "text"]


def test_names_that_the_list_lacks(serve: Callable) -> None:
    """They stand where the host says, marked, and accepting one writes it and tells the host."""
    child, ranker, _ = serve(lua=loaded("mini.nvim") + SETUP)
    ranker.set(best=BEST, unlisted=[[1, "token"]])
    child.type_keys("or.")
    wanted = [BEST[0], "token", *BEST[1:]]
    child.wait_for(lambda: child.words()[:4] == wanted, what="our order")
    assert "guess" in child.menu()[1].menu
    child.type_keys("to<C-n><C-y>")
    assert child.line() == "r.token"
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert ranker.calls("accepted")[-1][3] == "token"


def test_guesses_where_the_server_is_silent(serve: Callable) -> None:
    """Where the server says nothing of a member its menu has guesses, marked; one that is accepted is told."""
    child, ranker, server = serve(lua=loaded("mini.nvim") + SETUP)
    server.set(items=[])
    ranker.set(guess=["append", "attach", "pop"])
    child.type_keys("ox.")
    child.wait_for(lambda: child.words() == ["append", "attach", "pop"], what="the guesses")
    assert {item.menu for item in child.menu()} == {"guess"}
    child.type_keys("a<C-n><C-y>")
    assert child.line() == "x.append"
    child.wait_for(lambda: ranker.calls("accepted"), what="the host's knowledge")
    assert ranker.calls("accepted")[-1][3] == "append"
