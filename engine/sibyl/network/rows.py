"""Rows that vectors are made of, as they lie on disk: float32, or INT8 with a scale behind each.

In: rows of one kind.  Out: rows of the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SCALE_BYTES = 2
"""A float16 behind the levels of each INT8 row."""
_LEVELS = 127  # to either side of zero


def rows_int8(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Return float rows (rows, size) as INT8 with their scales (rows, size + 2)."""
    scales = np.maximum(np.abs(rows).max(1), 1e-8) / _LEVELS
    packed = np.empty((len(rows), rows.shape[1] + SCALE_BYTES), np.int8)
    packed[:, :-SCALE_BYTES] = np.round(rows / scales[:, None]).astype(np.int8)
    packed[:, -SCALE_BYTES:] = scales.astype(np.float16)[:, None].view(np.int8)
    return packed


def float_rows(rows: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return rows of either kind as float32 (rows, size)."""
    if rows.dtype != np.int8:
        return np.asarray(rows, np.float32)
    scales = rows[:, -SCALE_BYTES:].copy().view(np.float16).astype(np.float32)
    return np.asarray(rows[:, :-SCALE_BYTES].astype(np.float32) * scales)


def is_shape(rows: npt.NDArray[Any], count: int, size: int) -> bool:
    """Tell whether an array holds ``count`` rows of either kind for vectors of this size."""
    widths = {np.dtype(np.int8): size + SCALE_BYTES, np.dtype(np.float32): size}
    return rows.shape == (count, widths.get(rows.dtype))
