"""Neovim's own function that asks for a menu, replaced by one that notes when our server's menu is asked for.

In:   a Neovim with a Python file open.
Out:  `watch`: it is served from now on; `look`: what was asked since then; `MENU`: Lua that opens one.
"""

from __future__ import annotations

from typing import Any

from child import Child

# What is asked, with what others see of it meanwhile; and a buffer that is served.
ASKED = """
ASKED, WANTED, SHOWN = {}, true, nil
local dot, guesses = require('sibyl.server.autotrigger'), require('sibyl.completion.guesses')
local function ask()
  table.insert(ASKED, { by_itself = dot.asks(), refused = guesses.refused })
  if SHOWN == 'an error' then
    error('no way there')
  elseif SHOWN then
    vim.fn.complete(vim.fn.match(vim.fn.getline('.'):sub(1, vim.fn.col('.') - 1), '\\\\k*$') + 1, SHOWN)
  end
end
if vim.lsp.completion then
  vim.lsp.completion.get = ask
end
vim.lsp.omnifunc = ask
dot.prepare(vim.api.nvim_get_current_buf(), function() return WANTED end)
"""
REST = 150  # milliseconds, longer than the 25 that typing must rest for
MENU = "vim.fn.complete(3, { 'alpha', 'beta' })"


def watch(child: Child) -> None:
    """Serve the current buffer, and note what is asked."""
    child.lua(ASKED)


def look(child: Child) -> list[Any]:
    """Once typing rests, return what was asked since this was called last."""
    child.call("wait", REST, False)
    calls: list[Any] = child.lua("local calls = ASKED ASKED = {} return calls")
    return calls
