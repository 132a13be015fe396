"""Stars in Neovim's own menu leave what a user has set as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from child import Child
from fake_server import FakeServer, items
from scripted import BEST, NAMES, NATIVE, host_ready

# Neovim's own functions, of any version, as far as they matter here.
SETUP = """
vim.cmd('setlocal filetype=python')
STARS = require('sibyl.completion.stars')
STARS.uninstall()
vim.lsp.completion = { enable = function(_, _, _, options) GOT = options end }
vim.lsp.omnifunc = function(how)
  IN_LABEL = STARS.in_label(vim.api.nvim_get_current_buf())
  return how == 'fail' and error('theirs') or how
end
STARS.install()
"""


@pytest.fixture
def stars(nvim: Child) -> Child:
    """Return a Neovim with a Python buffer, where stars are put into menus."""
    nvim.lua(SETUP)
    return nvim


STAR = "00001~sibyl*-"
CONVERTED = """
local line, item = ...
local options = { convert = function() return line end }
local own, before = options.convert, vim.deepcopy(line)
vim.lsp.completion.enable(true, 1, 0, options)
local got = GOT.convert(item)
assert(options.convert == own and vim.deep_equal(line, before))
STARS.uninstall()
assert(vim.deep_equal(GOT.convert(item), before))
return { got.abbr or '', got.abbr_hlgroup or '', got.kind or '' }
"""


@pytest.mark.parametrize(
    ("line", "item", "wanted"),
    [
        ({}, {"sortText": STAR}, ["★ a", "SibylStar", ""]),
        ({}, {"sortText": STAR, "deprecated": True}, ["★ a", "", ""]),
        ({"abbr": "x", "kind": "k"}, {"sortText": STAR}, ["★ x", "SibylStar", "k"]),
        ({"abbr_hlgroup": "Mine"}, {"sortText": STAR}, ["★ a", "Mine", ""]),
        ({"abbr": "x"}, {"sortText": "00001~sibyl-"}, ["x", "", ""]),
    ],
)
def test_a_users_lines(stars: Child, line: dict, item: dict, wanted: list[str]) -> None:
    """A star is added to a copy of what a user's `convert` makes, while sibyl is on; colours of others stay."""
    assert stars.lua(CONVERTED, line, {"label": "a", **item}) == wanted


def test_other_files_are_left_alone(stars: Child) -> None:
    """In a file that is not Python's, the options of a user are handed on as they are."""
    code = """
    vim.bo.filetype = 'text'
    local options = {}
    vim.lsp.completion.enable(true, 1, 0, options)
    return GOT == options and options.convert == nil
    """
    assert stars.lua(code)


@pytest.mark.parametrize(
    ("enabled", "in_label"),
    [((False, 1, 0), True), ((True, 1, 0), False), ((True, 1), False)],
)
def test_one_star_for_an_item(stars: Child, enabled: tuple, in_label: bool) -> None:
    """The omni key asks for stars in labels only where no `convert` puts them into the menu."""
    stars.lua("vim.lsp.completion.enable(...) vim.lsp.omnifunc(1)", *enabled)
    assert stars.lua("return IN_LABEL") is in_label


def test_only_the_omni_key_has_stars_in_labels(stars: Child) -> None:
    """What it returns and how it fails is Neovim's own; what is asked for later has no star in its label."""
    code = """
    local result, ok, why = vim.lsp.omnifunc(7), pcall(vim.lsp.omnifunc, 'fail')
    return { result, ok, why:find('theirs') ~= nil, IN_LABEL, STARS.in_label(0) }
    """
    assert stars.lua(code) == [7, False, True, True, False]


WRAPPED = """
local omnifunc, enable, calls = vim.lsp.omnifunc, vim.lsp.completion.enable, 0
local function theirs(...) calls = calls + 1 return omnifunc(...) end
local function enabled(...) calls = calls + 1 return enable(...) end
vim.lsp.omnifunc, vim.lsp.completion.enable = theirs, enabled
STARS.uninstall()
assert(vim.lsp.omnifunc == theirs and vim.lsp.completion.enable == enabled)
STARS.install()
IN_LABEL = nil
local result = vim.lsp.omnifunc(7)
vim.lsp.completion.enable(true, 1, 0)
return { result, IN_LABEL, calls, GOT.convert({ label = 'a', sortText = ... }).abbr }
"""


