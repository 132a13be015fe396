"""The server that sibyl starts by itself, in a child."""

from __future__ import annotations

from child import ROOT, Child

TY = ROOT / ".venv/bin/ty"
CLIENTS = "return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients({ bufnr = 0 }))"
SAMPLE = "import os\n\nname = 'x'\n"


def wait_clients(child: Child, *names: str) -> None:
    """Wait until exactly these clients are attached."""
    child.wait_for(lambda: sorted(child.lua(CLIENTS)) == sorted(names), 30, f"clients {names}")
