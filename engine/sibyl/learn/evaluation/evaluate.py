"""The tables.

In: a menus file, its repositories, the shipped model, and what counting needs.  Out: one table on the
screen, and all of it as JSON.

    python -m sibyl.learn evaluate --menus menus/val.jsonl.gz --sources FOLDER --memory project --json out.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sibyl.errors import LearnError
from sibyl.learn.evaluation.baselines import Counts
from sibyl.learn.evaluation.lists import lists_table, measure_lists
from sibyl.learn.evaluation.replay import (
    MEMORIES,
    WORDS,
    Site,
    collect,
    collect_all,
    kept,
    read_menus,
)
from sibyl.learn.evaluation.tables import LETTERS, put, tables
from sibyl.learn.io import whole_file
from sibyl.learn.metrics import calibration, interval, keystrokes, rank_of, summary
from sibyl.learn.plots import calibration_picture
from sibyl.network.model import Floats, Model
from sibyl.ranking.features import COLUMNS, log_share
from sibyl.ranking.ranker import Mix

_HOME = Path(__file__).resolve().parents[4]


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn evaluate", description=__doc__.split("\n")[0]
    )
    add = arguments.add_argument
    add("--menus", type=Path, required=True, help="recorded completion lists")
    add("--sources", type=Path, required=True, help="folder of their repositories")
    add("--model", type=Path, default=_HOME / "models", help="model folder (default: the shipped)")
    add("--float", type=Path, help="float model folder, for the row 'float'")
    add("--counts", type=Path, default=_HOME / "bench" / "counts.json.gz", help="training counts")
    add("--memory", choices=MEMORIES, default="file", help="what 'full' may remember")
    add("--stores", type=Path, help="folder that keeps the projects' memories")
    add("--jobs", type=int, default=1, help="processes that look at the lists")
    add("--json", type=Path, help="write all numbers here")
    add("--picture", type=Path, help="draw the calibration of 'full' (PNG)")
    add("--into", type=Path, action="append", default=[], help="put the tables into this document")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    options = parser().parse_args(argv)
    menus = read_menus(options.menus)
    with tempfile.TemporaryDirectory() as folder:
        whole = options.memory in ("project", "replay")
        stores = (options.stores or Path(folder)) if whole else None
        given = options.sources, options.model, stores, options.jobs
        sites = collect_all(menus, *given)
    if not sites:
        raise LearnError(f"No list in {options.menus} holds what was typed.")
    result: dict = {
        "menus": len(menus),
        "model": Model(options.model).hash,
        "memory": options.memory,
    }
    members = [site for site in sites if site.listed == "member"]
    words = [site for site in sites if site.listed != "member"]
    shown = []
    if members:
        measured, parts = _members(members, options)
        result |= measured
        orders, rest = tables(result)
        shown += [orders, rest]
        for path in options.into:
            put(path, {"orders": orders, "all": f"{orders}\n\n{rest}"})
        if options.picture:
            calibration_picture(options.picture, *parts)
    if words:
        result |= measure_lists(words, word_mixture(options.model), options.memory)
        shown.append(lists_table(result))
        for path in options.into:
            put(path, {f"lists {options.menus.name.partition('.')[0]}": shown[-1]})
    print("\n\n".join(shown))
    if options.json:
        with whole_file(options.json) as file:
            file.write((json.dumps(result, indent=1) + "\n").encode())
    return 0


def _members(sites: list[Site], options: argparse.Namespace) -> tuple[dict, tuple]:
    """Return all numbers of lists of members, and what a picture of the calibration shows."""
    plain, mix = mixtures(options.model)
    by_memory = remembered(sites, plain, mix, MEMORIES[: MEMORIES.index(options.memory) + 1])
    scores = baselines(sites, options.counts) | {
        "bare": [site.logits for site in sites],
        "int8": by_memory["none"],
        "full": by_memory[options.memory],
    }
    if options.float:
        menus = read_menus(options.menus)
        floats = list(collect(menus, options.sources, options.float))
        scores["float"] = [plain.scores(site.rows) for site in floats if site.listed == "member"]
    measured = measure(sites, scores, mix.star) | {"memories": gains(sites, by_memory)}
    return measured, confidence(sites, scores["full"])


Scores = dict[str, list[Floats]]


def baselines(sites: list[Site], counts: Path) -> Scores:
    """Return the orders that need no network."""
    scores: Scores = {"server": [-np.arange(len(site.names), dtype=np.float32) for site in sites]}
    scores["alphabetical"] = [
        -np.argsort(np.argsort(np.asarray(site.names), kind="stable")).astype(np.float32)
        for site in sites
    ]
    known = Counts.load(counts)
    ordered = [known.orders(site) for site in sites]
    for name in ordered[0]:
        scores[name] = [order[name] for order in ordered]
    return scores


def mixtures(model: Path) -> tuple[Mix, Mix]:
    """Return a model's mixing weights: those for no memory at all, and those for whatever is remembered."""
    meta = json.loads((model / "meta.json").read_text())
    if not {"mix_none", "mix"} <= set(meta):
        raise LearnError(f"The model {model} has no mixing weights; run the mix stage.")
    return Mix(meta["mix_none"]), Mix(meta["mix"])


