"""The option 'completeopt' where sibyl's own server completes: mild while one inserts, and given back.

In:   a real Neovim with sibyl's own server.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from checkup import health
from child import Child
from own_server import SAMPLE, wait_clients


def options(child: Child) -> str:
    """The global value of 'completeopt'."""
    return child.lua("return vim.go.completeopt")


@pytest.mark.parametrize("ending", ["<Esc>", "<C-c>", "wipe", "window"])
def test_completeopt_is_put_back_however_inserting_ends(served: Callable, ending: str) -> None:
    """Neovim 0.10 has one value for all buffers: none is left changed behind."""
    child, _ = served(lua="vim.o.completeopt = 'menuone'")
    wait_clients(child, "sibyl")
    child.type_keys("ix")
    if ending == "wipe":
        child.lua("vim.api.nvim_buf_delete(0, { force = true })")
        ending = "<Esc>"
    elif ending == "window":
        child.lua("vim.cmd('noautocmd new') vim.cmd.startinsert()")
        ending = "y<Esc>"
    child.type_keys(ending)
    child.wait_for(lambda: options(child) == "menuone", what="the option as it was")


def test_a_value_that_is_set_since_stays(served: Callable) -> None:
    """A user who adds `noselect` keeps it, even where sibyl would have set the same."""
    child, _ = served(lua="vim.o.completeopt = 'menuone'")
    wait_clients(child, "sibyl")
    child.type_keys("ix<Esc>")
    child.command("set completeopt+=noselect")
    child.type_keys("ix<Esc>")
    assert options(child) == "menuone,noselect"
    child.lua("require('sibyl.server.autotrigger').undo(0)")
    assert options(child) == "menuone,noselect"


def test_what_leaves_one_buffer_stays_in_another(served: Callable, tmp_path: Path) -> None:
    """Another server for a buffer in the background changes nothing where one types."""
    child, _ = served(lua="vim.o.completeopt = 'menuone'")
    wait_clients(child, "sibyl")
    first = child.call("bufnr")
    child.open(tmp_path / "second.py", SAMPLE)
    wait_clients(child, "sibyl")
    child.type_keys("ix")
    child.lua("require('sibyl.server.autotrigger').undo(...)", first)
    assert "noselect" in child.lua("return vim.o.completeopt")
    child.type_keys("<Esc>")
    assert options(child) == "menuone"


def test_health_speaks_of_the_menu_that_is_there(scripted: Callable) -> None:
    """What `completeopt` would insert is told of Neovim's own menu, not beside a plugin that draws another."""
    child, _ = scripted("x = 1\n")
    child.command("set completeopt=menu")
    advice = "inserts the first line by itself"
    assert advice in health(child)
    child.lua("package.loaded['blink.cmp'] = {}")
    assert advice not in health(child)


def test_a_chosen_word_stays_where_the_user_has_preinsert(served: Callable) -> None:
    """The flag `preinsert` would take a chosen word away again with the key that is typed behind it."""
    child, _ = served(lua="pcall(vim.cmd, 'set completeopt=menuone,preinsert')")
    if child.version < (0, 11, 0):
        pytest.skip("0.10 has no such flag")
    wait_clients(child, "sibyl")
    child.type_keys("Goos.path.")
    child.wait_menu()
    assert child.line() == "os.path."
    child.type_keys("j")
    child.wait_for(lambda: child.words() == ["join"], what="the list for the letter")
    child.type_keys("<C-n>(")
    assert child.line() == "os.path.join("


def test_health_tells_of_the_value_in_python_buffers(served: Callable) -> None:
    """The option that sibyl sets there is not the one that `:checkhealth` sees in its own buffer."""
    child, _ = served(lua="vim.o.completeopt = 'menuone'")
    wait_clients(child, "sibyl")
    sentence, buffer = "sibyl sets it to menuone,noselect", child.call("bufnr")
    assert sentence in health(child)
    child.lua("require('sibyl.server.autotrigger').undo(...)", buffer)
    assert sentence not in health(child)


def test_a_session_holds_the_users_own(served: Callable, tmp_path: Path) -> None:
    """With `localoptions` in 'sessionoptions', what is written while our server completes is none of ours."""
    child, _ = served(SAMPLE, "vim.opt.sessionoptions:append('localoptions')")
    wait_clients(child, "sibyl")
    child.type_keys("Gox = 1<Esc>")
    child.command(f"mksession! {tmp_path / 'session.vim'}")
    written = (tmp_path / "session.vim").read_text()
    assert "setlocal" in written and "noselect" not in written


def test_inserting_goes_on_in_another_buffer(served: Callable) -> None:
    """Who gets into another buffer without leaving insert mode leaves no value of ours behind."""
    child, _ = served()
    wait_clients(child, "sibyl")
    local = child.version >= (0, 11, 0)
    value = "return vim.bo[OF].completeopt" if local else "return vim.go.completeopt"
    child.lua("OF = vim.api.nvim_get_current_buf()")
    before = child.lua(value)
    child.type_keys("Gox")
    assert child.lua(value) != before
    child.command("new")
    child.type_keys("<Esc>")
    assert child.lua(value) == before


def test_a_menu_in_another_buffer_inserts_nothing(served: Callable, tmp_path: Path) -> None:
    """Who gets into another Python buffer without leaving insert mode has no first line inserted there."""
    child, _ = served("import os\n")
    wait_clients(child, "sibyl")
    child.open(tmp_path / "other.py", "import os\ny = os.path\n")
    wait_clients(child, "sibyl")
    child.command("split #")
    child.type_keys("Gox = 1")
    child.command("wincmd w")
    child.type_keys("<C-End>.jo", every=0.05)
    child.wait_for(lambda: "join" in child.words(), 30, "the menu")
    assert child.line() == "y = os.path.jo"


PLACE = "return vim.fn.has('nvim-0.11') == 1 and vim.bo.completeopt or vim.go.completeopt"


@pytest.mark.parametrize("keys", ["Rx<C-c>", "gRx<C-c>", "ix<Insert>y<C-c>"])
def test_completeopt_is_put_back_where_replace_mode_is_interrupted(
    served: Callable, keys: str
) -> None:
    """CTRL-C in Replace mode is no InsertLeave, and the mode that ends is no `i`."""
    child, _ = served(lua="vim.o.completeopt = 'menuone'")
    wait_clients(child, "sibyl")
    before = child.lua(PLACE)
    child.type_keys(keys)
    assert child.mode() == "n"
    assert child.lua(PLACE) == before


@pytest.mark.parametrize("keys", ["G", "o", "ciwword"])
def test_a_command_of_normal_mode_is_no_end_of_inserting(served: Callable, keys: str) -> None:
    """A mapping that runs `:normal` while one inserts leaves the value as it is; Escape puts it back."""
    child, _ = served(lua=f"vim.keymap.set('i', '<F5>', '<Cmd>normal! {keys}<CR>')")
    wait_clients(child, "sibyl")
    before = child.lua(PLACE)
    child.type_keys("ix")
    ours = child.lua(PLACE)
    child.type_keys("<F5>y")
    assert before != ours == child.lua(PLACE)
    child.type_keys("<Esc>")
    assert child.lua(PLACE) == before
