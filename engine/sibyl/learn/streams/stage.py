"""Files to token streams on disk.

In: the corpus manifest and the repositories.  Out: a folder with, for each split, all tokens in one array
(``tokens.npy``, int32 numbers of texts; ``kinds.npy``, uint8; ``files.npy``, first token of each file), and
the texts themselves with the rows they are made of (``texts.txt.gz``, ``rows.npy``), ``vocab.txt`` and a
sidecar.

    files ─► syntax ─► stream ─► parts/NAME.npz   (one a repository, all cores or a cluster, resumable)
          ─► count texts of the training split ─► vocabulary ─► one array a split

Live typing reads files with the very same ``Stream``. Try it:
    python -m sibyl.learn streams --corpus build/corpus --sources FOLDER --out build/streams --limit 20
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sibyl.code.stream import STREAM_VERSION
from sibyl.code.tokens import MEMBER, NAME, ORIGIN
from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.asked import whole
from sibyl.learn.corpus.sources import Entry, read_manifest
from sibyl.learn.corpus.splits import held_back
from sibyl.learn.io import make_folder, remove_file, whole_file
from sibyl.learn.made_with import check_or_keep
from sibyl.learn.streams.parts import digest_of, is_made_of, load_part, part_name, read_repository
from sibyl.network.vocab import MOST_PIECES, Vocab, pieces


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn streams", description=__doc__.split("\n")[0]
    )
    arguments.add_argument("--corpus", type=Path, required=True, help="folder of the manifest")
    arguments.add_argument("--sources", type=Path, required=True, help="folder of the repositories")
    arguments.add_argument("--out", type=Path, required=True, help="folder for the streams")
    arguments.add_argument(
        "--limit", type=whole(0), default=0, help="training repositories to take (0: all)"
    )
    arguments.add_argument(
        "--dev",
        type=whole(0),
        help="training repositories that no network reads, to choose recipes by "
        "(default: one in ten of twenty or more)",
    )
    arguments.add_argument(
        "--words", type=whole(0), default=14_000, help="texts with a row of their own"
    )
    arguments.add_argument(
        "--pieces", type=whole(0), default=7_000, help="pieces with a row of their own"
    )
    arguments.add_argument(
        "--shared", type=whole(1), default=1_024, help="rows shared by all other pieces"
    )
    arguments.add_argument("--vocab", type=Path, help="use this vocabulary (to finetune a model)")
    executors.add_options(arguments)
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Make the streams; running it again goes on where it was stopped."""
    options = parser().parse_args(argv)
    by_repo = _by_repository(read_manifest(options.corpus), options.limit, options.dev)
    if not by_repo:
        raise LearnError(f"The corpus {options.corpus} is empty; run the corpus stage first.")
    given = (
        Vocab.load(options.vocab, fixed_alike=False) if options.vocab else None
    )  # read first: it may be none
    made_with = {name: getattr(options, name) for name in ("limit", "dev")} | (
        {"vocab": given.digest()}
        if given
        else {name: getattr(options, name) for name in ("words", "pieces", "shared")}
    )
    make_folder(options.out / "parts")
    check_or_keep(options.out / "made_with.json", made_with)
    began = time.time()
    parts = _read_all(by_repo, options)
    vocab = given or choose(_counted(path for path, split in parts if split == "train"), options)
    sidecar = options.out / "streams.json"
    remove_file(sidecar)  # it says that all the rest is there and fits
    with whole_file(options.out / "vocab.txt") as file:
        file.write(vocab.dump().encode("utf-8"))
    about = _merge(parts, vocab, options.out)
    about |= {
        "stream_version": STREAM_VERSION,
        "vocab": vocab.digest(),
        "made_in_s": time.time() - began,
    }
    with whole_file(sidecar) as file:
        file.write((json.dumps(about, indent=1) + "\n").encode())
    print(json.dumps(about))
    return 0


def _by_repository(
    entries: Iterable[Entry], limit: int, dev: int | None
) -> dict[tuple[str, str], list[Entry]]:
    grouped: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        grouped.setdefault((entry.split, entry.repo), []).append(entry)
    train = [repo for split, repo in grouped if split == "train"]
    for repo in train[limit:] if limit else []:
        del grouped["train", repo]
    for repo in held_back(train[: limit or None], dev):
        grouped["dev", repo] = grouped.pop(("train", repo))
    return grouped


