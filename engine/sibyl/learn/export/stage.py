"""A checkpoint to ONNX, with the state in and out.

In: a checkpoint and the vocabulary of its streams.  Out: a model folder: ``sibyl.onnx`` (vectors and state
in; predicted vectors and state out), ``rows.npy`` (float32), ``vocab.txt`` and ``meta.json``.

    python -m sibyl.learn export --run build/run --streams build/streams --out build/float
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from sibyl.code.stream import STREAM_VERSION
from sibyl.errors import LearnError, first_line
from sibyl.learn.io import digests, whole_file
from sibyl.learn.streams.stage import rows_of
from sibyl.learn.training.checkpoints import best_of, load_network
from sibyl.learn.training.network import Network
from sibyl.learn.training.pretrained import mixes_of
from sibyl.network.model import MODEL_VERSION
from sibyl.network.runtime import onnxruntime
from sibyl.network.vocab import Vocab

_OPSET = 17


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn export", description=__doc__.split("\n")[0]
    )
    arguments.add_argument("--run", type=Path, required=True, help="folder of the training run")
    arguments.add_argument(
        "--checkpoint", type=Path, help="which one (default: its best.pt, else last.pt)"
    )
    arguments.add_argument("--streams", type=Path, required=True, help="folder of its streams")
    arguments.add_argument("--out", type=Path, required=True, help="folder for the float model")
    arguments.add_argument(
        "--mix", type=Path, metavar="MODEL",
        help="take the mixing weights of this model folder (default: of the one that training "
        "started with, if it did; the mix stage learns others)",
    )  # fmt: skip
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Export a checkpoint and compare it with PyTorch."""
    options = parser().parse_args(argv)
    network, checkpoint = load_network(options.checkpoint or best_of(options.run))
    if not network.sizes.plain:
        raise LearnError(
            f"The network in {options.run} is one to compare with; only one LSTM layer over whole "
            "and piece rows, with the predicted embedding, runs in the editor."
        )
    vocab = Vocab.load(options.streams / "vocab.txt")
    if vocab.rows != network.sizes.rows:
        raise LearnError(f"The checkpoint in {options.run} was made with other streams.")
    about = _read_json(options.run / "train.json")
    mixes = _mixes(options.mix) if options.mix else about.get("mixes", {})
    with whole_file(options.out / "sibyl.onnx") as file:
        file.write(to_onnx(network, reach(network, vocab)).SerializeToString())
    with whole_file(options.out / "rows.npy") as file:
        np.save(file, network.rows.weight.detach().numpy())
    with whole_file(options.out / "vocab.txt") as file:
        file.write(vocab.dump().encode())
    far = difference(network, options.out / "sibyl.onnx")
    if not far <= 1e-4:  # not so of no number, too
        raise LearnError(f"ONNX and PyTorch differ by {far:.2g}, more than 1e-4.")
    meta = {
        "trained_steps": checkpoint["progress"]["step"],
        "sizes": network.sizes.as_dict(),
        "streams": _read_json(options.streams / "streams.json"),
        "training": about["arguments"],
        "onnx_from_torch": far,
        **mixes,
    }
    for name in ("streams", "out"):  # folders of the machine it was made on say nothing
        meta["training"].pop(name, None)
    write_meta(options.out, vocab, "float32", meta)
    print(json.dumps({"steps": checkpoint["progress"]["step"], "farthest from PyTorch": far}))
    if not mixes:
        print("It has no mixing weights yet; the mix stage learns them, or --mix takes a model's.")
    return 0


def _mixes(model: Path) -> dict[str, dict]:
    mixes = mixes_of(_read_json(model / "meta.json"))
    if not mixes:
        raise LearnError(f"{model} has no mixing weights for this version of sibyl.")
    return mixes


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return content
    except (OSError, ValueError) as error:
        raise LearnError(f"{path} cannot be read ({first_line(error)}).") from error


def reach(network: Network, vocab: Vocab) -> float:
    """Return how far from zero the vectors of the vocabulary's own texts go."""
    rows = torch.from_numpy(rows_of(vocab.words, vocab))
    with torch.no_grad():
        return max(float(network.vectors(rows).abs().max()), 1e-3) if len(rows) else 1.0


