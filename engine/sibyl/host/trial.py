"""A model that did not come with sibyl is first run in a process of its own.

In: a model's folder.  Out: nothing, or a ModelError with one sentence.

A graph may ask for all of the machine's memory, end the process that runs it, or never come to an end; rows may
hold numbers that are none. The process has so much memory and time and no more. Where the platform cannot limit
memory (macOS, Windows), time alone is limited.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sibyl.errors import ModelError

MOST_BYTES = 2 << 30
MOST_S = 30.0
_ENGINE = Path(__file__).resolve().parents[2]
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from sibyl.host.trial import main; main(sys.argv[2])"


def tried(folder: Path, seconds: float = MOST_S) -> None:
    """Raise ModelError if a model cannot be used; takes as long as loading it."""
    command = [sys.executable, "-I", "-c", _BOOT, str(_ENGINE), str(folder)]
    try:
        done = subprocess.run(
            command, cwd=_ENGINE, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"The model in {folder} takes too long to run; use another one."
        ) from error
    except OSError as error:
        raise ModelError(f"The model in {folder} cannot be tried ({error.strerror}).") from error
    last_line = done.stdout.strip().rpartition("\n")[2]
    if done.returncode:
        raise ModelError(
            last_line or f"The model in {folder} needs too much memory; use another one."
        )


def main(folder: str) -> None:
    """Load a model, read two tokens with it; exit with a sentence if anything of that is odd."""
    from sibyl.memory.limits import cap_memory

    cap_memory(MOST_BYTES)
    import numpy as np

    from sibyl.network.model import Model
    from sibyl.ranking.ranker import Ranker

    try:
        model = Model(Path(folder))
        model.check_rows()
        Ranker(model)
        vectors = model.vectors(["<nl>", "name"])
        predicted, state = model.step(vectors, model.begin)
        predicted, state = model.step(vectors[:1], state)
        fit = predicted.shape == (model.size,) and all(
            part.shape == begun.shape for part, begun in zip(state, model.begin, strict=True)
        )
        if not fit or not all(np.isfinite(numbers).all() for numbers in (predicted, *state)):
            raise ModelError(f"The graph in {folder} does not give what it should; use another.")
    except ModelError as error:
        print(error)
        sys.exit(1)
    except MemoryError:
        print(f"The model in {folder} needs too much memory; use another one.")
        sys.exit(1)
    except Exception as error:  # what a graph says of itself may have lines
        detail = " ".join(str(error).split())[:200]
        print(f"The model in {folder} cannot be run ({detail}).")
        sys.exit(1)
