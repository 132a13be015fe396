"""The seen lists of one repository, in one file.

In: ``RecordedList``s, and a digest of all that they depend on.  Out: an ``.npz`` that gives the very same lists
back, or nothing where it is not there or was made of something else.

A stage that works on many repositories keeps these while it runs: workers on other machines hand their results
over so, and a stage that was stopped goes on with those that are there.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sibyl.errors import LearnError
from sibyl.learn.cluster import engine
from sibyl.learn.evaluation.history import Before
from sibyl.learn.evaluation.recorded_list import Past, RecordedList
from sibyl.learn.io import DAMAGED, arrays, whole_file

_ARRAYS = ("rows", "logits", "allowed", "imports")


def digest_of(packed_lines: bytes, model: Path, *settings: object) -> str:
    """Return what tells a part of these recorded lines, seen through this engine and model, from others."""
    if not model.is_dir():
        raise LearnError(f"There is no model folder {model}.")
    whole = hashlib.sha256(packed_lines)
    for path in sorted(model.iterdir()):
        if path.is_file():
            whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    whole.update(f"{engine()} {settings}".encode())
    return whole.hexdigest()


def packed(lines: list[dict]) -> bytes:
    """Return recorded lines as bytes that are quickly sent."""
    return zlib.compress(json.dumps(lines).encode(), 3)


def unpacked(lines: bytes) -> list[dict]:
    """Return the lines that were packed."""
    return list(json.loads(zlib.decompress(lines)))


def save(path: Path, made_of: str, sites: Sequence[RecordedList]) -> None:
    """Write the lists of a repository."""
    arrays: dict[str, np.ndarray] = {"made_of": np.frombuffer(made_of.encode(), np.uint8)}
    fields = []
    for number, site in enumerate(sites):
        for name in _ARRAYS:
            if getattr(site, name) is not None:
                arrays[f"{number}.{name}"] = getattr(site, name)
        plain = {name: value for name, value in vars(site).items() if name not in _ARRAYS}
        if site.past is not None:
            if site.past.rows is not None:
                arrays[f"{number}.past"] = site.past.rows
            if site.past.saved is not None:
                arrays[f"{number}.saved"] = site.past.saved
            plain["past"] = vars(site.past) | {
                "before": asdict(site.past.before), "rows": None, "saved": None,
            }  # fmt: skip
        fields.append(plain)
    arrays["sites"] = np.frombuffer(json.dumps(fields).encode(), np.uint8)
    with whole_file(path) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load(path: Path, made_of: str) -> list[RecordedList] | None:
    """Return the lists that a file holds, None where it does not hold these."""
    try:
        with arrays(path) as part:
            if part["made_of"].tobytes().decode() != made_of:
                return None
            fields = json.loads(part["sites"].tobytes())
            numbered = {name: part[name] for name in part.files if name[0].isdigit()}
    except DAMAGED:
        return None
    return [_site(number, plain, numbered) for number, plain in enumerate(fields)]


def _site(number: int, plain: dict[str, Any], arrays: dict[str, np.ndarray]) -> RecordedList:
    past = plain.pop("past")
    if past is not None:
        before = Before(**past["before"])
        rows = {"rows": arrays.get(f"{number}.past"), "saved": arrays.get(f"{number}.saved")}
        past = Past(**past | {"before": before} | rows)
    own: dict[str, Any] = {name: arrays.get(f"{number}.{name}") for name in _ARRAYS}
    return RecordedList(past=past, **plain, **own)
