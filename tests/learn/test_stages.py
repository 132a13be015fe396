"""All stages on a handful of files, and what each promises of its work.

In:   the standard library, through ``sibyl.learn.recipes.smoke``.
Out:  a tiny model, looked at from all sides.
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
from sibyl.learn.evaluation import evaluate  # noqa: E402
from sibyl.learn.evaluation.mixture import Mixture  # noqa: E402
from sibyl.learn.evaluation.recorded import read_menus  # noqa: E402
from sibyl.learn.evaluation.replay import collect  # noqa: E402
from sibyl.learn.export import quantize  # noqa: E402
from sibyl.learn.export import stage as export  # noqa: E402
from sibyl.learn.recipes import smoke  # noqa: E402
from sibyl.learn.streams import stage as streams  # noqa: E402
from sibyl.learn.training import stage as train  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402
from sibyl.learn.training.validation import read_log  # noqa: E402
from sibyl.network.model import Model  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one tiny run."""
    out = tmp_path_factory.mktemp("tiny")
    assert smoke.main(["--out", str(out), "--sites", "12", "--steps", "30"]) == 0
    return out


def small(learned: Path, out: Path, steps: int = 12) -> list[str]:
    """Arguments of a short training on the tiny streams."""
    given = (
        f"--streams {learned}/streams --out {out} --hidden 24 --embedding 16 --lanes 4 --length 32"
    )
    return [
        *given.split(),
        *f"--steps {steps} --every 6 --warm 4 --sample 100 --float --threads 1".split(),
    ]


def test_all_stages_make_a_model_that_loads(learned: Path) -> None:
    """After all stages there is a model folder that the editor's side accepts."""
    model = Model(learned / "model")
    assert model.meta["numbers"] == "int8"
    assert (8,) == model.vectors(["append"])[0][:8].shape


def test_the_tables_hold_every_order(learned: Path) -> None:
    """The evaluation names all orders the design asks for, and each is a share between 0 and 1."""
    table = json.loads((learned / "evaluate.json").read_text())
    wanted = "alphabetical server popularity markov recent counts float int8 full".split()
    assert set(wanted) <= set(table["orders"])
    assert all(0 <= table["orders"][name]["mrr"] <= 1 for name in wanted)
    assert table["sites"] == sum(
        measures["sites"]
        for name, measures in table["slices"]["full"].items()
        if name.startswith("list")
    )


def test_onnx_says_what_pytorch_says(learned: Path) -> None:
    """The exported graph differs from PyTorch by less than 1e-4, state included."""
    network, _ = load_network(learned / "run" / "last.pt")
    assert export.difference(network, learned / "float" / "sibyl.onnx", tokens=200) < 1e-4


def test_int8_reads_the_same_alone_and_in_bulk(learned: Path) -> None:
    """Typing token by token and reading a file at once give the same state, bit by bit, in INT8."""
    model = Model(learned / "model")
    vectors = model.vectors("import os <nl> os @os path . join ( self @self x".split())
    bulk, bulk_state = model.step(vectors, model.begin)
    state = model.begin
    for vector in vectors:
        single, state = model.step(vector[None], state)
    assert np.array_equal(bulk, single)
    assert np.array_equal(bulk_state[1], state[1])


def test_a_killed_training_goes_on_as_if_nothing_had_been(learned: Path, tmp_path: Path) -> None:
    """Stopped at a checkpoint and started again, the weights come out the same, bit by bit."""
    train.main(small(learned, tmp_path / "whole"))
    with killed_after(train, "save"):
        train.main(small(learned, tmp_path / "killed"))
    train.main(small(learned, tmp_path / "killed"))
    whole, _ = load_network(tmp_path / "whole" / "last.pt")
    killed, unbroken = load_network(tmp_path / "killed" / "last.pt")
    assert 12 == unbroken["progress"]["step"]
    for expected, other in zip(whole.parameters(), killed.parameters(), strict=True):
        assert torch.equal(expected, other)


