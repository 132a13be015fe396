"""Trial: models that would harm the host are refused with one sentence.

In:   copies of the shipped model, with other graphs.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sibyl.errors import ModelError
from sibyl.host.trial import tried
from sibyl.network.model import Model

FLOAT = 1


def with_hash(folder: Path, name: str) -> None:
    """Let the sidecar know a file."""
    meta = json.loads((folder / "meta.json").read_text("utf-8"))
    meta["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "meta.json").write_text(json.dumps(meta), "utf-8")


def not_a_number(folder: Path) -> None:
    """A row whose scale is no number."""
    rows = np.load(folder / "rows.npy")
    rows[5, -2:] = np.array([np.nan], np.float16).view(np.int8)
    np.save(folder / "rows.npy", rows)
    with_hash(folder, "rows.npy")


def greedy(folder: Path) -> None:
    """A graph that allocates ten gigabytes."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    shape = helper.make_tensor("shape", onnx.TensorProto.INT64, [1], [2_500_000_000])
    nodes = [helper.make_node("ConstantOfShape", ["shape"], ["much"])]
    nodes.append(helper.make_node("ReduceSum", ["much"], ["one"], keepdims=0))
    for given, produced in zip(
        ("vectors", "hidden_in", "cell_in"), ("predicted", "hidden", "cell"), strict=True
    ):
        nodes.append(helper.make_node("Add", [given, "one"], [produced]))
    known = json.loads((folder / "meta.json").read_text("utf-8"))["sizes"]
    shapes = {"vectors": ("n", known["embedding"]), "predicted": ("n", known["embedding"])}

    def value(name: str) -> object:
        first, width = shapes.get(name, (1, known["hidden"]))
        return helper.make_tensor_value_info(name, FLOAT, [first, 1, width])

    graph = helper.make_graph(
        nodes,
        "greedy",
        [value(name) for name in ("vectors", "hidden_in", "cell_in")],
        [value(name) for name in ("predicted", "hidden", "cell")],
        [shape],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "sibyl.onnx").write_bytes(model.SerializeToString())
    with_hash(folder, "sibyl.onnx")


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shipped model."""
    model = tmp_path / "model"
    model.mkdir()
    for path in Model.files(model_folder):
        shutil.copy(path, model)
    return model


def test_a_sound_model_is_let_in(folder: Path) -> None:
    """A copy of the shipped model passes."""
    tried(folder)


@pytest.mark.parametrize("harm", [not_a_number, greedy])
def test_a_harmful_model_is_refused(folder: Path, harm: Callable[[Path], None]) -> None:
    """One sentence, and the process that asked is as it was."""
    if harm is greedy and sys.platform != "linux":
        pytest.skip("address space is limited on Linux alone")
    harm(folder)
    with pytest.raises(ModelError) as caught:
        tried(folder)
    sentence = str(caught.value)
    assert sentence.startswith("The model") and sentence.endswith(".") and "\n" not in sentence


def test_a_model_that_never_ends_is_refused(folder: Path) -> None:
    """A trial has so much time."""
    began = time.monotonic()
    with pytest.raises(ModelError, match="too long"):
        tried(folder, seconds=0.001)
    assert time.monotonic() - began < 20
