"""The stages by name, and how one is run.

In: a stage's name and its arguments. Out: the stage's files; on an error of ours, one sentence
and a non-zero exit.
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

STAGES = {  # command: its module, and what it does
    "corpus": (
        "corpus.stage",
        "which files: licences, generated and vendored code, duplicates, splits",
    ),
    "streams": ("streams.stage", "files to token streams in shards"),
    "train": ("training.stage", "the network learns from the shards"),
    "tune": ("experiments.tune", "searches good settings for train"),
    "ablate": ("experiments.ablate", "trains variants alike, to see what each part is worth"),
    "export": ("export.stage", "weights to ONNX, compared with PyTorch"),
    "quantize": ("export.quantize", "ONNX to INT8, compared with the float one"),
    "menus": ("menus.stage", "real completion lists from any language server, to measure on"),
    "mix": ("evaluation.mix", "how network and usage memory are weighed"),
    "evaluate": ("evaluation.evaluate", "the tables: accuracy, calibration, letters saved"),
    "baselines": ("evaluation.baselines", "counts of the training streams, for the orders to beat"),
    "own": (
        "recipes.finetune",
        "all you need for a model of your own projects, measured against the shipped one",
    ),
    "tiny": ("recipes.smoke", "all of them on a few files, to see that they work"),
}


def usage() -> str:
    """Explain the stages in the order they are run."""
    lines = [f"  {name:<9} {meaning}" for name, (_, meaning) in STAGES.items()]
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
    module = importlib.import_module(f"sibyl.learn.{STAGES[stage][0]}")
    status: int = module.main(arguments)
    return status


def run_shown(stage: str, *arguments: object, output: TextIO | None = None) -> None:
    """Run one stage as the command line would, under a heading; what it prints may go elsewhere."""
    given = [str(argument) for argument in arguments]
    print(f"\n== {stage} {shlex.join(given)}", flush=True)
    with redirect_stdout(output or sys.stdout):
        run_stage(stage, given)
