"""What tests of the memories share.

In:   nothing.
Out:  a fixture for all of them.
Who:  pytest.
"""

from __future__ import annotations

import pytest
from standin import StandIn

from sibyl.memory import keeper
from sibyl.rank import Ranker


@pytest.fixture(autouse=True)
def _opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a memory takes longer to open than a buffer waits; here they wait."""
    monkeypatch.setattr(keeper, "_FIRST_S", 30.0)


@pytest.fixture
def ranker() -> Ranker:
    """A ranker with the stand-in."""
    return Ranker(StandIn())  # type: ignore[arg-type]
