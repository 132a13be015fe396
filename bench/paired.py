"""Two models on the same recorded lists, and how sure their difference is.

In: a menus file, its repositories, two model folders.  Out: both models' measures and the gain of the second,
with 95 % intervals by bootstrap over files (the lists of one file are alike; those of two less so).

    python bench/paired.py --menus m.jsonl.gz --sources DIR --memory project models build/own/model
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sibyl.learn.evaluation.evaluate import mixtures
from sibyl.learn.evaluation.measures import remembered
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay import RecordedList, collect
from sibyl.learn.evaluation.schema import MEMORIES
from sibyl.learn.metrics import rank_of

MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "top-1": lambda ranks: ranks <= 1,
    "top-5": lambda ranks: ranks <= 5,
    "MRR": lambda ranks: 1 / ranks,
}
DRAWS = 4_000


def main() -> None:
    """Measure both models and print the table."""
    made = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    made.add_argument("--menus", type=Path, required=True, help="recorded completion lists")
    made.add_argument("--sources", type=Path, required=True, help="folder of their repositories")
    made.add_argument("--memory", choices=MEMORIES[1:3], default="file", help="the most remembered")
    made.add_argument("models", nargs=2, type=Path, help="two model folders")
    options = made.parse_args()
    lines = read_menus(options.menus)
    memories = MEMORIES[: MEMORIES.index(options.memory) + 1]
    with tempfile.TemporaryDirectory() as folder:
        stores = Path(folder) if options.memory == "project" else None
        sites = [list(collect(lines, options.sources, model, stores)) for model in options.models]
    both = [ranks(its, model, memories) for its, model in zip(sites, options.models, strict=True)]
    files = [f"{site.repo}/{site.path}" for site in sites[0]]
    names = sorted(set(files))
    where = np.asarray([names.index(name) for name in files])
    print(
        f"{len(files)} lists of {len(names)} files; {' against '.join(map(str, options.models))}\n"
    )
    print("| remembered | measure | first | second | gain | 95 % |\n|---|---|---|---|---|---|")
    for memory in ("bare", *memories):
        for measure, share in MEASURES.items():
            first, second = (share(its[memory]).astype(float) for its in both)
            low, high = interval(second - first, where)
            print(
                f"| {memory} | {measure} | {first.mean():.3f} | {second.mean():.3f} "
                f"| {(second - first).mean():+.3f} | {low:+.3f} to {high:+.3f} |"
            )


def ranks(
    sites: list[RecordedList], model: Path, memories: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Return the truths' ranks by the network alone, and with each amount of memory."""
    scores = {"bare": [site.logits for site in sites]}
    scores |= remembered(sites, *mixtures(model), memories)
    return {
        name: np.asarray(
            [rank_of(values, site.truth) for values, site in zip(its, sites, strict=True)]
        )
        for name, its in scores.items()
    }


def interval(gains: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the mean gain, files drawn with replacement."""
    many = int(where.max()) + 1
    sums, counts = np.bincount(where, gains, many), np.bincount(where, minlength=many)
    draws = np.random.default_rng(1).integers(many, size=(DRAWS, many))
    means = sums[draws].sum(1) / counts[draws].sum(1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


if __name__ == "__main__":
    main()
