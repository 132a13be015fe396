"""The completion lists of one repository: places chosen, a work tree written, a server asked.

In: a repository at a commit, what the stage was told.  Out: a row for each place (see stage).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from sibyl.errors import LearnError, first_line
from sibyl.learn.corpus import licences
from sibyl.learn.corpus.sources import Sources
from sibyl.learn.corpus.stores import Listed, RepositoryStore
from sibyl.learn.io import Repository
from sibyl.learn.menus.items import kept, names
from sibyl.learn.menus.lsp_client import Asker, Server, ServerHangs
from sibyl.learn.menus.options import environment_of, python_of, settings_of
from sibyl.learn.menus.places import sites_of
from sibyl.learn.menus.sites import Site, choose

_SEEN_BY_SERVER = (".py", ".pyi", "py.typed")
_LONGEST = 3_000
"""Items of a list that is recorded: above, the ranker leaves the list as it is."""


def lists_of(
    repository: Repository, blobs: set[str] | None, options: argparse.Namespace, known: bool
) -> tuple[str, list[dict]]:
    """Return a repository's name and its rows; `known`: this server answered before.

    Raises LearnError where the server does not answer at all.
    """
    try:
        with Sources(options.sources) as sources:
            return repository.name, list(menus_of(repository, blobs, sources, options, known))
    except ServerHangs as error:
        raise LearnError(f"`{options.server}` does not answer ({first_line(error)}).") from error


def menus_of(
    repository: Repository,
    blobs: set[str] | None,
    sources: Sources,
    options: argparse.Namespace,
    known: bool,
) -> Iterator[dict]:
    """Yield a row for each chosen site of one repository; `known`: this server answered before."""
    store = sources.store(repository.name)
    commit = store.commit(repository.commit)
    files = [listed for listed in store.files(commit) if listed.size >= 0]
    chance = Random(f"{options.seed}:{repository.name}")
    asked = files if blobs is None else [listed for listed in files if listed.blob in blobs]
    numbers = {kind: options.sites if number is None else number
               for kind, number in options.kinds.items()}  # fmt: skip
    plan = plan_sites(asked, store, numbers, options, chance)
    if not plan:
        return
    python = python_of(options, repository.name)
    settings = settings_of(options, python)
    with tempfile.TemporaryDirectory(prefix="sibyl-menus-") as folder:
        root = Path(folder).resolve()
        export(files, store, root)
        around = environment_of(python)
        asker = Asker(
            lambda: Server(options.server, root, settings, options.patience, around), known
        )
        try:
            for listed, data, chosen in plan:
                asked_at = list(with_letters(chosen, options.letters))
                for site, items in asker.ask(root / listed.path, data, asked_at):
                    yield row(repository.name, commit, listed, site, items, options.lacking)
        finally:
            asker.close()


def plan_sites(
    files: list[Listed],
    store: RepositoryStore,
    numbers: dict[str, int],
    options: argparse.Namespace,
    chance: Random,
) -> list[tuple[Listed, bytes, list[Site]]]:
    """Choose files in random order, some sites of each kind in each, until there are enough of each."""
    candidates = [listed for listed in files if listed.path.endswith(".py")
                  and not licences.path_fault(listed.path, listed.size)]  # fmt: skip
    chance.shuffle(candidates)
    left = dict(numbers)
    plan: list[tuple[Listed, bytes, list[Site]]] = []
    for listed in candidates:
        if not any(number > 0 for number in left.values()):
            break
        data = store.read(listed.blob)
        if licences.content_fault(listed.path, data):
            continue
        sites, chosen = sites_of(data, options.braces), []
        for kind, number in left.items():
            of_kind = choose(sites[kind], max(0, min(options.per_file, number)), chance)
            left[kind] -= len(of_kind)
            chosen += of_kind
        if chosen:
            plan.append((listed, data, sorted(chosen, key=lambda site: site.offset)))
    return plan


def with_letters(sites: Iterable[Site], letters: list[int]) -> Iterator[Site]:
    """Yield each site once for each number of letters typed that leaves some to guess; members as they are."""
    for site in sites:
        if site.kind == "member":
            yield site
            continue
        for number in letters:
            if number < len(site.member):
                yield replace(site, letters=number)


def export(files: list[Listed], store: RepositoryStore, root: Path) -> None:
    """Write the files a language server reads; configuration is left out, so that ours holds."""
    for listed in files:
        target = (root / listed.path).resolve()
        if not listed.path.endswith(_SEEN_BY_SERVER) or not target.is_relative_to(root):
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.read(listed.blob))
        except OSError as error:
            raise LearnError(f"Cannot write the work tree {root}: {error.strerror}.") from error


def row(
    repo: str, commit: str, listed: Listed, site: Site, items: list[dict], lacking: bool = False
) -> dict:
    """Return one line of a menus file; with ``lacking`` a list without the truth is in it, too."""
    holds_truth = any(names(item["label"], site.member) for item in items)
    short = len(items) <= _LONGEST
    line = {
        "repo": repo, "commit": commit, "path": listed.path, "blob": listed.blob,
        "kind": site.kind, "where": site.where, "letters": site.letters,
        "offset": site.offset, "member": site.member, "size": len(items),
        "menu": [kept(item) for item in items] if holds_truth and short else None,
    }  # fmt: skip
    if lacking and short and not holds_truth:
        line["lacking"] = [kept(item) for item in items]
    return line
