"""Orders with the project's memory of before each line was written, beside those with today's.

In: sites that have a ``past``, the mixing weights.  Out: the row ``history`` of an evaluation, and its table.

All orders are of the same sites: those whose past is known. The others are counted by the reason. ``saved``
is that past with the file itself as it was saved then, which is what there is while one types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from sibyl.learn.evaluation.lists import ranks_of
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.schema import MEMBERS
from sibyl.learn.metrics import compare, interval, rank_of, summary
from sibyl.ranking.mix import Mix

Ranks = dict[str, list[int]]
"""By the memory that an order has: ``today``, ``history`` and ``saved``."""
_ADDED = ", lines added"
"""Lists in lines where the commit took none away: nothing was only written in another form."""


def measure_history(
    sites: Sequence[RecordedList], mix: Mix, words: Mix | None, memory: str
) -> dict:
    """Return top-1, top-5 and MRR with both memories for each kind of list, and what the difference is."""
    known = [site for site in sites if site.past is not None and site.past.rows is not None]
    missing = Counter(
        site.past.before.unknown for site in sites if site.past and not site.past.before.commit
    )
    groups: dict[str, list[RecordedList]] = {}
    for site in known:
        name = "member" if site.listed == "member" else f"{site.listed} {site.letters}"
        groups.setdefault(name, []).append(site)
        if site.past is not None and site.past.added:
            groups.setdefault(name + _ADDED, []).append(site)
    commits = {(site.repo, site.past.before.commit) for site in known if site.past}
    return {
        "sites": len(known),
        "left_out": dict(sorted(missing.items())),
        "commits": len(commits),
        "seconds": round(sum(site.past.seconds for site in known if site.past), 3),
        "lists": {
            name: _measured(group, mix if group[0].listed == "member" else words, memory)
            for name, group in sorted(groups.items())
        },
    }


def _measured(sites: list[RecordedList], mix: Mix | None, memory: str) -> dict[str, object]:
    repos = [site.repo for site in sites]
    then = [_then(site) for site in sites]
    saved = [_then(site, saved=True) for site in sites]
    by_memory = {
        "today": _ranks(sites, mix, memory),
        "history": _ranks(then, mix, memory),
        "saved": _ranks(saved, mix, memory),
    }
    measures: dict[str, object] = {
        name: summary(ranks) | {"top1_interval": interval(ranks, repos)}
        for name, ranks in by_memory.items()
    }
    gains = compare(by_memory["today"], by_memory["history"], repos)
    more = compare(by_memory["history"], by_memory["saved"], repos)
    return measures | {
        "sites": len(sites),
        "repositories": len(set(repos)),
        "saved_gain": {name: asdict(gain) | {"real": gain.real} for name, gain in more.items()},
        "gain": {name: asdict(gain) | {"real": gain.real} for name, gain in gains.items()},
    }


def _then(site: RecordedList, saved: bool = False) -> RecordedList:
    """Return a site as it was before its line was written; ``saved``: with the file itself."""
    assert site.past is not None
    rows = site.past.saved if saved else site.past.rows
    assert rows is not None
    return replace(site, rows=rows, files=site.past.files)


def _ranks(sites: list[RecordedList], mix: Mix | None, memory: str) -> list[int]:
    if sites[0].listed != "member":
        return ranks_of(sites, mix, memory)["full"]
    assert mix is not None
    factor = MEMBERS.kept(memory)
    return [rank_of(mix.scores(site.rows * factor), site.truth) for site in sites]


def history_table(history: dict) -> str:
    """Return the numbers as a table for people."""
    left_out = ", ".join(f"{count} with {why}" for why, count in history["left_out"].items())
    about = (
        f"Memory of the project as of the parent of the commit that wrote each line: {history['sites']} "
        f"sites, {history['commits']} commits, stores made in {history['seconds']:.0f} s; left out: "
        f"{left_out or 'none'}."
    )
    head = (
        "| list | sites | memory of today: top-1 / top-5 / MRR | as of the parent | 95 % of top-1 "
        "| top-1 lost, 95 % | and the saved file | top-1 gained by it, 95 % |"
    )
    lines = [about, "", head, "|---|---|---|---|---|---|---|---|"]
    for name, measures in history["lists"].items():
        today, then, saved = (
            " / ".join(f"{measures[memory][measure]:.3f}" for measure in ("top1", "top5", "mrr"))
            for memory in ("today", "history", "saved")
        )
        between = "{:.3f}-{:.3f}".format(*measures["history"]["top1_interval"])
        gain = measures["gain"]["top1"]
        difference = f"{-gain['gain']:+.3f} ({-gain['high']:+.3f} to {-gain['low']:+.3f})"
        gain = measures["saved_gain"]["top1"]
        gained = f"{gain['gain']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})"
        lines.append(
            f"| {name} | {measures['sites']} | {today} | {then} | {between} | {difference} "
            f"| {saved} | {gained} |"
        )
    return "\n".join(lines)
