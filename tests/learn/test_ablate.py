"""What a comparison of variants promises: alike but for what is named, resumable, counted right.

In: small streams.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sibyl.code.tokens import ORIGIN  # noqa: E402
from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.experiments import ablate  # noqa: E402
from sibyl.learn.export import stage as export  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402
from sibyl.learn.training.ablations import (  # noqa: E402
    first_share,
    with_vocabulary,
    without_origins,
    without_pieces,
)
from sibyl.learn.training.batches import Lanes, Shard  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402
from sibyl.learn.training.network import Network, Sizes, carried  # noqa: E402
from sibyl.network.vocab import Vocab  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
BASE = "--hidden 24 --embedding 16 --lanes 4 --length 32 --warm 4 --sample 100 --float"
KINDS = [
    Sizes(300, 8, 12),
    Sizes(300, 8, 12, layers=2),
    Sizes(300, 8, 12, cell="gru"),
    Sizes(300, 8, 12, cell="gru", layers=2),
    Sizes(300, 8, 12, outputs=100),
    Sizes(300, 8, 12, attention=True),
    Sizes(300, 8, 12, attention=True, outputs=100, cell="gru", layers=2),
]


@pytest.mark.parametrize("sizes", KINDS, ids=str)
def test_no_kind_of_network_sees_what_comes_after(sizes: Sizes) -> None:
    """What is predicted at a token is the same whatever follows it, and whatever other lanes read."""
    torch.manual_seed(3)
    network = Network(sizes)
    vectors = torch.randn(10, 2, 8)
    _, state = network(torch.randn(10, 2, 8), None)
    changed = vectors.clone()
    changed[6:] = torch.randn(4, 2, 8)
    changed[:, 1] = torch.randn(10, 8)
    before, after = network(vectors, state)[0], network(changed, state)[0]
    assert torch.allclose(before[:6, 0], after[:6, 0], atol=1e-6)
    assert not torch.allclose(before[6, 0], after[6, 0], atol=1e-6)


@pytest.mark.parametrize("sizes", KINDS, ids=str)
def test_a_lane_that_begins_a_file_has_forgotten_the_last(sizes: Sizes) -> None:
    """Where a file begins, all kinds predict what they predict without any state."""
    torch.manual_seed(3)
    network = Network(sizes)
    vectors = torch.randn(10, 2, 8)
    _, state = network(torch.randn(10, 2, 8), None)
    begun = network(vectors, carried(state, torch.tensor([True, False])))[0]
    fresh = network(vectors, None)[0]
    if not sizes.attention:  # which sees empty states before: less is forgotten than not known
        assert torch.allclose(begun[:, 0], fresh[:, 0], atol=1e-6)
    other = network(
        vectors, carried(network(torch.randn(10, 2, 8), None)[1], torch.tensor([True, False]))
    )[0]
    assert torch.allclose(begun[:, 0], other[:, 0], atol=1e-6)
    assert not torch.allclose(begun[:, 1], fresh[:, 1], atol=1e-6)


def test_attention_reaches_into_the_chunk_before() -> None:
    """A state of the last chunk changes what attention predicts in this one."""
    network = Network(Sizes(300, 8, 12, attention=True))
    hidden, cell, seen = network(torch.randn(10, 1, 8), None)[1]
    vectors = torch.randn(10, 1, 8)
    whole = network(vectors, (hidden, cell, seen))[0]
    other = network(vectors, (hidden, cell, seen + 1))[0]
    assert not torch.allclose(whole[0], other[0], atol=1e-6)


def test_networks_to_compare_with_are_not_exported(streams: Path, tmp_path: Path) -> None:
    """What the editor cannot run is refused in one sentence, and nothing is written."""
    given = f"--streams {streams} --out {tmp_path}/run --steps 2 --val-steps 1 {BASE}"
    for name, asked in enumerate(
        ("--cell gru", "--layers 2", "--attention", "--output full", "--no-pieces")
    ):
        run = tmp_path / f"run{name}"
        assert train.main([*given.replace("/run", f"/run{name}").split(), *asked.split()]) == 0
        with pytest.raises(LearnError, match="one to compare with"):
            export.main(f"--run {run} --streams {streams} --out {tmp_path}/model".split())
    assert not (tmp_path / "model").exists()


def test_without_pieces_or_origins_nothing_else_changes(streams: Path) -> None:
    """Rows of whole texts stay; all origins read the same, and no other text does."""
    rows = np.load(streams / "rows.npy")
    whole = without_pieces(rows)
    assert (whole[:, 1:] == -1).all() and (whole[:, 0] >= 0).all()
    assert np.array_equal(whole[rows[:, 0] >= 0, 0], rows[rows[:, 0] >= 0, 0])
    shard = Shard.open(streams, "train")
    without = without_origins(rows, [shard])
    origins = np.unique(shard.tokens[shard.kinds == ORIGIN])
    assert len(np.unique(without[origins], axis=0)) == 1
    others = np.setdiff1d(np.arange(len(rows)), origins)
    assert np.array_equal(without[others], rows[others])


def test_another_vocabulary_keeps_the_tokens(streams: Path, tmp_path: Path) -> None:
    """Tokens stay what they are; rows follow the new words and pieces, as the streams stage makes them."""
    out = with_vocabulary(streams, tmp_path / "other", 50, 60, 16)
    vocab = Vocab.load(out / "vocab.txt")
    assert (len(vocab.words), len(vocab.parts), vocab.shared) == (50, 60, 16)
    assert np.array_equal(Shard.open(out, "train").tokens, Shard.open(streams, "train").tokens)
    rows = np.load(out / "rows.npy")
    assert len(rows) == len(np.load(streams / "rows.npy"))
    assert rows.max() < vocab.rows == json.loads((out / "streams.json").read_text())["rows"]
    assert (
        train.main(f"--streams {out} --out {tmp_path}/run --steps 2 --val-steps 1 {BASE}".split())
        == 0
    )


def test_a_share_of_the_corpus_is_its_beginning(streams: Path) -> None:
    """Half of the corpus is its first files, whole ones, with about half of the tokens."""
    shard = Shard.open(streams, "train")
    half = first_share(shard, 0.5)
    assert half.firsts[-1] == len(half.tokens) == len(half.kinds)
    assert len(half.tokens) >= len(shard.tokens) / 2 > half.firsts[-2]
    assert np.array_equal(half.tokens, shard.tokens[: len(half.tokens)])


def test_a_window_forgets_within_files(streams: Path) -> None:
    """With a window, a file's state is dropped every few chunks, and the chunks are the same."""
    shard = Shard.open(streams, "train")
    whole, cut = Lanes(shard, 4, 32, 1), Lanes(shard, 4, 32, 1, window=3)
    dropped = 0
    for step in range(12):
        whole_step, other = whole.step(step), cut.step(step)
        assert np.array_equal(whole_step[0], other[0])
        assert not (whole_step[2] & ~other[2]).any()
        dropped += int((other[2] & ~whole_step[2]).sum())
    assert dropped


