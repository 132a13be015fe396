"""Many Neovims, and many buffers: each list is ranked all the same.

In:   real Neovims, the real host and model, a language server inside Neovim that answers at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from child import ROOT, Child
from fake_server import FakeServer, items
from scripted import buffer_read, host_ready

PYTHON = ROOT / ".venv/bin/python"
NEOVIMS = 10
LARGE = 210_000
"""Bytes of a buffer, of which the host keeps two ready at most (engine/sibyl/host/shelf.py)."""
RANKED = "return require('sibyl.completion.reply').last ~= nil"
STATUS = """
_G.tokens = nil
require('sibyl.host.client').ask('status', function(_, answer) _G.tokens = answer.buffers end)
"""


@pytest.fixture
def real(start_nvim: Callable, tmp_path: Path) -> Callable[..., Child]:
    """Start a Neovim with the real host; all of them share one home, and so one memory."""
    if not PYTHON.exists():
        pytest.skip("there is no environment: `make setup`")

    def start(name: str, text: str) -> Child:
        options = "deadline = 1000, server = { enabled = false }"
        child: Child = start_nvim(
            init=f"vim.g.sibyl = {{ python = '{PYTHON}', {options} }}", home=tmp_path / "home"
        )
        child.open(tmp_path / "project" / name, text)
        return child

    (tmp_path / "project").mkdir()
    return start


def tokens(child: Child) -> dict[str, int]:
    """How many tokens the host keeps ready of each buffer, once it has done all that was asked before."""
    child.lua(STATUS)
    child.wait_for(lambda: child.lua("return _G.tokens ~= nil"), 60, "the status")
    return {buffer: about["tokens"] for buffer, about in child.lua("return _G.tokens").items()}


def completed(child: Child) -> bool:
    """Complete after a dot at the end of the buffer; tell whether the list was ranked."""
    child.type_keys("Go<Esc>")
    buffer_read(child)  # of a large file that takes as long as a list may wait
    child.lua("require('sibyl.completion.reply').last = nil")
    child.type_keys("Goos.<C-x><C-o>")
    child.wait_for(lambda: len(child.menu()) > 2, 30, "the menu")
    ranked = bool(child.lua(RANKED))
    child.type_keys("<C-e><Esc>")
    return ranked


def served(child: Child) -> None:
    """Attach the server."""
    FakeServer(child, items=items("abort", "getcwd", "listdir", "path"))
    child.lua("vim.bo.omnifunc = 'v:lua.vim.lsp.omnifunc'")


def test_ten_neovims_at_once_rank_each_list(real: Callable) -> None:
    """Ten Neovims of one person, in one project and with one memory, do not keep each other from ranking."""
    children = [real(f"file{number}.py", "import os\n\nos.getcwd()\n") for number in range(NEOVIMS)]
    for child in children:
        host_ready(child)
        served(child)
    assert [completed(child) for child in children] == [True] * NEOVIMS
    assert [completed(child) for child in reversed(children)] == [True] * NEOVIMS


def test_a_buffer_that_gave_way_is_ranked_when_one_returns(real: Callable, tmp_path: Path) -> None:
    """Of three large buffers the host keeps two ready; the first is made again when it is needed."""
    text = "import os\n" + "value = os.getcwd()\n" * (LARGE // 20)
    child = real("first.py", text)
    host_ready(child)
    served(child)
    assert completed(child)
    first = child.lua("return tostring(vim.api.nvim_get_current_buf())")
    child.command("set hidden")
    for name in ("second.py", "third.py"):
        child.open(tmp_path / "project" / name, text)
        served(child)
        assert completed(child)

    assert tokens(child)[first] == 0
    child.command(f"buffer {first}")
    assert completed(child)
    assert tokens(child)[first] > 0
