"""What a training promises: where it begins, what it reads, which weights it keeps.

In: small streams.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from small_repositories import killed_after  # noqa: E402

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.export import quantize  # noqa: E402
from sibyl.learn.export import stage as export  # noqa: E402
from sibyl.learn.recipes import smoke  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402
from sibyl.learn.training.checkpoints import (  # noqa: E402
    Progress,
    best_of,
    load_network,
    write_sidecar,
)
from sibyl.learn.training.distributed import Processes  # noqa: E402
from sibyl.learn.training.losses import draw  # noqa: E402
from sibyl.learn.training.network import Network  # noqa: E402
from sibyl.learn.training.pretrained import read_model  # noqa: E402
from sibyl.learn.training.run import prepare  # noqa: E402
from sibyl.learn.training.validation import draw_curves, ranks_of, read_log, summary  # noqa: E402
from sibyl.network.model import Model  # noqa: E402
from sibyl.network.rows import float_rows  # noqa: E402
from sibyl.network.runtime import session  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(300)]
SMALL = "--hidden 24 --embedding 16"
SHORT = (
    "--lanes 4 --length 32 --warm 4 --sample 100 --float --threads 1 --val-steps 3 --val-lanes 4"
)
SHIPPED = Path(__file__).parents[2] / "models"


def run(streams: Path, out: Path, more: str = "", sizes: str = SMALL) -> Path:
    """Train a little; returns the run's folder."""
    given = f"--streams {streams} --out {out} --steps 12 --every 6 {SHORT} {sizes} {more}"
    assert train.main(given.split()) == 0
    return out


def weights(path: Path) -> list:
    """The weights in a checkpoint."""
    return list(load_network(path)[0].parameters())


def same(first: Path, other: Path) -> bool:
    """Whether two checkpoints hold the same weights, bit by bit."""
    return all(map(torch.equal, weights(first), weights(other)))