def test_who_wraps_them_after_us_stays(stars: Child) -> None:
    """Functions that somebody has put over ours stay when sibyl is switched off; both work afterwards."""
    assert stars.lua(WRAPPED, STAR) == [7, True, 2, "★ a"]


def test_switched_off_they_are_neovims_own(nvim: Child) -> None:
    """Without sibyl both functions are those of before, however often it was switched on and off."""
    code = """
    local stars = require('sibyl.completion.stars')
    local omnifunc, enable = vim.lsp.omnifunc, (vim.lsp.completion or {}).enable
    for _ = 1, 2 do
      stars.install()
      stars.install()
      assert(vim.lsp.omnifunc ~= omnifunc)
      stars.uninstall()
    end
    return vim.lsp.omnifunc == omnifunc and (vim.lsp.completion or {}).enable == enable
    """
    assert nvim.lua(code)


DETACH = "NO_ENABLE = true vim.lsp.buf_detach_client(0, ...) vim.wait(50)"


def shown(child: Child) -> list[int]:
    """How many stars each of the first three lines of the omni key's menu wears."""
    child.type_keys("or.<C-x><C-o>")
    child.wait_for(lambda: child.words()[:3] == BEST, what="our order")
    return [item.abbr.count("★") for item in child.menu()][:3]


def test_stars_where_the_menu_is_no_longer_enabled(serve: Callable) -> None:
    """Where the client that Neovim's menu was enabled for has gone, the omni key still shows stars."""
    child, _, server = serve()
    child.lua(DETACH, server.id)
    FakeServer(child, name="next", items=items(*NAMES))
    assert shown(child) == [1, 1, 0]


def test_one_star_where_one_of_two_clients_is_left(serve: Callable) -> None:
    """A client that goes takes no star away from the other one's list, and adds none."""
    child, _, _ = serve()
    second = FakeServer(child, name="second", items=items("yak"))
    child.lua(DETACH, second.id)
    assert shown(child) == [1, 1, 0]


@pytest.fixture
def started_before_us(scripted: Callable) -> Callable[[str], tuple[Child, FakeServer]]:
    """Start a Neovim where sibyl is off while a server attaches, and on after that."""

    def start(lua: str) -> tuple[Child, FakeServer]:
        child, ranker = scripted("import os\n", lua, deadline=1000)
        if child.version < (0, 11, 0):
            pytest.skip("no enable()")
        ranker.set(best=BEST, stars=2)
        child.command("Sibyl disable")
        server = FakeServer(child, items=items(*NAMES))
        child.command("Sibyl enable")
        host_ready(child)
        return child, server

    return start


def test_stars_where_completion_was_enabled_before_us(started_before_us: Callable) -> None:
    """Neovim keeps the options of the first enable(): stars come another way then, by every key."""
    child, server = started_before_us(NATIVE)
    child.lua("vim.lsp.completion.enable(true, ..., 0, { autotrigger = true })", server.id)
    for keys in ("Goor.", "<C-e><C-x><C-o>"):
        child.type_keys(keys)
        child.wait_menu()
        assert sum("★" in line for line in child.screen()) == 2
    child.type_keys("<C-n><C-y>")
    assert child.line() == f"or.{BEST[0]}"


CONVERT = """
vim.o.completeopt = 'menuone,noselect'
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  local function convert(item) return { word = item.label } end
  vim.lsp.completion.enable(true, event.data.client_id, event.buf, { convert = convert })
end })
"""


def test_no_star_where_somebody_elses_convert_is_at_work(started_before_us: Callable) -> None:
    """A convert that was there before us may make words of labels: no star gets into the text."""
    child, _ = started_before_us(CONVERT)
    child.type_keys("Goor.<C-x><C-o>")
    child.wait_menu()
    child.type_keys("<C-n><C-y>")
    assert child.line() == f"or.{BEST[0]}"
