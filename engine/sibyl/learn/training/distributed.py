"""Which process of how many this is, and what the processes of one training tell each other.

In: the variables that ``torchrun`` sets.  Out: this process's lanes; sums, states and results shared with
the others.

All processes draw the same batch and compute their own lanes' part of its losses, so that the gradients that
DistributedDataParallel averages are those of the whole batch in one process. Only the first writes files; on
several machines the folder of the run must be one that all of them see.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

from sibyl.errors import LearnError
from sibyl.learn.training.meeting import fresh_store
from sibyl.learn.training.network import State

_GRACE = 30
"""Seconds that a process which has nothing to say waits for the one that has."""


@dataclass(frozen=True)
class Processes:
    """One process among those of one training."""

    rank: int = 0
    world: int = 1
    device: str = "cpu"

    @classmethod
    def join(cls, device: str) -> Processes:
        """Join the others if ``torchrun`` started this process; else be alone.

        Workers wait ``SIBYL_WORKER_PATIENCE`` seconds for one another (half an hour), then end; torchrun starts
        them again.
        """
        if "TORCHELASTIC_RUN_ID" not in os.environ:
            return cls(device=device)
        rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        if device == "cuda":
            device = f"cuda:{os.environ['LOCAL_RANK']}"
            torch.cuda.set_device(device)
        wait = timedelta(seconds=float(os.environ.get("SIBYL_WORKER_PATIENCE", "1800")))
        rendezvous_store, _, _ = next(distributed.rendezvous("env://", rank, world, timeout=wait))
        distributed.init_process_group(
            "nccl" if device.startswith("cuda") else "gloo",
            store=fresh_store(rendezvous_store, rank, world, wait),
            rank=rank,
            world_size=world,
            timeout=wait,
        )
        return cls(rank, world, device)

    @classmethod
    def agree(cls, lanes: int) -> None:
        """Refuse lanes that the processes of ``torchrun`` cannot share, before they read anything.

        The first raises the LearnError of ``lanes``, and says it; the others wait until torchrun ends them.
        """
        rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        try:
            cls(rank, world).lanes(lanes)
        except LearnError:
            if rank == 0:
                raise
            time.sleep(_GRACE)  # who ends first has all others ended, and the first must be heard
            sys.exit(1)

    def leave(self) -> None:
        """End what ``join`` began."""
        if distributed.is_initialized():
            distributed.destroy_process_group()

    def end(self) -> None:
        """End a worker whose work is done; gloo's threads may abort an interpreter that ends in order."""
        if self.world > 1:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    @property
    def first(self) -> bool:
        """Whether this one writes the files."""
        return self.rank == 0

    def lanes(self, lanes: int) -> slice:
        """Return which of all lanes are this process's."""
        if lanes % self.world:
            fewer = lanes - lanes % self.world or self.world
            raise LearnError(
                f"{lanes} lanes cannot be shared by {self.world} processes equally; take --lanes "
                f"{fewer} or {fewer + self.world}, or another number of processes."
            )
        own = lanes // self.world
        return slice(self.rank * own, (self.rank + 1) * own)

    def shared(self, module: nn.Module) -> nn.Module:
        """Return the module such that its gradients are averaged over the processes."""
        return nn.parallel.DistributedDataParallel(module) if self.world > 1 else module

    def summed(self, losses: dict[str, Tensor]) -> dict[str, float]:
        """Return each loss added up over the processes."""
        values = torch.stack([loss.detach().float() for loss in losses.values()])
        if self.world > 1:
            distributed.all_reduce(values)
        return dict(zip(losses, values.tolist(), strict=True))

    def gathered(self, state: State) -> State:
        """Return the states of all lanes, in their order."""
        if self.world == 1:
            return state
        whole = []
        for part in state:
            parts = [torch.empty_like(part) for _ in range(self.world)]
            distributed.all_gather(parts, part.detach().contiguous())
            whole.append(torch.cat(parts, 1))
        return tuple(whole)

    def broadcast(self, value: Any) -> Any:
        """Return what the first process found; the others wait for it."""
        if self.world == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, device=torch.device(self.device))
        return box[0]