@pytest.fixture(scope="module")
def trained(streams: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, its float model and its INT8 model."""
    out = tmp_path_factory.mktemp("trained")
    run(streams, out / "run", "--rate 0.02")
    export.main(f"--run {out}/run --streams {streams} --out {out}/float".split())
    quantize.main(f"--model {out}/float --out {out}/int8".split())
    return out


def test_an_exported_model_reads_back_as_it_was(trained: Path) -> None:
    """The float model folder holds the very weights that were trained."""
    weights = load_network(trained / "run" / "best.pt")[0].state_dict()
    model = read_model(trained / "float")
    assert model.sizes.as_dict() == load_network(trained / "run" / "best.pt")[1]["sizes"]
    assert set(model.network) == set(weights)
    assert all(torch.equal(model.network[name], weights[name]) for name in weights)


def test_an_int8_model_reads_back_nearly_as_it_was(trained: Path) -> None:
    """The weights of the INT8 model are within half a level of the float ones, and predict alike."""
    plain, rounded = read_model(trained / "float"), read_model(trained / "int8")
    for name, weight in plain.network.items():
        level = weight.abs().max() / 127 * 1.01 + 1e-6
        assert (weight - rounded.network[name]).abs().max() <= level, name
    vectors = torch.randn(40, 1, 16, generator=torch.Generator().manual_seed(0)) / 4
    predicted = []
    for model in (plain, rounded):
        network = Network(model.sizes)
        network.load_state_dict(model.network)
        predicted.append(network(vectors, None)[0].detach())
    assert (predicted[0] - predicted[1]).abs().max() < 0.02 * predicted[0].abs().max()


def test_the_shipped_model_can_be_finetuned(tmp_path: Path) -> None:
    """Read back into PyTorch, what ships predicts what ONNX Runtime says it predicts."""
    model = read_model(SHIPPED)
    network = Network(model.sizes)
    network.load_state_dict(model.network)
    rows = torch.from_numpy(float_rows(np.load(SHIPPED / "rows.npy"))[20:60, None])
    with torch.no_grad():
        wanted = network(rows, None)[0][-1, 0].numpy()
    zero = np.zeros((1, 1, model.sizes.hidden), np.float32)
    opened = session(SHIPPED / "sibyl.onnx")
    given = {"vectors": rows.numpy(), "hidden_in": zero, "cell_in": zero}
    got = opened.run(["predicted"], given)[0][0, 0]
    assert np.corrcoef(wanted, got)[0, 1] > 0.99
    assert np.abs(wanted - got).max() < 0.05 * np.abs(wanted).max()


def test_finetuning_begins_with_the_models_weights_and_sizes(
    trained: Path, streams: Path, tmp_path: Path
) -> None:
    """With a rate of zero, finetuning a folder or a checkpoint leaves its weights as they are."""
    for begin in ("float", "run/best.pt"):
        out = run(
            streams, tmp_path / begin.replace("/", "-"), f"--start {trained}/{begin} --rate 0", ""
        )
        assert same(out / "last.pt", trained / "run" / "best.pt")
    export.main(f"--run {tmp_path}/float --streams {streams} --out {tmp_path}/model".split())
    assert Model(tmp_path / "model").meta["training"]["start"] == Model(trained / "float").hash


def test_a_model_of_another_stream_version_can_be_finetuned(
    trained: Path, streams: Path, tmp_path: Path
) -> None:
    """Only the vocabulary must fit: a new stream is what finetuning may be for."""
    shutil.copytree(trained / "int8", tmp_path / "old")
    meta = json.loads((tmp_path / "old" / "meta.json").read_text())
    (tmp_path / "old" / "meta.json").write_text(json.dumps(meta | {"stream_version": 0}))
    run(streams, tmp_path / "run", f"--start {tmp_path}/old", "")
    assert (tmp_path / "run" / "last.pt").exists()


def test_weights_that_do_not_fit_are_refused(trained: Path, streams: Path, tmp_path: Path) -> None:
    """Another size, another vocabulary, a damaged file: one sentence each, and nothing is trained."""
    begin = f"--start {trained}/float"
    with pytest.raises(LearnError, match="has embedding 16 and hidden 24"):
        run(streams, tmp_path / "a", begin, "--hidden 32")
    with pytest.raises(LearnError, match="another vocabulary"):
        run(streams, tmp_path / "b", f"--start {SHIPPED}", "")
    shutil.copytree(trained / "int8", tmp_path / "damaged")
    (tmp_path / "damaged" / "rows.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(LearnError, match="damaged"):
        run(streams, tmp_path / "c", f"--start {tmp_path}/damaged", "")
    with pytest.raises(LearnError, match="holds no model"):
        run(streams, tmp_path / "d", f"--start {tmp_path}", "")
    assert not list(tmp_path.glob("[abcd]/*.pt"))


def test_skipping_reads_what_comes_after(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that skips n chunks reads those that one without reads from its n-th step on."""
    read: list[list[int]] = []
    draw = train.draw

    def noted(*given: object) -> object:
        batch = draw(*given)  # type: ignore[arg-type]
        read.append(batch.tokens.tolist())
        return batch

    monkeypatch.setattr(train, "draw", noted)
    run(streams, tmp_path / "all")
    whole, read = read, []
    run(streams, tmp_path / "rest", "--skip 6 --steps 6")
    assert read == whole[6:]


def test_a_killed_training_that_skips_goes_on_exactly(
    streams: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at a checkpoint and started again: same weights, same log, same best, bit by bit."""
    more = "--skip 3 --every 4 --rate 0.01"
    monkeypatch.setattr(train, "_LOGGED", 5)
    run(streams, tmp_path / "whole", more)
    with killed_after(train, "_keep"):
        run(streams, tmp_path / "killed", more)
    with (tmp_path / "killed" / "log.jsonl").open("a") as file:
        file.write('{"step": 5, "tokens": 1, "member": 0}\n{"step":')  # begun after the checkpoint
    run(streams, tmp_path / "killed", more)
    for name in ("last.pt", "best.pt"):
        assert same(tmp_path / "whole" / name, tmp_path / "killed" / name)
    logs = [read_log(tmp_path / name / "log.jsonl") for name in ("whole", "killed")]
    for line in (*logs[0], *logs[1]):
        line.pop("tokens_per_s", None)
    assert logs[0] == logs[1]
    with pytest.raises(LearnError, match="begun with skip 3, not 0"):
        run(streams, tmp_path / "killed", "--every 4 --rate 0.01")


def test_the_best_weights_are_kept_and_exported(streams: Path, tmp_path: Path) -> None:
    """best.pt is of the step with the highest MRR; a rate that ruins the network does not spoil it."""
    out = run(streams, tmp_path / "run", "--rate 30 --warm 1 --steps 18 --every 3 --patience 2")
    validated = [line for line in read_log(out / "log.jsonl") if "mrr" in line]
    best = max(validated, key=lambda line: line["mrr"])
    progress = load_network(out / "best.pt")[1]["progress"]
    assert (best["step"], best["mrr"]) == (progress["step"], progress["best"])
    assert validated[-1]["step"] == min(18, best["step"] + 2 * 3)  # patience
    given = f"--checkpoint {out}/best.pt"
    export.main(f"--run {out} --streams {streams} --out {tmp_path}/float {given}".split())
    assert Model(tmp_path / "float").meta["trained_steps"] == best["step"]
    # These streams hold no repository back, so that the best was chosen on what is measured later.
    export.main(f"--run {out} --streams {streams} --out {tmp_path}/last".split())
    assert Model(tmp_path / "last").meta["trained_steps"] == validated[-1]["step"]


def test_ranks_are_those_counted_by_hand() -> None:
    """Rank is one more than the scores above; equals share the middle; absent ones do not count."""
    scores = np.array([[3.0, 1, 2], [1, 2, 3], [1, 1, -np.inf], [0, 0, 0]])
    assert [1, 3, 1.5, 2] == ranks_of(scores).tolist()
    assert {"top1": 0.25, "top5": 1.0, "mrr": 0.625} == summary(ranks_of(scores)) | {"mrr": 0.625}
    assert summary(np.array([1, 2]))["mrr"] == 0.75


def test_lists_of_validation_hold_no_text_twice(streams: Path) -> None:
    """Each member's list begins with the true one, which stands there once, among others."""
    options = train.parser().parse_args(["--streams", str(streams), "--out", "unused"])
    options.embedding, options.hidden, options.lanes = 8, 8, 4
    prepared = prepare(options, Processes(), None)
    assert prepared.watch is not None and prepared.watch.members > 50
    for step, (lane, time, lists) in enumerate(prepared.watch.lists):
        tokens, _, _ = prepared.watch.lanes.step(step)
        assert np.array_equal(lists[:, 0], tokens[lane, time + 1])
        for row in lists:
            present = row[row >= 0]
            assert len(present) == len(set(present.tolist())) > 1


def test_repetitions_weigh_what_is_asked_for(streams: Path) -> None:
    """The losses with weight .5 lie where those of first uses alone and of all words put them."""
    losses = {}
    for weight in (0.0, 0.5, 1.0):
        given = ["--streams", str(streams), "--out", "unused", "--repeats", str(weight), "--float"]
        options = train.parser().parse_args(given)
        options.embedding, options.hidden, options.lanes = 8, 8, 4
        torch.manual_seed(1)
        prepared = prepare(options, Processes(), None)
        batch = draw(prepared.data, 10, (1, 1))
        first = batch.member.weights == 1
        assert weight == 1 or 0 < first.sum() < len(first)
        assert set(batch.member.weights.tolist()) == {weight, 1.0}
        with torch.no_grad():
            losses[weight] = {
                name: float(loss) for name, loss in prepared.lesson(batch, None)[0].items()
            }
        if weight == 0.5:
            news, everything = int(first.sum()), len(first)
    for name in ("member", "sibling"):
        sums = {0.0: losses[0.0][name] * news, 1.0: losses[1.0][name] * everything}
        assert sums[0.0] < 0.99 * sums[1.0], "what repeats costs something where it counts"
        mean = (sums[0.0] + sums[1.0]) / (news + everything)
        assert losses[0.5][name] == pytest.approx(mean, rel=1e-4)


def test_a_learning_curve_is_a_picture(trained: Path, tmp_path: Path) -> None:
    """A training leaves its curves as a PNG, and they can be drawn from the log alone."""
    assert (trained / "run" / "curve.png").read_bytes()[:4] == b"\x89PNG"
    draw_curves(trained / "run" / "log.jsonl", tmp_path / "again.png")
    assert (tmp_path / "again.png").stat().st_size > 5_000


def test_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """No option stands in --help without a word about it."""
    for stage in (train, export, quantize, smoke):
        for action in stage.parser()._actions:
            assert action.help, f"{stage.__name__} {action.option_strings}"


@pytest.mark.parametrize(("watched", "name"), [("dev", "best.pt"), ("val", "last.pt")])
def test_no_checkpoint_is_chosen_on_what_it_is_measured_on(
    watched: str, name: str, tmp_path: Path
) -> None:
    """Where no repositories are held back, the last checkpoint is exported, not the best by validation."""
    (tmp_path / "best.pt").touch()
    write_sidecar(tmp_path, Progress(), {}, {}, watched)
    assert best_of(tmp_path) == tmp_path / name


def test_a_training_leaves_the_process_as_it_was(streams: Path, tmp_path: Path) -> None:
    """Numbers too small for full precision are rounded to zero while training, and not after it."""
    run(streams, tmp_path / "run", "--steps 2")
    smallest = np.nextafter(np.float32(0), np.float32(1))
    assert smallest * np.float32(1) > 0
