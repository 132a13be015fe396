"""What the menu of sibyl's own server leaves behind: no mapping, no watched key, no autocommand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asking import MENU, watch
from child import Child


def test_enter_with_a_menu(asked: Callable) -> None:
    """With nothing selected it breaks the line, in the second menu as in the first; else it takes the item."""
    child, _ = asked()
    for keys, lines in (
        ("<C-e>", ["x."]),
        ("al<CR>y", ["x.al", "y"]),
        ("<C-n><CR>y", ["x.alpha", "y"]),
        ("<Down><CR>", ["x.alpha"]),
    ):
        child.type_keys("ox.")
        child.lua(MENU)
        child.type_keys(keys)
        assert child.lines()[-len(lines) :] == lines
        assert child.call("maparg", "<CR>", "i") == ""
        child.type_keys("<Esc>")


def mapped(child: Child) -> bool:
    """Whether <CR> is mapped."""
    return child.call("maparg", "<CR>", "i") != ""


@pytest.mark.parametrize("keys", ["<Esc>", "<C-c>", "<C-e>"])
def test_nothing_is_left_of_a_menu(asked: Callable, keys: str) -> None:
    """However it closes: <CR> is mapped, and keys are looked at, while it is open and no longer."""
    child, _ = asked()
    watched = child.lua("return vim.on_key()")
    child.type_keys("ox.")
    child.lua(MENU)
    if child.version < (0, 11, 0):
        assert mapped(child)
        assert child.lua("return vim.on_key()") > watched
    child.type_keys(keys)
    child.wait_for(lambda: not mapped(child), 2, "an end of the mapping")
    assert child.lua("return vim.on_key()") == watched


def test_nothing_is_left_of_a_menu_where_the_buffer_is_let_go_of(asked: Callable) -> None:
    """Another server may come while one types."""
    child, _ = asked()
    watched = child.lua("return vim.on_key()")
    child.type_keys("ox.")
    child.lua(MENU)
    child.lua("require('sibyl.server.autotrigger').undo(vim.api.nvim_get_current_buf())")
    assert not mapped(child)
    assert child.lua("return vim.on_key()") == watched


OURS = """
return #vim.tbl_filter(function(command)
  return (command.group_name or ''):find('^sibyl_dot_') ~= nil
end, vim.api.nvim_get_autocmds({}))
"""


def test_a_buffer_is_prepared_once_and_left_as_it_was(asked: Callable) -> None:
    """Twice prepared it is asked about once; let go of, not at all, and no autocommand is left of ours."""
    child, look = asked()
    once = child.lua(OURS)
    watch(child)
    assert child.lua(OURS) == once > 0
    child.lua("require('sibyl.server.autotrigger').undo(vim.api.nvim_get_current_buf())")
    assert child.lua(OURS) == 0
    child.type_keys("ox.ab<BS>")
    assert look() == []
