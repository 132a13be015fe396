"""Another model while the worker runs: tried first, taken between two questions, or refused.

In:   the desk of test_desk.py, the shipped model and a copy of it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from test_desk import SOURCE, Office, office, ready  # noqa: F401 (fixtures)


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
