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

from sibyl.errors import LearnError, ModelError
from sibyl.features import features
from sibyl.learn.sources import Sources
from sibyl.model import Floats, Model
from sibyl.rank import Ranker
from sibyl.session import Session, bare
from sibyl.usage import Place


@dataclass
class Site:
    """One recorded list whose truth is in it."""

    repo: str
    member: str
    names: list[str]  # in the server's own order
    truth: int  # its index in ``names``
    rows: Floats  # features (candidates, columns)
    logits: Floats  # the network's, bare
    origin: str
    before: str  # the member used last on this receiver
    kind: str  # of receiver: known, self, chained, unresolved

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


def collect(menus: list[dict], sources: Path, model: Path) -> Iterator[Site]:
    """Yield the reachable sites of a menus file, file by file."""
    try:
        ranker = Ranker(Model(model), mixed=False)  # only features are wanted, whatever the mix
    except ModelError as error:
        raise LearnError(str(error)) from error
    by_file: dict[tuple[str, str], list[dict]] = {}
    for line in menus:
        if line["menu"]:
            by_file.setdefault((line["repo"], line["blob"]), []).append(line)
    with closing(Sources(sources)) as reader:
        for (repo, blob), lines in tqdm(by_file.items(), unit="file", disable=None):
            data = reader.read(repo, blob)
            session, given = Session(ranker, b""), 0
            for line in sorted(lines, key=lambda line: line["offset"]):
                session.edit(given, 0, data[given : line["offset"]])
                given = line["offset"]
                site = _site(ranker, session, line)
                if site is not None:
                    yield site


def _site(ranker: Ranker, session: Session, line: dict) -> Site | None:
    predicted = session.prepare(line["offset"])
    place = Place(session.stream, session.usage)
    items = sorted(line["menu"], key=lambda item: item[2] or item[0])  # stable: the reply's order
    names = [bare(item[0]) for item in items]
    kinds = [item[1] or 0 for item in items]
    if line["member"] not in names:
        return None
    logits = ranker.logits(names, predicted)
    return Site(
        repo=line["repo"],
        member=line["member"],
        names=names,
        truth=names.index(line["member"]),
        rows=features(names, kinds, logits, place, session.usage),
        logits=logits,
        origin=place.origin,
        before=place.before,
        kind=_receiver(place),
    )


def _receiver(place: Place) -> str:
    if place.value[:2] in ("S:", "L:") or place.origin.startswith("@super"):
        return "self"
    if place.origin[:2] == "@~":
        return "unresolved"
    return "chained" if place.spelled.endswith(")") or place.spelled.count(".") > 1 else "known"