def to_onnx(network: Network, far: float) -> onnx.ModelProto:
    """Write the LSTM and its projection as a graph.

    Before the LSTM stand a clip to ``far`` and two constant inputs, ``far`` and ``-far``, with no weight. They
    change nothing in float. In INT8 they fix the scale of what goes in, which otherwise depends on
    the tokens that happen to be read in one call: typing and reading afresh would differ.
    """
    size, hidden = network.sizes.embedding, network.sizes.hidden
    lstm = network.lstm
    weights = {
        "far": np.asarray(far, np.float32),
        "near": np.asarray(-far, np.float32),
        "one_more": np.asarray([0, 0, 0, 0, 0, 1], np.int64),
        "W": np.pad(_gates(lstm.weight_ih_l0), ((0, 0), (0, 2)))[None],
        "R": _gates(lstm.weight_hh_l0)[None],
        "B": np.concatenate((_gates(lstm.bias_ih_l0), _gates(lstm.bias_hh_l0)))[None],
        "P": network.project.weight.detach().numpy().T.copy(),
        "b": network.project.bias.detach().numpy(),
    }
    nodes = [
        helper.make_node("Clip", ["vectors", "near", "far"], ["clipped"]),
        helper.make_node("Pad", ["clipped", "one_more", "far"], ["upper"]),
        helper.make_node("Pad", ["upper", "one_more", "near"], ["ranged"]),
        helper.make_node(
            "LSTM",
            ["ranged", "W", "R", "B", "", "hidden_in", "cell_in"],
            ["", "hidden", "cell"],
            hidden_size=hidden,
        ),
        helper.make_node("MatMul", ["hidden", "P"], ["projected"]),
        helper.make_node("Add", ["projected", "b"], ["predicted"]),
    ]
    tensor = helper.make_tensor_value_info
    state = [1, 1, hidden]
    graph = helper.make_graph(
        nodes,
        "sibyl",
        [
            tensor("vectors", TensorProto.FLOAT, ["tokens", 1, size]),
            tensor("hidden_in", TensorProto.FLOAT, state),
            tensor("cell_in", TensorProto.FLOAT, state),
        ],
        [
            tensor("predicted", TensorProto.FLOAT, [1, 1, size]),
            tensor("hidden", TensorProto.FLOAT, state),
            tensor("cell", TensorProto.FLOAT, state),
        ],
        [numpy_helper.from_array(np.ascontiguousarray(w), name) for name, w in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def _gates(weight: torch.Tensor) -> np.ndarray:
    """Reorder PyTorch's gates (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    into, forget, cell, out = weight.detach().numpy().reshape(4, -1, *weight.shape[1:])
    return np.concatenate((into, out, forget, cell))


def difference(network: Network, path: Path, tokens: int = 64) -> float:
    """Return the largest difference between PyTorch and ONNX over some random tokens."""
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((tokens, 1, network.sizes.embedding)).astype(np.float32) / 8
    zero = np.zeros((1, 1, network.sizes.hidden), np.float32)
    session = onnxruntime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {"vectors": vectors, "hidden_in": zero, "cell_in": zero}
    predicted, hidden, cell = session.run(["predicted", "hidden", "cell"], given)
    with torch.no_grad():
        wanted, (wanted_hidden, wanted_cell) = network(torch.from_numpy(vectors), None)
    pairs = ((predicted[0], wanted[-1]), (hidden, wanted_hidden), (cell, wanted_cell))
    return max(float(np.abs(got - want.numpy()).max()) for got, want in pairs)


def write_meta(folder: Path, vocab: Vocab, numbers: str, more: dict) -> None:
    """Write the sidecar: what must fit, and what made it."""
    files = digests(folder, ("sibyl.onnx", "rows.npy"))
    meta = {
        "model_version": MODEL_VERSION,
        "stream_version": STREAM_VERSION,
        "vocab": vocab.digest(),
        "numbers": numbers,
        "sha256": files,
        **more,
    }
    with whole_file(folder / "meta.json") as file:
        file.write((json.dumps(meta, indent=1) + "\n").encode())
