"""Real completion lists, to measure on and to learn the mixing from.

In: a repository list or a corpus, the folder that holds the repositories, any language server's command.
Out: a menus file: gzipped JSON lines with `repo`, `commit`, `path`, `blob` (git's id of the file),
`kind` (member, name, keyword, import: see places), `where` (what stands around), `letters` (typed when the
list was asked for), `offset` (byte of the name's first letter), `member` (the truth), `size` (items the server
gave) and `menu` (`[label, kind, sortText, adds_import, deprecated]` of each: see items; null where the truth
was not among them or they were more than 3,000). With `--lacking`, `lacking` holds those that lack the truth.

    repository at a commit ─► temporary work tree ─► random places ─► server asked at each
    ─► FILE.partial.jsonl (grows by whole repositories; FILE.progress.jsonl says how far) ─► FILE

Try it: python -m sibyl.learn menus --list bench/val.tsv --sources DIR --out m.jsonl.gz --limit-repos 1
        python -m sibyl.learn menus --so-far --out m.jsonl.gz  (packs what another process has recorded)
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator

from tqdm import tqdm

from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.corpus.sources import Sources, read_manifest
from sibyl.learn.corpus.splits import held_back
from sibyl.learn.io import Repository, read_list
from sibyl.learn.menus.options import parser, settings_of
from sibyl.learn.menus.repository import lists_of
from sibyl.learn.menus.resumable_jsonl import RowLog, pack_so_far


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
    settings_of(options, "")  # are they JSON
    made_with = {"server": options.server, "settings": options.settings,
                 "sites": options.sites, "per file": options.per_file,
                 "kinds": options.kinds, "letters": options.letters,
                 "auto-imports": options.auto_imports,
                 "python": str(options.python or ""),
                 "seed": options.seed}  # fmt: skip
    if options.lacking:
        made_with["lacking"] = True
    if options.braces:
        made_with["braces"] = True
    if options.python_of:
        made_with["python of"] = sorted(options.python_of)
    if options.corpus:
        named = "".join(f"{blob}\n" for _, blobs in repositories for blob in sorted(blobs or ()))
        made_with["files"] = hashlib.sha256(named.encode()).hexdigest()
    log = RowLog(options.out, made_with)
    Sources(options.sources).close()  # is there such a folder
    ask_all(repositories, options, log)
    if not log.sites:
        raise LearnError("No site was found in these repositories.")
    log.pack(options.out, [repository.name for repository, _ in repositories])
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


def ask_all(repositories: list[Wanted], options: argparse.Namespace, log: RowLog) -> None:
    """Ask about all repositories that are not done, until the time is up."""
    left = [wanted for wanted in repositories if wanted[0].name not in log.finished]
    started = time.monotonic()
    with tqdm(total=len(left), desc="menus", unit=" repositories", mininterval=1) as bar:

        def calls() -> Iterator[tuple[Repository, set[str] | None, argparse.Namespace, bool]]:
            for repository, blobs in left:
                if options.minutes and time.monotonic() - started > options.minutes * 60:
                    bar.write("The time is up; the file holds what is there.")
                    return
                yield repository, blobs, options, log.sites > 0

        folder = options.out.absolute().parent
        for name, rows in executors.as_done(lists_of, calls(), options, folder):
            log.append(name, rows)
            bar.update()
            bar.set_postfix(sites=log.sites, listed=log.listed)
