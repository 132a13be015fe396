"""Find the Neovims that tests run on.

In:   SIBYL_NVIMS, what bring.py left in `.nvim`, and PATH.
Out:  `neovims()`: their binaries, the oldest first; `version_of` one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[2] / ".nvim"
FLOOR = (0, 10, 4)


def version_of(nvim: Path | str) -> tuple[int, ...]:
    """The version a binary reports, or () if it does not run."""
    try:
        done = subprocess.run([nvim, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    match = re.match(r"NVIM v(\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(map(int, match.groups())) if match else ()


def on_path() -> Path | None:
    """A Neovim on PATH that is new enough."""
    nvim = shutil.which("nvim")
    return Path(nvim) if nvim and version_of(nvim) >= FLOOR else None


def neovims(home: Path = HERE) -> list[Path]:
    """Every Neovim the tests shall run on: SIBYL_NVIMS, else the brought ones.

    PATH's stands for the newest where that could not be brought.
    """
    named = os.environ.get("SIBYL_NVIMS", "")
    if named:
        return [Path(name) for name in named.split(":") if name]
    links = [link for link in (home / "oldest", home / "newest") if (link / "bin/nvim").exists()]
    brought = [folder / "bin/nvim" for folder in dict.fromkeys(link.resolve() for link in links)]
    instead = None if home / "newest" in links else on_path()
    return brought + [nvim for nvim in [instead] if nvim]