def test_training_learns(learned: Path) -> None:
    """The loss of members falls."""
    run = learned / "learns"
    arguments = small(learned, run, steps=100)
    train.main([*arguments, "--rate", "0.02"])
    lines = [line for line in read_log(run / "log.jsonl") if "member" in line]
    assert lines[-1]["member"] < lines[0]["member"]


def test_features_do_not_look_below_the_cursor(learned: Path, tmp_path: Path) -> None:
    """What stands below a recorded site changes nothing of what is known there."""
    menus = read_menus(learned / "val.jsonl.gz")
    line = next(line for line in menus if line["menu"])
    before = next(collect([line], learned / "sources", learned / "model"))
    sources = tmp_path / "sources"
    shutil.copytree(learned / "sources", sources)
    path = sources / line["repo"].replace("/", "+") / line["path"]
    path.write_bytes(path.read_bytes()[: line["offset"]] + b"other\nimport that\nx = 'y\n")
    from sibyl.learn.corpus.stores import blob_id

    changed = line | {"blob": blob_id(path.read_bytes())}
    after = next(collect([changed], sources, learned / "model"))
    assert np.array_equal(before.rows, after.rows)


def test_a_checkpoint_of_other_size_is_refused(learned: Path, tmp_path: Path) -> None:
    """Going on with other sizes than the checkpoint's ends in one sentence, not in a wrong model."""
    train.main(small(learned, tmp_path / "run", steps=6))
    with pytest.raises(LearnError, match="begun with hidden 24, not 32"):
        train.main([*small(learned, tmp_path / "run"), "--hidden", "32"])


def test_a_damaged_checkpoint_is_refused(learned: Path, tmp_path: Path) -> None:
    """A checkpoint cut short is told apart from none at all."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.pt").write_bytes((learned / "run" / "last.pt").read_bytes()[:1000])
    with pytest.raises(LearnError, match="cannot be read"):
        train.main(small(learned, tmp_path / "run"))


@pytest.mark.parametrize("content", [b"", b"garbage", b'{"repo": 1}'])
def test_a_menus_file_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    """Garbage instead of recorded lists ends in one sentence."""
    (tmp_path / "m.jsonl.gz").write_bytes(content)
    with pytest.raises(LearnError, match="is not a menus file"):
        read_menus(tmp_path / "m.jsonl.gz")


def test_absent_sources_are_told(learned: Path, tmp_path: Path) -> None:
    """Measuring without the repositories names what is missing."""
    with pytest.raises(LearnError, match=r"is not in|no sources folder"):
        evaluate.main(
            f"--menus {learned}/val.jsonl.gz --sources {tmp_path} --model {learned}/model".split()
        )


def test_stages_refuse_what_earlier_stages_did_not_make(tmp_path: Path) -> None:
    """A stage started too early says which folder lacks what."""
    nothing = str(tmp_path)
    with pytest.raises(LearnError):
        streams.main(["--corpus", nothing, "--sources", nothing, "--out", f"{nothing}/s"])
    with pytest.raises(LearnError):
        export.main(["--run", nothing, "--streams", nothing, "--out", f"{nothing}/f"])
    with pytest.raises(LearnError):
        quantize.main(["--model", nothing, "--out", f"{nothing}/q"])


def test_the_mixture_in_the_sidecar_is_the_one_learned(learned: Path) -> None:
    """The live sum of features gives the order that the learned one gives."""
    from sibyl.ranking.mix import Mix

    meta = json.loads((learned / "model" / "meta.json").read_text())
    sites = list(
        collect(read_menus(learned / "train.jsonl.gz"), learned / "sources", learned / "model")
    )
    live = Mix(meta["mix"])
    mean = np.concatenate([site.rows for site in sites]).mean(0)
    mixture = Mixture(range(len(mean)), torch.from_numpy(mean), torch.ones(len(mean)), 4)
    hidden, live.out, direct = mixture.folded()
    live.weights = np.column_stack((hidden, [*direct, 0])).astype(np.float32)
    for site in sites[:5]:
        wanted = mixture(torch.from_numpy(site.rows)).detach().numpy()
        got = live.scores(site.rows)
        assert np.allclose(got - got[0], wanted - wanted[0], atol=1e-4)
