"""Megabytes the ranker takes, from bare imports to hours of typing.

In:   Python's own modules, and the shipped model.
Out:  a table for people; the last line is one JSON object. MB are 10^6 bytes.
Who:  `make bench`.

Resident memory of a fresh process after each step, each step on top of those before. What is promised is the
distance from bare imports (interpreter, pynvim, numpy, ONNX Runtime, tree-sitter) to one buffer of 2,000 lines.
Two thirds of what the model takes are ONNX Runtime's own code, touched when any model is opened: it is shown
apart, as memory that is mapped from files ("file") beside what is our own ("own").
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "engine")]

KEYSTROKES = 20_000


def resident() -> tuple[float, float]:
    """Resident memory of this process in MB: all, and what is mapped from files."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()
    size = os.sysconf("SC_PAGE_SIZE") / 1e6
    return round(int(pages[1]) * size, 1), round(int(pages[2]) * size, 1)


def show(steps: dict[str, tuple[float, float]], done: int, files: dict[str, int]) -> None:
    """Print the table and the line of JSON."""
    told = {name: all_ for name, (all_, _) in steps.items()}
    print(f"{'resident, MB':34}{'all':>8}{'more':>8}{'file':>8}{'own':>8}")
    before = 0.0
    named = {"keystrokes": f"{done:,} keystrokes in it", "buffer_20000": "a buffer of 20,000 lines"}
    for name, value in told.items():
        mapped = steps[name][1]
        more = f"{value:8.1f}{value - before:+8.1f}{mapped:8.1f}{value - mapped:8.1f}"
        print(f"{named.get(name, name):34}{more}")
        before = value
    for name, size in files.items():
        print(f"{'models/' + name:34}{size / 1e6:8.2f}")
    above = round(told["buffer_2000"] - told["imports"], 1)
    own = round(above - (steps["buffer_2000"][1] - steps["imports"][1]), 1)
    print(f"{'above bare imports, 2,000 lines':34}{above:8.1f}{'':16}{own:8.1f}")
    print(f"{'model on disk':34}{sum(files.values()) / 1e6:8.2f}")
    print(
        json.dumps(
            {
                "resident_mb": told,
                "above_imports_mb": above,
                "above_imports_own_mb": own,
                "growth_mb": round(told["keystrokes"] - told["buffer_2000"], 1),
                "model_bytes": sum(files.values()),
            }
        )
    )


def main() -> int:
    """Measure, print."""
    steps = {"python": resident()}
    import numpy  # noqa: F401
    import onnxruntime  # noqa: F401
    import pynvim  # noqa: F401
    import tree_sitter_python  # noqa: F401

    steps["imports"] = resident()
    from stages import TYPED, file_of, keystrokes

    from sibyl.model import Model
    from sibyl.rank import Ranker
    from sibyl.session import Session

    folder = ROOT / "models"
    model = Model(folder)
    ranker = Ranker(model)
    steps["model"] = resident()
    small = Session(ranker, file_of(2_000))
    end = len(small.text)
    small.prepare(end)
    small.rank(end, model.members()[:100], [2] * 100)
    steps["buffer_2000"] = resident()
    done = 0
    while done < KEYSTROKES:
        for _ in keystrokes(small, end, TYPED):
            done += 1
        small.edit(end, len(TYPED.encode()), b"")
        small.prepare(end)
    steps["keystrokes"] = resident()
    large = Session(ranker, file_of(20_000))
    large.prepare(len(large.text))
    steps["buffer_20000"] = resident()
    show(steps, done, {path.name: path.stat().st_size for path in Model.files(folder)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
