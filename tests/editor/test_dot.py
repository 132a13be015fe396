"""A menu that opens by itself: after a dot, with our own server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from own_server import SAMPLE, TY, wait_clients

SILENT = """
_G.asked = 0
local rpc = vim.lsp.get_clients({ bufnr = 0 })[1].rpc
local request = rpc.request
rpc.request = function(method, ...)
  if method ~= 'textDocument/completion' then
    return request(method, ...)
  end
  asked = asked + 1
  return true, 100000 + asked
end
"""


def test_autotrigger_off(served: Callable, tmp_path: Path) -> None:
    """With `autotrigger` off no menu opens by itself; <C-x><C-o> has it."""
    child, _ = served()
    child.lua("require('sibyl').setup({ autotrigger = false })")
    child.open(tmp_path / "second.py", SAMPLE)
    wait_clients(child, "sibyl")
    child.type_keys("Gos = name.", every=0.02)
    child.call("wait", 400, False)
    assert child.menu() == []
    child.type_keys("<C-x><C-o>")
    child.wait_menu(30)
    assert "upper" in child.words()


def test_a_dot_in_a_very_long_line_asks_for_nothing(served: Callable) -> None:
    """Neovim 0.10 needs seconds for a list in a line of 140 kB: there the menu is for who asks for it."""
    child, _ = served(SAMPLE)
    if child.version >= (0, 11, 0):
        pytest.skip("Neovim asks by itself from 0.11 on, and is quick")
    wait_clients(child, "sibyl")
    child.lua(SILENT)
    child.lua(
        "vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'x = [' .. ('1, '):rep(4000) .. ']' })"
    )
    for keys in ("GA; y = name.", "u"):  # a letter behind a dot without a list asks, elsewhere
        child.type_keys(keys, every=0.02)
        child.call("wait", 400, False)
        assert child.lua("return asked") == 0, keys
    child.type_keys("<Esc>oname.", every=0.02)
    child.call("wait", 400, False)
    assert child.lua("return asked") == 1


def test_a_dot_in_an_open_bracket(served: Callable) -> None:
    """Where the server has no list for a dot, as ty inside an open bracket, a letter opens the menu, once."""
    child, _ = served(SAMPLE + "other = 3\n")
    wait_clients(child, "sibyl")
    child.type_keys("GOprint(os.path.", every=0.02)
    child.call("wait", 400, False)  # the dot's answer
    child.type_keys("e")
    child.wait_for(lambda: "expanduser" in child.words(), 30, "the menu after a letter")
    assert child.words()[0] == "exists"
    child.type_keys("<C-e>")
    child.type_keys("xp", every=0.1)
    child.call("wait", 400, False)
    assert child.words() == []
    assert child.line() == "print(os.path.exp"
    child.type_keys("<BS><BS><BS><BS>.j", every=0.1)  # another dot, another word
    child.wait_for(lambda: "join" in child.words(), 30, "the menu of the next word")


def test_comments_and_strings_open_nothing(served: Callable) -> None:
    """A dot in a comment or a string has no list, and the letter behind it opens none."""
    child, _ = served(SAMPLE + "x1 = 'x'\nother = 3\n")
    wait_clients(child, "sibyl")
    for text in ("# see os.p", "y = 'os.p"):
        child.type_keys(f"GO{text}", every=0.05)
        child.call("wait", 500, False)
        assert child.words() == [], text
        child.type_keys("<Esc>")
    child.type_keys("GOprint(x1.u", every=0.05)
    child.wait_for(lambda: "upper" in child.words(), 30, "the members of a string")


def test_a_number_is_not_asked_about(served: Callable) -> None:
    """Behind `3.e` ty lists all names: the letter does not ask there."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.lua(SILENT)
    child.type_keys("GOy = 3.", every=0.02)
    child.call("wait", 200, False)
    dots = child.lua("return asked")
    child.type_keys("e")
    child.call("wait", 200, False)
    assert child.lua("return asked") == dots


@pytest.mark.parametrize("every", [0, 0.04])
def test_letters_typed_before_the_answer(served: Callable, every: float) -> None:
    """Typed in one go, or while a server that has just started works on the dot, the menu opens as well."""
    child, _ = served(SAMPLE + "other = 3\n")
    wait_clients(child, "sibyl")
    child.type_keys("GOprint(os.path.ex", every=every)
    child.wait_for(lambda: "expanduser" in child.words(), 30, "the menu")


def test_a_word_is_asked_about_once_more(served: Callable) -> None:
    """Where nothing ever answers, the first letter asks, the further ones do not; nor one in an older word."""
    child, _ = served(SAMPLE + "other.thing\n")
    wait_clients(child, "sibyl")
    child.lua(SILENT)
    child.type_keys("GOname.", every=0.02)
    for letter in "upp":
        child.call("wait", 200, False)
        child.type_keys(letter)
    child.call("wait", 200, False)
    assert child.lua("return asked") == 2
    child.type_keys("<Esc>jA")
    child.type_keys("s", every=0.1)
    child.call("wait", 200, False)
    assert child.lua("return asked") == 2
    child.type_keys("<Esc>oname.", every=0.02)
    child.call("wait", 200, False)
    child.type_keys("u<Esc>")  # gone before the letter asks
    child.call("wait", 200, False)
    assert child.lua("return asked") == 3
    assert child.lua("return vim.v.errmsg") == ""


