"""Stage g of learning: how the network, the server's order and what the file used are weighed.

In: recorded lists of *training* repositories (``menus`` makes them), and a model folder.  Out: the mixing
weights in the model's sidecar: one set with the memory of the file, one without any.
Called by: ``python -m sibyl.learn mix``.

Listwise: for each list the softmax over its candidates, cross-entropy with the truth; so the result is a
probability. The weights are an average over several seeds' best moments on repositories left out.

    python -m sibyl.learn mix --menus build/menus.jsonl.gz --sources FOLDER --model models
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sibyl.errors import LearnError
from sibyl.features import COLUMNS, FEATURES_VERSION, NAMES
from sibyl.learn.files import whole_file
from sibyl.learn.metrics import calibration, rank_of, summary
from sibyl.learn.sites import Site, collect, read_menus

WITHOUT_MEMORY = (
    "network", "network_odds", "place", "place_share", "private", "dunder", "upper", "callable",
    "field", "type", "module", "list",
)  # fmt: skip
"""What is known of a candidate when nothing is remembered of the file."""
_STAR = 0.72  # wanted precision of a starred first item


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    made = argparse.ArgumentParser("python -m sibyl.learn mix", description=__doc__.split("\n")[0])
    made.add_argument("--menus", type=Path, required=True, help="lists of training repositories")
    made.add_argument("--sources", type=Path, required=True, help="folder of the repositories")
    made.add_argument("--model", type=Path, required=True, help="model folder, written to")
    made.add_argument("--units", type=int, default=24, help="rectified units")
    made.add_argument("--epochs", type=int, default=60)
    made.add_argument("--seed", type=int, default=1)
    return made


def main(argv: list[str] | None = None) -> int:
    """Learn both mixtures and write them into the sidecar."""
    torch.set_num_threads(1)  # small sums: threads would only wait for each other
    options = parser().parse_args(argv)
    sites = list(collect(read_menus(options.menus), options.sources, options.model))
    if len({site.repo for site in sites}) < 2:
        raise LearnError("The mixture needs lists of at least two repositories.")
    columns = [COLUMNS[name] for name in WITHOUT_MEMORY]
    mixes = {
        "mix": learn(sites, list(range(len(NAMES))), options),
        "mix_none": learn(sites, columns, options),
    }
    path = options.model / "meta.json"
    meta = json.loads(path.read_text()) | mixes
    with whole_file(path) as file:
        file.write((json.dumps(meta) + "\n").encode())
    print(json.dumps({name: mix["left_out"] for name, mix in mixes.items()}))
    return 0


class Mixture(nn.Module):
    """The same sum as ``sibyl.rank.Mix``, with features brought to like sizes."""

    def __init__(
        self, columns: Sequence[int], mean: torch.Tensor, spread: torch.Tensor, units: int
    ):
        super().__init__()
        self.mask = torch.zeros(len(NAMES))
        self.mask[list(columns)] = 1
        self.mean, self.spread = mean, spread
        self.hidden = nn.Linear(len(NAMES), units)
        self.out = nn.Linear(units, 1, bias=False)
        self.direct = nn.Linear(len(NAMES), 1, bias=False)
        nn.init.zeros_(self.direct.weight)
        with torch.no_grad():  # begin with the network's own order
            self.direct.weight[0, 0] = spread[0]
            self.out.weight.mul_(0.3)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return scores (lists, candidates) of rows (lists, candidates, columns)."""
        even = (rows - self.mean) / self.spread * self.mask
        units = torch.relu(self.hidden(even))
        return (self.out(units) + self.direct(even)).squeeze(-1)

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights for features as they come: ``hidden`` and ``out`` of the sidecar.

        The mean's share in ``direct`` is the same for all candidates and left out.
        """
        scale = self.mask / self.spread
        hidden = self.hidden.weight * scale
        bias = self.hidden.bias - (self.hidden.weight * scale * self.mean).sum(1)
        direct = self.direct.weight[0] * scale
        return (
            torch.cat((hidden.T, bias[None])).detach().numpy(),
            torch.cat((self.out.weight[0], direct)).detach().numpy(),
        )


def _batch(sites: Sequence[Site]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return rows (lists, longest, columns), what is padding, and the truths."""
    longest = max(len(site.names) for site in sites)
    rows = np.zeros((len(sites), longest, len(NAMES)), np.float32)
    absent = np.ones((len(sites), longest), bool)
    for index, site in enumerate(sites):
        rows[index, : len(site.names)] = site.rows
        absent[index, : len(site.names)] = False
    truths = torch.tensor([site.truth for site in sites])
    return torch.from_numpy(rows), torch.from_numpy(absent), truths


