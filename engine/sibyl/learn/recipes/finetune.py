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
import gzip
import io
import json
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.asked import number, whole
from sibyl.learn.corpus.stores import GitStore, find_store
from sibyl.learn.evaluation.paired import gain_table, verdict
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check_or_keep
from sibyl.learn.menus.options import own_server
from sibyl.learn.recipes import surroundings
from sibyl.learn.stages import run_shown
from sibyl.learn.training.run import read_about

_HOME = Path(__file__).resolve().parents[4]
MENUS = "menus.jsonl.gz"
_LENGTH = 96  # tokens of a chunk
_FEWEST = 8  # training files; below there is nothing to learn from
_ENOUGH_LISTED = 0.4  # of the lists with the truth in them; below the server does not see enough


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
    add("--passes", type=number(above=True), default=1.0, help="how often the files are read (1)")
    add("--rate", type=number(above=True), default=2e-3, help="highest learning rate (0.002)")
    add("--sites", type=whole(0), default=300, help="completion lists to measure on; 0: none (300)")
    add("--server", default=own_server(), help="language server's command (sibyl's own ty)")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Make the model and say what it is worth; running it again goes on where it was stopped."""
    options = parser().parse_args(argv)
    options.start = _shown(options.start)
    out: Path = options.out
    check_given(options)
    sources, corpus, streams, run = (out / name for name in ("sources", "corpus", "streams", "run"))
    made_with = {
        "projects": sorted(str(place.expanduser().resolve()) for place in options.projects),
        "start": str(options.start.resolve()), "hold-out": options.hold_out, "seed": options.seed,
        "passes": options.passes, "rate": options.rate,
    }  # fmt: skip
    beginning = out / "made_with.json"
    if beginning.exists():
        check_or_keep(beginning, made_with)
    projects = link(options.projects, sources)
    chosen = ("--hold-out-files", options.hold_out, "--seed", options.seed)
    run_shown("corpus", "--sources", sources, "--out", corpus, "--any-licence", *chosen)
    enough(corpus)
    vocab = ("--vocab", options.start / "vocab.txt")
    both = ("--corpus", corpus, "--sources", sources)
    run_shown("streams", *both, "--out", streams, *vocab, "--dev", 0)
    given = ("--start", options.start, "--streams", streams, "--out", run)
    planned = plan(streams, options.passes)
    made_with["tokens"] = read_about(streams)["train"]["tokens"]
    check_unchanged(beginning, made_with["tokens"])
    check_or_keep(beginning, made_with)  # not before: what comes to nothing binds nobody
    run_shown("train", *given, *planned, "--rate", options.rate)
    # The last checkpoint, not the best by validation: the held-out files are to judge it.
    last = ("--checkpoint", run / "last.pt")
    run_shown("export", "--run", run, *last, "--streams", streams, "--out", out / "float")
    run_shown("quantize", "--model", out / "float", "--out", out / "model")
    held_out = read_about(streams).get("val", {"files": 0})["files"]
    if options.sites and held_out:
        # Small projects hold out few files: more places in each, or there were too few lists.
        per_file = max(6, 2 * options.sites // held_out)
        interpreters, lines = surroundings.sentences(projects)
        print("\n" + "\n".join(lines))
        asked = ["--sources", sources, "--sites", options.sites, "--per-file", per_file]
        for name, program in interpreters.items():
            asked += ["--python-of", f"{name.replace('+', '/', 1)}={program}"]
        run_shown(
            "menus", "--corpus", corpus, *asked, "--server", options.server, "--out", out / MENUS
        )
        if few := few_with_truth(out / MENUS):
            print(f"\nwarning: {few}")
        measure_both(options)
    else:
        print(f"\nNot measured: {'no file was held out' if options.sites else '--sites is 0'}.")
    print(f"\n{how_to_switch((out / 'model').resolve())}")
    return 0


def check_given(options: argparse.Namespace) -> None:
    """Raise LearnError for what would fail later, or write where it must not: hours may lie between."""
    try:
        server = (shlex.split(options.server) or [""])[0]
    except ValueError as error:
        raise LearnError(f"--server {options.server!r} is no command ({error}).") from error
    if options.sites and options.hold_out and shutil.which(server) is None:
        raise LearnError(f"There is no program {server!r} (--server) to measure with.")
    if not (options.start / "meta.json").is_file():
        raise LearnError(f"There is no model in {options.start} (--start): no meta.json.")
    for name in ("meta.json", ".git"):
        if (options.out / name).exists():
            raise LearnError(f"{options.out} holds something else ({name}); take another --out.")
    for project in options.projects:
        place = project.expanduser().resolve()
        store = find_store(place.parent, place.name)
        if isinstance(store, GitStore):
            try:
                store.commit("")
            except LearnError as error:
                if "single revision" not in str(error):
                    raise
                raise LearnError(
                    f"{project} has no commit yet: commit its files, then start again."
                ) from error


def check_unchanged(beginning: Path, tokens: int) -> None:
    """Raise LearnError where the projects are not those that a training was begun with, by their tokens."""
    before = json.loads(beginning.read_text("utf-8")) if beginning.exists() else {}
    if before.get("tokens", tokens) != tokens:
        raise LearnError(
            f"The projects have changed since {beginning.parent} was begun; delete it, or choose another "
            "folder (--out, `make learn-own OWN=…`)."
        )


def how_to_switch(model: Path) -> str:
    """Return how a running Neovim ranks with a model, how it goes back, and how the choice stays."""
    return (
        f"To rank with it now, in Neovim:  :Sibyl model {model}\n"
        "Back to the shipped model:       :Sibyl model shipped\n"
        f"To begin with it each time:      vim.g.sibyl = {{ model = '{model}' }}"
    )


def enough(corpus: Path) -> None:
    """Raise LearnError where copies leave too few files to learn from, saying that this is why."""
    counts = json.loads((corpus / "corpus.json").read_text("utf-8"))["splits"]["train"]
    left = counts.get("files kept", 0)
    copies = sum(number for name, number in counts.items() if "duplicate" in name)
    if left < _FEWEST and copies:
        raise LearnError(
            f"Too few files are left to learn from ({left}, at least {_FEWEST} are needed): {copies} are "
            "copies or near copies of held-out files or of one another, which would make the numbers false; "
            "name more projects."
        )


def few_with_truth(menus: Path) -> str:
    """Return a warning where few recorded lists hold what was written; "" where enough do."""
    with gzip.open(menus, "rt", encoding="utf-8") as file:
        listed = [json.loads(line)["menu"] is not None for line in file]
    share = sum(listed) / max(len(listed), 1)
    if share >= _ENOUGH_LISTED:
        return ""
    return (
        f"only {share:.0%} of the {len(listed)} lists hold what was written there, so the numbers below "
        "are of the places that the language server knows best; it may not see the project's libraries: "
        "install them in .venv of the project, or activate their environment (VIRTUAL_ENV)."
    )


def _shown(path: Path) -> Path:
    """Return a path below this folder as one says it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def link(projects: list[Path], sources: Path) -> dict[str, Path]:
    """Let the sources folder hold a link to each project, and nothing else; return them by their names."""
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
        entries = list(sources.iterdir())
        if foreign := next((old for old in entries if not old.is_symlink()), None):
            raise LearnError(f"{foreign} was not made by this command; take another --out.")
        for old in entries:
            old.unlink()
        for name, place in wanted.items():
            (sources / name).symlink_to(place, target_is_directory=True)
    except OSError as error:
        raise LearnError(f"Cannot write {sources}: {error.strerror}.") from error
    return wanted


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


def measure_both(options: argparse.Namespace) -> None:
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
            whole = measures["memories"][memory]["all"]
            shares = " | ".join(f"{whole[measure]:.3f}" for measure in ("top1", "top5", "mrr"))
            print(f"| {memory} | {name} | {shares} |")
    start, own = ((name, out / f"{name}.ranks.json") for name in reports)
    print(f"\n{gain_table(start, own)}")
    print(f"\n{verdict(start[1], own[1], 'project')}")
    print(f"\nAll tables are in {out}/start.txt and {out}/own.txt.")
