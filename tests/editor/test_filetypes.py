"""Buffers whose 'filetype' names more than Python, or looks like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from own_server import wait_clients


@pytest.mark.parametrize("filetype", ["python.django", "django.python", "a.python.b"])
def test_python_and_more_is_python(served: Callable, filetype: str) -> None:
    """Our server comes, is told of Python, and its lists are ranked."""
    child, ranker = served(
        "import os\n", f"vim.filetype.add({{ extension = {{ py = '{filetype}' }} }})"
    )
    assert child.lua("return vim.bo.filetype") == filetype
    wait_clients(child, "sibyl")
    child.type_keys("Gop = os.path.")
    if child.version < (0, 11, 0):
        child.type_keys("<C-x><C-o>")
    child.wait_for(lambda: child.words()[:1] == ["join"], 30, "our order")
    assert ranker.calls("rank")
    assert (
        child.lua("return vim.lsp.get_clients()[1].get_language_id(0, vim.bo.filetype)") == "python"
    )


@pytest.mark.parametrize("filetype", ["ipython", "pythonx", "django.ipython"])
def test_what_only_looks_like_python_is_left_alone(served: Callable, filetype: str) -> None:
    """No server comes there, the host hears nothing of its text, and sibyl says that it is no Python."""
    child, ranker = served("import os\n")
    wait_clients(child, "sibyl")
    attached = len(ranker.calls("attach"))
    child.command(f"enew | set filetype={filetype}")
    child.call("wait", 300, False)
    assert child.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0
    assert len(ranker.calls("attach")) == attached
    assert "this buffer is not Python" in child.command("Sibyl")
