"""Two models on the same recorded lists, and how sure their difference is.

In: a menus file, its repositories, two model folders.  Out: both models' measures and the gain of the second,
with 95 % intervals by bootstrap over files (the lists of one file are alike; those of two less so).

    python bench/paired.py --menus m.jsonl.gz --sources DIR --memory project models build/own/model
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from pathlib import Path

from sibyl.learn.evaluation import evaluate
from sibyl.learn.evaluation.paired import gain_table
from sibyl.learn.evaluation.schema import MEMORIES


def main() -> None:
    """Measure both models and print the table."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = arguments.add_argument
    add("--menus", type=Path, required=True, help="recorded completion lists")
    add("--sources", type=Path, required=True, help="folder of their repositories")
    add("--memory", choices=MEMORIES[1:3], default="file", help="the most remembered")
    add("models", nargs=2, type=Path, help="two model folders")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ranks = [Path(folder) / "first.json", Path(folder) / "second.json"]
        lists = ("--menus", options.menus, "--sources", options.sources, "--stores", folder)
        for model, path in zip(options.models, ranks, strict=True):
            given = (*lists, "--memory", options.memory, "--model", model, "--ranks", path)
            with contextlib.redirect_stdout(io.StringIO()):
                evaluate.main([*map(str, given)])
        print(" against ".join(map(str, options.models)))
        print(gain_table(("first", ranks[0]), ("second", ranks[1])))


if __name__ == "__main__":
    main()
