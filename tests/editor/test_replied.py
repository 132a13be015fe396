"""A list that is left out, and one that nobody can rank, in the middle of a word."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_server import items


def test_a_list_that_is_left_out_is_no_error(serve: Callable) -> None:
    """Words that are left before their list comes write nothing into the log of Neovim's client."""
    child, _, server = serve(delay=120)
    if child.version < (0, 11, 0):
        pytest.skip("no requests are cancelled there")
    child.type_keys("Go")
    for _ in range(4):
        child.type_keys("or.")
        time.sleep(0.06)
        child.type_keys("x =")
        time.sleep(0.3)
    log = Path(child.lua("return vim.lsp.log.get_filename()"))
    assert not log.exists() or "Cannot find request" not in log.read_text()
    pending = "return vim.tbl_count(vim.lsp.get_client_by_id(...).requests)"
    child.type_keys("<Esc>or.")
    child.wait_menu()
    child.type_keys("<Esc>")
    child.wait_for(lambda: child.lua(pending, server.id) == 0, what="no request that waits")


def test_the_order_stays_where_the_host_ends_within_a_word(serve: Callable) -> None:
    """What was ranked in a word keeps its order, although nobody can be asked of a name that is new."""
    pages = [items("ja", "jb", "jc"), items("ja", "jb", "jc", "jd")]
    child, ranker, _ = serve(pages=pages, incomplete=True)
    if child.version < (0, 11, 0):
        pytest.skip("no second list while a menu is open")
    ranker.set(best=["jc"], stars=1)
    child.type_keys("Goor.")
    child.wait_for(lambda: child.words() == ["jc", "ja", "jb"], what="the ranked list")
    child.lua("require('sibyl.host.client').stop()")
    child.type_keys("j")
    child.wait_for(lambda: "jd" in child.words(), what="the second list")
    assert child.words()[0] == "jc"
