"""A float model folder to the INT8 one that is shipped.

In: the folder ``export`` made.  Out: the same files in INT8: the LSTM and the projection by ONNX Runtime's
post-training quantization (dynamic: activations are measured as they come), the rows with one scale
each, and the mixing weights carried over if there are any.

    python -m sibyl.learn quantize --model build/float --out models
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from sibyl.errors import LearnError, first_line
from sibyl.learn.export.stage import write_meta
from sibyl.learn.io import digests, make_folder, whole_file
from sibyl.network.model import MIXES, Model
from sibyl.network.rows import rows_int8
from sibyl.network.runtime import onnxruntime
from sibyl.network.vocab import Vocab


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn quantize", description=__doc__.split("\n")[0]
    )
    arguments.add_argument("--model", type=Path, required=True, help="folder of the float model")
    arguments.add_argument("--out", type=Path, required=True, help="folder for the INT8 model")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Quantize and say how large it became."""
    options = parser().parse_args(argv)
    meta, vocab = _whole(options.model)
    make_folder(options.out)
    with tempfile.TemporaryDirectory() as folder:
        quantized = Path(folder) / "int8.onnx"
        lstm_int8(options.model / "sibyl.onnx", quantized)
        with whole_file(options.out / "sibyl.onnx") as file:
            file.write(quantized.read_bytes())
    with whole_file(options.out / "rows.npy") as file:
        np.save(file, rows_int8(np.load(options.model / "rows.npy")))
    with whole_file(options.out / "vocab.txt") as file:
        file.write(vocab.dump().encode("utf-8"))
    carried_over = ("trained_steps", "sizes", "streams", "training", "onnx_from_torch", *MIXES)
    write_meta(
        options.out, vocab, "int8", {name: meta[name] for name in carried_over if name in meta}
    )
    sizes = {path.name: path.stat().st_size for path in Model.files(options.out)}
    print(json.dumps({"bytes": sizes, "all": sum(sizes.values())}))
    return 0


def _whole(model: Path) -> tuple[dict[str, Any], Vocab]:
    """Return a float model's sidecar and vocabulary; raises LearnError where it is not float, or not whole."""
    try:
        meta: dict[str, Any] = json.loads((model / "meta.json").read_text("utf-8"))
        numbers, wanted, digest = meta["numbers"], meta["sha256"], meta["vocab"]
        actual = digests(model, wanted)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LearnError(f"{model} holds no exported model ({first_line(error)}).") from error
    if numbers != "float32":
        raise LearnError(f"{model} is quantized already ({numbers}); name the folder of export.")
    vocab = Vocab.load(model / "vocab.txt")
    if actual != wanted or vocab.digest() != digest:
        raise LearnError(f"The model in {model} is damaged; export it again.")
    return meta, vocab


def lstm_int8(source: Path, target: Path) -> None:
    """Quantize LSTM and MatMul; 8-bit unsigned weights cannot saturate on CPUs without VNNI."""
    quantization = onnxruntime("quantization")
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        prepare = onnxruntime("quantization.shape_inference").quant_pre_process
        prepare(source, prepared, skip_symbolic_shape=True)
        quantization.quantize_dynamic(
            prepared,
            target,
            op_types_to_quantize=["LSTM", "MatMul"],
            per_channel=True,
            weight_type=quantization.QuantType.QUInt8,
        )
