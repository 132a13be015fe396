"""Recorded completion lists, seen through the live engine.

In: recorded lists, their repositories, and a model.  Out: for each site whose
list holds the truth, the candidates in the server's order with their features.

A file's sites are visited from top to bottom by one ``Session`` that is given only the bytes before the
site, by appending: it cannot look below the cursor, and the incremental path is the one measured. Lines marked
``below`` are the exception: what is imported there is added to the code that stands below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import groupby
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sibyl.code.values import UNKNOWN_ORIGIN, is_class, is_self
from sibyl.context.place import Place
from sibyl.errors import LearnError, MemoryTrouble, ModelError
from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.history import History
from sibyl.learn.evaluation.recorded_list import Past, RecordedList
from sibyl.learn.evaluation.replay_store import store_of
from sibyl.memory.accepted import Accepted
from sibyl.memory.buffer_memory import BufferMemory
from sibyl.memory.index import digest_of
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore
from sibyl.memory.sqlite import IN_MEMORY
from sibyl.network.model import Floats, Model
from sibyl.ranking.lists.listing import DEPRECATED, IMPORTS
from sibyl.ranking.lists.word_list import WordList
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session, bare


def collect(
    menus: list[dict], sources: Path, model: Path, stores: Path | None = None, history: bool = False
) -> Iterator[RecordedList]:
    """Yield the reachable sites of a menus file, file by file.

    With a folder for ``stores``, what is remembered of each project and of the person counts, too. With
    ``history`` each site has a ``past`` beside that.
    """
    try:
        ranker = Ranker(Model(model), mixed=False)  # only features are wanted, whatever the mix
    except ModelError as error:
        raise LearnError(str(error)) from error
    by_file: dict[tuple[str, str, str, str], list[dict]] = {}
    for line in menus:
        if line["menu"]:
            key = (line["repo"], line["commit"], line["path"], line["blob"])
            by_file.setdefault(key, []).append(line)
    with closing(Sources(sources)) as reader, ExitStack() as opened:
        store: ProjectStore | None = None
        past: History | None = None
        person, at = None, ""
        for (repo, commit, path, blob), lines in tqdm(
            sorted(by_file.items()), unit="file", disable=None
        ):
            data = reader.read(repo, blob)
            recall = BufferMemory()
            if stores is not None:
                if repo != at:
                    opened.close()  # the memories of the repository before
                    at = repo
                    store = opened.enter_context(closing(store_of(reader, repo, commit, stores)))
                    person = opened.enter_context(closing(Accepted(Path(IN_MEMORY))))
                    if history:
                        past = opened.enter_context(closing(History(reader, repo, stores)))
                        past.read([line for line in menus if line["repo"] == repo and line["menu"]])
                assert store is not None
                recall = BufferMemory(Project(store, path, digest_of(data)), person, _refuse)
            session, given = Session(ranker, b"", recall), 0
            lines.sort(key=lambda line: line["offset"])
            for offset, here in groupby(lines, key=lambda line: line["offset"]):
                session.edit(given, 0, data[given:offset])
                given = offset
                sites = [
                    site for line in here if (site := _site(ranker, session, line, data, past))
                ]
                yield from sites
                if sites:  # once, whatever lists were recorded there
                    session.accepted(given, _taken(sites[0]))


def _taken(site: RecordedList) -> str:
    """Return the truth as an item of a list writes it: behind a keyword argument stands ``=``."""
    return site.member + "=" * (site.listed == "keyword")


def _refuse(trouble: MemoryTrouble) -> None:
    raise LearnError(str(trouble)) from trouble


def _site(
    ranker: Ranker, session: Session, line: dict, data: bytes, history: History | None = None
) -> RecordedList | None:
    listed, letters = line.get("kind", "member"), line.get("letters", 0)
    offset = line["offset"]
    predicted = session.prepare(offset)
    place = Place(session.stream, session.usage)
    items = sorted(line["menu"], key=lambda item: item[2] or item[0])  # stable: the reply's order
    shown = WordList.named(
        [item[0] for item in items],
        [bare(item[0]) for item in items],
        [marked_kind(item) for item in items],
        line["member"][:letters],
        _unbound(session, place, line, data) if line.get("below") else frozenset(),
    )
    truth = truth_of(shown, line["member"], listed)
    if truth is None or place.member != (listed == "member"):
        return None
    remembered = session.recall.at(place)
    table, logits = ranker.rows(shown, predicted, place, session.usage, remembered)
    rows = _kept(table.whole(), listed)
    site = RecordedList(
        repo=line["repo"],
        path=line["path"],
        member=line["member"],
        names=list(shown.names),
        truth=truth,
        rows=rows,
        logits=logits,
        origin=place.origin,
        before=place.before,
        files=remembered.files,
        kind=_receiver(place),
        listed=listed,
        where=line.get("where", ""),
        letters=letters,
        offset=offset,
        further=line.get("further", False),
    )
    if listed != "member":
        site.imports = shown.imports
    if letters:
        site.allowed = site.prefixed(letters)
    if history is not None:
        before, projects = history.of(line)
        site.past = Past(before)
        if projects is not None:
            thens = [BufferMemory(of, session.recall.person, _refuse).at(place) for of in projects]
            rows, saved = (
                _kept(ranker.rows(shown, predicted, place, session.usage, then)[0].whole(), listed)
                for then in thens
            )
            added = history.added(before)
            files, seconds = thens[0].files, history.told()
            site.past = Past(before, rows, files, seconds, saved, added)
    return site


def _unbound(session: Session, place: Place, line: dict, data: bytes) -> frozenset[str]:
    """Return what the file below a word that is not typed yet waits for."""
    offset, name = line["offset"], line["member"]
    typed = name[: line.get("letters", 0)].encode()
    below = typed + data[offset + len(name.encode()) :]
    session.edit(offset, 0, below)
    unbound = session.unbound(place, offset + len(typed))
    session.edit(offset, len(below), b"")
    return unbound


def _kept(rows: Floats, listed: str) -> Floats:
    """Return features as a site keeps them: lists that are not of members are long."""
    return rows if listed == "member" else rows.astype(np.float16)


def marked_kind(item: list) -> int:
    """Return a recorded item's kind with what it is marked as; items have three to five fields."""
    imports = IMPORTS if len(item) > 3 and item[3] else 0
    return int(item[1] or 0) + imports + (DEPRECATED if len(item) > 4 and item[4] else 0)


def truth_of(shown: WordList, name: str, listed: str) -> int | None:
    """Return which candidate is the truth: of equal names the keyword argument where one was typed.

    An item of that name that would add an import is another thing: such a list does not hold the truth.
    """
    imports = shown.imports
    matching = [
        index
        for index, candidate in enumerate(shown.names)
        if candidate == name and not imports[index]
    ]
    argument = [index for index in matching if shown.listing.labels[index][-1:] == "="]
    rest = [index for index in matching if shown.listing.labels[index][-1:] != "="]
    wanted = argument or matching if listed == "keyword" else rest
    return wanted[0] if wanted else None


def _receiver(place: Place) -> str:
    if is_self(place.value) or is_class(place.value) or place.origin.startswith("@super"):
        return "self"
    if place.origin[:2] == UNKNOWN_ORIGIN:
        return "unresolved"
    return "chained" if place.spelled.endswith(")") or place.spelled.count(".") > 1 else "known"
