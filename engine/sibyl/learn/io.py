"""Small file habits shared by the learning stages.

In: paths and bytes. Out: whole files or none (never half-written ones), parsed repository lists.
"""

from __future__ import annotations

import csv
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

import numpy as np

from sibyl.errors import LearnError, first_line

part_of = ""
"""Whose half-written files these are, where several processes may write the same file at once."""


@dataclass(frozen=True)
class Repository:
    """One line of a repository list: who, which commit, under which licence, for which split."""

    name: str
    commit: str = ""
    licence: str = ""
    split: str = "train"
    tokens: int = 0

    @property
    def folder(self) -> str:
        """Return the folder name this repository has below a sources folder."""
        return self.name.replace("/", "+")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when all of it was written."""
    part = path.with_name(f"{path.name}{part_of}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):  # a disk that may only be read from has no part either
            part.unlink(missing_ok=True)
        why = error.strerror or f"the disk may be full ({first_line(error)})"
        raise LearnError(f"Cannot write {path}: {why}.") from error
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


DAMAGED = (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error)
"""What reading arrays raises where a file is damaged, of another sort or not there."""


@contextmanager
def arrays(path: Path) -> Iterator[Any]:
    """Open a file of arrays by name; it is closed even where what it holds is no archive."""
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as saved:
        yield saved


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder; raises OSError where one cannot be read."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def make_folder(path: Path) -> None:
    """Make a folder and those above it; raises LearnError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LearnError(f"Cannot write {path}: {error.strerror}.") from error


def remove_file(path: Path) -> None:
    """Remove a file if it is there; raises LearnError where that is not possible."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LearnError(f"Cannot write {path}: {error.strerror}.") from error


def read_list(path: Path, split: str | None = None) -> list[Repository]:
    """Read a tab-separated repository list; its split is the file's name unless given."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LearnError(f"Cannot read the list {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise LearnError(f"The list {path} is not UTF-8 text.") from error
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    if "repository" not in (rows.fieldnames or []):
        raise LearnError(f"The list {path} has no `repository` column in its first line.")
    repositories = [_repository(row, split or path.stem) for row in rows if row["repository"]]
    if not repositories:
        raise LearnError(f"The list {path} names no repository.")
    return repositories


def _repository(row: dict[str, str], split: str) -> Repository:
    tokens = row.get("tokens") or "0"
    return Repository(
        name=row["repository"].strip(),
        commit=(row.get("commit") or "").strip(),
        licence=(row.get("license") or row.get("licence") or "").strip(),
        split=split,
        tokens=int(tokens) if tokens.isdecimal() else 0,
    )
