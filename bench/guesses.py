"""What guesses are worth where a language server knows nothing: in Neovim's own menu, and at the key for them.

In:   a menus file (`python -m sibyl.learn menus`), its repositories, a folder for the stores of projects.
Out:  a table for people; the last line is one JSON object.

    python bench/guesses.py --menus menus/val.jsonl.gz --sources FOLDER --stores FOLDER

A site is one whose server's list lacks what the author wrote. What is known is the text above the cursor, the
project's other files, and, without `--alone`, the modules of the active environment and the standard library.
Of the lists that are shown: how often the truth stands first and among the first five. Of all sites: how many
lists are shown, and how many names that occur nowhere in the file above, the project or the receiver's module.
*Share*: of all recorded places of members. Where the server says nothing guesses are shown without a key.
With what `evaluate --json` says of the lists that hold the truth (`--evaluated`): how often it stands first,
and among the first five, at all places together.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from common import MODEL, finish, table

from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay_store import store_of
from sibyl.learn.metrics import interval
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import digest_of
from sibyl.memory.installed import Installed
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

LIMIT = 12  # as lua/sibyl/completion/guesses.lua asks
WORD = re.compile(rb"\w+")
# A list of at most this many is what every object has.
BARE = 23


def sites(menus: Path, kinds: set[str]) -> list[dict[str, Any]]:
    """Return all sites where nothing is typed."""
    lines = read_menus(menus)
    return [
        line for line in lines if line.get("kind", "member") in kinds and not line.get("letters")
    ]


def guesses(
    lines: list[dict[str, Any]], sources: Path, stores: Path, installed: Installed | None
) -> Iterator[tuple[dict[str, Any], list[str], int]]:
    """Yield each site whose list lacks the truth with the names shown there, and how many occur nowhere."""
    ranker, at = Ranker(Model(MODEL)), ""
    by_file = defaultdict(list)
    for line in lines:
        if not line["menu"]:
            by_file[line["repo"], line["commit"], line["path"], line["blob"]].append(line)
    with closing(Sources(sources)) as reader, ExitStack() as opened:
        for (repo, commit, path, blob), of_file in sorted(by_file.items()):
            data = reader.read(repo, blob)
            if repo != at:
                opened.close()  # the memory of the repository before
                at = repo
                store = opened.enter_context(closing(store_of(reader, repo, commit, stores)))
            session = Session(ranker, b"", BufferMemory(Project(store, path, digest_of(data))))
            session.recall.installed = installed
            given = 0
            for line in sorted(of_file, key=lambda line: line["offset"]):
                session.edit(given, 0, data[given : line["offset"]])
                given = line["offset"]
                names = [name for name, _ in session.guess(given, LIMIT)]
                here = {word.decode("utf-8", "replace") for word in WORD.findall(data[:given])}
                here |= set(installed.names(session._place().value) if installed else ())
                nowhere = sum(name not in here and not occurs(store, name) for name in names)
                yield line, names, nowhere


def occurs(store: ProjectStore, name: str) -> bool:
    """Tell whether a project's files use or define a name."""
    ask = store._base.execute
    if ask("SELECT 1 FROM uses WHERE key IN ('m', 'N') AND name=?", (name,)).fetchone():
        return True
    quoted = f'%"{name}"%'
    return bool(ask("SELECT 1 FROM defined WHERE said LIKE ? LIMIT 1", (quoted,)).fetchone())


def summary(rows: list[tuple[dict[str, Any], list[str], int]], asked: int) -> dict[str, Any]:
    """Return the figures of some sites, of so many that were asked about."""
    shown = [(line, names) for line, names, _ in rows if names]
    first = [names[0] == line["member"] for line, names in shown]
    five = [line["member"] in names[:5] for line, names in shown]
    repos = [line["repo"] for line, _ in shown]
    return {
        "sites": len(rows),
        "share": round(len(rows) / asked, 3),
        "shown": round(len(shown) / max(len(rows), 1), 3),
        "top1": round(sum(first) / max(len(shown), 1), 3),
        "top5": round(sum(five) / max(len(shown), 1), 3),
        "top5_interval": interval([1 if among else 9 for among in five], repos) if shown else None,
        "nowhere": sum(nowhere for _, _, nowhere in rows),
    }


def together(evaluated: Path, silent: dict[str, Any], asked: int) -> dict[str, dict[str, float]]:
    """Return how often the truth stands first, and among the first five, of all places: by whose menu."""
    figures = json.loads(evaluated.read_text())
    shown = silent["sites"] * silent["shown"]
    by_order = {}
    for order in ("server", "full"):
        right = {
            name: figures["sites"] * figures["orders"][order][name] for name in ("top1", "top5")
        }
        by_order[order] = {name: round(count / asked, 3) for name, count in right.items()}
    by_order["full, guesses"] = {
        name: round(by_order["full"][name] + shown * silent[name] / asked, 3)
        for name in ("top1", "top5")
    }
    return by_order


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name in ("menus", "sources", "stores"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--kinds", default="member")
    parser.add_argument("--evaluated", type=Path, help="what `evaluate --json` wrote for the menus")
    parser.add_argument("--alone", action="store_true", help="without installed modules")
    options = parser.parse_args()
    options.stores.mkdir(parents=True, exist_ok=True)
    kinds = set(options.kinds.split(","))
    installed = None if options.alone else Installed("")
    lines = sites(options.menus, kinds)
    rows = list(guesses(lines, options.sources, options.stores, installed))
    parts = {
        "all": rows,
        "the server says nothing": [row for row in rows if row[0]["size"] <= BARE],
        "the server's list is empty": [row for row in rows if row[0]["size"] == 0],
        "what every object has": [row for row in rows if 0 < row[0]["size"] <= BARE],
        "a list without the truth": [row for row in rows if row[0]["size"] > BARE],
    }
    result = {name: summary(part, len(lines)) for name, part in parts.items() if part}
    heads = ("sites", "share", "shown", "top1", "top5", "top5_interval", "nowhere")
    table(
        ("server", *heads),
        [(name, *(figures[head] for head in heads)) for name, figures in result.items()],
    )
    if options.evaluated:
        silent = result["the server says nothing"]
        result["all places"] = together(options.evaluated, silent, len(lines))
        orders = [(order, *figures.values()) for order, figures in result["all places"].items()]
        table(("all places, menu of", "top1", "top5"), orders)
    finish(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
