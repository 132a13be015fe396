"""How well a network orders members it was not trained on, measured while it is trained.

In: a split of the streams that is not trained on (``dev``, or ``val``), a network.  Out: top-1, top-5 and MRR
of the true member among members that may be listed with it; and from the log of a training, its learning
curves as a picture.

There are no language server's lists here, so that a validation takes seconds: a member stands among those
seen after the same origin in the training split, and some frequent ones drawn by a fixed seed. The numbers
compare networks with one another; what a person will see is measured by ``evaluate``.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from sibyl.code.tokens import MEMBER
from sibyl.errors import LearnError
from sibyl.learn.training.batches import Lanes, Shard
from sibyl.learn.training.negatives import Sampler, Siblings
from sibyl.learn.training.network import Network, State, carried

_FREQUENT = 40
_SEED = 20_000


class Watch:
    """A fixed sample of validation chunks, with the list each of their members stands in."""

    def __init__(
        self,
        shard: Shard,
        rows: np.ndarray,
        siblings: Siblings,
        members: Sampler,
        lanes: int,
        steps: int,
        window: int = 0,
    ) -> None:
        many = int(np.count_nonzero(np.diff(shard.firsts) >= 8))
        if not many:
            raise LearnError("The split of the streams to measure on holds no file.")
        self.lanes = Lanes(shard, min(lanes, many), 96, _SEED, window=window)
        self.rows = torch.from_numpy(rows)
        self.lists: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        rng = np.random.default_rng(_SEED)
        for step in range(min(steps, self.lanes.steps)):
            tokens, kinds, _ = self.lanes.step(step)
            lane, time = np.nonzero(kinds[:, 1:] == MEMBER)
            self.lists.append((lane, time, _listed(tokens, lane, time, siblings, members, rng)))

    @property
    def members(self) -> int:
        """How many members are measured."""
        return sum(len(lane) for lane, _, _ in self.lists)

    def lane_of_members(self) -> np.ndarray:
        """Return for each member, in the order of ``ranks``, which lane it stands in."""
        return np.concatenate([lane for lane, _, _ in self.lists])

    def measure(self, network: Network, device: str) -> dict[str, float]:
        """Return shares of true members ranked first and among five, and their mean reciprocal rank."""
        return summary(self.ranks(network, device))

    @torch.no_grad()
    def ranks(self, network: Network, device: str) -> np.ndarray:
        """Return the rank of each true member, chunk after chunk."""
        network.eval()
        state: State | None = None
        ranks = []
        for step, (lane, time, lists) in enumerate(self.lists):
            tokens, _, begins = self.lanes.step(step)
            state = carried(state, torch.from_numpy(begins).to(device))
            predicted, state = network(self._vectors(network, tokens.T, device), state)
            query = predicted[torch.from_numpy(time), torch.from_numpy(lane)]
            vectors = self._vectors(network, np.maximum(lists, 0), device, candidates=True)
            scores = torch.einsum("ne,nke->nk", query, vectors).cpu().numpy()
            ranks.append(ranks_of(np.where(lists < 0, -np.inf, scores)))
        network.train()
        return np.concatenate(ranks) if ranks else np.zeros(0)

    def _vectors(
        self, network: Network, tokens: np.ndarray, device: str, candidates: bool = False
    ) -> torch.Tensor:
        used, places = np.unique(tokens, return_inverse=True)
        make = network.candidates if candidates else network.vectors
        vectors = make(self.rows[used].to(device))
        return vectors[torch.from_numpy(places.reshape(tokens.shape)).to(device)]


def _listed(
    tokens: np.ndarray,
    lane: np.ndarray,
    time: np.ndarray,
    siblings: Siblings,
    members: Sampler,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return each member's list, the true one first; -1 where an entry is absent or there already."""
    truth = tokens[lane, time + 1][:, None]
    known = siblings.all(tokens[lane, time])
    frequent = members.frequent(rng, (len(lane), _FREQUENT))
    listed = np.concatenate((truth, known, frequent), 1)
    order = np.argsort(listed, axis=1, kind="stable")  # of equals the first stays: the truth
    ordered = np.take_along_axis(listed, order, 1)
    again = np.zeros(listed.shape, bool)
    np.put_along_axis(again, order[:, 1:], ordered[:, 1:] == ordered[:, :-1], 1)
    return np.where(again, -1, listed)


def ranks_of(scores: np.ndarray) -> np.ndarray:
    """Return the rank of each row's first entry; equals share the middle of their ranks."""
    scores = np.where(np.isnan(scores), -np.inf, scores)  # or all would seem to be first
    first = scores[:, :1]
    above, equal = (scores > first).sum(1), (scores[:, 1:] == first).sum(1)
    return np.asarray(1 + above + equal / 2)


def summary(ranks: np.ndarray) -> dict[str, float]:
    """Return top-1, top-5 and MRR of ranks."""
    if not len(ranks):
        raise LearnError("The split of the streams to measure on holds no member.")
    return {
        "top1": round(float(np.mean(ranks <= 1)), 4),
        "top5": round(float(np.mean(ranks <= 5)), 4),
        "mrr": round(float(np.mean(1 / ranks)), 5),
    }


def read_log(log: Path, until: int | None = None) -> list[dict[str, float]]:
    """Return a log's lines, at most to step ``until``; a line not written whole is none."""
    lines = log.read_text().split("\n")[:-1] if log.exists() else []
    parsed: list[dict[str, float]] = [json.loads(line) for line in lines]
    return [line for line in parsed if until is None or line["step"] <= until]


def draw_curves(log: Path, picture: Path) -> None:
    """Draw losses and validations of a training against tokens read."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from sibyl.learn.io import whole_file

    lines = read_log(log)
    figure = Figure(figsize=(7, 4), layout="constrained")
    losses, shares = figure.subplots(1, 2)
    for axes, names in ((losses, ("member", "sibling", "name")), (shares, ("mrr", "top1", "top5"))):
        for name in names:
            points = [(line["tokens"] / 1e6, line[name]) for line in lines if name in line]
            if points:
                axes.plot(*zip(*points, strict=True), label=name, marker=".", markersize=3)
        axes.set_xlabel("million tokens read")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    losses.set_title("training loss")
    shares.set_title("validation")
    with whole_file(picture) as file:
        FigureCanvasAgg(figure).print_png(file)
