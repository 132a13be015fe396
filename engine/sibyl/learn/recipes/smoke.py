"""All stages of learning in a row, on a handful of files: does the whole still work?

In: nothing but the standard library's own packages, taken as small repositories.  Out: a tiny model folder
and the tables for it.  Minutes on a CPU; the model is of no use.

    python -m sibyl.learn tiny --out build/tiny
"""

from __future__ import annotations

import argparse
import shutil
import sys
import sysconfig
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.asked import whole
from sibyl.learn.stages import run_shown

TRAINED = ("argparse.py", "json", "http", "logging", "configparser.py", "tarfile.py", "shutil.py")
VALIDATED = ("zipfile.py", "zipfile", "csv.py", "ftplib.py")


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn tiny", description=__doc__.split("\n")[0]
    )
    arguments.add_argument("--out", type=Path, required=True, help="folder for everything made")
    arguments.add_argument("--steps", type=whole(1), default=60, help="training steps")
    arguments.add_argument(
        "--sites", type=whole(1), default=20, help="recorded lists for each repository"
    )
    arguments.add_argument(
        "--server", default="", help="language server's command (default: our ty)"
    )
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Run every stage; the first that fails ends it."""
    options = parser().parse_args(argv)
    out: Path = options.out
    make_streams(out)
    server = options.server or f"{Path(sys.executable).parent / 'ty'} server"
    sources, streams, run = out / "sources", out / "streams", out / "run"
    model, counts = out / "model", out / "counts.json.gz"
    lists = [out / "train.tsv", out / "val.tsv"]
    sizes = ("--hidden", 48, "--embedding", 32, "--lanes", 8, "--length", 48, "--sample", 200)
    steps = ("--steps", options.steps, "--every", options.steps, "--warm", 10, "--float")
    run_shown("train", "--streams", streams, "--out", run, *sizes, *steps)
    run_shown("export", "--run", run, "--streams", streams, "--out", out / "float")
    run_shown("quantize", "--model", out / "float", "--out", model)
    asked = ("--sources", sources, "--server", server, "--sites", options.sites)
    for name, path in zip(("train", "val"), lists, strict=True):
        run_shown("menus", "--list", path, "--out", out / f"{name}.jsonl.gz", *asked)
    mixed = ("--menus", out / "train.jsonl.gz", "--sources", sources)
    run_shown("mix", *mixed, "--model", model, "--epochs", 5)
    run_shown("baselines", "--streams", streams, "--validation", out / "val.tsv", "--out", counts)
    measured = ("--menus", out / "val.jsonl.gz", "--sources", sources, "--counts", counts)
    shown = ("--model", model, "--float", out / "float", "--json", out / "evaluate.json")
    run_shown("evaluate", *measured, *shown)
    return 0


def make_streams(out: Path, *vocab: object) -> None:
    """Run the first two stages into ``out``, with a small vocabulary or ``--vocab FILE``."""
    sources, corpus = out / "sources", out / "corpus"
    trained = _take(TRAINED, sources, out / "train.tsv")
    validated = _take(VALIDATED, sources, out / "val.tsv")
    if len(trained) < 3 or not validated:
        raise LearnError("This Python's standard library lacks the packages the tiny run reads.")
    both = ("--list", out / "train.tsv", "--list", out / "val.tsv")
    run_shown("corpus", *both, "--sources", sources, "--out", corpus, "--any-licence")
    chosen = vocab or ("--words", 400, "--pieces", 300, "--shared", 64)
    run_shown(
        "streams", "--corpus", corpus, "--sources", sources, "--out", out / "streams", *chosen
    )


def _take(names: tuple[str, ...], sources: Path, listed: Path) -> list[str]:
    """Copy parts of the standard library as repositories, and list them."""
    library = Path(sysconfig.get_paths()["stdlib"])
    taken = []
    for name in names:
        place = library / name
        if not place.exists():
            continue
        target = sources / f"stdlib+{place.stem}"
        target.mkdir(parents=True, exist_ok=True)
        for path in [place] if place.is_file() else place.glob("*.py"):
            shutil.copy(path, target / path.name)
        taken.append(f"stdlib/{place.stem}")
    rows = [f"{name}\t\tPSF" for name in dict.fromkeys(taken)]
    listed.write_text("\n".join(("repository\tcommit\tlicense", *rows)) + "\n", "utf-8")
    return taken
