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
def connections(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[tuple[object, sqlite3.Connection]]]:
    """Note what a test opens, with its path, and close what it let go.

    From Python 3.13 on a connection that is left open is a warning, and warnings are errors.
    """
    noted: list[tuple[object, sqlite3.Connection]] = []
    connect = sqlite3.connect

    def noting(path: object, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(path, **options)
        if threading.current_thread() is threading.main_thread():  # others may still use theirs
            noted.append((path, connection))
        return connection

    monkeypatch.setattr(sqlite3, "connect", noting)
    yield noted
    for _, connection in noted:
        connection.close()


@pytest.fixture
def ranker() -> Ranker:
    """A ranker with the stand-in."""
    return Ranker(StandIn())  # type: ignore[arg-type]
