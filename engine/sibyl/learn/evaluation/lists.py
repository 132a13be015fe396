"""Measures of lists that are not of members: names, keyword arguments, imports.

In: sites with their features, the model's mixing weights.  Out: top-1, top-5 and MRR of the truth for each kind
of list, letters typed and order; slices; how often an order is worse than the server's. Each list is filtered
by the letters typed, as the menu does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from sibyl.learn.evaluation.letters import letters_saved
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.schema import WORDS
from sibyl.learn.metrics import interval, rank_of, summary
from sibyl.network.model import Floats
from sibyl.ranking.guard import guarded, has_evidence
from sibyl.ranking.mix import Mix

_COLUMNS = WORDS.columns
ORDERS = ("server", "recent", "network", "file", "full")
"""The server's; by the last use in this file; the network alone; the mixture with the file alone, with all."""

Ranks = dict[str, list[int]]


def ranks_of(sites: Sequence[RecordedList], mix: Mix | None, memory: str) -> Ranks:
    """Return the truth's rank in each list for each order."""
    ranks: Ranks = {name: [] for name in ORDERS}
    for site in sites:
        place = -np.arange(len(site.names), dtype=np.float32)
        rows = site.rows.astype(np.float32)
        scores = {
            "server": place,
            "recent": rows[:, _COLUMNS["word_recency"]],
            "network": site.logits,
            "file": _mixed(site, rows, mix, "file"),
            "full": _mixed(site, rows, mix, memory),
        }
        for name, values in scores.items():
            ranks[name].append(rank_of(values, site.truth, site.allowed))
    return ranks


def _mixed(site: RecordedList, rows: Floats, mix: Mix | None, memory: str) -> Floats:
    """Return the scores as ``Ranker`` orders by them."""
    if mix is None:  # the server's order stands
        return -np.arange(len(rows), dtype=np.float32)
    seen = rows * WORDS.kept(memory)
    none = np.zeros(len(rows), bool)
    prefixed = ~none if site.allowed is None else site.allowed
    imports = none if site.imports is None else site.imports
    evidence, exact = has_evidence(seen, WORDS.names), seen[:, _COLUMNS["exact"]] > 0
    scores = mix.scores(seen)
    return np.asarray(guarded(scores, evidence, exact, site.letters, prefixed, imports, site.names))


def measure_lists(sites: Sequence[RecordedList], mix: Mix | None, memory: str) -> dict[str, dict]:
    """Return all numbers: by kind and letters (``lists``), slices of ``full`` (``list_slices``).

    ``letters_saved``: see there; lists that more letters leave count for nothing else.
    """
    ranks = ranks_of(sites, mix, memory)
    saved = letters_saved(sites, ranks)
    recorded = [index for index, site in enumerate(sites) if not site.further]
    sites = [sites[index] for index in recorded]
    ranks = {name: [of_order[index] for index in recorded] for name, of_order in ranks.items()}
    repos = [site.repo for site in sites]
    groups: defaultdict[str, list[int]] = defaultdict(list)
    slices: defaultdict[str, list[int]] = defaultdict(list)
    for index, site in enumerate(sites):
        group = f"{site.listed} {site.letters}"
        groups[group].append(index)
        for name in (f"where {site.where}", f"list {_length(site)}", f"truth seen {_seen(site)}"):
            slices[f"{group}, {name}"].append(index)
    return {
        "letters_saved": saved,
        "lists": {
            group: {
                name: summary(own := [of_order[at] for at in indices])
                | {
                    "sites": len(indices),
                    "top1_interval": interval(own, [repos[at] for at in indices]),
                }
                for name, of_order in ranks.items()
            }
            for group, indices in sorted(groups.items())
        },
        "worse": {group: _worse(ranks, indices) for group, indices in sorted(groups.items())},
        "list_slices": {
            name: {
                order: summary([ranks[order][at] for at in indices]) for order in ("server", "full")
            }
            | {"sites": len(indices)}
            for name, indices in sorted(slices.items())
            if len(indices) >= 10
        },
    }


def _worse(ranks: Ranks, indices: list[int]) -> dict[str, float]:
    """Return the share of lists in which the truth stands lower than in the server's, and by how much."""
    lost = [ranks["full"][at] - ranks["server"][at] for at in indices]
    worse = [places for places in lost if places > 0]
    return {
        "share": round(len(worse) / max(len(lost), 1), 4),
        "places": float(np.median(worse)) if worse else 0.0,
    }


def _length(site: RecordedList) -> str:
    left = len(site.names) if site.allowed is None else int(site.allowed.sum())
    return "1-10" if left <= 10 else "11-100" if left <= 100 else "101-"


def _seen(site: RecordedList) -> str:
    """Return where the truth was met before: in this file, in the project in a place like this, nowhere."""
    row = site.rows[site.truth]
    if row[_COLUMNS["word_count"]] > 0:
        return "in the file"
    in_project = any(
        row[index] > 0 for name, index in _COLUMNS.items() if name.startswith("project_")
    )
    return "in the project" if in_project else "nowhere"


def lists_table(result: dict) -> str:
    """Return the table of all kinds of lists, for people."""
    lines = [
        "| list, letters typed | sites | " + " | ".join(ORDERS) + " | worse than the server's |",
        "|---" * (3 + len(ORDERS)) + "|",
    ]
    for group, by_order in result["lists"].items():
        cells = [
            " / ".join(f"{by_order[name][measure]:.3f}" for measure in ("top1", "top5", "mrr"))
            for name in ORDERS
        ]
        lines.append(
            f"| {group} | {by_order['full']['sites']} | {' | '.join(cells)} | "
            f"{result['worse'][group]['share']:.3f} |"
        )
    lines += ["", "| letters saved | places | " + " | ".join(ORDERS) + " |"]
    lines.append("|---" * (2 + len(ORDERS)) + "|")
    for kind, saved in result["letters_saved"].items():
        shares = " | ".join(f"{saved[name]:.3f}" for name in ORDERS)
        lines.append(f"| {kind} | {saved['places']} | {shares} |")
    return "\n".join(lines)
