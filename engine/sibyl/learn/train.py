"""Stage c of learning: streams to weights.

In: a streams folder.  Out: ``last.pt`` and ``best.pt`` (weights, optimiser, step, lanes' states),
``log.jsonl`` and ``curve.png`` with the learning curves, and a sidecar.
Called by: ``python -m sibyl.learn train``.

One visible loop: a chunk of every lane, forward with the state carried on within files, candidate softmax
at every name (members weigh most), clip, step; every so often a validation and a checkpoint. Killed and
started again it goes on from the last checkpoint: the order of chunks and the draws depend on seed and
step alone. Try it on a CPU:
    python -m sibyl.learn train --streams build/streams --out build/run --lanes 8 --steps 50
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn.checkpoints import Progress, read_checkpoint, resume, save, write_sidecar
from sibyl.learn.files import whole_file
from sibyl.learn.lanes import Lanes, Shard
from sibyl.learn.losses import Data, draw, losses_of
from sibyl.learn.network import Network, Sizes, State
from sibyl.learn.watch import Watch, draw_curves, read_log
from sibyl.learn.weights import Weights, read_model

_LOGGED = 50
"""Steps between two lines of the log."""


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    made = argparse.ArgumentParser(
        "python -m sibyl.learn train",
        description="Train the network on streams; the same command goes on where it was stopped.",
    )
    add = made.add_argument
    add("--streams", type=Path, required=True, help="folder of the streams")
    add("--out", type=Path, required=True, help="folder for checkpoints, log and curve")
    add(
        "--start",
        type=Path,
        help="begin with the weights of this checkpoint, or of this model folder, float or INT8 "
        "(finetuning; the streams must have its vocabulary: streams --vocab)",
    )
    add("--embedding", type=int, help="size of a name's vector (default: 128, or the start's)")
    add("--hidden", type=int, help="size of the LSTM's state (default: 384, or the start's)")
    add("--lanes", type=int, default=96, help="files read side by side (default: 96)")
    add(
        "--length",
        type=int,
        default=96,
        help="tokens of a chunk: how far back-propagation goes (96)",
    )
    add("--steps", type=int, default=8_000, help="chunks of all lanes to train on (default: 8000)")
    add(
        "--skip",
        type=int,
        default=0,
        help="begin at this chunk of the fixed order, so that a second training with the same seed, "
        "lanes and length reads what the first did not",
    )
    add("--rate", type=float, default=3e-3, help="highest learning rate of Adam (default: 0.003)")
    add("--warm", type=int, default=200, help="steps of warm-up to that rate (default: 200)")
    add("--names", type=float, default=0.3, help="weight of names that are not members (0.3)")
    add(
        "--siblings",
        type=float,
        default=0.5,
        help="weight of telling one origin's members apart (0.5)",
    )
    add(
        "--sample",
        type=int,
        default=1_500,
        help="candidates drawn for members; half for names (1500)",
    )
    add(
        "--every",
        type=int,
        default=500,
        help="steps between two validations, each with a checkpoint",
    )
    add(
        "--val-lanes", type=int, default=32, help="validation files read side by side (default: 32)"
    )
    add(
        "--val-steps",
        type=int,
        default=20,
        help="chunks of 96 tokens of each; 0: no validation (20)",
    )
    add(
        "--patience",
        type=int,
        default=0,
        help="stop after so many validations no better (0: never)",
    )
    add("--threads", type=int, default=0, help="CPU threads (0: all)")
    add(
        "--seed",
        type=int,
        default=1,
        help="for order, first weights and candidates (1)",
    )
    add(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu, cuda, cuda:1"
    )
    add("--float", action="store_true", help="float32 all through; else products are in bfloat16")
    return made


@dataclass
class Run:
    """What stays the same from step to step."""

    options: argparse.Namespace
    data: Data
    watch: Watch | None
    network: Network
    optimiser: torch.optim.Optimizer
    made_with: dict[str, Any]


def main(argv: list[str] | None = None) -> int:
    """Train, or go on training."""
    options = parser().parse_args(argv)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    begin = _begin(options)
    about = read_about(options.streams)
    run = prepare(options, about, begin)
    last, log = options.out / "last.pt", options.out / "log.jsonl"
    progress, state = Progress(), None
    if last.exists():
        progress, state = resume(last, run.network, run.optimiser, run.made_with, options.device)
    kept = read_log(log, progress.step)  # what was logged after the checkpoint comes again
    with whole_file(log) as file:
        file.writelines(json.dumps(line).encode() + b"\n" for line in kept)
    loop(run, progress, state)
    return 0


def _begin(options: argparse.Namespace) -> Weights | None:
    """Read the weights to start with, and let sizes not asked for be theirs."""
    begin = None
    if options.start is not None:
        begin = read_start(options.start, options.device)
    sizes = begin.sizes if begin else Sizes(0)
    options.embedding = options.embedding or sizes.embedding
    options.hidden = options.hidden or sizes.hidden
    return begin


def read_start(path: Path, device: str) -> Weights:
    """Read weights to start with, of a model folder or a checkpoint."""
    if path.is_dir():
        return read_model(path)
    kept = read_checkpoint(path, device)
    return Weights(Sizes(**kept["sizes"]), kept["made_with"]["vocab"], kept["network"])


def read_about(folder: Path) -> dict[str, Any]:
    """Read the sidecar of the streams."""
    try:
        about: dict[str, Any] = json.loads((folder / "streams.json").read_text("utf-8"))
        return about
    except (OSError, ValueError) as error:
        raise LearnError(f"{folder} holds no finished streams ({error}).") from error


def prepare(options: argparse.Namespace, about: dict[str, Any], begin: Weights | None) -> Run:
    """Open the streams and make the network."""
    folder = options.streams
    rows = np.load(folder / "rows.npy")
    sizes = Sizes(about["rows"], options.embedding, options.hidden)
    network = Network(sizes)
    if begin is not None:
        _fit(begin, sizes, about, options)
        network.load_state_dict(begin.network)
    network.to(options.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate, betas=(0.9, 0.98))
    lanes = Lanes(Shard.open(folder, "train"), options.lanes, options.length, options.seed)
    data = Data.of(lanes, rows, options.sample)
    watch = None
    if options.val_steps and "val" in about:
        given = (Shard.open(folder, "val"), rows, data.siblings, data.members)
        watch = Watch(*given, options.val_lanes, options.val_steps)
    made_with = {name: getattr(options, name) for name in ("seed", "lanes", "length", "skip")}
    made_with |= {"vocab": about["vocab"], "tokens": about["train"]["tokens"]}
    return Run(options, data, watch, network, optimiser, made_with)


def _fit(begin: Weights, sizes: Sizes, about: dict[str, Any], options: argparse.Namespace) -> None:
    """Refuse weights that are not for these streams and sizes."""
    if begin.vocab != about["vocab"]:
        raise LearnError(
            f"{options.start} has another vocabulary than {options.streams}; make the streams with "
            "--vocab and the model's vocab.txt."
        )
    if begin.sizes != sizes:
        raise LearnError(
            f"{options.start} has embedding {begin.sizes.embedding} and hidden {begin.sizes.hidden}, "
            f"not {sizes.embedding} and {sizes.hidden}; leave --embedding and --hidden out."
        )


def loop(run: Run, progress: Progress, state: State | None) -> None:
    """Train to the last step, or until validations get no better."""
    options, optimiser = run.options, run.optimiser
    began, first = time.time(), progress.step
    done = progress.step
    terminal = sys.stderr.isatty()
    bar = tqdm(total=options.steps, initial=done, unit="step", mininterval=0.5 if terminal else 30)
    while done < options.steps and not _enough(progress, options.patience):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate_at(done, options.warm, options.steps)
        losses, state = learn(run, done, state)
        for name, loss in losses.items():
            progress.sums[name] = progress.sums.get(name, 0.0) + float(loss.detach())
        done += 1
        bar.update()
        line: dict[str, float] = {}
        if done % _LOGGED == 0:
            line = {name: round(value / _LOGGED, 4) for name, value in progress.sums.items()}
            progress.sums.clear()
            read = (done - first) * options.lanes * options.length
            line["tokens_per_s"] = round(read / (time.time() - began))
            bar.set_postfix_str(f"member {line['member']:.3f}, best MRR {progress.best:.4f}")
        if done % options.every == 0 or done == options.steps:
            line |= _validate(run, progress, done)
            _log(run, done, line)
            _keep(run, progress, done, state)
        elif line:
            _log(run, done, line)
    bar.close()


def learn(run: Run, step: int, state: State | None) -> tuple[dict[str, Tensor], State]:
    """Take one step; returns its losses and the state to carry on."""
    options, network = run.options, run.network
    batch = draw(run.data, step + options.skip, (options.seed, step + options.skip))
    losses, state = losses_of(
        network, run.data, batch, state, options.device, mixed=not options.float
    )
    total = losses["member"] + options.siblings * losses["sibling"] + options.names * losses["name"]
    run.optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    run.optimiser.step()
    return losses, state


def rate_at(step: int, warm: int, steps: int) -> float:
    """Warm-up, then half a cosine down to a fiftieth."""
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def _enough(progress: Progress, patience: int) -> bool:
    return bool(patience) and progress.waited >= patience


def _validate(run: Run, progress: Progress, done: int) -> dict[str, float]:
    """Measure the network on the validation split, and note whether it is the best so far."""
    progress.step = done
    if run.watch is None:
        return {}
    found = run.watch.measure(run.network, run.options.device)
    if found["mrr"] > progress.best:
        progress.best, progress.best_step, progress.waited = found["mrr"], done, 0
    else:
        progress.waited += 1
    return found


def _log(run: Run, done: int, line: dict[str, float]) -> None:
    read = done * run.options.lanes * run.options.length
    try:
        with (run.options.out / "log.jsonl").open("a") as file:
            file.write(json.dumps({"step": done, "tokens": read} | line) + "\n")
    except OSError as error:
        raise LearnError(f"Cannot write to {run.options.out}: {error.strerror}.") from error


def _keep(run: Run, progress: Progress, done: int, state: State) -> None:
    """Write checkpoints, sidecar and picture. The last checkpoint comes last: it says the rest is there."""
    out, given = run.options.out, (run.network, run.optimiser, progress, state, run.made_with)
    if run.watch is not None and progress.best_step == done:
        save(out / "best.pt", *given)
    draw_curves(out / "log.jsonl", out / "curve.png")
    arguments = {name: str(value) for name, value in vars(run.options).items()}
    write_sidecar(out, progress, arguments)
    save(out / "last.pt", *given)
