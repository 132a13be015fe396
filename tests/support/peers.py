"""Other people's plugins, for tests with the real ones.

In:   SIBYL_PEERS: a folder with checkouts named as the projects are (blink.cmp, nvim-cmp, cmp-nvim-lsp,
      mini.nvim), as bench/peers.py takes it. blink.cmp is its branch v1: v2 is not released, and needs a
      library of its own.
Out:  `loaded`: Lua that puts them on the runtimepath; skips the test that needs what is not there.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def loaded(*names: str) -> str:
    """Return Lua for an init file that makes plugins available; skips where one is missing."""
    folder = os.environ.get("SIBYL_PEERS")
    if not folder:
        pytest.skip("SIBYL_PEERS names no folder with checkouts of other plugins")
    places = [Path(folder) / name for name in names]
    for place in places:
        if not (place / "lua").is_dir():
            pytest.skip(f"SIBYL_PEERS has no checkout of {place.name}")
    return "".join(f"vim.opt.runtimepath:append({json.dumps(str(place))})\n" for place in places)
