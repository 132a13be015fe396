#!/usr/bin/env python3
"""A newcomer's walk: from a bare home to a ranked menu, with the clock running.

In:   a Neovim, Python and git on PATH, the package index that pip is configured for; for lazy.nvim a checkout
      (--lazy). What stands in README's "Install" is done, with a clone of this checkout for the address.
Out:  one line per way: seconds until the plugin is there, until everything is installed, until the menu.
      Exit code 1 and a sentence where a way does not lead there.

    .venv/bin/python scripts/neovim/walk.py [--lazy DIR] [plain|vim.pack|lazy.nvim]…
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import find  # noqa: E402 (found through the line above, as the next)
from child import Child  # noqa: E402
from isolation import isolated  # noqa: E402

PACK = """\
vim.api.nvim_create_autocmd('PackChanged', {
  callback = function(event)
    if event.data.spec.name == 'sibyl.nvim' and event.data.kind ~= 'delete' then
      vim.cmd.packadd('sibyl.nvim')
      vim.cmd('Sibyl install')
    end
  end,
})
vim.pack.add({ '%s' })
"""
LAZY = """\
vim.opt.rtp:prepend('%s')
require('lazy').setup({ { url = '%s', build = ':Sibyl install' } })
"""
CODE = "import argparse\n\nparser = argparse.ArgumentParser()\n"
INSTALL_S, MENU_S = 300.0, 60.0
TRIES = 5
STANDING = "return require('sibyl.state').of(0).name"


class NoWay(Exception):
    """A way that cannot be tried here; the message says why."""


@dataclass(frozen=True)
class Walk:
    """Seconds since the beginning."""

    plugin: float  # the plugin's command is there
    ready: float  # a Python buffer's lists are ranked
    menu: float  # a menu with a star is on the screen
    lists: int  # menus it took: on a busy machine the first may come in the server's order


def source(folder: Path) -> str:
    """Return the address of a clone of this checkout's last commit, as a plugin manager takes it."""
    origin = folder / "origin/sibyl.nvim"
    command = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(origin)]
    subprocess.run(command, check=True, capture_output=True)
    return origin.as_uri()


def plain(nvim: Path, home: Path, address: str, _: Path | None) -> str:
    """Do as README says for plain packages; returns the configuration: none."""
    place = home / "data/nvim/site/pack/sibyl/start/sibyl.nvim"
    surroundings = isolated(home)
    subprocess.run(["git", "clone", "--quiet", address, str(place)], check=True, env=surroundings)
    command = [str(nvim), "--headless", "+helptags ALL", "+Sibyl install", "+q"]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, cwd=home)
    if done.returncode:
        raise AssertionError(f"the installation failed: {done.stdout}{done.stderr}")
    return ""


def pack(nvim: Path, _: Path, address: str, __: Path | None) -> str:
    """Return the configuration for vim.pack."""
    if find.version_of(nvim) < (0, 12):
        raise NoWay("vim.pack came with Neovim 0.12")
    return PACK % address


def lazy(_: Path, __: Path, address: str, checkout: Path | None) -> str:
    """Return the configuration for lazy.nvim."""
    if not checkout or not (checkout / "lua/lazy").is_dir():
        raise NoWay("no checkout of lazy.nvim was named")
    return LAZY % (checkout, address)


WAYS: dict[str, Callable[[Path, Path, str, Path | None], str]] = {
    "plain": plain,
    "vim.pack": pack,
    "lazy.nvim": lazy,
}


def ranked_after(child: Child) -> int:
    """Type the same list until it comes ranked, as a person would; returns how often."""
    for count in range(1, TRIES + 1):
        child.type_keys("Goparser.", every=0.03)
        child.wait_menu(MENU_S)
        if any("★" in item.abbr + item.kind for item in child.menu()):
            return count
        child.type_keys("<C-e><Esc>u")
    raise AssertionError(f"{TRIES} lists came, and none was ranked")


def walk(way: str, nvim: Path, folder: Path, checkout: Path | None = None) -> Walk:
    """Walk one way in a fresh folder; raises NoWay, or AssertionError with what was on the screen."""
    address, home = source(folder), folder / "home"
    home.mkdir()
    began = time.monotonic()

    def seconds() -> float:
        return time.monotonic() - began

    init = WAYS[way](nvim, home, address, checkout)
    child = Child(nvim, home, init, answer="y")
    try:
        child.wait_for(lambda: child.call("exists", ":Sibyl") == 2, 60, "the command :Sibyl")
        plugin = seconds()
        if child.call("bufname") or child.lua("return vim.bo.buftype") != "":
            child.type_keys("q")  # lazy.nvim shows what it does in a window; people close it
        child.open(folder / "shop.py", CODE)
        child.wait_for(lambda: child.lua(STANDING) == "ready", INSTALL_S, "the state `ready`")
        ready = seconds()
        lists = ranked_after(child)
        menu = seconds()
        if wrong := [line for line in child.messages() if "rror" in line]:
            raise AssertionError(f"messages: {wrong}")
        return Walk(plugin, ready, menu, lists)
    finally:
        child.close()


def main(argv: list[str] | None = None) -> int:
    """Walk each way on each Neovim."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}; else all")
    parser.add_argument("--lazy", type=Path, help="a checkout of lazy.nvim")
    asked = parser.parse_args(argv)
    failed = False
    for nvim in find.neovims():
        version = ".".join(map(str, find.version_of(nvim)))
        for way in asked.ways or WAYS:
            folder = Path(tempfile.mkdtemp(prefix="sibyl-walk-"))
            try:
                walked = walk(way, nvim, folder, asked.lazy)
                print(
                    f"{version} {way:<10} plugin {walked.plugin:.1f} s, ready {walked.ready:.1f} s, "
                    f"menu {walked.menu:.1f} s (list {walked.lists})",
                    flush=True,
                )
            except NoWay as reason:
                print(f"{version} {way:<10} not tried: {reason}", flush=True)
            except AssertionError as problem:
                print(f"{version} {way:<10} {problem}", file=sys.stderr, flush=True)
                failed = True
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
