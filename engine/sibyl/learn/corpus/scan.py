"""Scanning one repository: which of its Python files pass, and their signatures.

In: a repository and where it lies. Out: a part file (`.npz`: its files as JSON, their
signatures) and a report.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sibyl.errors import LearnError
from sibyl.learn.corpus import duplicates, licences
from sibyl.learn.corpus.stores import Listed, RepositoryStore, clone, find_store
from sibyl.learn.io import DAMAGED, Repository, arrays, whole_file

RULES = 2  # raise when a rule for dropping changes: parts made by older rules are made again
_LICENCE_NAMES = ("license", "licence", "copying", "unlicense")


@dataclass(frozen=True)
class Settings:
    """What all repositories share in one run."""

    sources: str
    any_licence: bool = False
    clone: bool = False
    remote: str = "https://github.com/"


def scan(repository: Repository, part: str, settings: Settings) -> dict:
    """Scan a repository unless its part file is there; return a report of plain values."""
    opened = _open(repository, settings)
    if opened is None:
        held = find_store(Path(settings.sources), repository.name) is not None
        lacks = f" with the commit {repository.commit or 'HEAD'}" if held else ""
        missing = f"{repository.name} is not in {settings.sources}{lacks}"
        return _report(repository, "absent", missing)
    store, commit = opened
    try:
        licence = repository.licence or _detect_licence(store, commit) or "unknown"
        warning = ""
        if not settings.any_licence and not licences.is_permissive(licence):
            if repository.licence:  # a list says so; a folder without a list is taken as one's own
                refusal = f"{repository.name} is left out: its licence is {licence}"
                return _report(repository, "refused", refusal, licence)
            warning = f"{repository.name}: the licence is {licence}; mind it if you share the model"
        key = {"rules": RULES, "commit": commit, "licence": licence}
        report = _finished(Path(part), key) if commit else None
        report = report or _scan_files(repository, store, commit, Path(part), key)
        return report | {"warning": warning}
    finally:
        store.close()


def _report(repository: Repository, state: str, warning: str = "", licence: str = "") -> dict:
    return {"repo": repository.name, "state": state, "warning": warning, "dropped": {},
            "licence": licence, "migrations": 0}  # fmt: skip


def _open(repository: Repository, settings: Settings) -> tuple[RepositoryStore, str] | None:
    """Find the repository with the wanted commit, cloning it if that is allowed."""
    sources = Path(settings.sources)
    store = find_store(sources, repository.name)
    if store is not None:
        try:
            return store, store.commit(repository.commit)
        except LearnError:
            if not settings.clone:
                return None
    if not settings.clone:
        return None
    clone(repository, sources, settings.remote)
    store = find_store(sources, repository.name)
    assert store is not None
    return store, store.commit(repository.commit)


def _detect_licence(store: RepositoryStore, commit: str) -> str:
    """Guess the licence from a licence text at the top of the repository."""
    for listed in store.files(commit):
        if "/" not in listed.path and listed.path.lower().startswith(_LICENCE_NAMES):
            name = licences.licence_of(store.read(listed.blob).decode("utf-8", "replace"))
            if name:
                return name
    return ""


def _finished(part: Path, key: dict) -> dict | None:
    """Return the report of an earlier run if it was made from the same commit by the same rules."""
    try:
        with arrays(part) as saved:
            report = json.loads(saved["report"].tobytes())
    except DAMAGED:
        return None
    return report if report["key"] == key else None


def _scan_files(
    repository: Repository, store: RepositoryStore, commit: str, part: Path, key: dict
) -> dict:
    files: list[dict] = []
    signatures: list[np.ndarray] = []
    dropped: Counter = Counter()
    for listed in store.files(commit):
        if not listed.path.endswith(".py"):
            continue
        verdict = _judge(listed, store)
        if isinstance(verdict, str):
            dropped[verdict] += 1
            continue
        exact = duplicates.exact_hash(verdict).hex()
        files.append({"commit": commit, "path": listed.path, "blob": listed.blob,
                      "bytes": listed.size, "exact": exact})  # fmt: skip
        signatures.append(duplicates.signature(verdict))
    report = _report(repository, "scanned", licence=key["licence"]) | {
        "key": key,
        "dropped": dict(dropped),
        "migrations": sum(licences.is_migration(file["path"]) for file in files),
    }
    minima = np.array(signatures, dtype=np.uint32).reshape(len(files), duplicates.MINIMA)
    with whole_file(part) as out:
        np.savez(out, report=_bytes(report), files=_bytes(files), signatures=minima)
    return report


def _judge(listed: Listed, store: RepositoryStore) -> str | list[str]:
    """Return why a file is dropped, or its bare tokens."""
    fault = licences.path_fault(listed.path, listed.size)
    if fault is None:
        data = store.read(listed.blob)
        fault = licences.content_fault(listed.path, data)
    if fault is not None:
        return fault
    tokens = licences.bare_tokens(data)
    return tokens if len(tokens) >= licences.FEWEST_TOKENS else "too small"


def _bytes(value: object) -> np.ndarray:
    """Return a value as JSON bytes in an array, which needs no pickle."""
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
