"""What each part of the network is worth: variants trained alike, one after the other, and compared.

In: a streams folder with a split to compare on (``dev``, or ``val``).  Out: a run for each variant,
``ablate.json`` and ``ablate.md``: top-1, top-5 and MRR among members of the same origin
(``learn.training.validation``), the difference from the base, MB.
Killed and started again it goes on where it was.

    python -m sibyl.learn ablate --streams build/streams --out build/ablate --plan base,gru,frequency

All variants read the same tokens with the same seed, far fewer than a model to be used needs: compare them
with one another. The base and those of another architecture are trained at each of a few rates, and the best
counts, so that what is compared is worth and not one rate's luck: each half of the lanes is measured at the
rate that did best on the other half. All others have the base's rate, the best on all lanes.
Intervals are those of the difference from the base on the same members, lanes of files taken as the sample;
what another seed changes is a variant of its own.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sibyl.errors import LearnError
from sibyl.learn.asked import number, whole
from sibyl.learn.experiments.count_baselines import Counted, uses_in, uses_read
from sibyl.learn.experiments.variants import BASE, PLAN, RATED, RATES
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check_or_keep
from sibyl.learn.plots import size_picture
from sibyl.learn.training import run as runs
from sibyl.learn.training.ablations import with_vocabulary
from sibyl.learn.training.batches import Lanes, Shard
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.losses import Data
from sibyl.learn.training.network import Network
from sibyl.learn.training.options import parser as training_parser
from sibyl.learn.training.stage import train
from sibyl.learn.training.validation import Watch, summary

_COUNT_BYTES = 8  # a key and a count


@dataclass
class Measured:
    """Ranks of all members, the lanes they stand in, and bytes in float and INT8."""

    ranks: np.ndarray
    lanes: np.ndarray
    sizes: tuple[int, int]


@dataclass
class Result:
    """How a variant did."""

    name: str
    meaning: str
    asked: str
    rate: float
    """The one it did best at on all lanes; 0 for counts."""
    top1: float
    top5: float
    mrr: float
    members: int
    float_mb: float
    int8_mb: float
    seconds: int
    """Of CPU: other work on the machine does not count."""


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn ablate", description=__doc__.split("\n")[0]
    )
    add = arguments.add_argument
    add("--streams", type=Path, required=True, help="folder of the streams")
    add("--out", type=Path, required=True, help="folder for runs and tables")
    add("--plan", default="all", help="which variants, by comma (all): " + ", ".join(PLAN))
    add(
        "--steps",
        type=whole(1),
        default=2_000,
        help="chunks of all lanes each variant reads (2000)",
    )
    add("--base", default=BASE, help=f"what all are trained with ({BASE})")
    add(
        "--rates",
        type=number(above=True),
        nargs="+",
        default=RATES,
        help=f"to try for each of {RATED}",
    )
    add("--threads", type=whole(1), default=1, help="CPU threads (1)")
    add("--val-lanes", type=whole(1), default=64, help="validation files side by side (64)")
    add("--val-steps", type=whole(1), default=32, help="chunks of each, at the end (32)")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Run the variants that have not been run, and write the tables."""
    options = parser().parse_args(argv)
    names = list(PLAN) if options.plan == "all" else options.plan.split(",")
    if unknown := set(names) - set(PLAN):
        raise LearnError(f"There is no variant {', '.join(sorted(unknown))}; see --help.")
    torch.set_num_threads(options.threads)
    about = runs.read_about(options.streams)
    asked = ("steps", "base", "rates", "val_lanes", "val_steps")
    made_with = {name: getattr(options, name) for name in asked}
    made_with |= {"vocab": about["vocab"], "tokens": about["train"]["tokens"]}
    check_or_keep(options.out / "made_with.json", made_with)
    bench = Bench(options)
    for name in names:
        if not (options.out / name / "result.json").exists():
            print(f"== {name}: {PLAN[name][0]}", flush=True)
            bench.run(name)
        write_tables(options.out)
    print((options.out / "ablate.md").read_text())
    return 0


