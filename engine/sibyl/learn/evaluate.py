"""Stage h of learning: the tables.

In: a menus file, its repositories, the shipped model, and what counting needs.  Out: one table on the
screen, and all of it as JSON.  Called by: ``python -m sibyl.learn evaluate``; every number in README and card.

    python -m sibyl.learn evaluate --menus menus/val.jsonl.gz --sources FOLDER --memory file --json out.json
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from sibyl.errors import LearnError
from sibyl.features import COLUMNS, log_share
from sibyl.learn.baselines import Counts
from sibyl.learn.files import whole_file
from sibyl.learn.metrics import calibration, interval, keystrokes, rank_of, summary
from sibyl.learn.sites import Site, collect, read_menus
from sibyl.model import Floats, Model
from sibyl.rank import Mix

_HOME = Path(__file__).resolve().parents[3]
LETTERS = 4
MIXES = {"none": "mix_none", "file": "mix"}
"""The sidecar's mixing weights for what may be remembered."""


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    made = argparse.ArgumentParser(
        "python -m sibyl.learn evaluate", description=__doc__.split("\n")[0]
    )
    add = made.add_argument
    add("--menus", type=Path, required=True, help="recorded completion lists")
    add("--sources", type=Path, required=True, help="folder of their repositories")
    add("--model", type=Path, default=_HOME / "models", help="model folder (default: the shipped)")
    add("--float", type=Path, help="float model folder, for the row 'float'")
    add("--counts", type=Path, default=_HOME / "bench" / "counts.json.gz", help="training counts")
    add("--memory", choices=tuple(MIXES), default="file", help="what 'full' may remember")
    add("--json", type=Path, help="write all numbers here")
    add("--into", type=Path, action="append", default=[], help="put the tables into this document")
    return made


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    options = parser().parse_args(argv)
    menus = read_menus(options.menus)
    sites = list(collect(menus, options.sources, options.model))
    if not sites:
        raise LearnError(f"No list in {options.menus} holds what was typed.")
    plain, full = _mix(options.model, MIXES["none"]), _mix(options.model, MIXES[options.memory])
    scores = baselines(sites, options.counts) | network(sites, plain, full)
    if options.float:
        floats = list(collect(menus, options.sources, options.float))
        scores["float"] = [plain.scores(site.rows) for site in floats]
    result = measure(sites, scores, full.star)
    result |= {"menus": len(menus), "model": Model(options.model).hash, "memory": options.memory}
    orders, rest = tables(result)
    print(f"{orders}\n\n{rest}")
    for path in options.into:
        put(path, {"orders": orders, "all": f"{orders}\n\n{rest}"})
    if options.json:
        with whole_file(options.json) as file:
            file.write((json.dumps(result, indent=1) + "\n").encode())
    return 0


Scores = dict[str, list[Floats]]


def baselines(sites: list[Site], counts: Path) -> Scores:
    """Return the orders that need no network."""
    made: Scores = {"server": [-np.arange(len(site.names), dtype=np.float32) for site in sites]}
    made["alphabetical"] = [
        -np.argsort(np.argsort(np.asarray(site.names), kind="stable")).astype(np.float32)
        for site in sites
    ]
    known = Counts.load(counts)
    ordered = [known.orders(site) for site in sites]
    for name in ordered[0]:
        made[name] = [order[name] for order in ordered]
    return made


def _mix(model: Path, name: str) -> Mix:
    kept = json.loads((model / "meta.json").read_text()).get(name)
    if kept is None:
        raise LearnError(f"The model {model} has no mixing weights; run the mix stage.")
    return Mix(kept)


def network(sites: list[Site], plain: Mix, full: Mix) -> Scores:
    """Return the network's orders: bare, with the server's place and the name's shape, and in full."""
    return {
        "bare": [site.logits for site in sites],
        "int8": [plain.scores(site.rows) for site in sites],
        "full": [full.scores(site.rows) for site in sites],
    }


def measure(sites: list[Site], scores: Scores, star: float) -> dict:
    """Return all numbers: each order's, the slices of ``int8`` and ``full``, stars, calibration, letters."""
    repos = [site.repo for site in sites]
    ranks = {
        name: [rank_of(values, site.truth) for values, site in zip(its, sites, strict=True)]
        for name, its in scores.items()
    }
    orders = {
        name: summary(its) | {"top1_interval": interval(its, repos)} for name, its in ranks.items()
    }
    sure = [float(np.exp(log_share(values)).max()) for values in scores["full"]]
    return {
        "sites": len(sites),
        "repositories": len(set(repos)),
        "orders": orders,
        "slices": {
            name: slices(sites, ranks[name]) for name in ("server", "counts", "int8", "full")
        },
        "full": _probability(sure, ranks["full"], star),
        "letters": letters(sites, {name: scores[name] for name in ("server", "full")}),
    }


