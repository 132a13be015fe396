"""A model of your own: the shipped one, trained on with your projects, and measured against it.

In: one or more projects (git work trees or plain folders).  Out: a model folder for the option `model`, and
both models' measures on files that were held out.

    projects ─► corpus (a fifth of the files held out) ─► streams in the shipped vocabulary ─► train --start
             ─► export ─► quantize ─► OUT/model       held-out files ─► menus ─► evaluate both

Each stage is run as its command line, which is shown: to do it otherwise, run them yourself. Try it:
    python -m sibyl.learn own ~/code/project --out build/own
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.evaluation.paired import gain_table
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check_or_keep
from sibyl.learn.stages import run_shown
from sibyl.learn.training.run import read_about

_HOME = Path(__file__).resolve().parents[4]
MENUS = "menus.jsonl.gz"
_LENGTH = 96  # tokens of a chunk
_FEWEST = 8  # training files; below there is nothing to learn from


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn own", description=__doc__.split("\n")[0]
    )
    add = arguments.add_argument
    add("projects", nargs="+", type=Path, metavar="PROJECT", help="folder of one of your projects")
    add(
        "--out", type=Path, required=True, help="folder for everything made; OUT/model is the model"
    )
    add("--start", type=Path, default=_HOME / "models", help="model to begin with (the shipped)")
    add("--hold-out", type=float, default=0.2, help="share of files to measure on (0.2)")
    add("--seed", type=int, default=1, help="which files these are (1)")
    add("--passes", type=float, default=1.0, help="how often the files are read (1)")
    add("--rate", type=float, default=2e-3, help="highest learning rate (0.002)")
    add("--sites", type=int, default=300, help="completion lists to measure on; 0: none (300)")
    add("--server", default="", help="language server's command (default: our ty)")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Make the model and say what it is worth; running it again goes on where it was stopped."""
    options = parser().parse_args(argv)
    options.start = _shown(options.start)
    out: Path = options.out
    sources, corpus, streams, run = (out / name for name in ("sources", "corpus", "streams", "run"))
    made_with = {
        "projects": sorted(str(place.expanduser().resolve()) for place in options.projects),
        "start": str(options.start.resolve()), "hold-out": options.hold_out, "seed": options.seed,
        "passes": options.passes, "rate": options.rate,
    }  # fmt: skip
    check_or_keep(out / "own.json", made_with)
    link(options.projects, sources)
    chosen = ("--hold-out-files", options.hold_out, "--seed", options.seed)
    run_shown("corpus", "--sources", sources, "--out", corpus, "--any-licence", *chosen)
    vocab = ("--vocab", options.start / "vocab.txt")
    both = ("--corpus", corpus, "--sources", sources)
    run_shown("streams", *both, "--out", streams, *vocab, "--dev", 0)
    given = ("--start", options.start, "--streams", streams, "--out", run)
    run_shown("train", *given, *plan(streams, options.passes), "--rate", options.rate)
    # The last checkpoint, not the best by validation: the held-out files are to judge it.
    last = ("--checkpoint", run / "last.pt")
    run_shown("export", "--run", run, *last, "--streams", streams, "--out", out / "float")
    run_shown("quantize", "--model", out / "float", "--out", out / "model")
    held_out = read_about(streams).get("val", {"files": 0})["files"]
    if options.sites and held_out:
        server = options.server or shlex.join([str(Path(sys.executable).parent / "ty"), "server"])
        # Small projects hold out few files: more places in each, or there were too few lists.
        per_file = max(6, 2 * options.sites // held_out)
        asked = ("--sources", sources, "--sites", options.sites, "--per-file", per_file)
        run_shown("menus", "--corpus", corpus, *asked, "--server", server, "--out", out / MENUS)
        compare(options)
    print(f"\nTo use it: vim.g.sibyl = {{ model = '{(out / 'model').resolve()}' }}")
    return 0


def _shown(path: Path) -> Path:
    """Return a path below this folder as one says it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def link(projects: list[Path], sources: Path) -> None:
    """Let the sources folder hold a link to each project, and nothing else."""
    wanted: dict[str, Path] = {}
    for project in projects:
        place = project.expanduser().resolve()
        if not place.is_dir():
            raise LearnError(f"There is no folder {project}.")
        if not os.access(place, os.R_OK | os.X_OK):
            raise LearnError(f"The folder {project} may not be read.")
        if wanted.setdefault(place.name, place) != place:
            raise LearnError(f"Two projects are called {place.name}; learn from one of them.")
    try:
        sources.mkdir(parents=True, exist_ok=True)
        for old in sources.iterdir():
            old.unlink()
        for name, place in wanted.items():
            (sources / name).symlink_to(place, target_is_directory=True)
    except OSError as error:
        raise LearnError(f"Cannot write {sources}: {error.strerror}.") from error


def plan(streams: Path, passes: float) -> list[object]:
    """Return how a training of this many tokens is cut into steps."""
    counts = read_about(streams)["train"]
    if counts["files"] < _FEWEST:
        raise LearnError(
            f"There are too few files to learn from ({counts['files']}, at least {_FEWEST} are "
            "needed); name more projects."
        )
    lanes = min(16, counts["files"] // 4)
    steps = max(20, round(passes * counts["tokens"] / lanes / _LENGTH))
    watched = ("--every", max(1, steps // 4), "--val-lanes", 8)
    return [
        "--lanes",
        lanes,
        "--length",
        _LENGTH,
        "--steps",
        steps,
        "--warm",
        steps // 10,
        *watched,
    ]


def compare(options: argparse.Namespace) -> None:
    """Measure both models on the recorded lists, and print two tables: the measures, and the gains."""
    out, reports = options.out, {}
    with tempfile.TemporaryDirectory() as stores:
        for name, model in (("start", options.start), ("own", out / "model")):
            report, ranks = out / f"{name}.json", out / f"{name}.ranks.json"
            menus = ("--menus", out / MENUS, "--sources", out / "sources")
            asked = ("--memory", "project", "--stores", stores, "--json", report)
            output = io.StringIO()
            given = (*menus, *asked, "--ranks", ranks, "--model", model)
            run_shown("evaluate", *given, output=output)
            with whole_file(out / f"{name}.txt") as file:
                file.write(output.getvalue().encode())
            reports[name] = json.loads(report.read_text("utf-8"))
    print(f"\n{reports['own']['sites']} lists in files that were not trained on:\n")
    print("| remembered | model | top-1 | top-5 | MRR |\n|---|---|---|---|---|")
    for memory in ("none", "file", "project"):
        for name, measures in reports.items():
            all_of = measures["memories"][memory]["all"]
            shares = " | ".join(f"{all_of[measure]:.3f}" for measure in ("top1", "top5", "mrr"))
            print(f"| {memory} | {name} | {shares} |")
    start, own = ((name, out / f"{name}.ranks.json") for name in reports)
    print(f"\n{gain_table(start, own)}")
    print(f"\nAll tables are in {out}/start.txt and {out}/own.txt.")
