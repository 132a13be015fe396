"""Checkpoints: all that a training needs to go on as if it had not been stopped.

In: the network, its optimiser, the lanes' states, and how far the training is.  Out: ``last.pt``, ``best.pt``
and the sidecar ``train.json``; read back for resuming, finetuning and export.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from sibyl.errors import LearnError, first_line
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check
from sibyl.learn.training.network import Network, Sizes, State

CHECKPOINT_VERSION = 2
SCHEDULE = ("warm", "decay", "steps")
"""Settings that may change as long as the learning rate goes on where it was."""


@dataclass
class Progress:
    """How far a training is."""

    step: int = 0
    best: float = -1.0
    """Highest MRR of a validation so far."""
    best_step: int = 0
    waited: int = 0
    """Validations since then."""
    sums: dict[str, float] = field(default_factory=dict)
    """Losses since the last line of the log, added up."""


def read_checkpoint(path: Path, device: str) -> dict[str, Any]:
    """Return what ``save`` wrote; raises LearnError when it is not there, damaged or of another version."""
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:
        raise LearnError(f"The checkpoint {path} cannot be read ({first_line(error)}).") from error
    if not isinstance(checkpoint, dict) or checkpoint.get("version") != CHECKPOINT_VERSION:
        raise LearnError(f"The checkpoint {path} is of another version than this sibyl's.")
    return checkpoint


def save(
    path: Path,
    network: Network,
    optimiser: torch.optim.Optimizer,
    progress: Progress,
    state: State,
    made_with: dict[str, Any],
) -> None:
    """Write a checkpoint aside, then give it its name."""
    checkpoint = {
        "version": CHECKPOINT_VERSION,
        "sizes": network.sizes.as_dict(),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "progress": asdict(progress),
        "state": [part.detach() for part in state],
        "made_with": made_with,
    }
    try:
        with whole_file(path) as file:
            torch.save(checkpoint, file)
    except RuntimeError as error:  # what PyTorch makes of a disk that is full
        raise LearnError(
            f"Cannot write {path}: the disk may be full ({first_line(error)})."
        ) from error


def resume(
    path: Path,
    network: Network,
    optimiser: torch.optim.Optimizer,
    made_with: dict[str, Any],
    device: str,
) -> tuple[Progress, State, dict[str, Any]]:
    """Load a run's last checkpoint and what it was made with.

    Raises LearnError when it was made with what cannot go on as asked.
    """
    checkpoint = read_checkpoint(path, device)
    check(path.parent, checkpoint["sizes"], network.sizes.as_dict())
    check(path.parent, checkpoint["made_with"], {
        name: value for name, value in made_with.items() if name not in SCHEDULE
    })  # fmt: skip
    network.load_state_dict(checkpoint["network"])
    optimiser.load_state_dict(checkpoint["optimiser"])
    return Progress(**checkpoint["progress"]), tuple(checkpoint["state"]), checkpoint["made_with"]


def load_network(path: Path) -> tuple[Network, dict[str, Any]]:
    """Return the network of a checkpoint, ready to be asked, and the checkpoint."""
    checkpoint = read_checkpoint(path, "cpu")
    network = Network(Sizes(**checkpoint["sizes"]))
    network.load_state_dict(checkpoint["network"])
    return network.eval(), checkpoint


def best_of(run: Path) -> Path:
    """Return a run's best checkpoint by held-back repositories; the last where there were none.

    With fewer than twenty repositories none are held back, and the split that is watched is the one that the
    model is measured on afterwards: a checkpoint that was chosen by it would look better than it is.
    """
    best = run / "best.pt"
    try:
        watched = json.loads((run / "train.json").read_text("utf-8")).get("watched", "dev")
    except (OSError, ValueError):
        watched = "dev"
    return best if best.exists() and watched == "dev" else run / "last.pt"


def write_sidecar(
    run: Path,
    progress: Progress,
    arguments: dict[str, str],
    mixes: dict[str, dict],
    watched: str | None,
) -> None:
    """Say beside the checkpoints what they were made with, and keep the start's mixing weights.

    ``watched`` is the split that validations were made on.
    """
    sidecar: dict[str, Any] = {
        "step": progress.step, "best_step": progress.best_step, "best_mrr": progress.best,
        "watched": watched,
        "mixes": mixes,
    }  # fmt: skip
    with whole_file(run / "train.json") as file:
        file.write((json.dumps(sidecar | {"arguments": arguments}, indent=1) + "\n").encode())
