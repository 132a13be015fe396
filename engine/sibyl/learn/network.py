"""The network in PyTorch: rows to vectors, vectors to hidden states, hidden states to predicted vectors.

In: row numbers of tokens, and the LSTM's state.  Out: for each token, the vector that the next name is
predicted to have, and the new state.  Called by: ``learn.train``, ``learn.export``; the live engine runs
what ``export`` makes of it and never imports torch.

    rows ─► sum of whole and mean of pieces ─► LSTM ─► projection ─► predicted vector · candidates' vectors

Input and output share their vectors ("predicted embedding": Svyatkovskiy et al. 2019, arXiv 1912.00742).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""Hidden state and cell, each (1, lanes, hidden)."""


@dataclass(frozen=True)
class Sizes:
    """What a network is made of; goes into the sidecar."""

    rows: int
    embedding: int = 128
    hidden: int = 384

    def as_dict(self) -> dict[str, int]:
        """Return the sizes by name."""
        return asdict(self)


class Network(nn.Module):
    """One streamed LSTM with a predicted embedding over an open vocabulary."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.rows = nn.EmbeddingBag(sizes.rows, sizes.embedding, mode="sum")
        nn.init.normal_(self.rows.weight, std=0.3 / sizes.embedding**0.25)
        self.lstm = nn.LSTM(sizes.embedding, sizes.hidden)
        self.project = nn.Linear(sizes.hidden, sizes.embedding)
        with torch.no_grad():  # remember by default: the forget gate starts open
            bias = self.lstm.bias_ih_l0
            bias[sizes.hidden : 2 * sizes.hidden] = 1.0

    def vectors(self, rows: Tensor) -> Tensor:
        """Return vectors (n, embedding) of texts given by rows (n, 8); -1 stands for no row."""
        there = rows >= 0
        counts = there[:, 1:].sum(1).clamp(min=1)
        weights = torch.ones_like(rows, dtype=torch.float32)
        weights[:, 1:] /= counts[:, None]
        offsets = torch.zeros(len(rows), dtype=torch.long, device=rows.device)
        offsets[1:] = there.sum(1).cumsum(0)[:-1]
        return self.rows(rows[there].long(), offsets, per_sample_weights=weights[there])

    def forward(self, vectors: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return predicted vectors (time, lanes, embedding) and the state after the last token."""
        hidden, state = self.lstm(vectors, state)
        return self.project(hidden), state
