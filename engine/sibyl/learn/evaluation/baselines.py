"""The orders to beat: what counting alone can do.

In: token streams of the training split; recorded sites.  Out: a small file of counts (``counts.json.gz``),
and for each site the order by popularity, by a Markov chain, by recency, by counts mixed by hand.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from sibyl.code.tokens import ORIGIN
from sibyl.errors import LearnError, first_line
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.io import whole_file
from sibyl.learn.streams.parts import HELD_OUT, load_part
from sibyl.learn.streams.uses import by_counts, uses
from sibyl.network.model import Floats
from sibyl.ranking.features.member_columns import COLUMNS

_FEWEST = 3  # rarer pairs are not kept: the file goes into the repository
_MOST = 48  # members kept for one context

Table = dict[str, dict[str, int]]


class Counts:
    """How often a member follows an origin, an origin and a member before it, anything."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self.after, self.chain = tables["after"], tables["chain"]
        self.overall = tables["overall"][""]

    @classmethod
    def load(cls, path: Path) -> Counts:
        """Read the file that ``main`` writes."""
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                return cls(json.load(file))
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise LearnError(f"{path} holds no counts of ours ({first_line(error)}).") from error

    def orders(self, site: RecordedList) -> dict[str, Floats]:
        """Return, for each way of counting, a score for every candidate."""
        names, rows = site.names, site.rows
        after = self.after.get(site.origin, {})
        chain = self.chain.get(f"{site.origin} {site.before}", {})
        overall_counts, after_counts, chain_counts = (
            np.asarray([counts.get(name, 0) for name in names])
            for counts in (self.overall, after, chain)
        )
        popular, markov = by_counts(overall_counts, after_counts, chain_counts)
        return {
            "popularity": popular,
            "markov": markov,
            "recent": rows[:, COLUMNS["member_recency"]],
            "counts": 3 * rows[:, COLUMNS["receiver_count"]]
            + 1.5 * rows[:, COLUMNS["member_count"]]
            + np.log1p(after_counts.astype(np.float32))
            + 0.4 * np.log1p(overall_counts.astype(np.float32)),
        }


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    summary = __doc__.split("\n")[0]
    arguments = argparse.ArgumentParser("python -m sibyl.learn baselines", description=summary)
    arguments.add_argument("--streams", type=Path, required=True, help="folder of the streams")
    arguments.add_argument(
        "--validation", type=Path, action="append", default=[], help="parts to skip"
    )
    arguments.add_argument("--out", type=Path, required=True, help="counts.json.gz")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Count the training split's members."""
    options = parser().parse_args(argv)
    after: defaultdict[str, Counter[str]] = defaultdict(Counter)
    chain: defaultdict[str, Counter[str]] = defaultdict(Counter)
    overall: Counter[str] = Counter()
    skipped = {path.read_text() for path in options.validation}
    names = {line.split("\t")[0].replace("/", "+") for text in skipped for line in text.split("\n")}
    for path in sorted((options.streams / "parts").glob("*.npz")):
        if path.stem not in names and not path.stem.endswith(HELD_OUT):
            _count(path, after, chain, overall)
    tables = {
        "after": _pruned(after),
        "chain": _pruned(chain),
        "overall": {"": dict(overall.most_common(20_000))},
    }
    with whole_file(options.out) as plain, gzip.GzipFile(fileobj=plain, mode="wb", mtime=0) as file:
        file.write(json.dumps(tables, separators=(",", ":")).encode())
    print(json.dumps({name: len(table) for name, table in tables.items()}))
    return 0


def _count(
    path: Path,
    after: defaultdict[str, Counter[str]],
    chain: defaultdict[str, Counter[str]],
    overall: Counter[str],
) -> None:
    """Count one repository."""
    texts, tokens, kinds, firsts = load_part(path)
    used = uses(tokens, kinds, firsts[:-1])
    known = kinds[used.at - 1] == ORIGIN  # in broken code something else may stand there
    columns = np.stack((used.origin, used.before, used.member), 1)
    for origin, before, member in columns[known].tolist():
        name = texts[member]
        after[texts[origin]][name] += 1
        chain[f"{texts[origin]} {texts[before] if before >= 0 else ''}"][name] += 1
        overall[name] += 1


def _pruned(table: defaultdict[str, Counter[str]]) -> Table:
    pruned: Table = {}
    for key, counts in table.items():
        often = {name: n for name, n in counts.most_common(_MOST) if n >= _FEWEST}
        if len(often) > 1:
            pruned[key] = often
    return pruned
