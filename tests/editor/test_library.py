"""Files of libraries that lie outside of any project, with our own server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from child import Child
from own_server import wait_clients

CLIENTS = "return vim.tbl_map(function(c) return c.id end, vim.lsp.get_clients())"
HERE = "return (vim.lsp.get_clients({ bufnr = 0 })[1] or {}).id"
LIBRARY = "env/lib/python3.12"


def look_at(child: Child, path: Path) -> None:
    """Open a file as a jump to a definition does, and wait for its server."""
    path.parent.mkdir(parents=True, exist_ok=True)
    child.open(path, "import os\n\n")
    wait_clients(child, "sibyl")


def test_one_server_for_all_of_a_library(served: Callable, tmp_path: Path) -> None:
    """Jumps into libraries start no further server; a script somewhere else has its own."""
    child, _ = served()
    wait_clients(child, "sibyl")
    ours = child.lua(CLIENTS)
    for name in ("json/__init__.py", "os.py", "site-packages/requests/api.py"):
        look_at(child, tmp_path / LIBRARY / name)
        assert child.lua(CLIENTS) == ours, name

    def opens() -> bool:  # a busy ty refuses a request: "content modified"
        child.type_keys("<Esc>Gcc" + "p = os.path.", every=0.02)
        child.call("wait", 1000, False)
        return "join" in child.words()

    child.wait_for(opens, 20, "the menu")
    child.type_keys("<Esc>")
    look_at(child, tmp_path / "scripts/tool.py")
    assert len(child.lua(CLIENTS)) == 2


def test_the_server_of_the_file_that_one_came_from(served: Callable, tmp_path: Path) -> None:
    """A library is served with the project that led to it, and again when that server was killed."""
    child, _ = served()
    wait_clients(child, "sibyl")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/pyproject.toml").write_text("")
    look_at(child, tmp_path / "other/main.py")
    other = child.lua(HERE)
    look_at(child, tmp_path / LIBRARY / "json/__init__.py")
    assert child.lua(HERE) == other
    child.lua("require('sibyl.server.default').steady = 0 vim.o.cmdheight = 5")
    child.lua("vim.lsp.get_client_by_id(...).rpc.terminate()", other)
    child.wait_for(lambda: (child.lua(HERE) or other) != other, 30, "another server")
    assert len(child.lua(CLIENTS)) == 2


def test_not_the_server_that_is_about_to_end(served: Callable, tmp_path: Path) -> None:
    """Where the only server of ours is ending, a library has one of its own, and keeps it."""
    child, _ = served()
    wait_clients(child, "sibyl")
    ending = child.lua(HERE)
    path = tmp_path / LIBRARY / "json.py"
    path.parent.mkdir(parents=True)
    path.write_text("import os\n\n")
    # As a rename into what is not Python does, and a key right behind it.
    leave = "require('sibyl.server.default').leave(0) vim.cmd.edit(...)"
    child.lua(leave, str(path))
    child.wait_for(lambda: (child.lua(HERE) or ending) != ending, what="another server")
    child.wait_for(lambda: len(child.lua(CLIENTS)) == 1, what="the end of the first")
