"""Decide which files are learnt from, and write that down.

In: repository lists and a folder that holds (or will hold) the repositories.
Out: `corpus.jsonl.gz` (a line a file, validation first, then list order) and `corpus.json` (what
was dropped and why).

    lists ─► repositories ─► files ─┬► licence, path, content ─► parts/NAME.npz    (all cores, or a cluster)
                                    └► all parts ─► duplicates, validation first ─► manifest

Try it: python -m sibyl.learn corpus --sources FOLDER_OF_PROJECTS --out build/corpus
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.corpus import duplicates, scan
from sibyl.learn.corpus import licences as clean
from sibyl.learn.corpus.sources import Entry, Sources, read_manifest
from sibyl.learn.corpus.splits import Part, halves, own_repositories
from sibyl.learn.io import DAMAGED, Repository, arrays, read_list, whole_file

__all__ = ["Entry", "Sources", "main", "parser", "read_manifest"]


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    summary_line = __doc__.partition("\n")[0]
    arguments = argparse.ArgumentParser("python -m sibyl.learn corpus", description=summary_line)
    arguments.add_argument(
        "--list", action="append", default=[], metavar="[SPLIT=]FILE.tsv",
        help="repositories to take (columns repository, commit, license); the split is named by "
        "the file (val.tsv: val) unless given; without a list, every folder of --sources",
    )  # fmt: skip
    arguments.add_argument("--sources", type=Path, required=True, help="folder of the repositories")
    arguments.add_argument("--out", type=Path, required=True, help="folder for the manifest")
    arguments.add_argument("--clone", action="store_true", help="bring missing repositories by git")
    arguments.add_argument(
        "--remote", default="https://github.com/", help="where --clone finds them"
    )
    arguments.add_argument("--skip-absent", action="store_true", help="go on without missing ones")
    arguments.add_argument("--any-licence", action="store_true", help="for code that is your own")
    arguments.add_argument(
        "--hold-out-files", type=float, metavar="SHARE",
        help="hold out this share of every repository's files for validation, instead of whole "
        "repositories: for a model of your own project (0.2 is a fifth, 0 none)",
    )  # fmt: skip
    arguments.add_argument(
        "--seed", type=int, default=1, help="which files --hold-out-files takes (1)"
    )
    arguments.add_argument(
        "--exact-only", action="store_true", help="do not look for near duplicates"
    )
    executors.add_options(arguments)
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Make the corpus; running it again goes on where it was stopped."""
    options = parser().parse_args(argv)
    if not options.sources.is_dir() and not options.clone:
        raise LearnError(f"There is no sources folder {options.sources}.")
    share: float = options.hold_out_files or 0.0
    if not 0 <= share < 1:
        raise LearnError("--hold-out-files is a share, at least 0 and below 1.")
    wanted = wanted_repositories(options.list, options.sources, options.hold_out_files is not None)
    reports = scan_all(wanted, options)
    absent = sorted(report["repo"] for report in reports if report["state"] == "absent")
    if absent and not options.skip_absent:
        raise LearnError(
            f"{len(absent)} of {len(wanted)} repositories, or their commits, are missing in "
            f"{options.sources} ({', '.join(absent[:3])}{', ...' if len(absent) > 3 else ''}); "
            "bring them with --clone or go on with --skip-absent."
        )
    parts = [load_scanned(options.out, repo) for repo, report in zip(wanted, reports, strict=True)
             if report["state"] == "scanned"]  # fmt: skip
    if share:
        parts = [half for part in parts for half in halves(part, share, options.seed)]
    entries, dropped = drop_duplicates(parts, near=not options.exact_only)
    report = summary(wanted, reports, entries, dropped, options)
    with whole_file(options.out / "corpus.json") as out:
        out.write(json.dumps(report, indent=1).encode() + b"\n")
    if not entries:
        why = sum((Counter(scanned["dropped"]) for scanned in reports), Counter())
        reasons = (
            ", ".join(f"{count} {reason}" for reason, count in why.items()) or "no Python file"
        )
        raise LearnError(f"No file is left for the corpus ({reasons}).")
    write_manifest(options.out, entries)
    for split, counts in report["splits"].items():
        print(f"{split}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    return 0


def wanted_repositories(lists: list[str], sources: Path, whole: bool) -> list[Repository]:
    """Read the lists; without one take all folders, and, unless ``whole``, hold out every tenth."""
    if not lists:
        return own_repositories(sources, whole)
    by_name: dict[str, Repository] = {}
    for given in lists:
        split, equals, path = given.partition("=")
        rows = read_list(Path(path), split) if equals else read_list(Path(given))
        for row in rows:
            other = by_name.setdefault(row.name, row).split
            if other != row.split:
                raise LearnError(f"{row.name} is in two splits: {other} and {row.split}.")
    return list(by_name.values())


def scanned_path(out: Path, repository: Repository) -> Path:
    """Name the file that keeps what one repository gave."""
    return out / "parts" / f"{repository.folder}.npz"


def scan_all(wanted: list[Repository], options: argparse.Namespace) -> list[dict]:
    """Scan every repository once, the largest first, on all workers; return a report for each."""
    reports: dict[str, dict] = {}
    order = sorted(wanted, key=lambda repository: -repository.tokens)
    settings = scan.Settings(
        str(options.sources), options.any_licence, options.clone, options.remote
    )
    calls = (
        (repository, str(scanned_path(options.out, repository)), settings) for repository in order
    )
    with tqdm(total=len(order), unit=" repositories", desc="scan", mininterval=1) as bar:
        for report in executors.as_done(scan.scan, calls, options, options.out):
            reports[report["repo"]] = report
            if report["warning"]:
                bar.write(f"warning: {report['warning']}")
            bar.update()
    return [reports[repository.name] for repository in wanted]


def load_scanned(out: Path, repository: Repository) -> Part:
    """Read what scanning one repository found: its files and their signatures."""
    path = scanned_path(out, repository)
    try:
        with arrays(path) as saved:
            return repository, json.loads(saved["files"].tobytes()), saved["signatures"]
    except DAMAGED as error:
        raise LearnError(f"{path} is damaged; delete it and start the stage again.") from error


def drop_duplicates(parts: Iterable[Part], near: bool) -> tuple[list[Entry], dict[str, Counter]]:
    """Keep the first of all copies; validation comes first, so that training loses, never it."""
    precious = sorted(parts, key=lambda part: part[0].split == "train")  # stable: list order stays
    owners = [(repository, file) for repository, files, _ in precious for file in files]
    if not owners:
        return [], {}
    signatures = np.concatenate([part[2] for part in precious])
    exact = [bytes.fromhex(file["exact"]) for _, file in owners]
    guarded = sum(repository.split != "train" for repository, _ in owners)
    verdicts = duplicates.keep_first(exact, signatures, near, guarded)
    entries: list[Entry] = []
    dropped: dict[str, Counter] = defaultdict(Counter)
    bar = tqdm(zip(owners, verdicts, strict=True), "duplicates", len(owners), mininterval=1)
    for (repository, file), (reason, original) in bar:
        if reason is None:
            entries.append(
                Entry(repository.name, file["commit"], file["path"], file["blob"],
                      repository.split, file["bytes"])
            )  # fmt: skip
        else:
            across = owners[original][0].split != repository.split
            dropped[repository.split][reason + (" across splits" if across else "")] += 1
    return entries, dropped


def write_manifest(out: Path, entries: list[Entry]) -> None:
    """Write the corpus, one JSON object a line; the same corpus gives the same bytes."""
    with (
        whole_file(out / "corpus.jsonl.gz") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
    ):
        for entry in entries:
            packed.write(json.dumps(vars(entry)).encode() + b"\n")


def summary(
    wanted: list[Repository],
    reports: list[dict],
    entries: list[Entry],
    dropped: dict[str, Counter],
    options: argparse.Namespace,
) -> dict:
    """Count what was kept and what was dropped for which reason, for each split and licence."""
    splits: dict[str, Counter] = defaultdict(Counter)
    licences: dict[str, Counter] = defaultdict(Counter)
    of_repository = {repository.name: repository for repository in wanted}
    taken = {report["repo"]: report["licence"] for report in reports}
    for entry in entries:
        splits[entry.split].update({"files kept": 1, "bytes kept": entry.bytes})
        licences[entry.split][taken[entry.repo]] += 1
    for report in reports:
        counts = splits[of_repository[report["repo"]].split]
        counts.update({f"repositories {report['state']}": 1})
        counts.update({f"dropped: {why}": count for why, count in report["dropped"].items()})
        counts.update({"migrations kept": report["migrations"]})
    for split, reasons in dropped.items():
        splits[split].update({f"dropped: {why}": count for why, count in reasons.items()})
    return {
        "splits": {name: dict(counts) for name, counts in splits.items()},
        "files by licence": {name: dict(counts) for name, counts in licences.items()},
        "rules": {"version": scan.RULES, "alike": None if options.exact_only else duplicates.ALIKE,
                  "largest": clean.LARGEST, "fewest tokens": clean.FEWEST_TOKENS,
                  "files held out": options.hold_out_files or 0.0, "seed": options.seed},
        "not scanned": {report["repo"]: report["warning"] for report in reports
                        if report["state"] != "scanned"},
    }  # fmt: skip
