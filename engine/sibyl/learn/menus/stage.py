"""Real completion lists, to measure on and to learn the mixing from.

In: a repository list or a corpus, the folder that holds the repositories, any language server's command.
Out: a menus file: gzipped JSON lines with `repo`, `commit`, `path`, `blob` (git's id of the file),
`kind` (member, name, keyword, import: see places), `where` (what stands around), `letters` (typed when the
list was asked for), `offset` (byte of the name's first letter), `member` (the truth), `size` (items the server
gave) and `menu` (`[label, kind, sortText, adds_import, deprecated]` of each: see items; null where the truth
was not among them or they were more than 3,000).

    repository at a commit ─► temporary work tree ─► random places ─► server asked at each
    ─► FILE.partial.jsonl (grows by whole repositories; FILE.progress.jsonl says how far) ─► FILE

Try it: python -m sibyl.learn menus --list val.tsv --sources DIR --out m.jsonl.gz --limit-repos 1
        python -m sibyl.learn menus --so-far --out m.jsonl.gz  (packs what another process has recorded)
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn.corpus import licences
from sibyl.learn.corpus.sources import Sources, read_manifest
from sibyl.learn.corpus.splits import held_back
from sibyl.learn.corpus.stores import Listed, RepositoryStore
from sibyl.learn.io import Repository, read_list
from sibyl.learn.menus.items import kept, names
from sibyl.learn.menus.lsp_client import Asker, Server, ServerHangs
from sibyl.learn.menus.options import environment_of, parser, settings_of
from sibyl.learn.menus.places import sites_of
from sibyl.learn.menus.resumable_jsonl import RowLog, pack_so_far
from sibyl.learn.menus.sites import Site, choose

_SEEN_BY_SERVER = (".py", ".pyi", "py.typed")
_LONGEST = 3_000
"""Items of a list that is recorded: above, the ranker leaves the list as it is."""


def main(argv: list[str] | None = None) -> int:
    """Make the menus file; running it again goes on after the last whole repository."""
    options = parser(__doc__.partition("\n")[0]).parse_args(argv)
    if options.so_far:
        print(f"{pack_so_far(options.out):,} repositories are whole")
        return 0
    if options.sources is None:
        raise LearnError("Say where the repositories lie: --sources DIR.")
    repositories = [
        (repository, blobs) for repository, blobs in wanted(options)
        if options.max_tokens is None or repository.tokens <= options.max_tokens
    ][: options.limit_repos]  # fmt: skip
    settings = settings_of(options)
    made_with = {"server": options.server, "settings": options.settings,
                 "sites": options.sites, "per file": options.per_file,
                 "kinds": options.kinds, "letters": options.letters,
                 "auto-imports": options.auto_imports,
                 "python": str(options.python or ""),
                 "seed": options.seed}  # fmt: skip
    if options.corpus:
        named = "".join(f"{blob}\n" for _, blobs in repositories for blob in sorted(blobs or ()))
        made_with["files"] = hashlib.sha256(named.encode()).hexdigest()
    log = RowLog(options.out, made_with)
    with Sources(options.sources) as sources:
        ask_all(repositories, sources, options, settings, log)
    if not log.sites:
        raise LearnError("No site was found in these repositories.")
    log.pack(options.out)
    print(f"{log.sites:,} sites, {log.listed:,} of them with the truth in the list")
    return 0


Wanted = tuple[Repository, set[str] | None]
"""A repository, and the blobs of those of its files that may be asked about; None: all."""


def wanted(options: argparse.Namespace) -> list[Wanted]:
    """Return the repositories of the list, or those of the corpus with their files of the split."""
    if not options.corpus:
        return [(repository, None) for repository in read_list(options.list)]
    entries = list(read_manifest(options.corpus))
    train = list(dict.fromkeys(entry.repo for entry in entries if entry.split == "train"))
    back = held_back(train, options.dev)
    blobs_of: dict[Repository, set[str]] = {}
    for entry in entries:
        split = "dev" if entry.split == "train" and entry.repo in back else entry.split
        if split == options.split:
            repository = Repository(entry.repo, entry.commit, split=split)
            blobs_of.setdefault(repository, set()).add(entry.blob)
    if not blobs_of:
        raise LearnError(f"The corpus {options.corpus} has no file of the split {options.split}.")
    return list(blobs_of.items())


def ask_all(
    repositories: list[Wanted],
    sources: Sources,
    options: argparse.Namespace,
    settings: dict,
    log: RowLog,
) -> None:
    """Ask about one repository after the other until all are done or the time is up."""
    started = time.monotonic()
    with tqdm(repositories, "menus", unit=" repositories", mininterval=1) as bar:
        for repository, blobs in bar:
            if options.minutes and time.monotonic() - started > options.minutes * 60:
                bar.write("The time is up; the file holds what is there.")
                break
            if repository.name in log.finished:
                continue
            known = log.sites > 0
            try:
                rows = list(menus_of(repository, blobs, sources, options, settings, known))
            except ServerHangs as error:
                sentence = f"`{options.server}` does not answer ({error})."
                raise LearnError(sentence) from error
            log.append(repository.name, rows)
            bar.set_postfix(sites=log.sites, listed=log.listed)


def menus_of(
    repository: Repository,
    blobs: set[str] | None,
    sources: Sources,
    options: argparse.Namespace,
    settings: dict,
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
    plan = plan_sites(asked, store, numbers, options.per_file, chance)
    if not plan:
        return
    with tempfile.TemporaryDirectory(prefix="sibyl-menus-") as folder:
        root = Path(folder).resolve()
        export(files, store, root)
        around = environment_of(options.python)
        asker = Asker(
            lambda: Server(options.server, root, settings, options.patience, around), known
        )
        try:
            for listed, data, chosen in plan:
                asked_at = list(with_letters(chosen, options.letters))
                for site, items in asker.ask(root / listed.path, data, asked_at):
                    yield row(repository.name, commit, listed, site, items)
        finally:
            asker.close()


def plan_sites(
    files: list[Listed],
    store: RepositoryStore,
    numbers: dict[str, int],
    per_file: int,
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
        sites, chosen = sites_of(data), []
        for kind, number in left.items():
            of_kind = choose(sites[kind], max(0, min(per_file, number)), chance)
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


def row(repo: str, commit: str, listed: Listed, site: Site, items: list[dict]) -> dict:
    """Return one line of a menus file."""
    holds_truth = len(items) <= _LONGEST and any(
        names(item["label"], site.member) for item in items
    )
    return {
        "repo": repo, "commit": commit, "path": listed.path, "blob": listed.blob,
        "kind": site.kind, "where": site.where, "letters": site.letters,
        "offset": site.offset, "member": site.member, "size": len(items),
        "menu": [kept(item) for item in items] if holds_truth else None,
    }  # fmt: skip
