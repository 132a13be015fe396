"""What each way of making the network smaller costs: megabytes, microseconds a token, accuracy.

In:   a float model folder (`python -m sibyl.learn export`), recorded lists and their repositories.
Out:  a table for people; the last line is one JSON object.
By hand, as it needs a float model.

    python bench/quantization.py --float build/float --menus FILE --sources DIR

The accuracy is that of the network alone, nothing typed. Times are medians: many tokens in one call, and one
token in a call, as while typing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from common import finish, table

from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay import collect
from sibyl.learn.export.stage import write_meta
from sibyl.learn.metrics import rank_of, summary
from sibyl.network.model import Model
from sibyl.network.rows import rows_int8
from sibyl.network.runtime import onnxruntime
from sibyl.network.vocab import Vocab

QUANTIZATION = onnxruntime("quantization")
SCHEMES: dict[str, tuple[bool, Any, bool]] = {
    "float32": (False, None, False),
    "rows INT8": (False, None, True),
    "LSTM UINT8 by column": (True, QUANTIZATION.QuantType.QUInt8, False),
    "both, LSTM UINT8 by column (shipped)": (True, QUANTIZATION.QuantType.QUInt8, True),
    "both, LSTM UINT8 by matrix": (False, QUANTIZATION.QuantType.QUInt8, True),
    "both, LSTM INT8 by column": (True, QUANTIZATION.QuantType.QInt8, True),
}
"""Name: one scale a column of the LSTM (else one a matrix), its type, whether the rows are INT8."""


def quantized(source: Path, target: Path, scheme: tuple[bool, Any, bool]) -> None:
    """Write the model of one scheme."""
    by_column, kind, rows = scheme
    target.mkdir()
    shutil.copy(source / "vocab.txt", target)
    if kind is None:
        shutil.copy(source / "sibyl.onnx", target)
    else:
        prepared = target / "prepared.onnx"
        prepare = onnxruntime("quantization.shape_inference").quant_pre_process
        prepare(source / "sibyl.onnx", prepared, skip_symbolic_shape=True)
        QUANTIZATION.quantize_dynamic(
            prepared,
            target / "sibyl.onnx",
            op_types_to_quantize=["LSTM", "MatMul"],
            per_channel=by_column,
            weight_type=kind,
        )
        prepared.unlink()
    weights = np.load(source / "rows.npy")
    np.save(target / "rows.npy", rows_int8(weights) if rows else weights)
    sizes = json.loads((source / "meta.json").read_text())["sizes"]
    write_meta(target, Vocab.load(target / "vocab.txt"), "trial", {"sizes": sizes})


def microseconds(model: Model, tokens: int = 512) -> tuple[float, float]:
    """The µs a token: many in one call, and one in a call."""
    vectors = model.vectors(model.vocab.words[:tokens])
    bulk, single = [], []
    for _ in range(20):
        began = time.perf_counter()
        model.step(vectors, model.begin)
        bulk.append((time.perf_counter() - began) / len(vectors) * 1e6)
    for index in range(200):
        began = time.perf_counter()
        model.step(vectors[index : index + 1], model.begin)
        single.append((time.perf_counter() - began) * 1e6)
    return round(median(bulk), 1), round(median(single), 1)


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--float", type=Path, required=True, help="float model folder")
    parser.add_argument("--menus", type=Path, required=True, help="recorded lists")
    parser.add_argument("--sources", type=Path, required=True, help="their repositories")
    parser.add_argument(
        "--lists", type=int, default=0, help="use every N-th list alone (0: all)", metavar="N"
    )
    options = parser.parse_args()
    menus = read_menus(options.menus)[:: max(options.lists, 1)]
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for index, (name, scheme) in enumerate(SCHEMES.items()):
            place = Path(folder) / str(index)
            quantized(options.float, place, scheme)
            bulk, single = microseconds(Model(place))
            sites = collect(menus, options.sources, place)
            ranks = [rank_of(site.logits, site.truth) for site in sites]
            size = sum(path.stat().st_size for path in Model.files(place)) / 1e6
            measured[name] = summary(ranks) | {
                "lists": len(ranks), "mb": round(size, 2), "bulk_us": bulk, "one_us": single,
            }  # fmt: skip
    head = ("scheme", "MB", "µs a token in bulk", "one token", "top-1", "top-5", "MRR")
    keys = ("mb", "bulk_us", "one_us", "top1", "top5", "mrr")
    table(head, [(name, *(figures[key] for key in keys)) for name, figures in measured.items()])
    finish(measured)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
