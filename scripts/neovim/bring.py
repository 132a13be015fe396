#!/usr/bin/env python3
"""Find a Neovim to test with, or bring private ones from Debian's packages.

In:   the machine's PATH, its apt configuration, and the folder `.nvim` of this checkout.
Out:  `.nvim/<version>/bin/nvim`, with the links `.nvim/oldest` and `.nvim/newest`, and
      `.nvim/tools/bin/luacheck`; nothing outside `.nvim` is touched and no root is needed.

A test machine seldom has Neovim, and never the oldest and the newest we promise to work with.
Debian's suites have both. A private apt configuration resolves each one's whole closure (libc
included, since the machine's own may be older), apt checks the signatures, `dpkg -x` unpacks, and
patchelf points the binary at its own loader and libraries. The result is an ordinary program:
`v:progpath` is right, and Neovim finds its runtime files beside its binary by itself.

    python3 scripts/neovim/bring.py               both Neovims (nothing to do: 20 ms)
    python3 scripts/neovim/bring.py --any         any Neovim, the one on PATH if it is new enough
    python3 scripts/neovim/bring.py --tools       luacheck too
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from debian import Apt, CannotBring, run, say
from find import FLOOR, HERE, neovims, on_path, version_of

# Testing before unstable: its packages always install together, and it has the same Neovim.
SUITES = {"oldest": ["trixie"], "newest": ["forky", "sid"]}
TOOLS = ["patchelf", "lua-check"]


# ---------------------------------------------------------------- unpacking


def libraries(root: Path) -> Path:
    """The folder with the C library in an unpacked tree."""
    for libc in sorted(root.glob("usr/lib/*/libc.so.6")):
        return libc.parent
    raise CannotBring("The downloaded packages hold no C library; remove .nvim and run this again.")


def loader(root: Path) -> Path:
    """The dynamic loader of an unpacked tree (its name differs by processor)."""
    for linker in sorted(libraries(root).glob("ld-linux*.so.*")):
        return linker
    raise CannotBring("The downloaded C library has no loader; remove .nvim and run this again.")


def patch(program: Path, root: Path, tools: Path) -> None:
    """Make a program of an unpacked tree use that tree's loader and libraries."""
    lib = loader(tools).parent
    patchelf: list[str | Path] = [loader(tools), "--library-path", lib]
    patchelf += [tools / "usr/bin/patchelf"]
    # RPATH, not RUNPATH: it must hold for the libraries' own libraries too.
    rpath = f"$ORIGIN/../lib/{libraries(root).name}"
    beside = program.with_suffix(".new")
    shutil.copy2(program, beside)
    run(*patchelf, "--set-interpreter", loader(root), "--force-rpath", "--set-rpath", rpath, beside)
    beside.replace(program)


def unpack(packages: list[Path], place: Path) -> Path:
    """Unpack packages into an empty `place/root`."""
    root = place / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for package in packages:
        run("dpkg", "-x", package, root)
    for junk in ("usr/share/doc", "usr/share/man", "usr/share/locale"):
        shutil.rmtree(root / junk, ignore_errors=True)
    return root


def settled(place: Path) -> bool:
    """Whether `place` was finished here, and not moved since (loader paths are absolute)."""
    stamp = place / "finished"
    return stamp.exists() and stamp.read_text().strip() == str(place.resolve())


def finish(place: Path) -> None:
    """Say that all is in place; written last, so that a broken run is done again."""
    (place / "finished").write_text(f"{place.resolve()}\n")


# ---------------------------------------------------------------- bringing


def bring_tools(home: Path) -> Path:
    """Bring patchelf and luacheck into `.nvim/tools`; returns their unpacked tree."""
    place, root = home / "tools", home / "tools/root"
    if settled(place):
        return root
    if not (place / "finished").exists():
        say("fetching patchelf and luacheck")
        work = home / "work-tools"
        packages = Apt(work, SUITES["oldest"][0]).packages(TOOLS)
        unpack(packages, place)
        shutil.rmtree(work)
    patch(root / "usr/bin/lua5.1", root, root)
    (place / "bin").mkdir(exist_ok=True)
    script = place / "bin/luacheck"
    share, lib = root / "usr/share/lua/5.1", libraries(root) / "lua/5.1"
    script.write_text(
        "#!/bin/sh\n"
        f'export LUA_PATH="{share}/?.lua;{share}/?/init.lua" LUA_CPATH="{lib}/?.so"\n'
        f'exec "{root}/usr/bin/lua5.1" "{root}/usr/bin/luacheck" "$@"\n'
    )
    script.chmod(0o755)
    finish(place)
    return root


def bring(home: Path, name: str) -> Path:
    """One Neovim ("oldest" or "newest"); returns its binary."""
    link = home / name
    if settled(link):
        return link / "bin/nvim"
    tools = bring_tools(home)
    if not (link / "finished").exists():
        fetch(home, name)
    place = link.resolve()
    patch(place / "root/usr/bin/nvim", place / "root", tools)
    version = version_of(place / "bin/nvim")
    if version < FLOOR:
        raise CannotBring(f"The Neovim in {place.name} does not run; remove .nvim and try again.")
    finish(place)
    say(f"Neovim {'.'.join(map(str, version))} is ready")
    return link / "bin/nvim"


def fetch(home: Path, name: str) -> None:
    """Download and unpack one Neovim into `.nvim/<version>` and point the link at it."""
    problem = CannotBring("")
    for suite in SUITES[name]:
        say(f"fetching the {name} Neovim with its libraries (about 12 MB)")
        work = home / f"work-{suite}"
        try:
            packages = Apt(work, suite).packages(["neovim"])
        except CannotBring as trouble:
            problem = trouble
            continue
        versions = [re.match(r"neovim_(?:\d+%3a)?([\d.]+)", path.name) for path in packages]
        version = next(match.group(1) for match in versions if match)
        place = home / version
        unpack(packages, place)
        (place / "bin").mkdir(exist_ok=True)
        replace_link(place / "bin/nvim", "../root/usr/bin/nvim")
        replace_link(home / name, version)
        # Unpacked but not patched: an empty stamp says so.
        (place / "finished").write_text("")
        shutil.rmtree(work)
        return
    raise problem


def replace_link(link: Path, target: str) -> None:
    """Point a symbolic link at a target in one step."""
    beside = link.with_name(link.name + ".new")
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Let one process at a time work in `.nvim`."""
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def gather(home: Path, any_will_do: bool, tools: bool) -> list[Path]:
    """Do what the command line asked for; returns the Neovims."""
    if any_will_do and (nvim := on_path()):
        return [nvim]
    with alone(home):
        try:
            for name in ["newest"] if any_will_do else SUITES:
                bring(home, name)
            if tools:
                bring_tools(home)
        except CannotBring as problem:
            # Not a Debian: the person's own Neovim will do, where there is one.
            if not on_path():
                raise
            say(str(problem))
            say("tests run on the Neovim on PATH, and on what was brought before")
        return [home / "newest/bin/nvim"] if any_will_do else neovims(home)


def main() -> int:
    """Command line; prints one binary a line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--any", action="store_true", help="one is enough; PATH's if new enough")
    parser.add_argument("--tools", action="store_true", help="luacheck too")
    parser.add_argument("--where", type=Path, default=HERE, help="folder (default: .nvim)")
    asked = parser.parse_args()
    try:
        for nvim in gather(asked.where.resolve(), asked.any, asked.tools):
            print(nvim)
    except CannotBring as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
