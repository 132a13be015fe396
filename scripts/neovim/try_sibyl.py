#!/usr/bin/env python3
"""Try sibyl: at a terminal by hand, without one by typing real keys and showing the menus.

In:   Neovims (scripts/neovim/bring.py), the environment of `make setup`, scripts/neovim/example.
Out:  at a terminal: Neovim with the example open. Without: for each Neovim the completion menus
      as they come natively and as sibyl orders them, side by side; exit code 1 and one sentence
      if no menu came, no ranking came, or an item was lost.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import find  # noqa: E402 (found through the line above, as the next)
from child import Child  # noqa: E402
from isolation import isolated  # noqa: E402
from menu import Item  # noqa: E402

PROJECT = HERE / "example"
PROBES = {"(1)": "parser.", "(2)": 'parser.add_argument("--currency", ', "(3)": "basket."}
ROWS = 8
# Natively: the same server, asked by the same client, and nothing of sibyl.
NATIVE = """
vim.g.loaded_sibyl = 1
vim.o.completeopt = "menuone,noselect"
vim.api.nvim_create_autocmd("FileType", { pattern = "python", callback = function()
  vim.lsp.start({ name = "plain", cmd = { %s, "server" }, root_dir = vim.fn.getcwd() })
end })
"""
RANKED = """
vim.o.completeopt = "menuone,noselect"
-- A machine that is busy shall not hide the point.
vim.g.sibyl = { server = { delay = 0 }, log_level = "info", deadline = 300 }
vim.keymap.set("i", "<F2>", "<Plug>(SibylCompare)")
"""
SERVED = """
for _, client in ipairs(vim.lsp.get_clients({ bufnr = 0 })) do
  if client.initialized and client.server_capabilities.completionProvider then return true end
end
return false
"""
REMEMBERED = """
local client = require('sibyl.host.client')
client.ask('memory', function(_, answer) Remembered = answer end)
for _, size in pairs(Remembered and Remembered.projects or {}) do
  return size.files > 0 and #Remembered.reading == 0
end
return false
"""


class NotShown(Exception):
    """What sibyl is for did not happen; the message is one sentence."""


def type_probe(child: Child, mark: str, text: str) -> list[Item]:
    """Type on a new line below a mark, return the menu, and undo what was typed."""
    child.call("cursor", 1, 1)
    child.call("search", f"# ↓ {mark}", "W")
    child.type_keys("o" + text, every=0.03)
    end = time.monotonic() + 2
    while not child.menu() and time.monotonic() < end:
        time.sleep(0.02)
    if not child.menu():
        child.type_keys("<C-x><C-o>")
    try:
        # A server that has just been started may still be reading the standard library.
        menu = child.wait_menu(30)
    except AssertionError as problem:
        print(problem, file=sys.stderr)
        raise NotShown(f"No completion menu came after `{text}` in {child.binary}.") from None
    child.type_keys("<C-e><Esc>u")
    return menu


def copied(home: Path) -> Path:
    """The example's project in a folder of its own, where nothing that is tried changes the checkout."""
    project = home / "project"
    shutil.copytree(PROJECT, project)
    (project / "pyproject.toml").write_text("")
    return project


def menus(nvim: Path, home: Path, init: str, ranked: bool) -> dict[str, list[Item]]:
    """The menus at every mark of the example in one fresh Neovim."""
    project = copied(home)
    child = Child(nvim, home / "nvim", init)
    try:
        child.call("chdir", str(project))
        child.open(project / "example.py")
        child.wait_for(lambda: child.lua(SERVED), 30, "the language server")
        if ranked:
            child.wait_for(
                lambda: child.lua("return require('sibyl.host.client').ready()"), 30, "the ranker"
            )
            # Before, its lists would be those of a project that nothing is known of yet.
            child.wait_for(lambda: child.lua(REMEMBERED), 30, "the project's memory")
        # The first menu of a server comes late; it is not the one to look at.
        type_probe(child, "(3)", "args.")
        return {text: type_probe(child, mark, text) for mark, text in PROBES.items()}
    except AssertionError as problem:
        print(problem, file=sys.stderr)
        raise NotShown(f"{str(problem).splitlines()[0]} (Neovim {nvim}).") from None
    finally:
        child.close()


def table(text: str, native: list[Item], ranked: list[Item]) -> str:
    """Both menus side by side."""
    lines = [f"  after `{text}` ({len(native)} items)", f"    {'native':<28}with sibyl"]
    for left, right in list(zip(native, ranked, strict=False))[:ROWS]:
        # The star stands in the label on 0.10, and in the kind's column from 0.11 on.
        star = "★ " if "★" in right.abbr + right.kind else ""
        lines.append(f"    {left.word[:26]:<28}{star}{right.word[:26]}")
    return "\n".join(lines)


def names(menu: list[Item]) -> list[str]:
    """What the lines stand for, without a star."""
    return [item.word for item in menu]


def show(nvim: Path, home: Path, server: Path) -> None:
    """Type into one Neovim without and with sibyl, and compare."""
    print(f"\nNeovim {'.'.join(map(str, find.version_of(nvim)))}", flush=True)
    native = menus(nvim, home / "native", NATIVE % repr(str(server)), ranked=False)
    ranked = menus(nvim, home / "ranked", RANKED, ranked=True)
    moved = 0
    for text in PROBES.values():
        print(table(text, native[text], ranked[text]), flush=True)
        if sorted(names(native[text])) != sorted(names(ranked[text])):
            raise NotShown(f"The items after `{text}` are not those of the language server.")
        moved += names(native[text]) != names(ranked[text])
    if not moved:
        raise NotShown("Menus came, but every one in the language server's own order: no ranking.")


def by_hand(nvim: Path, home: Path) -> int:
    """Open the example in Neovim at this terminal; returns its exit code."""
    init = home / "init.lua"
    init.write_text(f"vim.opt.runtimepath:prepend({str(ROOT)!r})\n{RANKED}")
    project = copied(home)
    # At the first stop: three keys (`o`, and what is to be typed) show what it is about.
    start = "+normal! gg/ (1)\rz."
    command = [str(nvim), "-u", str(init), "-i", "NONE", start, str(project / "example.py")]
    environment = isolated(home) | {"TERM": os.environ.get("TERM", "xterm-256color")}
    return subprocess.call(command, env=environment, cwd=project)


def main() -> int:
    """Do the one or the other."""
    server = ROOT / ".venv/bin/ty"
    binaries = find.neovims()
    if not binaries:
        print("try: no Neovim 0.10.4 or newer is here.", file=sys.stderr)
        return 1
    home = Path(tempfile.mkdtemp(prefix="sibyl-try-"))
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            return by_hand(binaries[-1], home)
        for nvim in binaries:
            show(nvim, home / f"nvim{binaries.index(nvim)}", server)
    except NotShown as problem:
        print(f"\ntry: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print("\nsibyl works here: same items, its own order.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
