"""Recorded lists of many repositories, each seen by itself: here, by processes, or by a cluster.

In: the lines of menus files, what the stage was told.  Out: what ``replay.collect`` yields, in the order of the
repositories' names, wherever the work was done.

With a folder for stores, what is finished lies below it (``sites/``) until all of it is there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.evaluation import site_parts
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.replay import collect

Kept = Callable[[RecordedList], RecordedList]
"""What is kept of a site; a function of a module, so that processes can be given it."""


def collect_all(
    menus: list[dict],
    options: argparse.Namespace,
    model: Path,
    stores: Path | None = None,
    keep: Kept | None = None,
    history: bool = False,
) -> list[RecordedList]:
    """Return the seen lists of all repositories.

    ``options`` are the stage's: ``sources``, ``stores``, and those of ``executors``. Raises LearnError where a
    cluster is to work and no folder is named by which it can hand its results over.
    """
    if options.cluster and options.stores is None:
        raise LearnError("--cluster needs --stores: a folder that all machines see.")
    by_repo: dict[str, list[dict]] = {}
    for line in menus:
        by_repo.setdefault(line["repo"], []).append(line)
    parts: dict[Path, str] = {}
    calls = []
    for repo, lines in sorted(by_repo.items()):
        packed = site_parts.packed(lines)
        keeper = keep.__name__ if keep else ""
        made_of = site_parts.digest_of(packed, model, keeper, stores is not None, history)
        folder = options.stores / "sites" if options.stores else None
        path = folder / f"{repo.replace('/', '+')}-{made_of[:16]}.npz" if folder else Path(repo)
        parts[path] = made_of
        given = (
            packed,
            options.sources.absolute(),
            model.absolute(),
            _absolute(stores),
            keep,
            history,
        )
        calls.append((*given, _absolute(path) if folder else None, made_of))
    if options.stores is None:
        sites = dict(executors.as_done(_seen, calls, options, Path()))
        return [site for _, made_of in parts.items() for site in sites[made_of]]
    for _ in executors.as_done(_seen, calls, options, options.stores):
        pass
    return _joined(parts)


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path is not None else None


def _joined(parts: dict[Path, str]) -> list[RecordedList]:
    """Return the lists of all parts, which are no longer needed then."""
    sites: list[RecordedList] = []
    for path, made_of in parts.items():
        part = site_parts.load(path, made_of)
        if part is None:
            raise LearnError(f"{path} is gone or damaged; start the stage again.")
        sites += part
    for path in parts:
        path.unlink(missing_ok=True)
    return sites


def _seen(
    packed: bytes,
    sources: Path,
    model: Path,
    stores: Path | None,
    keep: Kept | None,
    history: bool,
    path: Path | None,
    made_of: str,
) -> tuple[str, list[RecordedList]]:
    """Return the digest of one repository's lines, and its lists where they are not written to a part."""
    if path is not None and site_parts.load(path, made_of) is not None:
        return made_of, []
    sites = collect(site_parts.unpacked(packed), sources, model, stores, history)
    seen = [site if keep is None else keep(site) for site in sites]
    if path is None:
        return made_of, seen
    site_parts.save(path, made_of, seen)
    return made_of, []