def test_variants_are_compared_and_a_killed_comparison_goes_on(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables hold all variants asked for; those done before are not done again."""
    given = ["--streams", str(streams), "--out", str(tmp_path), "--steps", "8", "--base", BASE]
    given += ["--val-lanes", "4", "--val-steps", "6", "--rates", "0.00001", "0.02"]
    worth = {}
    plain = ablate.Bench._train

    def noted(bench: ablate.Bench, name: str, asked: str, rate: float) -> ablate.Measured:
        measured = plain(bench, name, asked, rate)
        worth[name, rate] = ablate.summary(measured.ranks)["mrr"]
        return measured

    monkeypatch.setattr(ablate.Bench, "_train", noted)
    ablate.main([*given, "--plan", "base,frequency,no-origins"])
    monkeypatch.setattr(
        ablate, "train", lambda *_: pytest.fail("a variant that was done is trained again")
    )
    ablate.main([*given, "--plan", "base,markov,no-origins"])
    variants = {
        variant["name"]: variant for variant in json.loads((tmp_path / "ablate.json").read_text())
    }
    assert set(variants) == {"base", "frequency", "markov", "no-origins"}
    assert len({variant["members"] for variant in variants.values()}) == 1
    assert "against_base" in variants["markov"] and "against_base" not in variants["base"]
    assert len((tmp_path / "ablate.md").read_text().splitlines()) == 2 + len(variants)
    tried = {path.parent.name for path in tmp_path.glob("*/*/last.pt")}
    assert tried == {"rate-1e-05", "rate-0.02"}
    better = max((1e-05, 0.02), key=lambda rate: worth["base", rate])
    assert variants["base"]["rate"] == variants["no-origins"]["rate"] == better, (
        "the better rate wins"
    )
    assert [1, 2] == [
        len([*(tmp_path / variant).glob("rate-*")]) for variant in ("no-origins", "base")
    ]
    base = load_network(tmp_path / "base" / "rate-0.02" / "last.pt")[0]
    rows = len(np.unique(np.load(streams / "rows.npy"))) - 1
    weights = sum(parameter.numel() for parameter in base.parameters())
    unused = (base.sizes.rows - rows) * base.sizes.embedding
    assert ablate.network_bytes(base, rows)[0] == 4 * (weights - unused)


def test_the_difference_is_one_between_pairs() -> None:
    """Alike ranks differ by nothing, and surely; one better everywhere is better, and surely."""
    ranks, lanes = np.array([1.0, 2, 4, 1]), np.array([0.0, 0, 1, 1])
    base = np.stack((ranks, lanes))
    assert (0.0, 0.0) == ablate.gain_over(base, base)
    mean, half = ablate.gain_over(np.stack((np.ones(4), lanes)), np.stack((np.full(4, 2.0), lanes)))
    assert (0.5, 0.0) == (mean, half)


def test_no_rate_is_chosen_by_the_members_it_is_measured_on() -> None:
    """Each half of the lanes is ranked at the best rate of the other half; the rate told is best on all."""
    lanes = np.array([0, 0, 1, 1, 1])
    low = ablate.Measured(np.array([1.0, 1, 9, 9, 9]), lanes, (2, 1))
    high = ablate.Measured(np.array([9.0, 9, 2, 2, 2]), lanes, (2, 1))
    rate, measured = ablate.chosen({0.001: low, 0.01: high})
    assert measured.ranks.tolist() == [9.0, 9, 9, 9, 9], "what either half would have liked best"
    assert rate == 0.001, "of all members"
    assert (measured.lanes.tolist(), measured.sizes) == (lanes.tolist(), (2, 1))
    assert low.ranks.tolist() == [1.0, 1, 9, 9, 9], "what was measured stays as it is"


def test_a_single_lane_is_measured_at_its_best_rate() -> None:
    """Where there is no other half, the best rate counts."""
    lanes = np.zeros(2)
    tried = {
        rate: ablate.Measured(np.array([rank, 1.0]), lanes, (2, 1))
        for rate, rank in ((1.0, 3.0), (2.0, 2.0))
    }
    rate, measured = ablate.chosen(tried)
    assert (rate, measured.ranks.tolist()) == (2.0, [2.0, 1.0])


def test_an_unknown_variant_is_told(tmp_path: Path) -> None:
    """A name that is none ends in one sentence."""
    with pytest.raises(LearnError, match="no variant nonsense"):
        ablate.main(f"--streams {tmp_path} --out {tmp_path} --plan base,nonsense".split())
