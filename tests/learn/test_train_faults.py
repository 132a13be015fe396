"""What happens when a training cannot go on: one sentence, not success, nothing half-written.

In: damaged folders, small disks.
"""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from small_repositories import last_line, run  # noqa: E402

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn import stages  # noqa: E402
from sibyl.learn.training import losses  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
GIVEN = (
    "--hidden 24 --embedding 16 --lanes 4 --length 32 --steps 6 --decay 0 --every 3 --sample 100 "
    "--val-steps 2"
)


def given(streams: Path, out: Path, more: str = "") -> list[str]:
    """Arguments of a small training."""
    return [
        *f"train --streams {streams} --out {out} --threads 1".split(),
        *GIVEN.split(),
        *more.split(),
    ]


def said_by(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a stage that must fail; returns the one sentence it ends with."""
    assert stages.main(arguments) == 1
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    line = last_line(errors)
    assert line.startswith("sibyl.learn ") and line.endswith(".")
    return line


def test_a_checkpoint_of_another_version_is_refused(
    streams: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To go on with or to start with: refused in one sentence, and left as it is."""
    train.main(given(streams, tmp_path / "run")[1:])
    path = tmp_path / "run" / "last.pt"
    torch.save(torch.load(path, weights_only=True) | {"version": 1}, path)
    before = path.read_bytes()
    assert "another version" in said_by(given(streams, tmp_path / "run"), capsys)
    assert "another version" in said_by(given(streams, tmp_path / "b", f"--start {path}"), capsys)
    assert path.read_bytes() == before
    assert not (tmp_path / "b" / "last.pt").exists()


@pytest.mark.parametrize("name", ["last.pt", "best.pt", "train.json", "curve.png", "log.jsonl"])
def test_a_full_disk_is_told(
    streams: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Whatever file the disk is full at, one sentence says so, and no part of it stays."""
    tmp_path.joinpath(f"{name}.part").symlink_to("/dev/full")
    line = said_by(given(streams, tmp_path), capsys)
    assert f"Cannot write {tmp_path / name}: " in line
    assert not list(tmp_path.glob("*.part")) and not (tmp_path / name).exists()
    train.main(given(streams, tmp_path)[1:])  # with room again, the same command does it
    assert load_network(tmp_path / "last.pt")[1]["progress"]["step"] == 6


def test_a_disk_that_fills_up_leaves_the_last_whole_checkpoint(
    streams: Path, tmp_path: Path
) -> None:
    """When a later checkpoint does not fit any more, the earlier one stays and can be gone on from."""
    train.main(given(streams, tmp_path)[1:])
    size = (tmp_path / "last.pt").stat().st_size
    before = (tmp_path / "last.pt").read_bytes()

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    status, output = run(*given(streams, tmp_path, "--steps 12"), preexec_fn=small_disk)
    assert status == 1 and "Traceback" not in output
    assert "Cannot write" in last_line(output)
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))
    train.main(given(streams, tmp_path, "--steps 12")[1:])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda streams: shutil.rmtree(streams), "no finished streams"),
        (lambda streams: (streams / "streams.json").write_text("{}"), "no finished streams"),
        (lambda streams: (streams / "rows.npy").write_bytes(b""), "lack their rows"),
        (lambda streams: (streams / "train.tokens.npy").unlink(), "No streams of the split train"),
        (lambda streams: cut(streams / "train.kinds.npy"), "not whole"),
        (lambda streams: (streams / "val.tokens.npy").write_bytes(b"x"), "the split val"),
        (lambda streams: memberless(streams), "no member to learn from"),
    ],
    ids="absent unfinished rowless tokenless cut spoilt memberless".split(),
)
def test_streams_that_are_empty_or_damaged_are_told(
    streams: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: object,
    sentence: str,
) -> None:
    """Each kind of damage has its sentence, and no checkpoint is written."""
    copy = tmp_path / "streams"
    shutil.copytree(streams, copy)
    spoil(copy)  # type: ignore[operator]
    assert sentence in said_by(given(copy, tmp_path / "run"), capsys)
    assert not list(tmp_path.glob("run/*.pt"))
    for stage in ("ablate", "tune"):
        words = [stage, "--streams", str(copy), "--out", str(tmp_path / stage)]
        said_by(words, capsys)


def cut(path: Path) -> None:
    """Take the end off an array."""
    np.save(path, np.load(path)[:-5])


def memberless(streams: Path) -> None:
    """Let the training split hold no member."""
    about = json.loads((streams / "streams.json").read_text())
    about["train"]["members"] = 0
    (streams / "streams.json").write_text(json.dumps(about))


def test_a_loss_that_is_no_number_ends_the_training(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights that are no numbers are not kept over those that are."""
    train.main(given(streams, tmp_path)[1:])
    before = (tmp_path / "last.pt").read_bytes()
    monkeypatch.setattr(train, "learn", lambda *_: ({"member": float("nan")}, None))
    with pytest.raises(LearnError, match=r"no number any more at step 6; .* lower --rate"):
        train.main(given(streams, tmp_path, "--steps 12")[1:])
    assert (tmp_path / "last.pt").read_bytes() == before


def test_without_bfloat16_kernels_products_are_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor whose LSTM has no bfloat16 kernel trains all the same, in float32."""

    def refuse(*_: object) -> None:
        raise RuntimeError("could not create a primitive descriptor")

    losses.has_bfloat16.cache_clear()
    monkeypatch.setattr(torch.nn.LSTM, "forward", refuse)
    assert not losses.has_bfloat16("cpu")
    losses.has_bfloat16.cache_clear()
