"""The network, as ONNX Runtime runs it. It has no memory of its own.

In: texts of tokens, and the LSTM's state.  Out: vectors of names, the vector predicted for the next name,
and the new state.

A model is a folder: ``sibyl.onnx`` (LSTM and projection), ``rows.npy`` (the rows vectors are made of, INT8
with a float16 scale each, or float32), ``vocab.txt``, and ``meta.json``, which says what fits what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sibyl.code.stream import STREAM_VERSION
from sibyl.errors import ModelError
from sibyl.network.rows import float_rows, is_shape
from sibyl.network.runtime import session
from sibyl.network.vocab import Vocab

MODEL_VERSION = 1

MIXES = ("mix", "mix_none", "mix_words")
"""Entries of the sidecar that hold mixing weights: for members, for members without memory, for other names."""

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
State = tuple[Floats, Floats]
"""Hidden state and cell, each (1, 1, hidden)."""

_FEW = 16  # texts; more are made faster all at once
_SOME = 4096  # rows
_WIDEST, _LARGEST_GRAPH = 4096, 256 << 20  # of embedding and hidden state; bytes
_MOST_CACHED = 20_000  # names; an hour in large files stays below it


class Model:
    """A loaded model; raises ModelError with one sentence when the folder does not hold a fit one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.meta = _read_meta(folder)
        self.vocab = Vocab.load(folder / "vocab.txt")
        if self.vocab.digest() != self.meta["vocab"]:
            raise ModelError(f"The vocabulary in {folder} is not the model's; get both again.")
        for name, wanted in self.meta["sha256"].items():
            if _sha256(folder / name) != wanted:
                raise ModelError(f"The model file {folder / name} is damaged; get it again.")
        self.hash = published_hash(self.meta)
        self.size: int = self.meta["sizes"]["embedding"]
        hidden = self.meta["sizes"]["hidden"]
        self._rows = _rows(folder / "rows.npy", self.vocab.rows, self.size)
        self._session = session(folder / "sibyl.onnx")
        zero = np.zeros((1, 1, hidden), np.float32)
        zero.setflags(write=False)
        self.begin: State = (zero, zero)
        self._places: dict[str, int] = {}
        self.round = 0  # rises when all places are given away
        self._vectors: Floats = np.zeros((1024, self.size), np.float32)

    @staticmethod
    def files(folder: Path) -> list[Path]:
        """Return the files of a model that are loaded."""
        return [folder / name for name in ("sibyl.onnx", "rows.npy", "vocab.txt", "meta.json")]

    def check_rows(self) -> None:
        """Raise ModelError if any row holds a number that is none; reads all of them."""
        for first in range(0, len(self._rows), _SOME):
            rows = list(range(first, min(first + _SOME, len(self._rows))))
            if not np.isfinite(self._row(rows)).all():
                raise ModelError(
                    "The model's rows hold numbers that are none; get the model again."
                )

    def step(self, vectors: Floats, state: State) -> tuple[Floats, State]:
        """Read tokens (n, size); return the vector predicted after the last (size) and the state."""
        given = {"vectors": vectors[:, None, :], "hidden_in": state[0], "cell_in": state[1]}
        predicted, hidden, cell = self._session.run(("predicted", "hidden", "cell"), given)
        return predicted[0, 0], (hidden, cell)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return the vectors (n, size) of texts; each is made once."""
        return self.vectors_at(self.places(texts))

    def places(self, texts: Sequence[str]) -> Ints:
        """Return where the vectors of texts are, made if need be: places hold until ``round`` is another."""
        known = self._places
        if len(known) + len(texts) > _MOST_CACHED:
            known.clear()
            self.round += 1
        try:
            return np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))
        except KeyError:
            self._make(texts)
            return np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))

    def vectors_at(self, places: Ints) -> Floats:
        """Return the vectors (n, size) at these places."""
        return self._vectors.take(places, 0)

    def members(self) -> list[str]:
        """Return the names that have a row of their own."""
        return [word for word in self.vocab.words if word[0] != "@"]

    def _make(self, texts: Iterable[str]) -> None:
        """Make the vectors of the texts that have none yet."""
        places = self._places
        new = [text for text in dict.fromkeys(texts) if text not in places]
        first, room = len(places), len(self._vectors)
        if first + len(new) > room:
            grown = np.zeros((max(2 * room, first + len(new)), self.size), np.float32)
            grown[:first] = self._vectors[:first]
            self._vectors = grown
        if len(new) < _FEW:
            for at, text in enumerate(new, first):
                self._vectors[at] = self._one(text)
        else:
            self._vectors[first : first + len(new)] = self._many(new)
        places.update(zip(new, range(first, first + len(new)), strict=True))

    def _one(self, text: str) -> Floats:
        """Return a text's vector: the row of the whole, plus the mean of the rows of its pieces."""
        whole, parts = self.vocab.whole(text), self.vocab.piece_rows(text)
        weights = [1.0 / max(len(parts), 1)] * len(parts)
        if whole >= 0:
            parts, weights = [whole, *parts], [1.0, *weights]
        # One row after the other, as below: a vector may not depend on what it was made with.
        weighted: Floats = self._row(parts) * np.asarray(weights, np.float32)[:, None]
        return weighted.sum(0)

    def _many(self, texts: list[str]) -> Floats:
        """Return the same for many texts, to the last bit."""
        wholes, rows, counts = self.vocab.rows_of(texts)
        sums = np.zeros((len(texts), self.size), np.float32)
        sums[wholes >= 0] = self._row(wholes[wholes >= 0])
        weights = np.repeat(1.0 / np.maximum(counts, 1), counts).astype(np.float32)
        weighted = self._row(rows) * weights[:, None]
        begins = np.cumsum(counts) - counts
        for at in range(int(counts.max())):
            some = np.flatnonzero(counts > at)
            sums[some] += weighted[begins[some] + at]
        return sums

    def _row(self, rows: list[int] | npt.NDArray[np.int32]) -> Floats:
        return float_rows(self._rows[rows])


