"""The learned sum itself: what the features of a candidate are weighed by, and how the weights are learnt.

In: sites with their features.  Out: mixtures, one a seed, and the scores they give.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.schema import WORDS, Schema
from sibyl.network.model import Floats
from sibyl.ranking.mix import Mix, packed

_NETWORK = [WORDS.columns[name] for name in ("network", "network_odds")]
"""Columns that the network alone makes: they come first in every schema."""
NOTHING = ("none",)
"""The views of a mixture that knows of no memory."""
_LISTS = 48  # in a batch
_RATE, _RATE_ON = 3e-3, 1.5e-3
"""The highest learning rate, and where a mixture is learnt on."""


class Mixture(nn.Module):
    """The same sum as ``sibyl.ranking.ranker.Mix``, with features brought to like sizes."""

    def __init__(
        self, columns: Sequence[int], mean: torch.Tensor, spread: torch.Tensor, units: int
    ):
        super().__init__()
        self.mask = torch.zeros(len(mean))
        self.mask[list(columns)] = 1
        self.mean, self.spread = mean, spread
        self.hidden = nn.Linear(len(mean), units)
        self.out = nn.Linear(units, 1, bias=False)
        self.direct = nn.Linear(len(mean), 1, bias=False)
        nn.init.zeros_(self.direct.weight)
        # What more the network says of repositories it was trained on; not part of what is kept.
        self.hidden_read = nn.Linear(len(_NETWORK), units)
        self.direct_read = nn.Linear(len(_NETWORK), 1, bias=False)
        for weight in (*self.hidden_read.parameters(), *self.direct_read.parameters()):
            nn.init.zeros_(weight)
        with torch.no_grad():  # begin with the network's own order
            self.direct.weight[0, 0] = spread[0]
            self.out.weight.mul_(0.3)

    def begin_with(self, mix: Mix) -> None:
        """Take over a mixture's weights, of as many units, for features as they come."""
        mask, mean, spread = (np.asarray(of) for of in (self.mask, self.mean, self.spread))
        hidden, direct = mix.weights[:-1, :-1] * mask[:, None], mix.weights[:-1, -1] * mask
        with torch.no_grad():
            self.hidden.weight.copy_(torch.from_numpy((hidden * spread[:, None]).T))
            self.hidden.bias.copy_(torch.from_numpy(mix.weights[-1, :-1] + mean @ hidden))
            self.out.weight.copy_(torch.from_numpy(mix.out)[None])
            self.direct.weight.copy_(torch.from_numpy(direct * spread)[None])

    def forward(self, rows: torch.Tensor, read: torch.Tensor | None = None) -> torch.Tensor:
        """Return scores (lists, candidates) of rows (lists, candidates, columns).

        ``read`` (lists) is 1 for lists of repositories that the network was trained on, else 0.
        """
        even = (rows - self.mean) / self.spread * self.mask
        inner, outer = self.hidden(even), self.direct(even)
        if read is not None:
            network = even[..., _NETWORK]
            inner = inner + read[:, None, None] * self.hidden_read(network)
            outer = outer + read[:, None, None] * self.direct_read(network)
        return (self.out(torch.relu(inner)) + outer).squeeze(-1)

    def folded(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the weights for features as they come: of units, of their sum, of features themselves.

        The mean's share in the last is the same for all candidates and left out.
        """
        scale = self.mask / self.spread
        hidden = self.hidden.weight * scale
        bias = self.hidden.bias - (self.hidden.weight * scale * self.mean).sum(1)
        direct = self.direct.weight[0] * scale
        sums = torch.cat((hidden.T, bias[None])), self.out.weight[0], direct
        units, out, features = (of.detach().numpy() for of in sums)
        return units, out, features


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""Rows (lists, longest, columns), what is padding, the truths, and which the network was trained on."""


def _batch(sites: Sequence[RecordedList]) -> Batch:
    longest = max(len(site.names) for site in sites)
    rows = np.zeros((len(sites), longest, sites[0].rows.shape[1]), np.float32)
    absent = np.ones((len(sites), longest), bool)
    for index, site in enumerate(sites):
        rows[index, : len(site.names)] = site.rows
        absent[index, : len(site.names)] = False if site.allowed is None else ~site.allowed
    truths = torch.tensor([site.truth for site in sites])
    read = torch.tensor([float(site.read) for site in sites])
    return torch.from_numpy(rows), torch.from_numpy(absent), truths, read


def fit_all(
    sites: list[RecordedList], columns: list[int], options: argparse.Namespace, views: Sequence[str]
) -> list[Mixture]:
    """Train one mixture for each seed; together they are steadier than one.

    Where one is begun with (``options.begun``, by its name in the sidecar) it is learnt on, alone.
    """
    ordered = sorted(sites, key=lambda site: len(site.names))  # lists of like length side by side
    batches = [_batch(ordered[at : at + _LISTS]) for at in range(0, len(ordered), _LISTS)]
    stacked = torch.from_numpy(np.concatenate([site.rows for site in sites]).astype(np.float32))
    sizes = stacked.mean(0), stacked.std(0).clamp(min=0.05)
    schema = sites[0].schema
    begun = options.begun.get(
        "mix_words" if schema is WORDS else "mix_none" if views == NOTHING else "mix"
    )
    if begun is not None:
        mixture = Mixture(columns, *sizes, len(begun.out))
        mixture.begin_with(begun)
        return [_fit(mixture, batches, options, schema, views, 0, _RATE_ON)]
    mixtures = []
    for seed in range(options.seeds):
        torch.manual_seed(seed)
        mixture = Mixture(columns, *sizes, options.units)
        mixtures.append(_fit(mixture, batches, options, schema, views, seed, _RATE))
    return mixtures


def blended(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return a sidecar's entry whose scores are the mean of those of two entries with the same features."""
    halves = [Mix(entry) for entry in (first, second)]
    units = [half.out / 2 for half in halves]
    looked_at = {*first["features"], *second["features"]}
    columns = [at for at, name in enumerate(halves[0].names) if name in looked_at]
    direct = sum(half.weights[columns, -1] / 2 for half in halves)
    hidden = [half.weights[[*columns, -1], :-1] for half in halves]
    return first | {
        "features": [halves[0].names[at] for at in columns],
        "hidden": packed(np.concatenate(hidden, 1)),
        "out": packed(np.concatenate((*units, direct))),
        "star": round((first["star"] + second["star"]) / 2, 4),
        "blended": {"left_out": second["left_out"]},
    }


@torch.no_grad()
def scored(mixtures: list[Mixture], rows: Floats) -> Floats:
    """Return what the mixtures say together of candidates (candidates, columns)."""
    stacked = torch.stack([mixture(torch.from_numpy(rows)) for mixture in mixtures])
    return np.asarray(stacked.mean(0).numpy())


def _fit(
    mixture: Mixture,
    batches: Sequence[Batch],
    options: argparse.Namespace,
    schema: Schema,
    views: Sequence[str],
    seed: int,
    rate: float,
) -> Mixture:
    """Train one mixture."""
    optimiser = torch.optim.AdamW(mixture.parameters(), lr=rate, weight_decay=0.03)
    steps = options.epochs * len(batches)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, rate / 20)
    rng = np.random.default_rng(seed)
    seen = [torch.from_numpy(schema.kept(view)) for view in views]
    for _ in range(options.epochs):
        for index in rng.permutation(len(batches)):
            rows, absent, truths, read = batches[index]
            scores = mixture(rows * seen[rng.integers(len(seen))], read)
            loss = functional.cross_entropy(scores.masked_fill(absent, -1e4), truths)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            falling.step()
    return mixture
