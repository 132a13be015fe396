"""Which token goes where: files laid end to end in lanes, cut into chunks of equal length.

In: the token arrays of a split.  Out: chunks (lanes, length), each with what is needed to carry the LSTM's
state on within a file and to drop it between files.

    lane 0 │ file A ·· │ A ········ │ A ··▒▒▒▒ │ file D ··      a file begins at the begin of a chunk, so that
    lane 1 │ file B ·▒ │ file C ··· │ C ······ │ C ▒▒▒▒▒▒▒      the state is exactly zero there; ▒ is padding
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sibyl.errors import LearnError, first_line

PADDING = 255
"""Kind of a token that is not there."""


@dataclass
class Shard:
    """A split's tokens, as the streams stage left them (memory-mapped)."""

    tokens: np.ndarray
    kinds: np.ndarray
    firsts: np.ndarray

    @classmethod
    def open(cls, folder: Path, split: str) -> Shard:
        """Open one split of a streams folder."""
        try:
            arrays = [
                np.load(folder / f"{split}.{name}.npy", mmap_mode="r")
                for name in ("tokens", "kinds", "files")
            ]
        except (OSError, ValueError) as error:
            raise LearnError(
                f"No streams of the split {split} in {folder} ({first_line(error)})."
            ) from error
        tokens, kinds, firsts = arrays
        if not len(firsts) or not len(tokens) == len(kinds) == firsts[-1]:
            raise LearnError(f"The streams of {split} in {folder} are not whole; make them again.")
        return cls(tokens, kinds, firsts)


class Lanes:
    """A fixed, seeded order of chunks; any step can be had directly, which makes resuming exact."""

    def __init__(
        self,
        shard: Shard,
        lanes: int,
        length: int,
        seed: int,
        longest: int = 20_000,
        window: int = 0,
    ) -> None:
        """Plan the lanes; with ``window`` the state is dropped within files, too, every ``window`` chunks."""
        self.shard, self.lanes, self.length = shard, lanes, length
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(shard.firsts) - 1)
        sizes = np.minimum(np.diff(shard.firsts), longest)
        heap = [(0, lane) for lane in range(lanes)]
        plans: list[list[np.ndarray]] = [[] for _ in range(lanes)]
        for file in order:
            if sizes[file] < 8:
                continue
            filled, lane = heapq.heappop(heap)
            starts = np.arange(0, sizes[file], length) + shard.firsts[file]
            ends = np.minimum(starts + length, shard.firsts[file] + sizes[file])
            plan = np.stack(
                (starts, ends, np.arange(len(starts)) % (window or len(starts)) == 0), 1
            )
            plans[lane].append(plan)
            heapq.heappush(heap, (filled + len(starts), lane))
        joined = [np.concatenate(plan) for plan in plans if plan]
        if len(joined) < lanes:
            raise LearnError(f"Too few files ({len(order)}) for {lanes} lanes; use fewer lanes.")
        self.steps = min(map(len, joined))
        self.plan = np.stack([plan[: self.steps] for plan in joined])

    def step(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return tokens and kinds (lanes, length), and which lanes begin a file."""
        tokens = self.values(index, self.shard.tokens)
        kinds = self.values(index, self.shard.kinds, PADDING)
        return tokens, kinds, self.plan[:, index % self.steps, 2].astype(bool)

    def values(self, index: int, of_tokens: np.ndarray, padding: int = 0) -> np.ndarray:
        """Return what belongs to the tokens of a step (lanes, length), ``padding`` where there is no token."""
        values = np.full((self.lanes, self.length), padding, of_tokens.dtype)
        for lane, (start, end, _) in enumerate(self.plan[:, index % self.steps]):
            values[lane, : end - start] = of_tokens[start:end]
        return values
