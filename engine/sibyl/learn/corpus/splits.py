"""Who is trained on and who is measured on, where no list says so.

In: a folder of repositories, or one repository's files.  Out: the same, each with its split.
Chosen by the order of hashes: as good as random, and the same on every machine.

    train   what networks learn from
    dev     training repositories that no network reads: recipes are chosen on them, early stopping watches them
    val     repositories that nothing is chosen by; what is published is measured on them
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from sibyl.errors import LearnError
from sibyl.learn.corpus.stores import is_git_directory
from sibyl.learn.io import Repository

_ENOUGH = 20
"""Training repositories from which on some are held back by default."""

Part = tuple[Repository, list[dict], np.ndarray]
"""A repository, its files, and their signatures (files, minima)."""


def own_repositories(sources: Path, whole: bool) -> list[Repository]:
    """Take every folder as a repository; unless ``whole``, hold out every tenth for validation."""
    if is_git_directory(sources) or (sources / ".git").exists():
        raise LearnError(
            f"{sources} is itself a repository; --sources is the folder that repositories lie in."
        )
    try:
        folders = sorted(place.name for place in sources.iterdir() if place.is_dir())
    except FileNotFoundError:
        folders = []
    except OSError as error:
        raise LearnError(f"Cannot read the folder {sources}: {error.strerror}.") from error
    names = [name.replace("+", "/", 1) for name in folders if not name.startswith(".")]
    if not names:
        raise LearnError(f"No repository is in {sources}.")
    ranked = sorted(names, key=_hashed)
    many = 0 if whole or len(names) < 2 else max(1, len(names) // 10)
    return [Repository(name, split="val" if name in ranked[:many] else "train") for name in names]


def halves(part: Part, share: float, seed: int) -> list[Part]:
    """Split a training repository's files in two: those to validate on, those to train on.

    Of two files at least one is held out, and at least one is not. A repository that is of another split
    stays whole.
    """
    repository, files, signatures = part
    if repository.split != "train" or len(files) < 2:
        return [part]
    ranked = sorted(
        range(len(files)),
        key=lambda index: _hashed(f"{seed}:{repository.name}/{files[index]['path']}"),
    )
    many = min(max(1, round(share * len(files))), len(files) - 1)
    splits = {"val": sorted(ranked[:many]), "train": sorted(ranked[many:])}
    return [
        (replace(repository, split=split), [files[index] for index in indices], signatures[indices])
        for split, indices in splits.items()
    ]


def held_back(names: Collection[str], many: int | None) -> set[str]:
    """Choose training repositories for ``dev``: ``many``, or by default one in ten of twenty or more."""
    if many is None:
        many = len(names) // 10 if len(names) >= _ENOUGH else 0
    if many and many >= len(names):
        raise LearnError(f"Of {len(names)} training repositories {many} cannot be held back.")
    return set(sorted(names, key=_hashed)[:many])


def _hashed(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
