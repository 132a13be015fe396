"""Pictures of an evaluation: calibration, and accuracy against size.

In: how sure an order was of its first item and whether that was right; variants with size and accuracy.
Out: PNG files.  Learning curves: ``learn.training.validation``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sibyl.learn.io import whole_file

_BINS = 10


def calibration_picture(path: Path, sure: Sequence[float], right: Sequence[bool]) -> None:
    """Draw how often the first item was right against how sure the order was of it, by tenths."""
    confident, correct = np.asarray(sure), np.asarray(right, np.float64)
    places = np.minimum((confident * _BINS).astype(int), _BINS - 1)
    filled = [place for place in range(_BINS) if (places == place).any()]
    x = [confident[places == place].mean() for place in filled]
    y = [correct[places == place].mean() for place in filled]
    size = [float((places == place).mean()) for place in filled]
    figure, axes = _figure("how sure (mean of each tenth)", "how often right")
    axes.plot((0, 1), (0, 1), color="0.7", linewidth=1)
    axes.plot(x, y, color="tab:blue", marker="o")
    axes.bar(x, size, width=0.06, color="tab:blue", alpha=0.2, label="share of lists")
    axes.legend()
    _save(figure, path)


def size_picture(path: Path, variants: Mapping[str, tuple[float, float]]) -> None:
    """Draw accuracy against size: for each variant its megabytes in INT8 and its MRR."""
    figure, axes = _figure("MB in INT8", "MRR")
    for name, (megabytes, mrr) in variants.items():
        axes.plot(megabytes, mrr, "o", color="tab:blue")
        axes.annotate(name, (megabytes, mrr), fontsize=7, xytext=(4, 3), textcoords="offset points")
    axes.set_xscale("log")
    _save(figure, path)


def _figure(x: str, y: str):  # type: ignore[no-untyped-def]  # matplotlib is imported where it is used
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.5, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    return figure, axes


def _save(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=110)