def published_hash(meta: Mapping[str, Any]) -> str:
    """Return the name a model is published under: the same if and only if all that is loaded is the same.

    It covers the graph and the rows by their digests, the vocabulary, the sizes and the mixing weights. What
    else the sidecar says, of training and measurement, does not count.
    """
    loaded = {
        "files": meta["sha256"],
        **{
            name: meta.get(name) for name in ("model_version", "stream_version", "vocab", "numbers")
        },
        **{name: meta["sizes"][name] for name in ("embedding", "hidden")},
    }
    for name in MIXES:
        mix = meta.get(name)
        if isinstance(mix, dict):  # what else it holds are measurements
            fields = ("version", "features", "hidden", "out", "star")
            loaded[name] = {part: mix.get(part) for part in fields}
    return hashlib.sha256(json.dumps(loaded, sort_keys=True).encode()).hexdigest()[:12]


def _read_meta(folder: Path) -> dict[str, Any]:
    path = folder / "meta.json"
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {folder}; see the option 'model'.")
    try:
        meta: dict[str, Any] = json.loads(path.read_text("utf-8"))
        version = (meta["model_version"], meta["stream_version"])
        sizes = meta["sizes"]
        whole = meta["vocab"] and isinstance(meta["numbers"], str)
        whole = whole and all(
            sizes[name] in range(1, _WIDEST + 1) for name in ("embedding", "hidden")
        )
        if not whole or set(meta["sha256"]) != {"sibyl.onnx", "rows.npy"}:
            raise ValueError("an entry is missing")
    except FileNotFoundError as error:
        raise ModelError(
            f"There is no model in {folder} (no meta.json); name the folder that it is in."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"The model's sidecar {path} cannot be read; get the model again."
        ) from error
    if version != (MODEL_VERSION, STREAM_VERSION):
        raise ModelError(
            f"The model in {folder} is of version {version}, this sibyl needs "
            f"{(MODEL_VERSION, STREAM_VERSION)}; use the model that came with it or train another."
        )
    return meta


def _rows(path: Path, count: int, size: int) -> npt.NDArray[Any]:
    """Return the rows, mapped into memory; raises ModelError unless there are ``count`` of this size."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        if not is_shape(rows, count, size):
            raise ValueError("of another shape")
    except Exception as error:  # numpy reads a header as Python, which fails in any way
        raise ModelError(
            f"The model file {path} does not hold its rows; get the model again."
        ) from error
    return np.asarray(rows)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        if path.stat().st_size > _LARGEST_GRAPH:
            raise ModelError(f"The model file {path} is too large for a model; get it again.")
        with path.open("rb") as file:
            while part := file.read(1 << 16):  # all at once would stay in the process's memory
                digest.update(part)
        return digest.hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {path} cannot be read; get the model again.") from error
