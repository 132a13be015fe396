"""From a bare home to a ranked menu, as README says, with real installations from the package index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import walk


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", walk.WAYS)
def test_a_newcomer_gets_to_a_ranked_menu(nvim_binary: Path, tmp_path: Path, way: str) -> None:
    """Each way of "Install" leads to a menu with a star, without an error on the way."""
    if os.environ.get("SIBYL_WALK") != "1":
        pytest.skip("SIBYL_WALK=1 makes real installations, each half a minute")
    peers = os.environ.get("SIBYL_PEERS")
    try:
        walked = walk.walk(way, nvim_binary, tmp_path, Path(peers) / "lazy.nvim" if peers else None)
    except walk.NoWay as reason:
        pytest.skip(str(reason))
    assert 0 < walked.plugin <= walked.ready <= walked.menu
