"""What a menu is worth wherever a member or keyword argument is meant, whether the server knows it or not.

In:   a menus file (`python -m sibyl.learn menus --lacking`), its repositories, a folder for stores of projects.
Out:  tables for people; the last line is one JSON object.

    python bench/guesses.py --menus menus/val.jsonl.gz --sources FOLDER --stores FOLDER [--kind keyword]

What is known is the text above the cursor, the project's other files, and, without `--alone`, the modules of
the active environment and the standard library. A server is silent where its list is empty, holds what every
object has, or names in scope (lua/sibyl/completion/items.lua): there guesses stand before it. Elsewhere names
that the list lacks stand among its items, where the ranker believes in them. How often what the author wrote
stands first, and among the first five: in the server's order, in ours, and in ours with these names.
*Shown*: how many menus have such names. *Nowhere*: how many of them occur neither in the file above, nor in the
project, nor in the receiver's module.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import MODEL, finish, table

from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.replay import marked_kind
from sibyl.learn.evaluation.replay_store import store_of
from sibyl.learn.metrics import interval
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import digest_of
from sibyl.memory.installed import Installed
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.network.model import Model
from sibyl.ranking.lists.labels import bare, is_dunder
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

LIMIT = 12  # as lua/sibyl/completion/guesses.lua asks
WORD = re.compile(rb"\w+")
SUPER = re.compile(rb"\bsuper\s*\([^\n]*\)\s*\.$")
KEYWORD = 14  # of the protocol
LAST = 10**6  # the rank of what is not there


PARTS: dict[str, Callable[[Place], bool]] = {
    "all places": lambda _: True,
    "the server is silent": lambda row: row.silent,
    "the same, guesses shown": lambda row: row.silent and row.names > 0,
    "it lists the truth": lambda row: not row.silent and row.holds,
    "it lists other names": lambda row: not row.silent and not row.holds,
}


@dataclass(frozen=True)
class Place:
    """One place where a member or a keyword argument is meant: the rank of the truth in each menu."""

    repo: str
    letters: int
    silent: bool
    holds: bool  # whether the server lists it
    server: int
    ours: int
    with_names: int
    names: int  # that stand before the list or among its items
    nowhere: int


def sites(menus: Path, kind: str) -> list[dict[str, Any]]:
    """Return all places of a kind; raises SystemExit where lists without the truth were not kept."""
    lines = [line for line in read_menus(menus) if line.get("kind", "member") == kind]
    if not any("lacking" in line for line in lines):
        raise SystemExit(f"{menus} lacks lists without the truth: record it with --lacking.")
    return lines


def rank_in(names: list[str], name: str) -> int:
    """Return where a name stands in a menu, from 1."""
    return names.index(name) + 1 if name in names else LAST


def places(
    lines: list[dict[str, Any]], sources: Path, stores: Path, installed: Installed | None
) -> Iterator[Place]:
    """Yield each place, file by file."""
    ranker, at = Ranker(Model(MODEL)), ""
    by_file = defaultdict(list)
    for line in lines:
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
            for line in sorted(of_file, key=lambda line: (line["offset"], line.get("letters", 0))):
                cursor = line["offset"] + len(typed(line).encode())
                session.edit(given, 0, data[given:cursor])
                given = cursor
                yield looked_at(session, line, given, store)


def typed(line: dict[str, Any]) -> str:
    """Return the letters that are typed when a list is asked for."""
    return str(line["member"][: line.get("letters", 0)])


def key(label: str) -> str:
    """Return the name a label stands for, with ``=`` for a keyword argument."""
    return bare(label) + "=" * label.endswith("=")


def looked_at(session: Session, line: dict[str, Any], offset: int, store: ProjectStore) -> Place:
    """Return what the menus at a place are worth."""
    items = line["menu"] or line.get("lacking") or []
    items = sorted(items, key=lambda item: item[2] or item[0])  # stable: the reply's order
    listed, member = [key(item[0]) for item in items], line.get("kind", "member") == "member"
    keywords = member and any(item[1] == KEYWORD for item in items)
    of_base = bool(listed) and SUPER.search(bytes(session.text.data)[: line["offset"]]) is not None
    silent = (all(map(is_dunder, listed)) and not of_base) or keywords
    ranked, beside = listed, []
    if items:
        kinds = [marked_kind(item) for item in items]
        ranking = session.rank(offset, [item[0] for item in items], kinds)
        ranked = [listed[index] for index in ranking.order]
        beside = sorted((name.at, -name.probability, name.name) for name in ranking.unlisted)
    if silent:
        guesses = session.guess(offset, LIMIT) if member else []
        beside = [(0, rank, name) for rank, (name, _) in enumerate(guesses) if name not in listed]
    menu = list(listed if silent and beside else ranked)
    for before, (position, _, name) in enumerate(beside):
        menu.insert(position + before, name)
    begun, truth = typed(line).lower(), line["member"] + "=" * (line.get("kind") == "keyword")
    server, ours, with_names = (
        rank_in([name for name in names if name.lower().startswith(begun)], truth)
        for names in (listed, ranked, menu)
    )
    here = {word.decode("utf-8", "replace") for word in WORD.findall(bytes(session.text.data))}
    installed = session.recall.installed
    here |= set(installed.names(session._place().value) if installed else ())
    return Place(
        repo=line["repo"],
        letters=len(begun),
        silent=silent,
        holds=truth in listed,
        server=server,
        ours=ours,
        with_names=with_names,
        names=len(beside),
        nowhere=sum(
            name.rstrip("=") not in here and not occurs(store, name) for _, _, name in beside
        ),
    )


def occurs(store: ProjectStore, name: str) -> bool:
    """Tell whether a project's files use or define a name."""
    ask = store._base.execute
    if ask("SELECT 1 FROM uses WHERE name=? LIMIT 1", (name,)).fetchone():
        return True
    quoted = f'%"{name}"%'
    return bool(ask("SELECT 1 FROM defined WHERE said LIKE ? LIMIT 1", (quoted,)).fetchone())


