"""Stage c of learning: streams to weights.

In: a streams folder.  Out: checkpoints (weights, optimiser, step, lanes' states), ``log.jsonl`` with the
learning curve, and a sidecar.  Called by: ``python -m sibyl.learn train``.

One visible loop: a chunk of every lane, forward with the state carried on within files, candidate softmax
at every name (members weigh most), clip, step. Killed and started again it goes on from the last
checkpoint: the order of chunks and the draws depend on seed and step alone. Try it on a CPU:
    python -m sibyl.learn train --streams build/streams --out build/run --lanes 8 --steps 50
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from sibyl.errors import LearnError
from sibyl.learn.candidates import Sampler, Siblings
from sibyl.learn.files import whole_file
from sibyl.learn.lanes import Lanes, Shard
from sibyl.learn.network import Network, Sizes, State
from sibyl.tokens import MEMBER, NAME

CHECKPOINT_VERSION = 1


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    made = argparse.ArgumentParser(
        "python -m sibyl.learn train", description=__doc__.split("\n")[0]
    )
    add = made.add_argument
    add("--streams", type=Path, required=True, help="folder of the streams")
    add("--out", type=Path, required=True, help="folder for checkpoints and log")
    add("--start", type=Path, help="begin with the weights of this checkpoint (finetuning)")
    add("--embedding", type=int, default=128, help="size of a name's vector")
    add("--hidden", type=int, default=384, help="size of the LSTM's state")
    add("--lanes", type=int, default=96, help="files read side by side")
    add("--length", type=int, default=96, help="tokens of a chunk (truncated back-propagation)")
    add("--steps", type=int, default=8_000, help="chunks of all lanes to train on")
    add("--rate", type=float, default=3e-3, help="highest learning rate (Adam)")
    add("--warm", type=int, default=200, help="steps of warm-up")
    add("--names", type=float, default=0.3, help="weight of names that are not members")
    add("--siblings", type=float, default=0.5, help="weight of telling members of one origin apart")
    add("--sample", type=int, default=1_500, help="candidates drawn for members; half for names")
    add("--every", type=int, default=500, help="steps between two checkpoints and validations")
    add("--threads", type=int, default=0, help="CPU threads (0: all)")
    add("--seed", type=int, default=1)
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add("--float", action="store_true", help="no bfloat16")
    return made


@dataclass
class Data:
    """What the loop draws from."""

    lanes: Lanes
    rows: torch.Tensor
    members: Sampler
    names: Sampler
    siblings: Siblings


def main(argv: list[str] | None = None) -> int:
    """Train, or go on training."""
    options = parser().parse_args(argv)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    data = load(options, "train")
    network = Network(Sizes(_rows(options.streams), options.embedding, options.hidden))
    network.to(options.device)
    optimiser = torch.optim.Adam(network.parameters(), lr=options.rate, betas=(0.9, 0.98))
    step, state = resume(options, network, optimiser)
    loop(options, data, network, optimiser, step, state)
    return 0


def _rows(folder: Path) -> int:
    return int(json.loads((folder / "streams.json").read_text())["rows"])


def load(options: argparse.Namespace, split: str) -> Data:
    """Open a split of the streams and count its names."""
    shard = Shard.open(options.streams, split)
    rows = np.load(options.streams / "rows.npy")
    lanes = Lanes(shard, options.lanes, options.length, options.seed)
    tokens = options.lanes * options.length
    members, names = (
        Sampler(shard, kind, len(rows), sample, int(tokens * float(np.mean(shard.kinds == kind))))
        for kind, sample in ((MEMBER, options.sample), (NAME, options.sample // 2))
    )
    return Data(lanes, torch.from_numpy(rows), members, names, Siblings(shard, len(rows)))


def resume(
    options: argparse.Namespace, network: Network, optimiser: torch.optim.Optimizer
) -> tuple[int, State | None]:
    """Load the last checkpoint of this run, or the weights to begin with."""
    last = options.out / "last.pt"
    path = last if last.exists() else options.start
    if path is None:
        return 0, None
    kept = read_checkpoint(path, options.device)
    if kept["sizes"] != network.sizes.as_dict():
        raise LearnError(f"The checkpoint {path} is of another version or size than asked for.")
    network.load_state_dict(kept["network"])
    if path != last:
        return 0, None
    optimiser.load_state_dict(kept["optimiser"])
    return kept["step"], (kept["hidden"], kept["cell"])


def read_checkpoint(path: Path, device: str) -> dict[str, Any]:
    """Return what ``save`` wrote; raises LearnError when it is not there, damaged or of another version."""
    try:
        kept: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:
        raise LearnError(f"The checkpoint {path} cannot be read ({error}).") from error
    if kept.get("version") != CHECKPOINT_VERSION:
        raise LearnError(f"The checkpoint {path} is of another version than this sibyl's.")
    return kept


def loop(
    options: argparse.Namespace,
    data: Data,
    network: Network,
    optimiser: torch.optim.Optimizer,
    begin: int,
    state: State | None,
) -> None:
    """Train from step ``begin`` to the last."""
    began, seen = time.time(), 0
    sums: dict[str, float] = {}
    for step in range(begin, options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * _rate(step, options.warm, options.steps)
        losses, state = losses_of(options, data, network, step, state)
        total = (
            losses["member"] + options.siblings * losses["sibling"] + options.names * losses["name"]
        )
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        seen += options.lanes * options.length
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
        done = step + 1
        if done % 50 == 0:
            line = {name: round(value / 50, 4) for name, value in sums.items()}
            sums.clear()
            line |= {"step": done, "tokens_per_s": round(seen / (time.time() - began))}
            with (options.out / "log.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(line, flush=True)
        if done % options.every == 0 or done == options.steps:
            save(options, network, optimiser, done, state)


def _rate(step: int, warm: int, steps: int) -> float:
    """Warm-up, then half a cosine down to a fiftieth."""
    if step < warm:
        return (step + 1) / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1)))


def losses_of(
    options: argparse.Namespace, data: Data, network: Network, step: int, state: State | None
) -> tuple[dict[str, torch.Tensor], State]:
    """Return the losses of one chunk of every lane, and the state to carry on."""
    device = options.device
    tokens, kinds, begins = data.lanes.step(step)
    rng = np.random.default_rng((options.seed, step))
    if state is not None:
        keep = torch.from_numpy(~begins).to(device).float()[None, :, None]
        state = (state[0].detach() * keep, state[1].detach() * keep)
    used, places = np.unique(tokens, return_inverse=True)
    places = torch.from_numpy(places.reshape(tokens.shape)).to(device)
    mixed = torch.autocast(device.split(":")[0], torch.bfloat16, enabled=not options.float)
    vectors = network.vectors(data.rows[used].to(device))
    with mixed:
        predicted, state = network(vectors[places.T], state)
    predicted = predicted.transpose(0, 1)  # lanes, time, embedding
    losses = {}
    for name, kind, sampler in (("member", MEMBER, data.members), ("name", NAME, data.names)):
        lane, time_ = np.nonzero(kinds[:, 1:] == kind)  # predicted by the token before
        targets = tokens[lane, time_ + 1]
        query = predicted[torch.from_numpy(lane), torch.from_numpy(time_)]
        drawn, target = sampler.draw(targets, rng)
        candidates = network.vectors(data.rows[drawn].to(device))
        correction = torch.from_numpy(sampler.correction[drawn]).to(device)
        with mixed:
            logits = query @ candidates.T
        logits = logits.float() + correction
        losses[name] = functional.cross_entropy(logits, torch.from_numpy(target).to(device))
        if kind == MEMBER:
            rows = _siblings(data, tokens, kinds, lane, time_, rng)
            losses["sibling"] = _tell_apart(network, data, query, targets, rows, device)
    return losses, (state[0].float(), state[1].float())


def _siblings(
    data: Data,
    tokens: np.ndarray,
    kinds: np.ndarray,
    lane: np.ndarray,
    time_: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return, for each member, 24 others of its origin and 12 from the same stretch of the file."""
    others = data.siblings.draw(tokens[lane, time_], 24, rng)
    near = rng.integers(0, tokens.shape[1], (len(lane), 12))
    near_tokens = np.where(kinds[lane[:, None], near] == MEMBER, tokens[lane[:, None], near], -1)
    return np.concatenate((others, near_tokens), 1)


