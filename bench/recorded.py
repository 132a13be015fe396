"""Recorded completion lists as every order gets them: the text above, the items, and what was accepted before.

In:   a menus file and its repositories, as `python -m sibyl.learn evaluate` takes them; the shipped model.
Out:  `sites`: one `Recorded` a list, with the ranks that sibyl and two plain orders give to what stands there.

All see the same: the file's text above the cursor and nothing below, the server's list, and, as items accepted
in order, what stands above the cursor. The ranker is the one that runs in the host: a `Session`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from common import MODEL

from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.replay import marked_kind, truth_of
from sibyl.learn.menus.places import sites_of
from sibyl.learn.menus.sites import Site
from sibyl.network.model import Model
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session, bare

LETTERS = 4  # nothing typed, and one to three
NEAR = 60  # lines above the cursor that anybody looks at
OURS, BY_NAME, BY_USE = "sibyl", "alphabetical", "last use above"
_WORD = re.compile(rb"[^\W\d]\w*")


@dataclass
class Recorded:
    """One list whose items hold what stands there."""

    repo: str
    listed: str  # member, name, keyword or import
    letters: int  # typed when the list was asked for
    lines: list[str]  # the last ones, up to the word
    used: list[str]  # labels accepted above in lists of this sort, oldest first
    items: list[dict[str, Any]]  # as the server sent them
    truth: int  # number of the item that stands there
    beginnings: list[str]  # of the truth: first the letters typed, then longer ones
    ranks: dict[str, list[int]]  # of the truth after each beginning, by order


def sites(
    lists: Iterable[dict[str, Any]], sources: Path, most: int, seed: int = 1
) -> Iterator[Recorded]:
    """Yield lists of files drawn at random until there are enough; `most` 0 stands for all."""
    by_file: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line in lists:
        if line["menu"]:
            by_file.setdefault((line["repo"], line["blob"]), []).append(line)
    files = list(by_file.items())
    if most:
        Random(seed).shuffle(files)
    ranker, given = Ranker(Model(MODEL)), 0
    with Sources(sources) as reader:
        for (repo, blob), lines in files:
            for recorded in _of_file(ranker, reader.read(repo, blob), lines):
                given += 1
                yield recorded
            if most and given >= most:
                return


def _of_file(ranker: Ranker, data: bytes, lines: list[dict[str, Any]]) -> Iterator[Recorded]:
    """Yield a file's lists that hold what stands there, from top to bottom."""
    session, end = Session(ranker, b""), 0
    named = sites_of(data)
    above = {True: named["member"], False: _others(named)}
    for line in sorted(lines, key=lambda line: line["offset"]):
        at, listed, letters = line["offset"], line.get("kind", "member"), line.get("letters", 0)
        session.edit(end, 0, data[end:at])
        end = at
        member, menu = listed == "member", line["menu"]
        # Everybody of ours gets a list in the server's order, as the editor's side hands it over.
        server = sorted(range(len(menu)), key=lambda i: menu[i][2] or menu[i][0])
        labels = [menu[i][0] for i in server]
        kinds = [marked_kind(menu[i]) for i in server]
        truth = truth_of(
            WordList.named(labels, list(map(bare, labels)), kinds), line["member"], listed
        )
        if truth is None:
            continue
        beginnings = [line["member"][:count] for count in (range(LETTERS) if member else [letters])]
        yield Recorded(
            repo=line["repo"],
            listed=listed,
            letters=letters,
            lines=data[:at].decode("utf-8", "replace").split("\n")[-NEAR:],
            used=[_label(site) for site in above[member] if site.offset < at],
            items=[
                {"label": label, "kind": kind or 1, "data": {"place": place}}
                | ({"sortText": sort} if sort else {})
                for place, (label, kind, sort, *_) in enumerate(menu)
            ],
            truth=server[truth],
            beginnings=beginnings,
            ranks={
                name: [_rank(order, labels, truth, begun) for begun in beginnings]
                for name, order in _orders(session, at, labels, kinds, beginnings[0]).items()
            },
        )


def _orders(
    session: Session, at: int, labels: list[str], kinds: list[int], typed: str
) -> dict[str, list[int]]:
    """Return the orders that are made here, of a list for the word at the end of a session's text."""
    letters, names = typed.encode(), [bare(label) for label in labels]
    last = {match.group(): match.start() for match in _WORD.finditer(session.text.data)}
    session.edit(at, 0, letters)
    order = session.rank(at + len(letters), labels, kinds).order
    session.edit(at, len(letters), b"")
    return {
        OURS: order,
        BY_NAME: sorted(range(len(labels)), key=lambda i: labels[i].lower()),
        BY_USE: sorted(range(len(labels)), key=lambda i: -last.get(names[i].encode(), -1)),
    }


def _others(named: dict[str, list[Site]]) -> list[Site]:
    """Return the sites of all names that are no members, in reading order."""
    others = [
        site for kind, own in named.items() if kind not in ("member", "reserved") for site in own
    ]
    return sorted(others, key=lambda site: site.offset)


def _label(site: Site) -> str:
    """Return the label under which a site's name was accepted."""
    return site.member + "=" * (site.kind == "keyword")


def _rank(order: Sequence[int], labels: Sequence[str], truth: int, letters: str) -> int:
    """The truth's place, from 1, among the items that begin with the letters: Neovim filters, we do not."""
    begun = letters.lower()
    left = [place for place in order if bare(labels[place]).lower().startswith(begun)]
    return left.index(truth) + 1
