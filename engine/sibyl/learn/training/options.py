"""What a training can be told.

In: a command line.  Out: its options, in the groups that ``--help`` shows.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from sibyl.learn.asked import number, whole
from sibyl.learn.training.network import INWARD


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn train",
        description="Train the network on streams; the same command goes on where it was stopped. "
        "Started by torchrun (torchrun --nproc-per-node 2 -m sibyl.learn train ...), the processes "
        "share the lanes and give what one process gives.",
    )
    _files(arguments)
    _network(arguments.add_argument_group("the network"))
    _reading(arguments.add_argument_group("what is read"))
    _learning(arguments.add_argument_group("how it learns"))
    _measuring(arguments.add_argument_group("validation"))
    _machine(arguments.add_argument_group("the machine"))
    _variants(
        arguments.add_argument_group("to compare with (only the plain network can be exported)")
    )
    return arguments


def _files(arguments: argparse.ArgumentParser) -> None:
    add = arguments.add_argument
    add("--streams", type=Path, required=True, help="folder of the streams")
    add("--out", type=Path, required=True, help="folder for checkpoints, log and curve")
    add(
        "--start",
        type=Path,
        help="begin with the weights of this checkpoint, or of this model folder, float or INT8 "
        "(finetuning; the streams must have its vocabulary: streams --vocab)",
    )
    add("--seed", type=whole(0), default=1, help="for order, first weights and candidates (1)")


def _network(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--embedding", type=whole(1), help="size of a name's vector (default: 128, or the start's)")
    add("--hidden", type=whole(1), help="size of the LSTM's state (default: 384, or the start's)")
    add(
        "--dropout",
        type=number(most=0.99),
        default=0.0,
        help="share of inputs and states left out (0)",
    )


def _reading(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--lanes",
        type=whole(1),
        default=32,
        help="files read side by side (default: 32, which learn fastest; 96 at the end, by --start, "
        "learn more, and a GPU reads more much faster)",
    )
    add(
        "--length",
        type=whole(2),
        default=96,
        help="tokens of a chunk, back-propagation's reach (96)",
    )
    add("--steps", type=whole(1), default=50_000, help="chunks of all lanes to train on (50000)")
    add(
        "--skip",
        type=whole(0),
        default=0,
        help="begin at this chunk of the fixed order, so that a second training with the same seed, "
        "lanes and length reads what the first did not",
    )


def _learning(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--rate",
        type=number(),
        default=5e-3,
        help="highest learning rate of Adam (default: 0.005)",
    )
    add("--warm", type=whole(0), default=300, help="steps of warm-up to that rate (default: 300)")
    add(
        "--decay",
        type=whole(0),
        help="last steps, over which the rate falls (default: a fifth of all; between warm-up and decay "
        "it stays, so that a run can be continued, and any of its checkpoints be finished by --start "
        "with --decay as long as --steps)",
    )
    add("--names", type=number(), default=0.6, help="weight of names that are not members (0.6)")
    add("--keywords", type=number(), default=0.2, help="weight of keywords (0.2)")
    add("--siblings", type=number(), default=0.5, help="weight of telling siblings apart (0.5)")
    add(
        "--repeats",
        type=number(),
        default=1.0,
        help="weight of words that their file has before (1)",
    )
    add("--sample", type=whole(1), default=1_500, help="candidates drawn, half for names (1500)")


def _measuring(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--every",
        type=whole(1),
        default=2_000,
        help="steps between validations, checkpoints (2000)",
    )
    add("--val-lanes", type=whole(1), default=32, help="validation files read side by side (32)")
    add("--val-steps", type=whole(0), default=20, help="chunks of each; 0: no validation (20)")
    add(
        "--patience", type=whole(0), default=0, help="stop after N validations no better (0: never)"
    )


def _machine(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--threads", type=whole(0), default=0, help="CPU threads (0: all)")
    best = "cuda" if torch.cuda.is_available() else "cpu"
    add("--device", type=_device, default=best, help="cpu, cuda, cuda:1")
    add("--float", action="store_true", help="float32 all through; else products are in bfloat16")


def _variants(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--layers", type=int, choices=(1, 2), default=1, help="layers of the LSTM (1)")
    add("--cell", choices=("lstm", "gru"), default="lstm", help="which recurrent cell (lstm)")
    add(
        "--output",
        choices=("predicted", "full"),
        default="predicted",
        help="compare with the vectors of names, or with an own matrix of frequent texts",
    )
    add("--attention", action="store_true", help="look back at this chunk's and the last's states")
    add("--no-pieces", action="store_true", help="whole texts only")
    add("--no-origins", action="store_true", help="where receivers come from is not told")
    add(
        "--window",
        type=whole(0),
        default=0,
        help="forget the state every N chunks (0: whole files)",
    )
    add("--inward", type=number(), default=INWARD, help=f"first weights into the gates ({INWARD})")
    add(
        "--share",
        type=number(most=1, above=True),
        default=1.0,
        help="first share of the training files (1)",
    )
    add("--chunks", type=whole(0), default=0, help="read only N chunks, again and again (0: all)")


def _device(name: str) -> str:
    """Accept a device that this machine can compute with."""
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise argparse.ArgumentTypeError(
            f"{name!r} is no device that PyTorch can use here"
        ) from error
    return name
