"""The network in PyTorch: rows to vectors, vectors to hidden states, hidden states to predicted vectors.

In: row numbers of tokens, and the LSTM's state.  Out: for each token, the vector that the next name is
predicted to have, and the new state.

    rows ─► sum of whole and mean of pieces ─► LSTM ─► projection ─► predicted vector · candidates' vectors

Input and output share their vectors ("predicted embedding": Svyatkovskiy et al. 2019, arXiv 1912.00742).
What else can be asked for (a GRU, a second layer, an own matrix of outputs, attention) is there to be
compared with; only the plain network is exported.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from sibyl.network.vocab import MOST_PIECES

INWARD = 0.3
"""Spread of the first weights from the input to the gates. A text's vector begins with a length of about
one, whatever its size; PyTorch's own .03 would leave the gates deaf to it for the first million tokens."""

State = tuple[Tensor, ...]
"""What is carried on in each lane, each (n, lanes, hidden): hidden state, cell, what attention looks at."""


@dataclass(frozen=True)
class Sizes:
    """What a network is made of; goes into checkpoint and sidecar."""

    rows: int
    embedding: int = 128
    hidden: int = 384
    layers: int = 1
    cell: str = "lstm"
    """Or ``gru``."""
    outputs: int = 0
    """Texts with an own row in a full output layer; 0: the predicted embedding."""
    attention: bool = False
    """Look back at the hidden states of this chunk and the last."""
    pieces: bool = True
    """Rows of pieces; without, a text that has no row of its own is the unknown text."""
    origins: bool = True
    """Where a receiver comes from; without, all origins read the same."""
    dropout: float = 0.0

    def as_dict(self) -> dict[str, int | float | str | bool]:
        """Return the sizes by name."""
        return asdict(self)

    @property
    def plain(self) -> bool:
        """Whether the live engine can run it."""
        return self == Sizes(self.rows, self.embedding, self.hidden, dropout=self.dropout)


class Network(nn.Module):
    """One streamed LSTM with a predicted embedding over an open vocabulary."""

    def __init__(self, sizes: Sizes, inward: float = INWARD) -> None:
        super().__init__()
        self.sizes = sizes
        self.rows = nn.EmbeddingBag(sizes.rows, sizes.embedding, mode="sum")
        nn.init.normal_(self.rows.weight, std=0.3 / sizes.embedding**0.25)
        cell = nn.GRU if sizes.cell == "gru" else nn.LSTM
        between = sizes.dropout if sizes.layers > 1 else 0.0
        self.lstm = cell(sizes.embedding, sizes.hidden, sizes.layers, dropout=between)
        self.dropout = nn.Dropout(sizes.dropout)
        seen = sizes.hidden * (2 if sizes.attention else 1)
        self.project = nn.Linear(seen, sizes.hidden if sizes.outputs else sizes.embedding)
        if sizes.outputs:
            self.output = nn.Embedding(sizes.outputs, sizes.hidden)
            nn.init.normal_(self.output.weight, std=0.3 / sizes.hidden**0.25)
        if sizes.attention:
            self.look = nn.Linear(sizes.hidden, 2 * sizes.hidden, bias=False)
        nn.init.normal_(self.lstm.weight_ih_l0, std=inward)
        if sizes.cell == "lstm":
            with torch.no_grad():  # remember by default: the forget gate starts open
                for layer in range(sizes.layers):
                    bias = getattr(self.lstm, f"bias_ih_l{layer}")
                    bias[sizes.hidden : 2 * sizes.hidden] = 1.0

    def vectors(self, rows: Tensor) -> Tensor:
        """Return vectors (n, embedding) of texts given by rows (n, 8 or 9); -1 stands for no row.

        A vector is the row of the whole, plus the mean of the rows of its pieces, plus the row of its
        role if there is a ninth column.
        """
        present = rows >= 0
        pieces = slice(1, 1 + MOST_PIECES)
        counts = present[:, pieces].sum(1).clamp(min=1)
        weights = torch.ones_like(rows, dtype=torch.float32)
        weights[:, pieces] /= counts[:, None]
        offsets = torch.zeros(len(rows), dtype=torch.long, device=rows.device)
        offsets[1:] = present.sum(1).cumsum(0)[:-1]
        return self.rows(rows[present].long(), offsets, per_sample_weights=weights[present])

    def candidates(self, rows: Tensor) -> Tensor:
        """Return what a predicted vector is compared with, for texts given by rows (n, 8)."""
        if self.sizes.outputs:
            return self.output(rows[:, 0].clamp(min=0).long())
        return self.vectors(rows)

    def forward(self, vectors: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return predicted vectors (time, lanes, size) and the state after the last token."""
        before = state[-1] if state is not None and self.sizes.attention else None
        vectors = self.dropout(vectors)
        if self.sizes.cell == "gru":
            hidden, last = self.lstm(vectors, None if state is None else state[0])
            state = (last,)
        else:
            hidden, state = self.lstm(vectors, None if state is None else state[:2])
        if not self.sizes.attention:
            return self.project(self.dropout(hidden)), state
        seen = torch.cat((hidden, self._looked(hidden, before)), 2)
        return self.project(self.dropout(seen)), (*state, hidden)

    def _looked(self, hidden: Tensor, before: Tensor | None) -> Tensor:
        """Attend from each hidden state to those before it, of this chunk and the last (``before``)."""
        known = hidden if before is None else torch.cat((before.to(hidden.dtype), hidden))
        query, _ = self.look(hidden).chunk(2, 2)
        _, key = self.look(known).chunk(2, 2)
        time = torch.arange(len(known), device=hidden.device)
        seen = time[None] <= time[len(known) - len(hidden) :, None]
        query, key, value = (part.transpose(0, 1) for part in (query, key, known))
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return attended.transpose(0, 1)


def carried(state: State | None, begins: Tensor) -> State | None:
    """Return the state to begin a chunk with: zero in lanes that begin a file."""
    if state is None:
        return None
    keep = (~begins).to(state[0].dtype)[None, :, None]
    return tuple(part.detach() * keep for part in state)