def learn(sites: list[Site], columns: list[int], options: argparse.Namespace) -> dict[str, object]:
    """Return the sidecar's entry: learned on four fifths of the repositories, stopped on the last."""
    repos = sorted({site.repo for site in sites})
    held = set(np.random.default_rng(options.seed).permutation(repos)[: max(len(repos) // 5, 1)])
    trained = [site for site in sites if site.repo not in held]
    left_out = [site for site in sites if site.repo in held]
    mixture, epochs = _fit(trained, left_out, columns, options, options.epochs)
    confidence, ranks = _judge(mixture, left_out)
    star, precision = _threshold(confidence, np.asarray(ranks) == 1)
    judged = summary(ranks) | {
        "sites": len(ranks),
        "ece": calibration(confidence, np.asarray(ranks) == 1),
        "star_precision": precision,
        "epochs": epochs,
    }
    final, _ = _fit(sites, [], columns, options, epochs)  # the same again with all there is
    hidden, out = final.folded()
    return {
        "version": FEATURES_VERSION,
        "features": list(NAMES),
        "hidden": np.round(hidden.astype(float), 5).tolist(),
        "out": np.round(out.astype(float), 5).tolist(),
        "star": star,
        "left_out": judged,
    }


def _fit(
    trained: list[Site],
    left_out: list[Site],
    columns: list[int],
    options: argparse.Namespace,
    epochs: int,
) -> tuple[Mixture, int]:
    """Train; with sites left out, keep the best moment on them and say after how many epochs it was."""
    torch.manual_seed(options.seed)
    stacked = torch.from_numpy(np.concatenate([site.rows for site in trained]))
    spread = stacked.std(0).clamp(min=0.05)
    mixture = Mixture(columns, stacked.mean(0), spread, options.units)
    optimiser = torch.optim.AdamW(mixture.parameters(), lr=3e-3, weight_decay=0.03)
    ordered = sorted(trained, key=lambda site: len(site.names))  # lists of like length side by side
    batches = [_batch(ordered[at : at + 48]) for at in range(0, len(ordered), 48)]
    rng = np.random.default_rng(options.seed)
    best, best_at, best_weights = 1e9, epochs, None
    for epoch in range(epochs):
        for index in rng.permutation(len(batches)):
            rows, absent, truths = batches[index]
            loss = functional.cross_entropy(mixture(rows).masked_fill(absent, -1e4), truths)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if left_out:
            loss_out = _loss(mixture, left_out)
            if loss_out < best:
                best, best_at = loss_out, epoch + 1
                best_weights = {name: w.clone() for name, w in mixture.state_dict().items()}
    if best_weights is not None:
        mixture.load_state_dict(best_weights)
    return mixture, best_at


@torch.no_grad()
def _loss(mixture: Mixture, sites: list[Site]) -> float:
    losses = [
        functional.cross_entropy(
            mixture(torch.from_numpy(site.rows))[None], torch.tensor([site.truth])
        )
        for site in sites
    ]
    return float(torch.stack(losses).mean())


@torch.no_grad()
def _judge(mixture: Mixture, sites: list[Site]) -> tuple[np.ndarray, list[int]]:
    """Return how sure the first item was, and the truth's rank, on each site."""
    confidence, ranks = [], []
    for site in sites:
        scores = mixture(torch.from_numpy(site.rows))
        confidence.append(float(torch.softmax(scores, 0).max()))
        ranks.append(rank_of(scores.numpy(), site.truth))
    return np.asarray(confidence), ranks


def _threshold(confidence: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Return the least confidence from which on the first item is right often enough to be starred."""
    for star in np.arange(0.15, 0.95, 0.01):
        sure = confidence >= star
        if sure.sum() >= 20 and right[sure].mean() >= _STAR:
            return round(float(star), 2), round(float(right[sure].mean()), 4)
    return 0.95, 0.0
