"""The numbers of an evaluation as tables for people.

In: what ``evaluate`` measured.  Out: Markdown, also into a document between its marks.
"""

from __future__ import annotations

from pathlib import Path

from sibyl.errors import LearnError, first_line
from sibyl.learn.io import whole_file
from sibyl.learn.metrics import FEWEST

LETTERS = 4
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
    sure = result["repositories"] >= FEWEST
    for name in ORDER:
        if name in result["orders"]:
            measures = result["orders"][name]
            between = "{:.3f}-{:.3f}".format(*measures["top1_interval"]) if sure else "not known"
            orders.append(f"| {name} | {measures['top1']:.3f} | {between} | {_two(measures)}")
    rest = ["| slice of 'full' | sites | top-1 | top-5 | MRR |", "|---|---|---|---|---|"]
    for name, measures in result["slices"]["full"].items():
        if not name.startswith("repository"):
            rest.append(
                f"| {name} | {measures['sites']} | {measures['top1']:.3f} | {_two(measures)}"
            )
    rest += ["", "| first item at least so sure | share of lists | right |", "|---|---|---|"]
    for least, measures in result["full"]["above"].items():
        rest.append(f"| {least} | {measures['share']:.3f} | {measures['precision']:.3f} |")
    stars = result["full"]["stars"]
    rest += [
        "",
        f"Calibration error of the first item's probability: {result['full']['ece']:.3f}.",
        f"Starred first item: {stars['share']:.3f} of lists, right in {stars['precision']:.3f}."
        if stars["share"]
        else "Starred first item: in no list.",
        "",
        "| order | top-1 after 0 | 1 | 2 | 3 letters | letters saved |",
        "|---|---|---|---|---|---|",
    ]
    for name, by_count in result["letters"].items():
        shown = " | ".join(f"{by_count[str(count)]['top1']:.3f}" for count in range(LETTERS))
        rest.append(f"| {name} | {shown} | {by_count['keystrokes_saved']:.3f} |")
    rest += ["", *_memory_table(result["memories"])]
    return "\n".join(orders), "\n".join(rest)


def _memory_table(memories: dict) -> list[str]:
    """Return top-1 / top-5 / MRR by what is remembered, for all sites and for groups of them."""
    names = list(memories)
    lines = [
        f"| top-1 / top-5 / MRR with memory | sites | {' | '.join(names)} |",
        "|---" * (2 + len(names)) + "|",
    ]
    for group in memories[names[0]]:
        if group.startswith("project") and len(names) <= 2:
            continue
        cells = [
            " / ".join(
                f"{memories[name][group][measure]:.3f}" for measure in ("top1", "top5", "mrr")
            )
            for name in names
        ]
        lines.append(f"| {group} | {memories[names[0]][group]['sites']} | {' | '.join(cells)} |")
    return lines


def _two(measures: dict) -> str:
    return f"{measures['top5']:.3f} | {measures['mrr']:.3f} |"


def put(path: Path, blocks: dict[str, str]) -> None:
    """Replace what stands between a document's marks, such as ``<!-- begin orders -->``."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise LearnError(f"The document {path} cannot be read ({first_line(error)}).") from error
    for name, block in blocks.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        if begin in text:
            before, _, rest = text.partition(begin)
            text = f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"
    with whole_file(path) as file:
        file.write(text.encode())
