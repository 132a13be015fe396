"""What tests of the memories share.

Out:  fixtures for all of them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from standin import StandIn

from sibyl.memory import manager
from sibyl.ranking.ranker import Ranker


@pytest.fixture(autouse=True)
def _opened_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a memory takes longer to open than a buffer waits; here they wait."""
    monkeypatch.setattr(manager, "_FIRST_S", 30.0)


@pytest.fixture(autouse=True)
def _databases_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test opened and let go: from Python 3.13 on that is a warning, and warnings are errors."""
    connections: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*given: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **options)
        if threading.current_thread() is threading.main_thread():  # others may still use theirs
            connections.append(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", noted)
    yield
    for connection in connections:
        connection.close()


@pytest.fixture
def ranker() -> Ranker:
    """A ranker with the stand-in."""
    return Ranker(StandIn())  # type: ignore[arg-type]
