"""Recorded completion lists, seen through the live engine.

In: a menus file (design: one JSON line a site), the repositories, and a model.  Out: for each site whose
list holds the truth, the candidates in the server's order with their features.
Called by: ``learn.mix`` (training menus), ``learn.evaluate`` (validation menus).

A file's sites are visited from top to bottom by one ``Session`` that is given only the bytes before the
site, by appending: it cannot look below the cursor, and the incremental path is the one measured.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sibyl.errors import LearnError, MemoryTrouble, ModelError
from sibyl.features import COLUMNS, PERSON, PROJECT, features
from sibyl.learn.memories import store_of
from sibyl.learn.sources import Sources
from sibyl.memory.base import IN_MEMORY
from sibyl.memory.build import digest_of
from sibyl.memory.person import Person
from sibyl.memory.project import Project
from sibyl.memory.recall import Recall
from sibyl.memory.store import Store
from sibyl.model import Floats, Model
from sibyl.rank import Ranker
from sibyl.session import Session, bare
from sibyl.usage import Place


@dataclass
class Site:
    """One recorded list whose truth is in it."""

    repo: str
    path: str  # of the file
    member: str
    names: list[str]  # in the server's own order
    truth: int  # its index in ``names``
    rows: Floats  # features (candidates, columns)
    logits: Floats  # the network's, bare
    origin: str
    before: str  # the member used last on this receiver
    files: int  # other files of the project that are known
    kind: str  # of receiver: known, self, chained, unresolved
    read: bool = False  # the network was trained on this repository

    def prefixed(self, letters: int) -> np.ndarray:
        """Return which candidates are left after the truth's first letters were typed."""
        typed = self.member[:letters].lower()
        return np.asarray([name.lower().startswith(typed) for name in self.names])


def read_menus(path: Path) -> list[dict]:
    """Read a menus file; raises LearnError when it is not one."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        wanted = {"repo", "commit", "path", "blob", "offset", "member", "menu"}
        if not found or any(not wanted <= set(line) for line in found):
            raise ValueError("a line lacks what a site needs")
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise LearnError(f"{path} is not a menus file ({error}).") from error
    return found


MEMORIES = ("none", "file", "project", "replay")
"""What may be remembered at a site: nothing; the file above it; the project's other files, too; and what one
person, who takes the truth at each recorded site of the project in order, has accepted."""
_BLANK = {
    "none": (*PROJECT, *PERSON),
    "file": (*PROJECT, *PERSON),
    "project": PERSON,
    "person": PROJECT,  # what was accepted, in a project that has not been read
    "replay": (),
}


def kept(memory: str) -> Floats:
    """Return a factor (columns) for features that were made with all there is to remember.

    It makes of them what they are where only so much is remembered.
    """
    factor = np.ones(len(COLUMNS), np.float32)
    factor[[COLUMNS[name] for name in _BLANK[memory]]] = 0
    return factor


def collect(
    menus: list[dict], sources: Path, model: Path, stores: Path | None = None
) -> Iterator[Site]:
    """Yield the reachable sites of a menus file, file by file.

    With a folder for ``stores``, what is remembered of each project and of the person counts, too.
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
    with closing(Sources(sources)) as reader:
        store: Store | None = None
        person, at = Person(Path(IN_MEMORY)), ""
        for (repo, commit, path, blob), lines in tqdm(
            sorted(by_file.items()), unit="file", disable=None
        ):
            data = reader.read(repo, blob)
            recall = Recall()
            if stores is not None:
                if repo != at:
                    store = store_of(reader, repo, commit, stores)
                    person, at = Person(Path(IN_MEMORY)), repo
                assert store is not None
                recall = Recall(Project(store, path, digest_of(data)), person, _refuse)
            session, given = Session(ranker, b"", recall), 0
            for line in sorted(lines, key=lambda line: line["offset"]):
                session.edit(given, 0, data[given : line["offset"]])
                given = line["offset"]
                site = _site(ranker, session, line)
                if site is not None:
                    yield site
                    session.accepted(given, site.member)


def _refuse(trouble: MemoryTrouble) -> None:
    raise LearnError(str(trouble)) from trouble


def _site(ranker: Ranker, session: Session, line: dict) -> Site | None:
    predicted = session.prepare(line["offset"])
    place = Place(session.stream, session.usage)
    items = sorted(line["menu"], key=lambda item: item[2] or item[0])  # stable: the reply's order
    names = [bare(item[0]) for item in items]
    kinds = [item[1] or 0 for item in items]
    if line["member"] not in names:
        return None
    logits = ranker.logits(names, predicted)
    remembered = session.recall.at(place)
    return Site(
        repo=line["repo"],
        path=line["path"],
        member=line["member"],
        names=names,
        truth=names.index(line["member"]),
        rows=features(names, kinds, logits, place, session.usage, remembered),
        logits=logits,
        origin=place.origin,
        before=place.before,
        files=remembered.files,
        kind=_receiver(place),
    )


def _receiver(place: Place) -> str:
    if place.value[:2] in ("S:", "L:") or place.origin.startswith("@super"):
        return "self"
    if place.origin[:2] == "@~":
        return "unresolved"
    return "chained" if place.spelled.endswith(")") or place.spelled.count(".") > 1 else "known"