class Bench:
    """What all variants share: the lists they are measured by, the chunks they read."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        watched = runs.watched_split(runs.read_about(options.streams))
        if watched is None:
            raise LearnError(f"The streams in {options.streams} have no split to compare on.")
        rows = runs.read_rows(options.streams)
        self.shard, self.val = (Shard.open(options.streams, split) for split in ("train", watched))
        base = self._asked(options.streams, options.out, "")
        lanes = Lanes(self.shard, base.lanes, base.length, base.seed)
        self.data = Data.of(lanes, rows, 100)

    def _asked(self, streams: Path, out: Path, more: str) -> argparse.Namespace:
        steps, threads = self.options.steps, self.options.threads
        given = f"--steps {steps} --every {max(steps // 4, 1)} --threads {threads}"
        folders = ["--streams", str(streams), "--out", str(out)]
        words = f"{given} {self.options.base} {more}".split()
        return training_parser().parse_args([*folders, *words])

    def watch(self, rows: np.ndarray, window: int = 0) -> Watch:
        """Return the lists that all variants are measured by."""
        given = (self.val, rows, self.data.siblings, self.data.members)
        return Watch(*given, self.options.val_lanes, self.options.val_steps, window)

    def run(self, name: str) -> None:
        """Train and measure one variant; its result is written last."""
        meaning, asked = PLAN[name]
        began = time.process_time()
        folder = self.options.out / name
        if asked.startswith("--count"):
            _, which, *more = asked.split()
            best, rate = self._count(which, more == ["all"]), 0.0
        else:
            tried = {rate: self._train(name, asked, rate) for rate in self._rates(name)}
            rate, best = chosen(tried)
        with whole_file(folder / "ranks.npy") as file:
            np.save(file, np.stack((best.ranks, best.lanes)))
        float_mb, int8_mb = (round(size / 1e6, 2) for size in best.sizes)
        took = round(time.process_time() - began)
        members = len(best.ranks)
        result = Result(name, meaning, asked, rate, **summary(best.ranks), members=members,
                        float_mb=float_mb, int8_mb=int8_mb, seconds=took)  # fmt: skip
        with whole_file(folder / "result.json") as file:
            file.write(json.dumps(asdict(result)).encode())

    def _rates(self, name: str) -> list[float]:
        """Return the rates to train a variant at: some, or the base's best."""
        base = self.options.out / "base" / "result.json"
        if name in RATED or not base.exists():
            return list(self.options.rates)
        return [json.loads(base.read_text())["rate"]]

    def _train(self, name: str, asked: str, rate: float) -> Measured:
        streams, (kind, *words) = self.options.streams, asked.split() or [""]
        if kind == "--vocabulary":
            streams = self.options.out / f"streams-{'-'.join(words)}"
            with_vocabulary(self.options.streams, streams, int(words[0]), int(words[1]))
            asked = ""
        elif kind == "--chunks":
            asked = f"--chunks {max(int(float(words[0]) * self.options.steps), 1)}"
        out = self.options.out / name / f"rate-{rate}"
        given = self._asked(streams, out, f"{asked} --rate {rate}")
        run = train(given, Processes())
        rows = run.data.roles.plain
        watch = self.watch(rows, given.window)
        used = len(np.unique(rows[rows >= 0]))
        sizes = network_bytes(run.network, used)
        return Measured(watch.ranks(run.network, "cpu"), watch.lane_of_members(), sizes)

    def _count(self, which: str, whole: bool) -> Measured:
        seen = uses_in(self.shard) if whole else uses_read(self.data.lanes, self.options.steps)
        counted = Counted(seen, self.data.roles.texts)
        watch = self.watch(self.data.roles.plain)
        size = counted.entries[which == "markov"] * _COUNT_BYTES
        return Measured(counted.ranks(watch)[which], watch.lane_of_members(), (size, size))


def chosen(tried: Mapping[float, Measured]) -> tuple[float, Measured]:
    """Return the best rate, and ranks: those of each half of the lanes at the rate best on the other half."""

    def best(within: np.ndarray) -> float:
        mrr = {rate: summary(of_rate.ranks[within])["mrr"] for rate, of_rate in tried.items()}
        return max(mrr, key=mrr.__getitem__)

    first = next(iter(tried.values()))
    everywhere, odd = np.full(len(first.lanes), True), first.lanes % 2 == 1
    ranks = first.ranks.copy()
    for half in (odd, ~odd):
        other = ~half if (~half).any() else everywhere
        ranks[half] = tried[best(other)].ranks[half]
    return best(everywhere), replace(first, ranks=ranks)


def network_bytes(network: Network, rows: int) -> tuple[int, int]:
    """Return a network's bytes in float and in INT8, of its rows only those that are ever used.

    In INT8 each row has a float16 scale, each column of a matrix a float32 scale and a zero point.
    """
    plain = small = 0
    for name, weight in network.named_parameters():
        high, *wide = weight.shape
        if name == "rows.weight":
            high = rows
        count = high * (wide[0] if wide else 1)
        plain += 4 * count
        row = name.startswith(("rows", "output"))
        small += count + high * (2 if row else 5) if wide else 4 * count
    return plain, small


def write_tables(out: Path) -> None:
    """Write what is known of all variants so far."""
    results = [Result(**json.loads(path.read_text())) for path in out.glob("*/result.json")]
    results.sort(key=lambda result: list(PLAN).index(result.name))
    ranks = {result.name: np.load(out / result.name / "ranks.npy") for result in results}
    lines = [
        "| variant | rate | top-1 | top-5 | MRR | MRR against base | MB float | MB INT8 | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows = []
    for result in results:
        row: dict[str, object] = asdict(result)
        gap = ""
        if "base" in ranks and result.name != "base":
            mean, half = gain_over(ranks[result.name], ranks["base"])
            gap = f"{mean:+.4f} ± {half:.4f}"
            row |= {"against_base": round(mean, 5), "against_base_95": round(half, 5)}
        rows.append(row)
        lines.append(
            f"| {result.meaning} | {result.rate or ''} | {result.top1:.3f} | {result.top5:.3f} | "
            f"{result.mrr:.3f} | {gap} | {result.float_mb:.1f} | {result.int8_mb:.1f} | {result.seconds} |"
        )
    size_picture(
        out / "size.png", {result.name: (result.int8_mb, result.mrr) for result in results}
    )
    with whole_file(out / "ablate.json") as file:
        file.write((json.dumps(rows, indent=1) + "\n").encode())
    with whole_file(out / "ablate.md") as file:
        file.write(("\n".join(lines) + "\n").encode())


def gain_over(variant: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    """Return the mean difference of reciprocal ranks and half its 95 % interval, lanes being the sample."""
    gaps, lanes = 1 / variant[0] - 1 / base[0], variant[1].astype(int)
    mean = float(gaps.mean())
    sums = np.bincount(lanes, gaps - mean)
    return mean, 1.96 * float(np.sqrt((sums**2).sum())) / len(gaps)
