"""Repositories held back from training, to choose recipes by.

In:   five small repositories.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from small_repositories import code, make_repository

torch = pytest.importorskip("torch")

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.corpus import stage as corpus  # noqa: E402
from sibyl.learn.corpus.splits import held_back  # noqa: E402
from sibyl.learn.streams import stage as streams  # noqa: E402
from sibyl.learn.training import options as training_options  # noqa: E402
from sibyl.learn.training import run as runs  # noqa: E402
from sibyl.learn.training.batches import Shard  # noqa: E402
from sibyl.learn.training.distributed import Processes  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
NAMES = ("amber", "birch", "cedar", "delta", "ember")


@pytest.fixture
def five(sources: Path) -> Path:
    """A sources folder of the five repositories."""
    for name in NAMES:
        make_repository(sources, f"me/{name}", {f"{i}.py": code(f"{name}{i}", 9) for i in range(3)})
    return sources


def make_streams(sources: Path, out: Path, *more: object) -> dict:
    """Make a corpus, of which one repository is ``val``, and its streams; returns the sidecar."""
    both = ("--sources", sources, "--jobs", 1)
    assert corpus.main([*map(str, (*both, "--out", out / "corpus", "--any-licence"))]) == 0
    given = (*both, "--corpus", out / "corpus", "--out", out / "streams", *more)
    assert streams.main([*map(str, given)]) == 0
    about: dict = json.loads((out / "streams" / "streams.json").read_text())
    return about


def repositories_of(folder: Path, split: str) -> set[str]:
    """Return whose code a split of the streams holds."""
    texts = gzip.decompress((folder / "texts.txt.gz").read_bytes()).decode().split("\n")
    used = {texts[token] for token in np.load(folder / f"{split}.tokens.npy")}
    return {name for name in NAMES if any(text.startswith(f"run_{name}") for text in used)}


def test_a_repository_is_trained_on_or_chosen_by_never_both(five: Path, tmp_path: Path) -> None:
    """Each repository is of one split; held-back ones give the vocabulary no word."""
    about = make_streams(five, tmp_path, "--dev", 1)
    folder = tmp_path / "streams"
    splits = {split: repositories_of(folder, split) for split in ("train", "dev", "val")}
    assert {"train": 3, "dev": 1, "val": 1} == {
        split: len(members) for split, members in splits.items()
    }
    assert set(NAMES) == set.union(*splits.values())
    assert [3, 1] == [about[split]["repositories"] for split in ("train", "dev")]
    words = (folder / "vocab.txt").read_text()
    assert [name in words for members in splits.values() for name in members] == [True] * 3 + [
        False
    ] * 2


def test_a_training_is_watched_on_what_was_held_back(five: Path, tmp_path: Path) -> None:
    """Early stopping and comparisons look at ``dev``; at ``val`` only where nothing was held back."""
    for more, wanted in ((("--dev", 1), "dev"), ((), "val")):
        out = tmp_path / wanted  # streams made with one --dev are not gone on with under another
        make_streams(five, out, *more)
        given = f"--streams {out}/streams --out {out}/run --lanes 2 --hidden 8 --embedding 8"
        run = runs.prepare(training_options.parser().parse_args(given.split()), Processes(), None)
        assert run.watch is not None
        shard = Shard.open(out / "streams", wanted)
        assert np.array_equal(shard.tokens, run.watch.lanes.shard.tokens)


def test_how_many_are_held_back() -> None:
    """One in ten of twenty or more unless asked otherwise; the same ones each time; never all."""
    names = [f"me/{i}" for i in range(40)]
    assert held_back(names, None) == held_back(names[::-1], None)
    assert [4, 2, 0] == [len(held_back(names[:many], None)) for many in (40, 20, 19)]
    assert [0, 7] == [len(held_back(names, many)) for many in (0, 7)]
    with pytest.raises(LearnError, match="cannot be held back"):
        held_back(names[:3], 3)