def _read_all(
    by_repo: dict[tuple[str, str], list[Entry]], options: argparse.Namespace
) -> list[tuple[Path, str]]:
    folder = options.out / "parts"
    parts = {key: folder / part_name(key, by_repo) for key in by_repo}
    made_of = {key: digest_of(entries) for key, entries in by_repo.items()}
    todo = [key for key, path in parts.items() if not is_made_of(path, made_of[key])]
    tokens, began = 0, time.time()
    calls = ((by_repo[key], options.sources, parts[key], made_of[key]) for key in todo)
    with tqdm(total=len(todo), unit="repo") as bar:
        for count in executors.as_done(read_repository, calls, options, options.out):
            tokens += count
            bar.update()
            bar.set_postfix_str(f"{tokens / (time.time() - began):,.0f} tokens/s")
    return [(path, key[0]) for key, path in parts.items()]


def _counted(parts: Iterable[Path]) -> Counter[str]:
    """Count how often each text is used, each repository's say being limited."""
    total: Counter[str] = Counter()
    for path in parts:
        texts, tokens, _, _ = load_part(path)
        counts = np.bincount(tokens, minlength=len(texts))
        # A name one repository is full of must not push out names that all use: cap its say.
        for text, count in zip(texts, np.minimum(counts, 400).tolist(), strict=True):
            if count:
                total[text] += count
    return total


def choose(counts: Counter[str], options: argparse.Namespace) -> Vocab:
    """Choose the texts and pieces that get a row of their own."""
    bare = Vocab([], [], 1)
    frequent: list[str] = []
    parts: Counter[str] = Counter()
    for text, count in counts.most_common():
        if bare.whole(text) >= 0 or not text.isprintable():
            continue
        if len(frequent) < options.words:
            frequent.append(text)
        for part in pieces(text):
            parts[part] += count
    return Vocab(frequent, [part for part, _ in parts.most_common(options.pieces)], options.shared)


def _merge(parts: list[tuple[Path, str]], vocab: Vocab, out: Path) -> dict[str, object]:
    """Number all texts once and write one array of tokens a split."""
    numbers: dict[str, int] = {}
    about: dict[str, object] = {}
    for split in sorted({split for _, split in parts}):
        loaded, kinds, firsts, base = [], [], [], 0
        for path, part_split in parts:
            if part_split != split:
                continue
            texts, tokens, part_kinds, part_firsts = load_part(path)
            renumbered = np.fromiter(
                (numbers.setdefault(text, len(numbers)) for text in texts), np.int32, len(texts)
            )
            loaded.append(renumbered[tokens] if len(tokens) else tokens)
            kinds.append(part_kinds)
            firsts.append(part_firsts[:-1] + base)
            base += len(tokens)
        split_kinds = np.concatenate(kinds)
        _save(out / f"{split}.tokens.npy", np.concatenate(loaded))
        _save(out / f"{split}.kinds.npy", split_kinds)
        _save(out / f"{split}.files.npy", np.append(np.concatenate(firsts), base))
        about[split] = {
            "repositories": len(loaded),
            "files": sum(map(len, firsts)),
            "tokens": base,
            "members": int((split_kinds == MEMBER).sum()),
            "names": int((split_kinds == NAME).sum()),
            "origins": int((split_kinds == ORIGIN).sum()),
        }
    _save(out / "rows.npy", rows_of(numbers, vocab))
    with (
        whole_file(out / "texts.txt.gz") as plain,
        # Without a name and a time: the same texts give the same bytes.
        gzip.GzipFile(filename="", fileobj=plain, mode="wb", compresslevel=3, mtime=0) as file,
    ):
        file.write("\n".join(numbers).encode("utf-8", "surrogatepass"))
    return about | {"texts": len(numbers), "rows": vocab.rows}


def rows_of(texts: Iterable[str], vocab: Vocab) -> np.ndarray:
    """Return, for each text, its whole row and its pieces' rows, -1 where there is none: (n, 8) int32."""
    table = [
        [vocab.whole(text), *itertools.islice(vocab.piece_rows(text), MOST_PIECES)]
        for text in texts
    ]
    padded = np.full((len(table), 1 + MOST_PIECES), -1, np.int32)
    for index, rows in enumerate(table):
        padded[index, : len(rows)] = rows
    return padded


def _save(path: Path, array: np.ndarray) -> None:
    with whole_file(path) as file:
        np.save(file, array)
