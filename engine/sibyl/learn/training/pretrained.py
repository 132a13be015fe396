"""From a model folder back to weights: the inverse of export, so that what ships can be finetuned.

In: a model folder, float (of ``export``) or INT8 (of ``quantize``, or the one that ships).  Out: the
network's sizes, its vocabulary's digest and its weights as PyTorch names them.

The vocabulary must be that of the streams trained on (``streams --vocab``), or rows would mean other texts.
The version of the stream need not: a network finetuned on newer streams learns what is new in them.
INT8 weights come back as the numbers that their levels stand for; what rounding took is not known any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from sibyl.code.tokens import KEYWORD_ARGUMENT
from sibyl.errors import LearnError
from sibyl.learn.io import digests
from sibyl.learn.training.network import Sizes
from sibyl.network.model import MIXES, published_hash
from sibyl.network.rows import float_rows
from sibyl.network.vocab import FIXED_ROWS, Vocab, read_vocab
from sibyl.ranking.features.member_columns import FEATURES_VERSION
from sibyl.ranking.features.word_columns import WORD_FEATURES_VERSION

_MIX_VERSIONS = {
    name: WORD_FEATURES_VERSION if name == "mix_words" else FEATURES_VERSION for name in MIXES
}
_RANGED = 2
"""Constant inputs that ``export`` puts behind the vectors; their weights are zero."""


@dataclass(frozen=True)
class Weights:
    """What a model folder holds for training."""

    sizes: Sizes
    vocab: str
    network: dict[str, torch.Tensor]
    hash: str
    """The name the model is published under; says in a sidecar what was begun with."""
    mixes: dict[str, dict] = field(default_factory=dict)
    """The mixing weights beside them, for what is finetuned from them."""


def read_model(folder: Path) -> Weights:
    """Read a model folder; raises LearnError with one sentence when it holds no whole model."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        sizes = Sizes(**{name: meta["sizes"][name] for name in ("rows", "embedding", "hidden")})
        for name, digest in digests(folder, meta["sha256"]).items():
            if digest != meta["sha256"][name]:
                raise LearnError(f"The model file {folder / name} is damaged; get it again.")
        vocab, rows = _todays(folder, float_rows(np.load(folder / "rows.npy")), meta["vocab"])
        sizes = replace(sizes, rows=len(rows))
        graph = onnx.load(folder / "sibyl.onnx").graph
        weights = _lstm(
            {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LearnError(f"{folder} holds no model that can be trained on ({error!r}).") from error
    network = {name: torch.from_numpy(np.array(w, np.float32)) for name, w in weights.items()}
    network["rows.weight"] = torch.from_numpy(rows)
    return Weights(sizes, vocab, network, published_hash(meta), mixes_of(meta))


def _todays(folder: Path, rows: np.ndarray, digest: str) -> tuple[str, np.ndarray]:
    """Return digest and rows of the model's vocabulary with today's fixed tokens.

    A fixed token that the model's version did not have begins as the one it was written as then.
    """
    fixed, _, _, _ = read_vocab(folder / "vocab.txt")
    if fixed == list(FIXED_ROWS):
        return digest, rows
    before = {text: index for index, text in enumerate(fixed)}
    order = [before.get(text, before[_WRITTEN_BEFORE.get(text, "<op>")]) for text in FIXED_ROWS]
    vocab = Vocab.load(folder / "vocab.txt", fixed_alike=False)
    return vocab.digest(), np.concatenate((rows[order], rows[len(fixed) :]))


_WRITTEN_BEFORE = {KEYWORD_ARGUMENT: "="}


def mixes_of(meta: dict) -> dict[str, dict]:
    """Return the mixing weights of a sidecar that this version's features fit."""
    mixes = {name: meta[name] for name in MIXES if isinstance(meta.get(name), dict)}
    return {name: mix for name, mix in mixes.items() if mix.get("version") == _MIX_VERSIONS[name]}


def _lstm(given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Name a graph's weights as PyTorch does."""
    into, back = (_plain(given, name, turned=True) for name in ("W", "R"))
    biases = given["B"].reshape(2, -1)
    return {
        "lstm.weight_ih_l0": _gates(into[:, :-_RANGED]),
        "lstm.weight_hh_l0": _gates(back),
        "lstm.bias_ih_l0": _gates(biases[0]),
        "lstm.bias_hh_l0": _gates(biases[1]),
        "project.weight": _plain(given, "P", turned=False).T,
        "project.bias": given["b"],
    }


def _plain(given: dict[str, np.ndarray], name: str, turned: bool) -> np.ndarray:
    """Return a weight in float; ONNX Runtime's INT8 LSTM keeps its own ``turned``: (in, gates)."""
    if name in given:
        return given[name].reshape(given[name].shape[-2:])
    levels = given[f"{name}_quantized"].astype(np.float32)
    levels = levels.reshape(levels.shape[-2:])
    scale, zero = (given[f"{name}_{part}"].reshape(-1) for part in ("scale", "zero_point"))
    plain = (levels - zero.astype(np.float32)) * scale  # one scale for each column
    return plain.T if turned else plain


def _gates(weight: np.ndarray) -> np.ndarray:
    """Reorder ONNX's gates (input, output, forget, cell) to PyTorch's (input, forget, cell, output)."""
    into, out, forget, cell = weight.reshape(4, -1, *weight.shape[1:])
    return np.concatenate((into, forget, cell, out))
