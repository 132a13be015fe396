"""Going on with other settings than the work was begun with is refused, in a sentence that names them.

In:   tiny streams, a short training, stages of which only the settings matter.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_repositories import write_tree

torch = pytest.importorskip("torch")

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.experiments import ablate  # noqa: E402
from sibyl.learn.made_with import check, check_or_keep  # noqa: E402
from sibyl.learn.recipes import finetune, smoke  # noqa: E402
from sibyl.learn.streams import stage as streams_stage  # noqa: E402
from sibyl.learn.training import options as training_options  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
SMALL = (
    "--hidden 24 --embedding 16 --lanes 4 --length 32 --steps 4 --every 4 --warm 2 --sample 100 "
    "--val-steps 0 --float --threads 1"
)


def begun(streams: Path, out: Path, more: str = "") -> str:
    """Train, or go on; returns the log."""
    train.main(f"--streams {streams} --out {out} {SMALL} {more}".split())
    return (out / "log.jsonl").read_text()


@pytest.fixture(scope="module")
def finished(streams: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training."""
    out = tmp_path_factory.mktemp("finished") / "run"
    begun(streams, out)
    return out


@pytest.mark.parametrize(
    "more",
    [
        "--rate 0.1",
        "--names 0.1",
        "--keywords 0.1",
        "--siblings 0.1",
        "--sample 90",
        "--dropout 0.5",
    ],
)
def test_a_training_with_other_settings_is_refused(
    streams: Path, finished: Path, more: str
) -> None:
    """An option that decides what is learnt does not silently give the old result."""
    name, value = more.removeprefix("--").split()
    with pytest.raises(
        LearnError, match=rf"begun with {name} [\d.]+, not {value}; ask for the same"
    ):
        begun(streams, finished, more)


def test_a_training_from_another_start_is_refused(streams: Path, finished: Path) -> None:
    """Finetuning into the folder of a training from nothing names the start."""
    with pytest.raises(LearnError, match='begun with start "", not'):
        begun(streams, finished, f"--start {finished}/last.pt")


def test_a_finished_training_started_again_does_nothing(streams: Path, finished: Path) -> None:
    """The same command, and one with settings that only show progress, ends at once."""
    before = (finished / "last.pt").read_bytes()
    assert begun(streams, finished) == begun(streams, finished, "--every 2 --patience 3")
    assert (finished / "last.pt").read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "step", "sentence"),
    [
        ("--steps 100", 40, ""),  # before the decay, a training can be made longer
        ("--steps 100", 45, "begun with steps 50; with steps 100 the learning rate would jump"),
        ("--steps 100", 50, "begun with steps 50; with steps 100 the learning rate would jump"),
        ("--steps 100 --decay 60", 50, "begun with decay None, steps 50; with decay 60, steps 100"),
        (
            "--steps 50 --warm 20",
            5,
            "begun with warm 10; with warm 20 the learning rate would jump",
        ),
        ("--steps 50 --warm 5", 30, ""),  # the warm-up is over in both
        ("--steps 50", 50, ""),
    ],
)
def test_the_learning_rate_never_jumps(asked: str, step: int, sentence: str) -> None:
    """Another length is refused where the rate would not go on from where it was."""
    given = ["--streams", "s", "--out", "o", "--warm", "10", *asked.split()]
    options = training_options.parser().parse_args(given)
    checkpoint = {"warm": 10, "decay": None, "steps": 50}
    if not sentence:
        train._same_rate(options, checkpoint, step)
        return
    with pytest.raises(LearnError, match=sentence):
        train._same_rate(options, checkpoint, step)
    train._same_rate(options, {}, step)  # of an earlier version: not known


def test_settings_that_were_not_kept_are_taken_as_the_same(tmp_path: Path) -> None:
    """What an earlier version did not write down cannot differ."""
    check(tmp_path, {"seed": 1}, {"seed": 1, "new": 5})
    with pytest.raises(LearnError, match="begun with letters \\[0\\], not \\[0, 1\\];"):
        check(tmp_path, {"letters": [0]}, {"letters": (0, 1)})


def test_kept_settings_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """A damaged file is named."""
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(LearnError, match="cannot be read"):
        check_or_keep(tmp_path / "a.json", {})


def test_variants_of_other_settings_are_not_compared(streams: Path, tmp_path: Path) -> None:
    """A result of four steps does not stand in one table with those of five."""
    base = "--hidden 24 --embedding 16 --lanes 4 --length 32 --warm 2 --sample 100 --float"
    given = (
        f"--streams {streams} --out {tmp_path} --val-lanes 4 --val-steps 6 --rates 0.01 --plan base"
    )
    words = [*given.split(), f"--base={base}"]
    assert ablate.main([*words, "--steps", "4"]) == 0
    assert ablate.main([*words, "--steps", "4"]) == 0
    with pytest.raises(LearnError, match="begun with steps 4, not 5; ask for the same"):
        ablate.main([*words, "--steps", "5"])


def test_streams_with_another_vocabulary_are_refused(tmp_path: Path) -> None:
    """Streams that a training may have read are not made again with other rows below it."""
    smoke.make_streams(tmp_path)
    given = ["--corpus", tmp_path / "corpus", "--sources", tmp_path / "sources"]
    given += ["--out", tmp_path / "streams", "--pieces", 300, "--shared", 64]
    assert streams_stage.main([*map(str, given), "--words", "400"]) == 0
    before = (tmp_path / "streams" / "vocab.txt").read_bytes()
    with pytest.raises(LearnError, match="begun with words 400, not 300; ask for the same"):
        streams_stage.main([*map(str, given), "--words", "300"])
    assert (tmp_path / "streams" / "vocab.txt").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "sentence"),
    [("--passes 2", "passes 1.0, not 2.0"), ("--rate 0.1", "rate 0.002, not 0.1"),
     ("--hold-out 0.5", "hold-out 0.2, not 0.5"), ("--seed 2", "seed 1, not 2")],
)  # fmt: skip
def test_own_with_other_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, sentence: str
) -> None:
    """No stage runs, and the old model is not taken for one made as asked."""
    ran: list[object] = []
    monkeypatch.setattr(finetune, "run_shown", lambda *words, **_: ran.append(words[0]))
    monkeypatch.setattr(finetune, "enough", lambda _: None)
    monkeypatch.setattr(finetune, "plan", lambda *_: [])
    monkeypatch.setattr(finetune, "read_about", lambda _: {"train": {"tokens": 1}})
    write_tree(tmp_path / "mine", {"a.py": "import os\n"})
    given = f"{tmp_path}/mine --out {tmp_path}/out --sites 0"
    assert finetune.main(given.split()) == 0
    assert finetune.main(given.split()) == 0
    done = len(ran)
    with pytest.raises(
        LearnError, match=f"begun with {sentence}; ask for the same, or for another --out"
    ):
        finetune.main(f"{given} {more}".split())
    assert done == len(ran) == 10
    assert json.loads((tmp_path / "out" / "made_with.json").read_text())["seed"] == 1
