"""The fake language server as tests use it.

In:   a running `Child` and what the server shall answer (see scripts/neovim/fake_server.lua).
Out:  `FakeServer`: change its answers, read what it was asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from child import Child

SOURCE = Path(__file__).with_name("fake_server.lua")
LOAD = "local fake = package.loaded.fake_server or dofile(...) package.loaded.fake_server = fake "


class FakeServer:
    """A server attached to the child's current buffer."""

    def __init__(self, child: Child, **options: Any) -> None:
        """Start it; options are those of FakeServer.Options in the Lua file."""
        self.child = child
        self.id: int = self._ask("return fake.start(select(2, ...))", options)
        child.wait_for(
            lambda: child.lua(
                "local c = vim.lsp.get_client_by_id(...)"
                " return c and c.initialized and vim.lsp.buf_is_attached(0, c.id)",
                self.id,
            ),
            what="the fake server",
        )

    def _ask(self, code: str, *args: Any) -> Any:
        """Run Lua that sees the server's module as `fake`."""
        return self.child.lua(LOAD + code, str(SOURCE), *args)

    def set(self, **options: Any) -> None:
        """Answer differently from now on."""
        self._ask("fake.set(select(2, ...))", self.id, options)

    def log(self, method: str) -> list[Any]:
        """The parameters of every call of a method, oldest first."""
        return list(self._ask("return fake.log(select(2, ...))", self.id, method))

    def completions(self) -> int:
        """How many completion requests came."""
        return len(self.log("textDocument/completion"))


def items(*labels: str, **fields: Any) -> list[dict[str, Any]]:
    """Plain completion items of these labels; fields go to all of them."""
    return [{"label": label, "kind": 3, **fields} for label in labels]
