"""The completion evaluation that ty's authors keep for themselves, with their order and with ours.

In:   the folder `crates/ty_completion_eval/truth` of a checkout of astral-sh/ruff (outside this repository), a
      ty, an interpreter whose packages the projects may import.
Out:  mean reciprocal rank and share of first places, for ty's own order and for ours; JSON with --json.

    python bench/ty_evaluation.py --truth DIR [--server "ty server"] [--python PYTHON] [--show]

A task is a cursor in a small project, and what is expected there. The rank is the place in the whole list, as
in their evaluation; a list without the expected item counts as 0. The ranker sees the file before the cursor
and the project's other files.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common import MODEL

from sibyl.learn.menus.items import kept
from sibyl.learn.menus.lsp_client import Server
from sibyl.learn.menus.options import default_settings, environment_of
from sibyl.learn.menus.sites import position
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import noted
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY
from sibyl.network.model import Model
from sibyl.ranking.lists.listing import DEPRECATED, IMPORTS
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

_CURSOR = re.compile(rb"<CURSOR(?::\s*(?P<answer>[^>]*?)\s*)?>")


@dataclass
class Task:
    """One cursor: the project, the file below it, the byte, and what is expected there."""

    project: str
    path: str
    offset: int
    symbol: str
    module: str


def tasks_of(source: Path, target: Path) -> Iterator[Task]:
    """Copy a project without its marks; yield its cursors."""
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_dir() or any(part.startswith(".") for part in name.parts):
            continue
        data, out, end = path.read_bytes(), b"", 0
        if path.suffix in (".py", ".pyi"):
            for mark in _CURSOR.finditer(data):
                out += data[end : mark.start()]
                end = mark.end()
                module, _, symbol = (mark["answer"] or b"").decode().rpartition(".")
                yield Task(source.name, str(name), len(out), symbol, module)
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(out + data[end:])


def matches(item: dict, task: Task) -> bool:
    """Tell whether an item is what a task expects: the name, and the module it would be imported from."""
    added = kept(item)[3]
    module = added if isinstance(added, str) else ""
    label = item["label"]
    qualified = f"{task.module}.{task.symbol}" if task.module else task.symbol
    return (label.rstrip("=") == task.symbol and module == task.module) or (
        label == qualified and bool(task.module)
    )


def ask(server: Server, root: Path, task: Task) -> list[dict]:
    """Return the server's items at a cursor, in the order that an editor shows them."""
    path = root / task.path
    data = path.read_bytes()
    uri = path.as_uri()
    server.notify("textDocument/didOpen", {"textDocument": {
        "uri": uri, "languageId": "python", "version": 1, "text": data.decode()}})  # fmt: skip
    row, column = position(data, task.offset, server.utf8)
    dot = data[task.offset - 1 : task.offset] == b"."
    items = server.complete(uri, row, column, dot)
    server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return sorted(items, key=lambda item: item.get("sortText") or item["label"])


def remembered(root: Path, task: Task) -> BufferMemory:
    """Return the memory of a project's files but the one with the cursor."""
    store = ProjectStore(Path(IN_MEMORY))
    files = [
        path for path in sorted(root.rglob("*.py")) if str(path.relative_to(root)) != task.path
    ]
    store.update(noted(str(path.relative_to(root)), (1, 0), path.read_bytes()) for path in files)
    return BufferMemory(Project(store, task.path))


def ranked(ranker: Ranker, root: Path, task: Task, items: list[dict]) -> list[dict]:
    """Return the items in our order."""
    data = (root / task.path).read_bytes()[: task.offset]
    session = Session(ranker, data, remembered(root, task))
    marks = [kept(item) for item in items]
    kinds = [mark[1] + IMPORTS * bool(mark[3]) + DEPRECATED * bool(mark[4]) for mark in marks]
    ranking = session.rank(len(data), [item["label"] for item in items], kinds)
    return [items[index] for index in ranking.order]


def rank_in(items: list[dict], task: Task) -> int:
    """Return the expected item's place, from 1; 0 where it is not listed."""
    places = [place for place, item in enumerate(items, 1) if matches(item, task)]
    return places[0] if places else 0


def measured(ranks: list[int]) -> dict[str, float]:
    """Return mean reciprocal rank and share of first places."""
    return {
        "mrr": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 4),
        "top1": round(sum(rank == 1 for rank in ranks) / len(ranks), 4),
    }


def main() -> None:
    """Ask ty at every cursor, and rank what it answers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--server", default=f"{Path(sys.executable).parent / 'ty'} server")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", action="store_true", help="print every task whose place changes")
    options = parser.parse_args()
    ranker = Ranker(Model(options.model))
    ranks: dict[str, list[int]] = {"server": [], "full": []}
    for source in sorted(path for path in options.truth.iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve() / source.name
            tasks = list(tasks_of(source, root))
            settings = default_settings(options.python, "auto-import = true" in (
                source / "completion.toml").read_text())  # fmt: skip
            server = Server(
                options.server, root, settings, environment=environment_of(options.python)
            )
            try:
                for task in tasks:
                    items = ask(server, root, task)
                    ours = ranked(ranker, root, task, items) if items else []
                    ranks["server"].append(rank_in(items, task))
                    ranks["full"].append(rank_in(ours, task))
                    before, now = ranks["server"][-1], ranks["full"][-1]
                    if options.show and before != now:
                        first = ", ".join(item["label"] for item in ours[:4])
                        print(f"{task.project} {task.path}:{task.offset} {task.module}.{task.symbol}: "
                              f"{before} -> {now} of {len(items)} ({first})")  # fmt: skip
            finally:
                server.close()
                shutil.rmtree(root, ignore_errors=True)
    result = {"tasks": len(ranks["full"])} | {
        name: measured(of_order) for name, of_order in ranks.items()
    }
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result | {"model": ranker.model.hash}, indent=1) + "\n")


if __name__ == "__main__":
    main()
