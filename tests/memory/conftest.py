"""What tests of the memories share.

Out:  a fixture for all of them.
"""

from __future__ import annotations

import pytest
from standin import StandIn

from sibyl.memory import manager
from sibyl.ranking.ranker import Ranker


@pytest.fixture(autouse=True)
def _opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a memory takes longer to open than a buffer waits; here they wait."""
    monkeypatch.setattr(manager, "_FIRST_S", 30.0)


@pytest.fixture
def ranker() -> Ranker:
    """A ranker with the stand-in."""
    return Ranker(StandIn())  # type: ignore[arg-type]
