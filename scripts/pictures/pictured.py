"""A Neovim on a small project of its own, whose screen is drawn.

In:   a Neovim, a folder for its home, the environment of `make setup`.
Out:  `Stage`: keys go in, screens come out.
"""

from __future__ import annotations

import json
from pathlib import Path

from child import ROOT, Child
from svg import Rows

# What both sides of the comparison set; the menu inserts nothing by itself.
CALM = """
vim.o.completeopt, vim.o.pumheight = 'menuone,noselect', 9
vim.o.laststatus, vim.o.ruler, vim.o.showtabline = 0, false, 0
vim.diagnostic.enable(false)
vim.lsp.semantic_tokens.enable(false) -- they come when they come
"""
NATIVE = """
vim.g.loaded_sibyl, vim.g.without = 1, true
vim.api.nvim_create_autocmd('FileType', { pattern = 'python', callback = function()
  local function on_attach(client, buf)
    vim.lsp.completion.enable(true, client.id, buf, { autotrigger = true })
  end
  vim.lsp.start({ name = 'ty', cmd = { %s, 'server' }, root_dir = vim.fn.getcwd(), on_attach = on_attach })
end })
"""
# A busy machine does not change a picture.
SIBYL = """
vim.g.sibyl = { python = %s, server = { delay = 0 }, deadline = 1000 }
vim.keymap.set('i', '<C-Space>', '<Plug>(SibylSuggest)')
"""
READY = """
for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do
  if client.initialized and (vim.g.without or require('sibyl.host.client').ready()) then return true end
end
return false
"""

READ = """
local memory
require('sibyl.host.client').ask('memory', function(_, answer) memory = answer end)
vim.wait(2000, function() return memory ~= nil end, 5)
local _, project = next(memory and memory.projects or {})
return project ~= nil and project.files > 0 and #(memory.reading or {}) == 0
"""


def quoted(path: Path) -> str:
    """Return a path as a Lua string."""
    return json.dumps(str(path))


class Stage:
    """A Neovim on a project of its own."""

    def __init__(self, nvim: Path, home: Path, ranked: bool, size: tuple[int, int]) -> None:
        """Start it; ended by close()."""
        python, server = ROOT / ".venv/bin/python", ROOT / ".venv/bin/ty"
        own = SIBYL % quoted(python) if ranked else NATIVE % quoted(server)
        self.project = home / "project"
        self.project.mkdir(parents=True)
        (self.project / "pyproject.toml").write_text("")
        (self.project / "store.py").write_text("def load(path):\n    return []\n")
        self.child = Child(nvim, home, CALM + own, *size)
        self.child.command(f"cd {self.project}")

    def close(self) -> None:
        """End it."""
        self.child.close()

    def open(self, name: str, text: str) -> None:
        """Edit a file, and wait for the server and the ranker."""
        self.child.open(self.project / name, text)
        self.child.wait_for(lambda: self.child.lua(READY), 40, "server and ranker")

    def warm(self, keys: str) -> None:
        """Open a menu nobody looks at: the first one of a server is late."""
        self.child.type_keys(keys)
        self.child.wait_menu(40)
        self.child.type_keys("<C-e><Esc>u")

    def rows(self) -> Rows:
        """Return the screen as it is now; the cursor is drawn where one types."""
        self.child.screen()
        return self.child.display.runs(cursor=self.child.mode().startswith("i"))
