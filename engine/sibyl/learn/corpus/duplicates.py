"""Exact and near duplicates, by hashes of bare tokens.

In: token lists, later their hashes, most precious file first. Out: which files to keep.

    tokens ─► runs of five ─► 32-bit hashes ─► 128 minima ("signature")
    signatures ─► datasketch's LSH proposes ─► equal minima ≥ 0.8 decide
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datasketch import MinHash

ALIKE = 0.8  # Jaccard similarity of shingle sets from which a file counts as a copy
MINIMA = 128
_RUN = 5
_CHUNK = 8192  # shingles at once: 128 minima of them fit in a processor's cache
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)


def exact_hash(tokens: list[str]) -> bytes:
    """Return sixteen bytes that are equal for equal token lists only."""
    return hashlib.blake2b("\n".join(tokens).encode("utf-8"), digest_size=16).digest()


def shingles(tokens: list[str]) -> np.ndarray:
    """Return the distinct hashes of all runs of five tokens."""
    hashes = np.fromiter(
        (zlib.crc32(token.encode("utf-8")) for token in tokens), dtype=np.uint32, count=len(tokens)
    )
    if len(hashes) < _RUN:
        return hashes
    count = len(hashes) - _RUN + 1
    total = np.zeros(count, dtype=np.uint32)
    for place, factor in enumerate(_FACTORS):
        total += hashes[place : place + count] * factor
        total ^= total >> np.uint32(15)
    return np.unique(total)


@cache
def _blank() -> MinHash:
    from datasketch import MinHash  # slow to import, and readers of a manifest do not need it

    return MinHash(num_perm=MINIMA, seed=1, hashfunc=lambda value: value, scheme="affine32")


def signature(tokens: list[str]) -> np.ndarray:
    """Return the minima that stand for a file's set of shingles."""
    sketch = _blank().copy()
    hashes = shingles(tokens)
    for start in range(0, len(hashes), _CHUNK):
        sketch.update_batch(hashes[start : start + _CHUNK])
    return sketch.hashvalues.astype(np.uint32)


def keep_first(
    exact: list[bytes], signatures: np.ndarray, near: bool = True, guarded: int = 0
) -> Iterator[tuple[str | None, int]]:
    """Yield for each file a reason to drop it (or None) and the earlier file it copies (or -1).

    The first `guarded` files are validation: a file that copies one of them is dropped, even where that
    one was dropped as a copy itself, for people may still measure on it.
    """
    from datasketch import MinHashLSH

    index = MinHashLSH(num_perm=MINIMA, params=(21, 6))  # finds 99.8 % of pairs at 0.8
    seen: dict[bytes, int] = {}
    for place, digest in enumerate(exact):
        first = seen.setdefault(digest, place)
        if first != place:
            yield "exact duplicate", first
            continue
        if not near:
            yield None, -1
            continue
        sketch = _sketch(signatures[place])
        twin = _nearest(signatures, place, index.query(sketch))
        if twin >= 0:
            yield "near duplicate", twin
        else:
            yield None, -1
        if twin < 0 or place < guarded:
            index.insert(place, sketch, check_duplication=False)


def _sketch(values: np.ndarray) -> MinHash:
    sketch = _blank().copy()
    sketch.hashvalues = values
    return sketch


def _nearest(signatures: np.ndarray, place: int, others: Iterable[int]) -> int:
    """Return the candidate most like the file if it is alike enough, else -1."""
    candidates = sorted(others)
    if not candidates:
        return -1
    alike = (signatures[candidates] == signatures[place]).mean(axis=1)
    best = int(alike.argmax())
    return candidates[best] if alike[best] >= ALIKE else -1