def word_mixture(model: Path) -> Mix | None:
    """Return a model's mixing weights for lists that are not of members, if it has any."""
    weights = json.loads((model / "meta.json").read_text()).get("mix_words")
    return Mix(weights, WORDS.names, WORDS.version) if weights else None


def remembered(sites: list[Site], plain: Mix, mix: Mix, memories: Sequence[str]) -> Scores:
    """Return the order for each amount of memory, from nothing to all that was asked for."""
    scores: Scores = {}
    for memory in memories:
        factor, weights = kept(memory), plain if memory == "none" else mix
        scores[memory] = [weights.scores(site.rows * factor) for site in sites]
    return scores


def gains(sites: list[Site], by_memory: Scores) -> dict[str, dict[str, dict[str, float]]]:
    """Return, for each amount of memory, the measures by receiver and by how many other files are known."""
    measures = {}
    for memory, scores in by_memory.items():
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for site, values in zip(sites, scores, strict=True):
            rank = rank_of(values, site.truth)
            known = "0-50" if site.files <= 50 else "51-200" if site.files <= 200 else "201-"
            for group in ("all", f"receiver {site.kind}", f"project of {known} other files"):
                groups[group].append(rank)
        measures[memory] = {
            name: summary(ranks) | {"sites": len(ranks)} for name, ranks in sorted(groups.items())
        }
    return measures


def measure(sites: list[Site], scores: Scores, star: float) -> dict:
    """Return all numbers: each order's, the slices of ``int8`` and ``full``, stars, calibration, letters."""
    repos = [site.repo for site in sites]
    ranks = {
        name: [rank_of(values, site.truth) for values, site in zip(by_site, sites, strict=True)]
        for name, by_site in scores.items()
    }
    orders = {
        name: summary(by_site) | {"top1_interval": interval(by_site, repos)}
        for name, by_site in ranks.items()
    }
    sure, _ = confidence(sites, scores["full"])
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


def confidence(sites: list[Site], scores: list[Floats]) -> tuple[list[float], list[bool]]:
    """Return how sure an order is of each list's first item, and whether that is the truth."""
    sure = [float(np.exp(log_share(values)).max()) for values in scores]
    return sure, [
        rank_of(values, site.truth) == 1 for values, site in zip(scores, sites, strict=True)
    ]


def _probability(sure: list[float], ranks: list[int], star: float) -> dict[str, object]:
    """Return calibration, and how precise the first item is above each confidence."""
    confident, right = np.asarray(sure), np.asarray(ranks) == 1

    def at_least(least: float) -> dict[str, float]:
        chosen = confident >= least
        return {
            "share": round(float(chosen.mean()), 4),
            "precision": round(float(right[chosen].mean()), 4) if chosen.any() else 0.0,
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
        name: summary(members) | {"sites": len(members)}
        for name, members in sorted(groups.items())
        if len(members) >= 15 or not name.startswith("library")
    }


def letters(sites: list[Site], scores: Scores) -> dict[str, object]:
    """Return the measures after 0 to 3 letters, and the share of letters not typed."""
    measures: dict[str, object] = {}
    for name, by_site in scores.items():
        ranks = []
        for count in range(LETTERS):
            allowed = [site.prefixed(count) for site in sites]
            ranks.append(
                [rank_of(v, s.truth, a) for v, s, a in zip(by_site, sites, allowed, strict=True)]
            )
        measures[name] = {str(count): summary(ranks[count]) for count in range(LETTERS)}
        measures[name]["keystrokes_saved"] = keystrokes(ranks, [len(site.member) for site in sites])  # type: ignore[index]
    return measures