def test_a_wrong_list_at_a_dot_is_left_out(served: Callable) -> None:
    """At `print(os.path.` above other code ty lists what `os` has: no menu; a letter opens the right one."""
    child, _ = served(SAMPLE + "for letter in name:\n    pass\n")
    wait_clients(child, "sibyl")
    child.type_keys("GkOprint(os.path.", every=0.02)
    child.call("wait", 600, False)
    assert child.words() == []
    child.type_keys("j")
    child.wait_for(lambda: "join" in child.words(), 30, "the members of os.path")
    child.type_keys("<Esc>cc  x = os.path.", every=0.02)  # no bracket
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    child.type_keys("<Esc>ccx = [os.path.]<Left>", every=0.02)
    child.type_keys("<BS>.", every=0.1)  # a bracket that is closed
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    child.type_keys("<Esc>Goprint(os.path.", every=0.02)  # no code below
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")


def test_lists_of_another_program_are_not_doubted(served: Callable, tmp_path: Path) -> None:
    """What ty reads wrongly is no fault of another server's, named by the option `server.cmd`."""
    program = tmp_path / "other"
    program.write_text(f'#!/bin/sh\nexec {TY} "$@"\n')
    program.chmod(0o755)
    child, _ = served(SAMPLE + "for letter in name:\n    pass\n", cmd=[str(program), "server"])
    wait_clients(child, "sibyl")
    child.type_keys("GkOprint(os.path.", every=0.02)
    child.wait_for(lambda: bool(child.words()), 30, "the menu")


def test_what_every_object_has_opens_no_menu(served: Callable) -> None:
    """Where the receiver is not known no menu opens by itself; who asks by a key sees what there is."""
    child, _ = served("def run(config):\n    pass\n\nclass Own:\n    size = 3\n\nOwn().size\n")
    wait_clients(child, "sibyl")
    child.type_keys("ggoconfig.", every=0.02)
    child.call("wait", 600, False)
    assert child.words() == []
    child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: "__class__" in child.words(), 30, "what every object has")
    child.type_keys("<Esc>GoOwn().", every=0.02)
    child.wait_for(lambda: "size" in child.words(), 30, "the members of Own")


def test_backspace_opens_the_menu_again(served: Callable) -> None:
    """A letter that was wrong and taken back costs no menu, in the word and down to its dot."""
    child, _ = served()
    wait_clients(child, "sibyl")
    for keys in ("exz<BS>", "ex<BS><BS>"):
        child.type_keys("Gox = os.path.", every=0.02)
        child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
        child.type_keys(keys, every=0.1)
        child.wait_for(lambda: "expanduser" in child.words(), 30, f"the menu after {keys}")
        child.type_keys("<Esc>")
    child.type_keys("u", every=0.1)
    child.type_keys("Gcctext.lower<BS>", every=0.05)
    child.call("wait", 300, False)
    child.type_keys("<Esc>oplain<BS><BS>", every=0.05)  # no dot
    child.call("wait", 300, False)
    assert child.words() == []


def test_enter_breaks_the_line(served: Callable) -> None:
    """With nothing selected <CR> is a line break while the menu is open; what is selected is taken."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.type_keys("Gox = os.path.se", every=0.05)
    child.wait_for(lambda: "sep" in child.words(), 30, "the menu")
    child.type_keys("<CR>y = os.path.ex", every=0.05)
    child.wait_for(lambda: "expanduser" in child.words(), 30, "the menu")
    assert child.lines()[-2:] == ["x = os.path.se", "y = os.path.ex"]
    child.type_keys("<C-n><C-y><Esc>")
    assert child.lines()[-1] == "y = os.path.exists"
    assert child.call("maparg", "<CR>", "i") == ""


def test_a_mapping_of_enter_is_left_alone(served: Callable) -> None:
    """Who has mapped <CR> keeps that, while the menu is open, too."""
    child, _ = served(lua="vim.keymap.set('i', '<CR>', 'mine')")
    wait_clients(child, "sibyl")
    child.type_keys("Gox = os.path.se", every=0.05)
    child.wait_for(lambda: "sep" in child.words(), 30, "the menu")
    child.type_keys("<CR>")
    assert child.line() == "x = os.path.semine"


def test_a_menu_that_was_closed_stays_closed(served: Callable) -> None:
    """A letter behind a dot does not bring back the menu that one has closed with <C-e>."""
    child, _ = served()
    wait_clients(child, "sibyl")
    child.type_keys("Gop = os.path.", every=0.02)
    child.wait_for(lambda: "commonprefix" in child.words(), 30, "the members of os.path")
    child.type_keys("<C-e>")
    child.type_keys("ex", every=0.1)
    child.call("wait", 400, False)
    assert child.words() == []


@pytest.mark.parametrize(("word", "long"), [("lenght", "length"), ("se", "separate")])
def test_enter_expands_an_abbreviation(served: Callable, word: str, long: str) -> None:
    """<CR> behind an abbreviation expands it, with no item that fits, and with the menu on the screen."""
    child, _ = served(lua=f"vim.cmd('iabbrev {word} {long}')")
    wait_clients(child, "sibyl")
    child.type_keys("Gox = os.path.", every=0.05)
    child.wait_for(lambda: "sep" in child.words(), 30, "the menu")
    child.type_keys(word, every=0.05)
    child.type_keys("<CR>y")
    assert child.lines()[-2:] == [f"x = os.path.{long}", "y"]