def figures(part: list[Place], asked: int) -> dict[str, Any]:
    """Return the figures of some places, of so many that were asked about."""
    repos = [place.repo for place in part]
    result: dict[str, Any] = {
        "places": len(part),
        "share": round(len(part) / asked, 3),
        "shown": round(sum(place.names > 0 for place in part) / len(part), 3),
        "names": round(sum(place.names for place in part) / len(part), 3),
        "nowhere": sum(place.nowhere for place in part),
    }
    for menu in ("server", "ours", "with_names"):
        ranks = [getattr(place, menu) for place in part]
        for most, name in ((1, "first"), (5, "five")):
            result[f"{menu} {name}"] = round(sum(rank <= most for rank in ranks) / len(part), 3)
    gained = [1 if place.with_names <= 5 else 9 for place in part]
    result["with_names five, interval"] = interval(gained, repos)
    return result


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name in ("menus", "sources", "stores"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--kind", choices=("member", "keyword"), default="member")
    parser.add_argument("--alone", action="store_true", help="without installed modules")
    options = parser.parse_args()
    options.stores.mkdir(parents=True, exist_ok=True)
    installed = None if options.alone else Installed("")
    lines = sites(options.menus, options.kind)
    rows = list(places(lines, options.sources, options.stores, installed))
    parts: dict[str, list[Place]] = {}
    for letters in sorted({row.letters for row in rows}):
        typed_so_far = [row for row in rows if row.letters == letters]
        for name, wanted in PARTS.items():
            parts[f"{name}, {letters} typed"] = [row for row in typed_so_far if wanted(row)]
    result = {name: figures(part, len(rows)) for name, part in parts.items() if part}
    heads = list(next(iter(result.values())))
    table(("", *heads[:5]), [(name, *list(row.values())[:5]) for name, row in result.items()])
    table(("", *heads[5:]), [(name, *list(row.values())[5:]) for name, row in result.items()])
    finish(result)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
