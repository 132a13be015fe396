"""A state folder that this user may not look into, as after `sudo nvim`: lists are ranked all the same.

In:   the shipped model.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sibyl.host import experiment
from sibyl.host.protocol import VERSION
from sibyl.host.worker import Desk
from sibyl.memory.manager import Manager

SOURCE = b"import os\nos."
NAMES = ["getcwd", "path", "sep"]


@pytest.fixture(params=["of somebody else", "of a name too long"])
def closed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be looked into; to ask whether a file is in it is an error."""
    if request.param == "of a name too long":  # for who may look into all folders: root
        yield tmp_path / ("x" * 300) / "sibyl"
        return
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("no folder is closed to this user")
    folder = tmp_path / "sibyl"
    folder.mkdir(mode=0)
    yield folder
    folder.chmod(0o700)


def test_the_ranker_is_ready_and_ranks(closed: Path, model_folder: Path) -> None:
    """It says that it is ready, ranks, and tells once what cannot be written; it stood at "starting"."""
    sent: queue.Queue[tuple[int, str, dict[str, Any]]] = queue.Queue()
    desk = Desk(lambda *answer: sent.put(answer))
    try:
        desk.take("start", {"protocol": VERSION, "model": str(model_folder), "state": str(closed)})
        number, kind, answer = sent.get(timeout=60)
        assert (number, kind, answer["ok"]) == (0, "ready", True)
        desk.take("attach", 1, 0, SOURCE)
        desk.take("rank", 5, 1, 0, len(SOURCE), len(SOURCE), NAMES, bytes([2] * len(NAMES)))
        desk.take("memory", 6)
        answers = [sent.get(timeout=60) for _ in range(3)]
    finally:
        desk.close()
    assert [kind for _, kind, _ in answers if kind != "notice"] == ["order", "memory"]
    (notice,) = [answer["text"] for _, kind, answer in answers if kind == "notice"]
    assert "person.sqlite cannot be written" in notice


def test_one_cause_is_told_once(tmp_path: Path) -> None:
    """Project and person cannot be written for one reason: one sentence, with what has to change."""
    notices: list[str] = []
    file = tmp_path / "file"
    file.write_text("in the way")
    manager = Manager(file / "sibyl", {"read": False}, lambda _, text: notices.append(text))
    for path in ("a.py", "b.py"):
        memory = manager.memory_of(str(tmp_path), str(tmp_path / path))
        while memory.lost and len(manager.about()["off"]) < 2:
            memory = manager.replaced(memory, str(tmp_path), str(tmp_path / path))
    manager.close()
    (notice,) = notices
    assert notice.endswith(f"Nothing is remembered until {file / 'sibyl'} can be written.")


def test_a_damaged_experiment_that_cannot_be_deleted_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that may not be written it is one sentence; it kept the host from being ready."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "experiment.sqlite").write_bytes(b"no database" * 1000)
    monkeypatch.setattr(Path, "unlink", refused)
    answer = experiment.Experiment(tmp_path).asked("about", {})
    assert answer["on"] is False and "cannot be deleted" in answer["trouble"]
