"""What the network is taught at one step: a batch drawn, and its losses.

In: a step's number, the streams' data, the network.  Out: one loss each for members, for telling the members
of one origin apart, for other names (those of keyword arguments among them) and for keywords; and the state
to carry on.

``draw`` depends on seed and step alone, so that a killed training goes on as if nothing had been, and that
every process of a distributed one draws the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from sibyl.code.tokens import MEMBER, NAME
from sibyl.learn.training.batches import Lanes, Shard
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.negatives import Sampler, Siblings
from sibyl.learn.training.network import Network, State, carried
from sibyl.learn.training.repeats import repeats
from sibyl.learn.training.roles import ARGUMENT, KEYWORD, WORDS, Roles

_LOSSES: dict[str, dict[str, tuple[int, ...]]] = {
    "member": {"member": (MEMBER,)},
    "word": {"name": (NAME, ARGUMENT), "keyword": (KEYWORD,)},
}
"""Which targets of each sort make which loss."""
_SIBLINGS, _NEAR = 24, 12
"""Others a member is told apart from: of its origin, and of the same stretch of its file."""


@cache
def has_bfloat16(device: str) -> bool:
    """Tell whether a device runs an LSTM in bfloat16: some processors have no such kernel."""
    kind = device.split(":")[0]
    cell = nn.LSTM(16, 16).to(device)
    try:
        with torch.autocast(kind, torch.bfloat16):
            cell(torch.zeros(4, 4, 16, device=device))[0].float().sum().backward()
    except RuntimeError:
        return False
    return True


@dataclass
class Data:
    """What the loop draws from."""

    lanes: Lanes
    roles: Roles
    rows: Tensor
    """Of the texts in their roles: (2 · texts, 9)."""
    members: Sampler
    words: Sampler
    siblings: Siblings
    weights: np.ndarray | None
    """Of the split's tokens as targets; None where all count alike."""

    @classmethod
    def of(cls, lanes: Lanes, rows: np.ndarray, sample: int, repeated: float = 1.0) -> Data:
        """Count the lanes' words; for words half as many candidates are drawn as for members.

        ``repeated`` is the weight of words that their file has before.
        """
        shard, roles = lanes.shard, Roles.of(rows)
        read = lanes.lanes * lanes.length
        members, words = (
            cls._sampler(shard, roles, kinds, many, read)
            for kinds, many in (((MEMBER,), sample), (WORDS, sample // 2))
        )
        siblings = Siblings(shard, len(rows))
        weights = None
        if repeated != 1.0:
            weights = np.where(repeats(shard), np.float32(repeated), np.float32(1.0))
        return cls(lanes, roles, torch.from_numpy(roles.rows), members, words, siblings, weights)

    @staticmethod
    def _sampler(
        shard: Shard, roles: Roles, kinds: tuple[int, ...], sample: int, read: int
    ) -> Sampler:
        at = np.flatnonzero(np.isin(shard.kinds, kinds))
        targets = roles.target(np.asarray(shard.tokens[at]), np.asarray(shard.kinds[at]))
        expected = int(read * len(at) / len(shard.kinds))
        return Sampler(targets, len(roles.rows), sample, expected)


@dataclass
class Asked:
    """All targets of one sort in a batch: where they stand, and what they are told apart from."""

    lane: np.ndarray
    time: np.ndarray
    """Of the token before: the state after it predicts the name."""
    targets: np.ndarray
    candidates: np.ndarray
    places: np.ndarray
    """Each target's place among the candidates."""
    correction: np.ndarray
    kinds: np.ndarray
    """Of the targets."""
    weights: np.ndarray
    """Of the targets in the loss."""


@dataclass
class Batch:
    """One chunk of every lane."""

    tokens: np.ndarray
    begins: np.ndarray
    member: Asked
    word: Asked
    others: np.ndarray
    """For each member, the ids it is told apart from; -1 where there is none."""


def draw(data: Data, index: int, seed: tuple[int, int]) -> Batch:
    """Draw chunk ``index`` of every lane, and its candidates by ``seed``."""
    tokens, kinds, begins = data.lanes.step(index)
    rng = np.random.default_rng(seed)
    weights = data.lanes.values(index, data.weights) if data.weights is not None else None
    member = _ask(data, data.members, (MEMBER,), (tokens, kinds, weights), rng)
    others = data.siblings.draw(tokens[member.lane, member.time], _SIBLINGS, rng)
    near = rng.integers(0, tokens.shape[1], (len(member.lane), _NEAR))
    lane = member.lane[:, None]
    near = np.where(kinds[lane, near] == MEMBER, tokens[lane, near], -1)
    others = np.concatenate((others, near), 1)
    others[others == member.targets[:, None]] = -1
    word = _ask(data, data.words, WORDS, (tokens, kinds, weights), rng)
    return Batch(tokens, begins, member, word, others)


def _ask(
    data: Data,
    sampler: Sampler,
    asked: tuple[int, ...],
    chunk: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    rng: np.random.Generator,
) -> Asked:
    tokens, kinds, weights = chunk
    lane, time = np.nonzero(np.isin(kinds[:, 1:], asked))  # predicted by the token before
    role = kinds[lane, time + 1]
    targets = data.roles.target(tokens[lane, time + 1], role)
    candidates, places = sampler.draw(targets, rng)
    weight = np.ones(len(lane), np.float32) if weights is None else weights[lane, time + 1]
    correction = sampler.correction[candidates]
    return Asked(lane, time, targets, candidates, places, correction, role, weight)


class Lesson(nn.Module):
    """The network together with what it is taught; the losses come out."""

    def __init__(self, network: Network, data: Data, processes: Processes, mixed: bool) -> None:
        super().__init__()
        self.network = network
        self._rows = data.rows
        self._mine = processes.lanes(data.lanes.lanes)
        self._device = processes.device
        self._mixed = mixed and has_bfloat16(self._device)

    def forward(self, batch: Batch, state: State | None) -> tuple[dict[str, Tensor], State]:
        """Return this process's part of a batch's mean losses, and the state of its lanes to carry on.

        Each part is a weighted sum over the process's own names, divided by the weights of the whole batch, so
        that the parts of all processes add up to the means that one process alone would have.
        """
        tokens = batch.tokens[self._mine]
        state = carried(state, self._tensor(batch.begins[self._mine]))
        mine = {
            name: self._own(asked)
            for name, asked in (("member", batch.member), ("word", batch.word))
        }
        listed = np.concatenate((batch.member.targets[:, None], batch.others), 1)[mine["member"]]
        read, member, word, near = self._vectors(
            tokens.T, batch.member.candidates, batch.word.candidates, np.maximum(listed, 0)
        )
        with self._autocast():
            predicted, state = self.network(read, state)
        losses = {}
        for sort, asked, vectors in (("member", batch.member, member), ("word", batch.word, word)):
            own = mine[sort]
            lane, time = asked.lane[own] - self._mine.start, asked.time[own]
            query = predicted[torch.from_numpy(time), torch.from_numpy(lane)]
            with self._autocast():
                logits = query @ vectors.T
            logits = logits.float() + self._tensor(asked.correction)
            each = functional.cross_entropy(
                logits, self._tensor(asked.places[own]), reduction="none"
            ) * self._tensor(asked.weights[own])
            for name, kinds in _LOSSES[sort].items():
                of_loss = np.isin(asked.kinds, kinds)
                whole = max(float(asked.weights[of_loss].sum()), 1.0)
                losses[name] = each[self._tensor(of_loss[own])].sum() / whole
            if sort == "member":
                losses["sibling"] = self._tell_apart(query, near, listed, asked.weights, own)
        return losses, tuple(part.float() for part in state)

    def _own(self, asked: Asked) -> np.ndarray:
        """Return which of a batch's names stand in this process's lanes."""
        return np.flatnonzero((asked.lane >= self._mine.start) & (asked.lane < self._mine.stop))

    def _tell_apart(
        self,
        query: Tensor,
        vectors: Tensor,
        listed: np.ndarray,
        weights: np.ndarray,
        own: np.ndarray,
    ) -> Tensor:
        """Softmax of each member, the first of those listed, against its own few siblings."""
        logits = torch.einsum("ne,nke->nk", query.float(), vectors)
        logits = logits.masked_fill(self._tensor(listed < 0), -1e4)
        first = torch.zeros(len(listed), dtype=torch.long, device=self._device)
        each = functional.cross_entropy(logits, first, reduction="none")
        return (each * self._tensor(weights[own])).sum() / max(float(weights.sum()), 1.0)

    def _vectors(self, read: np.ndarray, *compared: np.ndarray) -> list[Tensor]:
        """Return the vectors of tokens that are read and of those compared with, each text's made once.

        All at once, as each making costs a gradient as large as all rows.
        """
        if self.network.sizes.outputs:  # what is compared has vectors of another kind
            return [
                self._made(self.network.vectors, read)[0],
                *self._made(self.network.candidates, *compared),
            ]
        return self._made(self.network.vectors, read, *compared)

    def _made(self, make: Callable[[Tensor], Tensor], *tokens: np.ndarray) -> list[Tensor]:
        used, places = np.unique(
            np.concatenate([numbers.ravel() for numbers in tokens]), return_inverse=True
        )
        vectors = make(self._rows[used].to(self._device))
        ends = np.cumsum([numbers.size for numbers in tokens])[:-1]
        parts = zip(np.split(places, ends), tokens, strict=True)
        return [vectors[self._tensor(numbers.reshape(shape.shape))] for numbers, shape in parts]

    def _autocast(self) -> torch.autocast:
        kind = self._device.split(":")[0]
        return torch.autocast(kind, torch.bfloat16, enabled=self._mixed)

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(self._device)
