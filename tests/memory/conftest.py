"""What tests of the memories share.

In:   nothing.
Out:  a fixture for all of them.
Who:  pytest.
"""

from __future__ import annotations

import pytest

from sibyl.memory import keeper


@pytest.fixture(autouse=True)
def _opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a memory takes longer to open than a buffer waits; here they wait."""
    monkeypatch.setattr(keeper, "_FIRST_S", 30.0)
