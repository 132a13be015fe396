"""What a training works with.

In: the stage's options, a streams folder.  Out: open streams, a network with its first weights, an optimiser.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from sibyl.errors import LearnError, first_line
from sibyl.learn.training.ablations import first_share, without_origins, without_pieces
from sibyl.learn.training.batches import Lanes, Shard
from sibyl.learn.training.checkpoints import SCHEDULE, read_checkpoint
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.losses import Data, Lesson
from sibyl.learn.training.network import Network, Sizes
from sibyl.learn.training.pretrained import Weights, read_model
from sibyl.learn.training.roles import with_roles
from sibyl.learn.training.validation import Watch
from sibyl.network.vocab import Vocab

MADE_WITH = (
    "seed", "lanes", "length", "skip", "window", "share", "chunks", "rate", "names", "keywords", "siblings",
    "sample", "dropout", "inward", "float", "repeats",
)  # fmt: skip
"""Options that decide what the weights become: a training goes on with the same ones only."""


@dataclass
class Run:
    """What stays the same from step to step."""

    options: argparse.Namespace
    processes: Processes
    data: Data
    watch: Watch | None
    watched: str | None
    """The split that is watched: ``dev``, or ``val`` where no repositories are held back."""
    lesson: Lesson
    taught: nn.Module
    """The lesson, or what shares it with other processes."""
    optimiser: torch.optim.Optimizer
    made_with: dict[str, Any]
    begun_with: str
    """Which weights were finetuned, by their hash; empty if none."""
    mixes: dict[str, dict]
    """The mixing weights that stood beside those; export gives them to the new model."""

    @property
    def network(self) -> Network:
        """What is trained."""
        return self.lesson.network


def begin(options: argparse.Namespace) -> Weights | None:
    """Read the weights to start with, and let sizes not asked for be theirs."""
    weights = None
    if options.start is not None:
        weights = read_start(options.start, options.device)
    sizes = weights.sizes if weights else Sizes(0)
    options.embedding = options.embedding or sizes.embedding
    options.hidden = options.hidden or sizes.hidden
    return weights


def read_start(path: Path, device: str) -> Weights:
    """Read weights to start with, of a model folder or a checkpoint."""
    if path.is_dir():
        return read_model(path)
    checkpoint = read_checkpoint(path, device)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return Weights(
        Sizes(**checkpoint["sizes"]),
        checkpoint["made_with"]["vocab"],
        checkpoint["network"],
        digest,
    )


def read_about(folder: Path) -> dict[str, Any]:
    """Read the sidecar of the streams."""
    try:
        about: dict[str, Any] = json.loads((folder / "streams.json").read_text("utf-8"))
        if not about["train"]["members"]:
            raise LearnError(f"The streams in {folder} hold no member to learn from.")
        return about
    except (OSError, ValueError, KeyError) as error:
        raise LearnError(f"{folder} holds no finished streams ({error!r}).") from error


def watched_split(about: dict[str, Any]) -> str | None:
    """Return the split that networks are compared on: ``dev``, or ``val`` where there are too few for both."""
    return next((split for split in ("dev", "val") if split in about), None)


def read_rows(folder: Path) -> np.ndarray:
    """Read which rows each text of the streams is made of."""
    try:
        rows: np.ndarray = np.load(folder / "rows.npy")
        return rows
    except (OSError, ValueError, EOFError) as error:
        raise LearnError(
            f"The streams in {folder} lack their rows ({first_line(error)})."
        ) from error


def prepare(options: argparse.Namespace, processes: Processes, weights: Weights | None) -> Run:
    """Open the streams and make the network."""
    folder, about = options.streams, read_about(options.streams)
    shard = first_share(Shard.open(folder, "train"), options.share)
    watched = watched_split(about) if options.val_steps else None
    shards = [shard, Shard.open(folder, watched)] if watched else [shard]
    rows = read_rows(folder)
    shard = with_roles(shard, rows)
    if options.no_origins:
        rows = without_origins(rows, shards)
    if options.no_pieces:
        rows = without_pieces(rows)
    sizes = _sizes(options, about)
    network = Network(sizes, options.inward)
    if weights is not None:
        _fit(weights, sizes, about, options)
        network.load_state_dict(weights.network)
    lanes = Lanes(shard, options.lanes, options.length, options.seed, window=options.window)
    if options.chunks:
        lanes.steps = min(lanes.steps, options.chunks)
    data = Data.of(lanes, rows, options.sample, options.repeats)
    watch = None
    if watched and processes.first:
        given = (shards[1], rows, data.siblings, data.members)
        watch = Watch(*given, options.val_lanes, options.val_steps, options.window)
    lesson = Lesson(network, data, processes, mixed=not options.float).to(processes.device)
    taught = processes.shared(lesson)
    optimiser = torch.optim.Adam(
        network.parameters(), lr=options.rate, betas=(0.9, 0.98), fused=True
    )
    made_with = {name: getattr(options, name) for name in (*MADE_WITH, *SCHEDULE)}
    begun_with, mixes = (weights.hash, weights.mixes) if weights else ("", {})
    made_with |= {"vocab": about["vocab"], "tokens": about["train"]["tokens"], "start": begun_with}
    return Run(
        options, processes, data, watch, watched, lesson, taught, optimiser, made_with, begun_with,
        mixes,
    )  # fmt: skip


def _sizes(options: argparse.Namespace, about: dict[str, Any]) -> Sizes:
    outputs = 0
    if options.output == "full":
        vocab = Vocab.load(options.streams / "vocab.txt")
        outputs = vocab.fixed + len(vocab.words)
    return Sizes(
        about["rows"],
        options.embedding,
        options.hidden,
        options.layers,
        options.cell,
        outputs,
        options.attention,
        not options.no_pieces,
        not options.no_origins,
        options.dropout,
    )


def _fit(
    weights: Weights, sizes: Sizes, about: dict[str, Any], options: argparse.Namespace
) -> None:
    """Refuse weights that are not for these streams and sizes."""
    if weights.vocab != about["vocab"]:
        raise LearnError(
            f"{options.start} has another vocabulary than {options.streams}; make the streams with "
            "--vocab and the model's vocab.txt."
        )
    asked = (sizes.embedding, sizes.hidden)
    if (weights.sizes.embedding, weights.sizes.hidden) != asked or not sizes.plain:
        raise LearnError(
            f"{options.start} has embedding {weights.sizes.embedding} and hidden "
            f"{weights.sizes.hidden}, one LSTM layer and no more; ask for nothing else."
        )
