"""Models that are loaded at the start, whatever an import raises, and while the worker runs: tried, or refused.

In:   the desk of test_desk.py, the shipped model and a copy of it.
"""

from __future__ import annotations

import shutil
import sys
import types
from pathlib import Path

import pytest
from test_desk import SOURCE, Office, office, ready  # noqa: F401 (fixtures)

from sibyl.host.protocol import VERSION


class Half(types.ModuleType):
    """A module whose file is half there: what is looked for in it is not, nor can it be said so."""

    def __getattr__(self, name: str) -> object:
        raise ValueError("half")


def test_a_model_is_switched_between_two_questions(
    ready: Office,  # noqa: F811
    model_folder: Path,
    tmp_path: Path,
) -> None:
    """Buffers keep their text; a folder without a model leaves the one before."""
    ready.desk.take("attach", 1, 0, SOURCE)
    ready.rank(1, SOURCE)
    before = ready.answer(1, "order")
    ready.desk.take("model", 2, str(tmp_path))
    detail = ready.answer(2, "none")["detail"]
    assert str(tmp_path) in detail and detail.endswith(".")
    ready.rank(3, SOURCE)
    assert ready.answer(3, "order")["order"] == before["order"]
    copy = shutil.copytree(model_folder, tmp_path / "copy")
    ready.desk.take("model", 4, str(copy))
    assert ready.answer(4, "model")["model"] == str(copy)
    ready.rank(5, SOURCE)
    assert ready.answer(5, "order")["order"] == before["order"]
    ready.desk.take("model", 6, "")
    assert ready.answer(6, "model")["model"] == "shipped"


@pytest.mark.parametrize("module", ["sibyl.ranking.ranker", "sibyl.memory.manager"])
def test_a_start_that_fails_is_told(
    office: Office,  # noqa: F811
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    tmp_path: Path,
) -> None:
    """Whatever an import raises while files are replaced: one notice, then "ready" without a ranker."""
    monkeypatch.setitem(sys.modules, module, Half(module))
    office.desk.take(
        "start", {"protocol": VERSION, "model": str(model_folder), "state": str(tmp_path)}
    )
    assert "cannot" in office.answer(0, "notice")["text"]
    assert not office.answer(0, "ready")["ok"]


def test_the_model_that_was_asked_for_last_ranks(
    ready: Office,  # noqa: F811
    model_folder: Path,
    tmp_path: Path,
) -> None:
    """One that takes longer to load than another that was asked for after it is left out."""
    copy = shutil.copytree(model_folder, tmp_path / "copy")
    ready.desk.take("model", 1, str(copy))  # is tried in a process of its own first
    ready.desk.take("model", 2, "")
    assert ready.answer(2, "model")["model"] == "shipped"
    assert ready.answer(1, "none")["detail"] == "Another model was asked for since."
    ready.desk.take("status", 3)
    assert ready.answer(3, "status")["model"] == "shipped"
