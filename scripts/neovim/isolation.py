"""An environment in which a Neovim touches no file of the person who starts it.

In:   a folder.  Out: variables that lead every file of Neovim into it.
"""

from __future__ import annotations

import os
from pathlib import Path


def isolated(home: Path) -> dict[str, str]:
    """An environment that leads every file of Neovim into `home`."""
    # Of an outer Neovim these would lead the inner one astray; the rest may name private places.
    drop = ("VIM", "VIMRUNTIME", "NVIM", "MYVIMRC", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    variables = {
        key: value
        for key, value in os.environ.items()
        if key not in drop and not key.startswith(("NVIM_", "XDG_"))
    }
    variables |= {
        "HOME": str(home),
        "TERM": "xterm-256color",
        "NVIM_LOG_FILE": str(home / "nvim.log"),
    }
    for name in ("CONFIG", "DATA", "STATE", "CACHE", "RUNTIME"):
        folder = home / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        variables[f"XDG_{name}_{'DIR' if name == 'RUNTIME' else 'HOME'}"] = str(folder)
    # System-wide configuration is somebody else's too.
    return variables | {"XDG_CONFIG_DIRS": str(home / "none"), "XDG_DATA_DIRS": str(home / "none")}
