"""Step f of learning: real completion lists, to measure on and to learn the mixing from.

In: a repository list or a corpus, the folder that holds the repositories, any language server's command.
Out: a menus file: gzipped JSON lines with `repo`, `commit`, `path`, `blob` (git's id of the file),
`offset` (byte of the member's first letter), `member` (the truth), `size` (items the server gave)
and `menu` (`[label, kind, sortText]` of each, or null where the truth was not among them).
Called by: `python -m sibyl.learn menus`; evaluate and mix read what it makes.

    repository at a commit ─► temporary work tree ─► random members ─► server asked at each
    ─► FILE.partial.jsonl (grows by whole repositories; FILE.progress.jsonl says how far) ─► FILE

Try it: python -m sibyl.learn menus --list val.tsv --sources DIR --out m.jsonl.gz --limit-repos 1
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn import clean
from sibyl.learn.files import Repository, read_list
from sibyl.learn.lsp import Asker, ServerHangs
from sibyl.learn.members import Site, choose, member_sites
from sibyl.learn.rows import RowLog
from sibyl.learn.sources import Listed, Sources, Store, read_manifest

_SEEN_BY_SERVER = (".py", ".pyi", "py.typed")


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    said = __doc__.partition("\n")[0]
    made = argparse.ArgumentParser("python -m sibyl.learn menus", description=said)
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--list", type=Path, help="repositories, taken in this order")
    which.add_argument(
        "--corpus",
        type=Path,
        help="folder of a corpus instead: only files of its --split are asked",
    )
    made.add_argument("--split", default="val", help="which split of the corpus (val)")
    made.add_argument("--sources", type=Path, required=True, help="folder of the repositories")
    made.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl.gz")
    made.add_argument("--server", default="basedpyright-langserver --stdio", help="its command")
    made.add_argument("--settings", default="", help="the server's settings, as JSON")
    made.add_argument("--python", default=sys.executable, help="interpreter with the libraries")
    made.add_argument("--sites", type=int, default=70, help="sites for each repository")
    made.add_argument("--per-file", type=int, default=6, help="at most so many in one file")
    made.add_argument("--limit-repos", type=int, default=None, help="stop after so many")
    made.add_argument("--max-tokens", type=int, default=None, help="skip repositories above this")
    made.add_argument("--minutes", type=float, default=None, help="then keep what is there")
    made.add_argument("--patience", type=float, default=30.0, help="seconds an answer may take")
    made.add_argument("--seed", type=int, default=1)
    return made


def default_settings(python: str) -> dict:
    """Return settings that make pyright and its kin answer soon: no indexing, no diagnostics."""
    analysis = {
        "diagnosticMode": "openFilesOnly", "typeCheckingMode": "off", "indexing": False,
        "autoImportCompletions": False, "useLibraryCodeForTypes": True, "autoSearchPaths": True,
    }  # fmt: skip
    both = {"analysis": analysis, "pythonPath": python}
    return {"python": both, "basedpyright": both, "pyright": both}


def main(argv: list[str] | None = None) -> int:
    """Make the menus file; running it again goes on after the last whole repository."""
    options = parser().parse_args(argv)
    repositories = [
        (repository, blobs) for repository, blobs in wanted(options)
        if options.max_tokens is None or repository.tokens <= options.max_tokens
    ][: options.limit_repos]  # fmt: skip
    settings = _settings(options)
    made_with = {"server": options.server, "settings": options.settings,
                 "sites": options.sites, "per file": options.per_file,
                 "seed": options.seed}  # fmt: skip
    if options.corpus:
        named = "".join(f"{blob}\n" for _, blobs in repositories for blob in sorted(blobs or ()))
        made_with["files"] = hashlib.sha256(named.encode()).hexdigest()
    log = RowLog(options.out, made_with)
    with Sources(options.sources) as sources:
        ask_all(repositories, sources, options, settings, log)
    if not log.sites:
        raise LearnError("No member site was found in these repositories.")
    log.pack(options.out)
    print(f"{log.sites:,} sites, {log.listed:,} of them with the truth in the list")
    return 0


Wanted = tuple[Repository, set[str] | None]
"""A repository, and the blobs of those of its files that may be asked about; None: all."""


def wanted(options: argparse.Namespace) -> list[Wanted]:
    """Return the repositories of the list, or those of the corpus with their files of the split."""
    if not options.corpus:
        return [(repository, None) for repository in read_list(options.list)]
    found: dict[Repository, set[str]] = {}
    for entry in read_manifest(options.corpus):
        if entry.split == options.split:
            repository = Repository(entry.repo, entry.commit, split=entry.split)
            found.setdefault(repository, set()).add(entry.blob)
    if not found:
        raise LearnError(f"The corpus {options.corpus} has no file of the split {options.split}.")
    return list(found.items())


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
                said = f"`{options.server}` does not answer ({error})."
                raise LearnError(said) from error
            log.append(repository.name, rows)
            bar.set_postfix(sites=log.sites, listed=log.listed)


def _settings(options: argparse.Namespace) -> dict:
    try:
        given = json.loads(options.settings) if options.settings else None
    except ValueError as error:
        raise LearnError(f"--settings is not JSON: {error}.") from error
    return default_settings(options.python) if given is None else given


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
    plan = plan_sites(asked, store, options.sites, options.per_file, chance)
    if not plan:
        return
    with tempfile.TemporaryDirectory(prefix="sibyl-menus-") as folder:
        root = Path(folder).resolve()
        export(files, store, root)
        asker = Asker(options.server, root, settings, options.patience, known)
        try:
            for listed, data, chosen in plan:
                for site, items in asker.ask(root / listed.path, data, chosen):
                    yield row(repository.name, commit, listed, site, items)
        finally:
            asker.close()


def plan_sites(
    files: list[Listed], store: Store, most: int, per_file: int, chance: Random
) -> list[tuple[Listed, bytes, list[Site]]]:
    """Choose files in random order, some sites in each, until there are enough."""
    candidates = [listed for listed in files if listed.path.endswith(".py")
                  and not clean.path_fault(listed.path, listed.size)]  # fmt: skip
    chance.shuffle(candidates)
    plan: list[tuple[Listed, bytes, list[Site]]] = []
    for listed in candidates:
        if most <= 0:
            break
        data = store.read(listed.blob)
        if clean.content_fault(listed.path, data):
            continue
        chosen = choose(member_sites(data), min(per_file, most), chance)
        if chosen:
            plan.append((listed, data, chosen))
            most -= len(chosen)
    return plan


def export(files: list[Listed], store: Store, root: Path) -> None:
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
    menu = [[item["label"], item.get("kind", 0), item.get("sortText", "")] for item in items]
    return {
        "repo": repo, "commit": commit, "path": listed.path, "blob": listed.blob,
        "offset": site.offset, "member": site.member,
        "menu": menu if any(entry[0] == site.member for entry in menu) else None,
        "size": len(menu),
    }  # fmt: skip
