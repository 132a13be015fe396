"""When insert mode is over: what is put back then, and what a word was ranked like."""

from __future__ import annotations

import time

import pytest
from child import Child

WATCH = """
OVER = 0
local group = vim.api.nvim_create_augroup('test', { clear = true })
require('sibyl.insert_mode').when_over(group, 'test', function() OVER = OVER + 1 end)
"""


def over(nvim: Child) -> bool:
    """Whether insert mode was said to be over since this was asked last."""
    time.sleep(0.05)
    return bool(nvim.lua("local times = OVER OVER = 0 return times > 0"))


@pytest.mark.parametrize("ending", ["<Esc>", "<C-c>", "<C-[>"])
@pytest.mark.parametrize("begin", ["i", "R", "gR", "A"])
def test_however_it_ends_it_is_over(nvim: Child, begin: str, ending: str) -> None:
    """Inserting and replacing alike, also where no event tells of the end."""
    nvim.lua(WATCH)
    nvim.type_keys(f"{begin}one two")
    assert not over(nvim)
    nvim.type_keys(ending)
    assert over(nvim)


def test_it_is_over_where_it_begins_again_at_once(nvim: Child) -> None:
    """Keys that are all there already leave the mode and enter it again."""
    nvim.lua(WATCH)
    nvim.type_keys("ione")
    nvim.api.input("<Esc>atwo")
    assert over(nvim)
    assert nvim.mode() == "i"


@pytest.mark.parametrize("keys", ["v<Esc>", ":<Esc>", "d<Esc>", "rx", "V:<C-u><CR>"])
def test_other_modes_are_none_of_it(nvim: Child, keys: str) -> None:
    """What is over there was never begun."""
    nvim.type_keys("ione<Esc>")
    nvim.lua(WATCH)
    nvim.type_keys(keys)
    assert not over(nvim)


def test_a_normal_command_in_a_mapping_is_no_end(nvim: Child) -> None:
    """It leaves the mode for a moment: who types goes on inserting, or replacing."""
    nvim.command("inoremap <F2> <Cmd>normal! hh<CR>")
    nvim.lua(WATCH)
    for begin in ("i", "R"):
        nvim.type_keys(f"{begin}one")
        nvim.type_keys("<F2>")
        assert not over(nvim)
        nvim.type_keys("<Esc>")
        assert over(nvim)