def _tell_apart(
    network: Network,
    data: Data,
    query: torch.Tensor,
    targets: np.ndarray,
    others: np.ndarray,
    device: str,
) -> torch.Tensor:
    """Softmax of each member against its own few siblings."""
    others = np.where(others == targets[:, None], -1, others)
    used, places = np.unique(np.concatenate((targets[:, None], others), 1), return_inverse=True)
    places = torch.from_numpy(places.reshape(len(targets), -1)).to(device)
    vectors = network.vectors(data.rows[np.maximum(used, 0)].to(device))
    logits = torch.einsum("ne,nke->nk", query.float(), vectors[places])
    absent = torch.from_numpy(others < 0).to(device)
    logits[:, 1:] = logits[:, 1:].masked_fill(absent, -1e4)
    return functional.cross_entropy(
        logits, torch.zeros(len(targets), dtype=torch.long, device=device)
    )


def save(
    options: argparse.Namespace,
    network: Network,
    optimiser: torch.optim.Optimizer,
    step: int,
    state: State,
) -> None:
    """Write a checkpoint aside, then give it its name."""
    kept = {
        "version": CHECKPOINT_VERSION,
        "sizes": network.sizes.as_dict(),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "hidden": state[0].detach(),
        "cell": state[1].detach(),
    }
    with whole_file(options.out / "last.pt") as file:
        torch.save(kept, file)
    arguments = {name: str(value) for name, value in vars(options).items()}
    with whole_file(options.out / "train.json") as file:
        file.write((json.dumps({"step": step, "arguments": arguments}, indent=1) + "\n").encode())