def _probability(sure: list[float], ranks: list[int], star: float) -> dict[str, object]:
    """Return calibration, and how precise the first item is above each confidence."""
    confident, right = np.asarray(sure), np.asarray(ranks) == 1

    def at_least(least: float) -> dict[str, float]:
        there = confident >= least
        return {
            "share": round(float(there.mean()), 4),
            "precision": round(float(right[there].mean()), 4) if there.any() else 0.0,
        }

    above = {f"{least:.1f}": at_least(least) for least in np.arange(0.3, 0.95, 0.1)}
    return {"ece": calibration(confident, right), "above": above, "stars": at_least(star)}


def slices(sites: list[Site], ranks: list[int]) -> dict[str, dict[str, float]]:
    """Return the measures by receiver, by length of list, by repository and by library."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for site, rank in zip(sites, ranks, strict=True):
        length = len(site.names)
        size = "1-20" if length <= 20 else "21-100" if length <= 100 else "101-"
        groups[f"receiver {site.kind}"].append(rank)
        groups[f"list {size}"].append(rank)
        groups[f"repository {site.repo}"].append(rank)
        library = site.origin.lstrip("@").split(".")[0].split("(")[0]
        if site.kind == "known" and library:
            groups[f"library {library}"].append(rank)
        private = (
            site.rows[site.truth, COLUMNS["private"]] or site.rows[site.truth, COLUMNS["dunder"]]
        )
        groups[f"truth {'private' if private else 'public'}"].append(rank)
    return {
        name: summary(its) | {"sites": len(its)}
        for name, its in sorted(groups.items())
        if len(its) >= 15 or not name.startswith("library")
    }


def letters(sites: list[Site], scores: Scores) -> dict[str, object]:
    """Return the measures after 0 to 3 letters, and the share of letters not typed."""
    made: dict[str, object] = {}
    for name, its in scores.items():
        ranks = []
        for count in range(LETTERS):
            allowed = [site.prefixed(count) for site in sites]
            ranks.append(
                [rank_of(v, s.truth, a) for v, s, a in zip(its, sites, allowed, strict=True)]
            )
        made[name] = {str(count): summary(ranks[count]) for count in range(LETTERS)}
        made[name]["keystrokes_saved"] = keystrokes(ranks, [len(site.member) for site in sites])  # type: ignore[index]
    return made


ORDER = "alphabetical server popularity markov recent counts bare float int8 full".split()


def tables(result: dict) -> tuple[str, str]:
    """Return the table of orders, and the other tables, for people."""
    orders = [
        (
            f"{result['sites']} sites of {result['repositories']} repositories (of "
            f"{result['menus']} recorded), nothing typed; memory of 'full': {result['memory']}; "
            f"model {result['model']}"
        ),
        "",
        "| order | top-1 | 95 % | top-5 | MRR |",
        "|---|---|---|---|---|",
    ]
    for name in ORDER:
        if name in result["orders"]:
            one = result["orders"][name]
            between = "{:.3f}-{:.3f}".format(*one["top1_interval"])
            orders.append(f"| {name} | {one['top1']:.3f} | {between} | {_two(one)}")
    rest = ["| slice of 'full' | sites | top-1 | top-5 | MRR |", "|---|---|---|---|---|"]
    for name, one in result["slices"]["full"].items():
        if not name.startswith("repository"):
            rest.append(f"| {name} | {one['sites']} | {one['top1']:.3f} | {_two(one)}")
    rest += ["", "| first item at least so sure | share of lists | right |", "|---|---|---|"]
    for least, one in result["full"]["above"].items():
        rest.append(f"| {least} | {one['share']:.3f} | {one['precision']:.3f} |")
    stars = result["full"]["stars"]
    rest += [
        "",
        f"Calibration error of the first item's probability: {result['full']['ece']:.3f}.",
        f"Starred first item: {stars['share']:.3f} of lists, right in {stars['precision']:.3f}.",
        "",
        "| order | top-1 after 0 | 1 | 2 | 3 letters | letters saved |",
        "|---|---|---|---|---|---|",
    ]
    for name, its in result["letters"].items():
        shown = " | ".join(f"{its[str(count)]['top1']:.3f}" for count in range(LETTERS))
        rest.append(f"| {name} | {shown} | {its['keystrokes_saved']:.3f} |")
    return "\n".join(orders), "\n".join(rest)


def _two(one: dict) -> str:
    return f"{one['top5']:.3f} | {one['mrr']:.3f} |"


def put(path: Path, blocks: dict[str, str]) -> None:
    """Replace what stands between a document's marks, such as ``<!-- begin orders -->``."""
    text = path.read_text("utf-8")
    for name, block in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            text = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    with whole_file(path) as file:
        file.write(text.encode())
