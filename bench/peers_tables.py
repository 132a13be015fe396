"""Orders of other plugins beside ours, as tables.

In:   what `peers.py` measured.  Out: tables for people.
"""

from __future__ import annotations

from typing import Any

from common import table

OURS = "sibyl"
KINDS = {"name": "names", "keyword": "keyword arguments", "import": "imports"}
COUNTS = (100, 700)
"""Items of the lists whose cost is measured."""
ORDER = (
    "Neovim",
    "alphabetical",
    "last use above",
    "mini.completion",
    "blink.cmp (Lua)",
    "blink.cmp (Lua) + bonuses",
    "nvim-cmp",
    OURS,
)


def show(result: dict[str, Any]) -> None:
    """Print accuracy and cost, a line for each order; then the lists that are not of members."""
    right, spent = result.get("accuracy"), result["cost_ms"]
    if right:
        print(f"{right['sites']} lists of {right['repositories']} repositories never trained on.")
    letters = ("top-1", "95 %", "top-5", "MRR", "top-1 after 1", "2", "3 letters") if right else ()
    rows = []
    for name in ORDER:
        if name not in (right["orders"] if right else spent["100"]):
            continue
        row: list[object] = [name]
        if right:
            order = right["orders"][name]
            row += [f"{order['0']['top1']:.3f}", "{:.3f}-{:.3f}".format(*order["top1_interval"])]
            row += [f"{order['0'][measure]:.3f}" for measure in ("top5", "mrr")]
            row += [f"{order[n]['top1']:.3f}" for n in "123"]
        row += [
            spent[n][name][kind]["p50"] if name in spent[n] else ""
            for n in map(str, COUNTS)
            for kind in ("list", "letter")
        ]
        rows.append(row)
    costs = [
        f"ms, {n} items" if is_list else "+ a letter" for n in COUNTS for is_list in (True, False)
    ]
    table(("order", *letters, *costs), rows)
    for file, groups in result.get("lists", {}).items():
        show_lists(file, groups)


def show_lists(file: str, groups: dict[str, Any]) -> None:
    """Print the orders of one file's lists of names, keyword arguments and imports."""
    print(f"{file}: lists with so many letters typed; top-1 / top-5 / MRR.")
    head = [
        f"{KINDS[kind]}, {letters} ({groups[group]['sites']} lists)"
        for group in groups
        for kind, letters in [group.split()]
    ]
    rows = []
    for name in ORDER:
        cells = [group["orders"].get(name) for group in groups.values()]
        if all(cells):
            rows.append((name, *(" / ".join(f"{n:.3f}" for n in cell.values()) for cell in cells)))
    table(("order", *head), rows)
