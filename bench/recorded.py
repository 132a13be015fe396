"""Recorded completion lists as every order gets them: the text above, the items, and what was accepted before.

In:   a menus file and its repositories, as `python -m sibyl.learn evaluate` takes them; the shipped model.
Out:  `sites`: one `Recorded` a list, with the ranks that sibyl gives to what stands there.

All see the same: the file's text above the cursor and nothing below, the server's list, and, as items accepted
in order, each member that stands above the cursor. The ranker is the one that runs in the host: a `Session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from common import MODEL

from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.menus.places import sites_of
from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session, bare

LETTERS = 4  # nothing typed, and one to three
NEAR = 60  # lines above the cursor that anybody looks at


@dataclass
class Recorded:
    """One list whose items hold what stands there."""

    repo: str
    lines: list[str]  # the last ones, up to the dot
    used: list[str]  # members above, oldest first
    items: list[dict[str, Any]]  # as the server sent them
    truth: int  # number of the item that stands there
    beginnings: list[str]  # the truth's first letters: none, one, two, three
    ours: list[int]  # its rank in our order, after each beginning


def sites(menus: Path, sources: Path, most: int, seed: int = 1) -> Iterator[Recorded]:
    """Yield lists of files drawn at random until there are enough; `most` 0 stands for all."""
    by_file: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in read_menus(menus):
        if line["menu"] and line["member"] in {bare(item[0]) for item in line["menu"]}:
            by_file.setdefault((line["repo"], line["blob"]), []).append(line)
    files = list(by_file.items())
    if most:
        Random(seed).shuffle(files)
    ranker, given = Ranker(Model(MODEL)), 0
    with Sources(sources) as reader:
        for (repo, blob), lines in files:
            for one in _of_file(ranker, reader.read(repo, blob), lines):
                given += 1
                yield one
            if most and given >= most:
                return


def _of_file(ranker: Ranker, data: bytes, lines: list[dict[str, Any]]) -> Iterator[Recorded]:
    """Yield a file's lists from top to bottom."""
    session, end = Session(ranker, b""), 0
    members = sites_of(data)["member"]
    for line in sorted(lines, key=lambda line: line["offset"]):
        at = line["offset"]
        session.edit(end, 0, data[end:at])
        end = at
        labels, kinds = ([item[index] for item in line["menu"]] for index in (0, 1))
        # The ranker gets a list in the server's order, as the editor's side hands it over.
        server = sorted(range(len(labels)), key=lambda i: line["menu"][i][2] or labels[i])
        ranking = session.rank(at, [labels[i] for i in server], [kinds[i] or 0 for i in server])
        order = [server[place] for place in ranking.order]
        names = [bare(label) for label in labels]
        truth = next(i for i in server if names[i] == line["member"])
        beginnings = [line["member"][:letters] for letters in range(LETTERS)]
        yield Recorded(
            repo=line["repo"],
            lines=data[:at].decode("utf-8", "replace").split("\n")[-NEAR:],
            used=[site.member for site in members if site.offset < at],
            items=[
                {"label": label, "kind": kind or 1, "data": {"place": place}}
                | ({"sortText": sort} if sort else {})
                for place, (label, kind, sort, *_) in enumerate(line["menu"])
            ],
            truth=truth,
            beginnings=beginnings,
            ours=[_rank(order, names, truth, letters) for letters in beginnings],
        )


def _rank(order: list[int], names: list[str], truth: int, letters: str) -> int:
    """The truth's place, from 1, among the items that begin with the letters: Neovim filters, we do not."""
    left = [place for place in order if names[place].lower().startswith(letters.lower())]
    return left.index(truth) + 1
