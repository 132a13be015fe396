"""What the network is taught at one step: a batch drawn, and its losses.

In: a step's number, the streams' data, the network.  Out: one loss each for members, for telling the members
of one origin apart, and for other names; and the state to carry on.  Called by: ``learn.train``.

``draw`` depends on seed and step alone, so that a killed training goes on as if nothing had been.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sibyl.learn.candidates import Sampler, Siblings
from sibyl.learn.lanes import Lanes
from sibyl.learn.network import Network, State
from sibyl.tokens import MEMBER, NAME

_SIBLINGS, _NEAR = 24, 12
"""Others a member is told apart from: of its origin, and of the same stretch of its file."""


@dataclass
class Data:
    """What the loop draws from."""

    lanes: Lanes
    rows: Tensor
    members: Sampler
    names: Sampler
    siblings: Siblings

    @classmethod
    def of(cls, lanes: Lanes, rows: np.ndarray, sample: int) -> Data:
        """Count the lanes' names; for names half as many candidates are drawn as for members."""
        shard = lanes.shard
        tokens = lanes.lanes * lanes.length
        members, names = (
            Sampler(shard, kind, len(rows), many, int(tokens * float(np.mean(shard.kinds == kind))))
            for kind, many in ((MEMBER, sample), (NAME, sample // 2))
        )
        return cls(lanes, torch.from_numpy(rows), members, names, Siblings(shard, len(rows)))


@dataclass
class Asked:
    """All names of one kind in a batch: where they stand, and what they are told apart from."""

    lane: np.ndarray
    time: np.ndarray
    """Of the token before: the state after it predicts the name."""
    targets: np.ndarray
    candidates: np.ndarray
    places: np.ndarray
    """Each target's place among the candidates."""
    correction: np.ndarray


@dataclass
class Batch:
    """One chunk of every lane."""

    tokens: np.ndarray
    begins: np.ndarray
    member: Asked
    name: Asked
    others: np.ndarray
    """For each member, the ids it is told apart from; -1 where there is none."""


def draw(data: Data, index: int, seed: tuple[int, int]) -> Batch:
    """Draw chunk ``index`` of every lane, and its candidates by ``seed``."""
    tokens, kinds, begins = data.lanes.step(index)
    rng = np.random.default_rng(seed)
    member = _ask(data.members, MEMBER, tokens, kinds, rng)
    others = data.siblings.draw(tokens[member.lane, member.time], _SIBLINGS, rng)
    near = rng.integers(0, tokens.shape[1], (len(member.lane), _NEAR))
    lane = member.lane[:, None]
    near = np.where(kinds[lane, near] == MEMBER, tokens[lane, near], -1)
    others = np.concatenate((others, near), 1)
    others[others == member.targets[:, None]] = -1
    return Batch(tokens, begins, member, _ask(data.names, NAME, tokens, kinds, rng), others)


def _ask(
    sampler: Sampler, kind: int, tokens: np.ndarray, kinds: np.ndarray, rng: np.random.Generator
) -> Asked:
    lane, time = np.nonzero(kinds[:, 1:] == kind)  # predicted by the token before
    targets = tokens[lane, time + 1]
    candidates, places = sampler.draw(targets, rng)
    return Asked(lane, time, targets, candidates, places, sampler.correction[candidates])


def losses_of(
    network: Network, data: Data, batch: Batch, state: State | None, device: str, mixed: bool
) -> tuple[dict[str, Tensor], State]:
    """Return the mean losses of a batch, and the state to carry on."""
    if state is not None:
        keep = torch.from_numpy(~batch.begins).to(device).float()[None, :, None]
        state = (state[0].detach() * keep, state[1].detach() * keep)
    used, places = np.unique(batch.tokens, return_inverse=True)
    places = torch.from_numpy(places.reshape(batch.tokens.shape)).to(device)
    autocast = torch.autocast(device.split(":")[0], torch.bfloat16, enabled=mixed)
    vectors = network.vectors(data.rows[used].to(device))
    with autocast:
        predicted, state = network(vectors[places.T], state)
    predicted = predicted.transpose(0, 1)  # lanes, time, embedding
    losses = {}
    for name, asked in (("member", batch.member), ("name", batch.name)):
        query = predicted[torch.from_numpy(asked.lane), torch.from_numpy(asked.time)]
        candidates = network.vectors(data.rows[asked.candidates].to(device))
        with autocast:
            logits = query @ candidates.T
        logits = logits.float() + torch.from_numpy(asked.correction).to(device)
        losses[name] = functional.cross_entropy(logits, torch.from_numpy(asked.places).to(device))
        if name == "member":
            losses["sibling"] = _tell_apart(network, data, query, batch, device)
    return losses, (state[0].float(), state[1].float())


def _tell_apart(network: Network, data: Data, query: Tensor, batch: Batch, device: str) -> Tensor:
    """Softmax of each member against its own few siblings."""
    targets, others = batch.member.targets, batch.others
    used, places = np.unique(np.concatenate((targets[:, None], others), 1), return_inverse=True)
    places = torch.from_numpy(places.reshape(len(targets), -1)).to(device)
    vectors = network.vectors(data.rows[np.maximum(used, 0)].to(device))
    logits = torch.einsum("ne,nke->nk", query.float(), vectors[places])
    absent = torch.from_numpy(others < 0).to(device)
    logits[:, 1:] = logits[:, 1:].masked_fill(absent, -1e4)
    return functional.cross_entropy(
        logits, torch.zeros(len(targets), dtype=torch.long, device=device)
    )
