"""Streams to weights.

In: a streams folder.  Out: ``last.pt`` and ``best.pt`` (weights, optimiser, step, lanes' states),
``log.jsonl`` and ``curve.png`` with the learning curves, and a sidecar.

One visible loop: a chunk of every lane, forward with the state carried on within files, candidate softmax
at every name (members weigh most), clip, step; every so often a validation and a checkpoint. Killed and
started again it goes on from the last checkpoint: the order of chunks and the draws depend on seed and
step alone. One process or many (``torchrun``) give the same. Try it on a CPU:
    python -m sibyl.learn train --streams build/streams --out build/run --lanes 8 --steps 50
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn.io import whole_file
from sibyl.learn.training.checkpoints import SCHEDULE, Progress, resume, save, write_sidecar
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.losses import draw
from sibyl.learn.training.network import State
from sibyl.learn.training.options import parser
from sibyl.learn.training.run import Run, begin, prepare
from sibyl.learn.training.validation import draw_curves, read_log

_LOGGED = 50
"""Steps between two lines of the log."""


class DivergedError(LearnError):
    """The loss became infinite or no number."""


OnValidation = Callable[[int, dict[str, float]], None]
"""Called after each validation with the step and what was found; may raise to end the training."""


def main(argv: list[str] | None = None) -> int:
    """Train, or go on training."""
    options = parser().parse_args(argv)
    Processes.agree(options.lanes)
    processes = Processes.join(options.device)
    try:
        train(options, processes)
    finally:
        processes.leave()
    processes.end()
    return 0


def train(options: Any, processes: Processes, on_validation: OnValidation | None = None) -> Run:
    """Train as asked, from the last checkpoint if there is one; returns the finished run."""
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    weights = begin(options)
    run = prepare(options, processes, weights)
    progress, state = Progress(), None
    last, log = options.out / "last.pt", options.out / "log.jsonl"
    if last.exists():
        progress, whole, made_with = resume(
            last, run.network, run.optimiser, run.made_with, processes.device
        )
        _same_rate(options, made_with, progress.step)
        mine = processes.lanes(options.lanes)
        state = tuple(part[:, mine] for part in whole)
    if processes.first:
        logged = read_log(log, progress.step)  # what was logged after the checkpoint comes again
        with whole_file(log) as file:
            file.writelines(json.dumps(line).encode() + b"\n" for line in logged)
    torch.set_flush_denormal(True)  # second moments of rare rows fade into them, and they are slow
    try:
        loop(run, progress, state, on_validation)
    finally:  # a caller's own arithmetic is as it was
        torch.set_flush_denormal(False)
    return run


def loop(
    run: Run, progress: Progress, state: State | None, on_validation: OnValidation | None
) -> None:
    """Train to the last step, or until validations get no better."""
    options, optimiser, processes = run.options, run.optimiser, run.processes
    began, first = time.time(), progress.step
    done = progress.step
    bar = tqdm(
        total=options.steps,
        initial=done,
        unit="step",
        mininterval=0.5 if sys.stderr.isatty() else 30,
        disable=not processes.first,
    )
    with bar:
        while done < options.steps and not _enough(progress, options.patience):
            for group in optimiser.param_groups:
                group["lr"] = options.rate * rate_at(done, options)
            losses, state = learn(run, done, state)
            if not all(map(math.isfinite, losses.values())):
                raise DivergedError(
                    f"The loss is no number any more at step {done}; use another --out and a lower --rate."
                )
            for name, loss in losses.items():
                progress.sums[name] = progress.sums.get(name, 0.0) + loss
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
                measures = _validate(run, progress, done)
                _log(run, done, line | measures)
                _keep(run, progress, done, state)
                if on_validation is not None and measures:
                    on_validation(done, measures)
            elif line:
                _log(run, done, line)


def learn(run: Run, step: int, state: State | None) -> tuple[dict[str, float], State]:
    """Take one step; returns its losses and the state to carry on."""
    options, processes = run.options, run.processes
    chunk = step + options.skip
    if options.dropout:  # so that what is left out, too, depends on seed and step alone
        torch.manual_seed(hash((options.seed, chunk, processes.rank)))
    batch = draw(run.data, chunk, (options.seed, chunk))
    parts, state = run.taught(batch, state)
    total = (
        parts["member"]
        + options.siblings * parts["sibling"]
        + options.names * parts["name"]
        + options.keywords * parts["keyword"]
    )
    run.optimiser.zero_grad(set_to_none=True)
    (total * processes.world).backward()  # gradients are averaged, these parts are to be added
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimiser.step()
    return processes.summed(parts), state


def rate_at(step: int, options: Any) -> float:
    """Return the share of the highest rate: warm-up, stable, decay to a fiftieth.

    The decay is linear in the square root of the steps left (Hägele et al. 2024, arXiv 2405.18392): what a
    cosine gives, without having to know the length of the training before its end.
    """
    decay = options.steps // 5 if options.decay is None else options.decay
    left = options.steps - step
    rise = min((step + 1) / options.warm, 1.0) if options.warm else 1.0
    if left >= decay:
        return rise
    return rise * max(1 - math.sqrt(1 - left / decay), 0.02)


def _same_rate(options: Any, made_with: dict[str, Any], step: int) -> None:
    """Refuse another length of the training where the learning rate would jump.

    Before the decay begins a training can be made longer; afterwards the rate would go up again.
    """
    before = {name: made_with[name] for name in SCHEDULE if name in made_with}
    planned = rate_at(step, argparse.Namespace(**{**vars(options), **before}))
    if planned != rate_at(step, options):
        changed = [name for name in before if before[name] != getattr(options, name)]
        raise LearnError(
            f"The work in {options.out} was begun with "
            f"{', '.join(f'{name} {before[name]}' for name in changed)}; with "
            f"{', '.join(f'{name} {getattr(options, name)}' for name in changed)} the learning rate would jump "
            "at the step reached: ask for the same, or --start from its last checkpoint into another --out."
        )


def _enough(progress: Progress, patience: int) -> bool:
    return bool(patience) and progress.waited >= patience


def _validate(run: Run, progress: Progress, done: int) -> dict[str, float]:
    """Measure the network on files it does not read, and note whether it is the best so far."""
    progress.step = done
    measures: dict[str, float] = {}
    if run.watch is not None:
        measures = run.watch.measure(run.network, run.processes.device)
    measures = run.processes.broadcast(measures)
    if measures and measures["mrr"] > progress.best:
        progress.best, progress.best_step, progress.waited = measures["mrr"], done, 0
    elif measures:
        progress.waited += 1
    return measures


def _log(run: Run, done: int, line: dict[str, float]) -> None:
    if not run.processes.first:
        return
    read = done * run.options.lanes * run.options.length
    try:
        with (run.options.out / "log.jsonl").open("a") as file:
            file.write(json.dumps({"step": done, "tokens": read} | line) + "\n")
    except OSError as error:
        raise LearnError(f"Cannot write to {run.options.out}: {error.strerror}.") from error


def _keep(run: Run, progress: Progress, done: int, state: State) -> None:
    """Write checkpoints, sidecar and picture. The last checkpoint comes last: it says the rest is there."""
    state = run.processes.gathered(state)
    if not run.processes.first:
        return
    out, given = run.options.out, (run.network, run.optimiser, progress, state, run.made_with)
    if run.watch is not None and progress.best_step == done:
        save(out / "best.pt", *given)
    draw_curves(out / "log.jsonl", out / "curve.png")
    arguments = {name: str(value) for name, value in vars(run.options).items()}
    arguments |= {"start": run.begun_with}
    write_sidecar(out, progress, arguments, run.mixes, run.watched)
    save(out / "last.pt", *given)
