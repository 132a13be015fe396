"""The door to learning: `python -m sibyl.learn STAGE ...`.

In: a stage's name and its arguments. Out: the stage's files; on an error of ours, one sentence
and a non-zero exit. Called by: people and the Makefile.
A stage is imported only when it is asked for, so that `corpus` needs no PyTorch.
"""

from __future__ import annotations

import importlib
import os
import shlex
import signal
import sys
from contextlib import redirect_stdout
from typing import TextIO

from sibyl.errors import SibylError

STAGES = {
    "corpus": "a  which files: licences, generated and vendored code, duplicates, splits",
    "streams": "b  files to token streams in shards",
    "train": "c  the network learns from the shards",
    "tune": "   searches good settings for train",
    "ablate": "   trains variants alike, to see what each part is worth",
    "export": "d  weights to ONNX, compared with PyTorch",
    "quantize": "e  ONNX to INT8, compared with d",
    "menus": "f  real completion lists from any language server, to measure on",
    "mix": "g  how network and usage memory are weighed",
    "evaluate": "h  the tables: accuracy, calibration, letters saved",
    "baselines": "   counts of the training streams, for the orders to beat",
    "own": "   all you need for a model of your own projects, measured against the shipped one",
    "tiny": "   all of them on a few files, to see that they work",
}


def usage() -> str:
    """Explain the stages in the order they are run."""
    lines = [f"  {name:<9} {meaning}" for name, meaning in STAGES.items()]
    return "\n".join(
        ["usage: python -m sibyl.learn STAGE [options]", "", "The stages, in order:", *lines, "",
         "Each explains its options with --help; each goes on where it was stopped."]
    )  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Run one stage and turn our own errors into one sentence."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        return 0 if arguments else 2
    stage, *rest = arguments
    if stage not in STAGES:
        print(f"sibyl.learn: there is no stage {stage!r}.\n{usage()}", file=sys.stderr)
        return 2
    # Being asked to end is like Ctrl-C: what is half done gets cleaned up. Not under torchrun: a worker that
    # waits for another one inside PyTorch would not hear it, and hold up the restart of both.
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run_stage(stage, rest)
    except ModuleNotFoundError as error:
        hint = "install the extra `learn`" if not (error.name or "").startswith("sibyl") else "?"
        print(f"sibyl.learn {stage}: {error.name} is missing; {hint}.", file=sys.stderr)
    except SibylError as error:
        print(f"sibyl.learn {stage}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"sibyl.learn {stage}: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return 1


def run_stage(stage: str, arguments: list[str]) -> int:
    """Run one stage by name; its errors are its caller's."""
    status: int = importlib.import_module(f"sibyl.learn.{stage}").main(arguments)
    return status


def run_shown(stage: str, *arguments: object, said: TextIO | None = None) -> None:
    """Run one stage as the command line would, under a heading; what it prints may go elsewhere."""
    given = [str(argument) for argument in arguments]
    print(f"\n== {stage} {shlex.join(given)}", flush=True)
    with redirect_stdout(said or sys.stdout):
        run_stage(stage, given)


if __name__ == "__main__":
    sys.exit(main())
