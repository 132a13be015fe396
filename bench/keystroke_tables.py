"""What menus and typing cost with and without sibyl, as tables.

In:   what `keystroke.py` measured.  Out: tables for people.
"""

from __future__ import annotations

from typing import Any

from common import table

LATE = 10
"""Milliseconds a server takes that is not instant; real ones take 5 to 50."""
SERVERS = {
    "instant": "instant",
    "again": "instant, one list again and again",
    "names": "instant, names",
    "late": f"after {LATE} ms",
    "late names": f"after {LATE} ms, names",
}
"""The parts measured with a server of ours, as they are called in the table."""
SHOWN = (
    ("native", "p50"),
    ("ranked", "p50"),
    ("added", "p50"),
    ("native", "p99"),
    ("ranked", "p99"),
)


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    rows: list[tuple[object, ...]] = []
    for version, measured in result.items():
        lists = [
            (server, int(size), costs)
            for part, server in SERVERS.items()
            for size, costs in measured[part].items()
        ]
        lists += [("ty", measured["ty"]["items"], measured["ty"])] if "ty" in measured else []
        for name, size, costs in lists:
            reply, ours = costs["reply"], costs["ours_at_once"]
            medians = [reply[kind]["p50"] for kind in ("native", "ranked", "added")]
            tails = (*(reply["added"][p] for p in ("p95", "p99")), reply["apart"]["p99"])
            at_once = (ours["p50"], ours["max"])
            rows.append((version, name, size, *medians, *tails, *at_once))
    head = (
        "native p50, ranked p50, added p50, added p95, added p99, native apart p99, "
        "ours at once p50, max"
    ).split(", ")
    table(("ms from reply to menu", "server", "items", *head), rows)
    rows = [
        (f"{version}, {costs['key_typed']}", costs["items"], *(key[kind][p] for kind, p in SHOWN))
        for version, measured in result.items()
        if (costs := measured.get("ty"))
        for key in [costs["key"]]
    ]
    keyed = ("native p50", "ranked p50", "added p50", "native p99", "ranked p99")
    if rows:
        table(("ms from key to menu, ty", "items", *keyed), rows)
    rows = []
    for version, measured in result.items():
        for name in ("native", "ranked") if "typing" in measured else ():
            costs = measured["typing"][name]
            rows.append(
                (f"{version}, {name}", *(costs[p] for p in ("p50", "p99", "max", "over_5_ms")))
            )
    if rows:
        table(("main loop, ms between ticks", "p50", "p99", "longest", "over 5 ms"), rows)
        table(
            ("ours on the main loop, µs a key", "p50", "p95", "p99", "max", "at once, ms"),
            [
                (
                    version,
                    *measured["typing"]["ours_us"].values(),
                    measured["typing"]["ours_at_once_ms"],
                )
                for version, measured in result.items()
            ],
        )
