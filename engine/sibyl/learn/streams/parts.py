"""The tokens of one repository, in one file.

In: a repository's files of the corpus.  Out: ``parts/NAME.npz``: texts, tokens as numbers of texts, kinds,
where files begin, and a digest of what it was made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np

from sibyl.code.stream import STREAM_VERSION, Stream
from sibyl.code.text import Text
from sibyl.errors import LearnError
from sibyl.learn.corpus.sources import Entry, Sources
from sibyl.learn.io import DAMAGED, arrays, whole_file

HELD_OUT = "@held-out"
"""Ends the name of a part whose repository is trained on, too; a repository's own name has no @."""


def tokens_of(source: bytes) -> tuple[list[int], list[str]]:
    """Return kinds and texts of a whole file's tokens."""
    text, stream = Text(source), Stream()
    stream.advance(text, len(source))
    return stream.kinds, stream.texts


Key = tuple[str, str]
"""A split and a repository."""


def part_name(key: Key, keys: Iterable[Key]) -> str:
    """Name a part after its repository, and after its split where another split has files of it, too."""
    split, repo = key
    apart = HELD_OUT if split != "train" and ("train", repo) in keys else ""
    return f"{repo.replace('/', '+')}{apart}.npz"


def digest_of(entries: list[Entry]) -> str:
    """Return what tells a part of these files, read by this version of the stream, from any other."""
    named = "".join(f"{entry.blob} {entry.path}\n" for entry in entries)
    named += f"stream {STREAM_VERSION}"
    return hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()


def is_made_of(path: Path, digest: str) -> bool:
    """Tell whether a part is there and was made of these very files."""
    try:
        with arrays(path) as part:
            return part["made_of"].tobytes().decode() == digest
    except DAMAGED:
        return False


def read_repository(entries: list[Entry], sources: Path, path: Path, made_of: str) -> int:
    """Read one repository's files into one part; returns how many tokens that gave."""
    numbers: dict[str, int] = {}
    tokens: list[int] = []
    kinds: list[int] = []
    firsts = [0]
    with closing(Sources(sources)) as reader:
        for entry in entries:
            file_kinds, texts = tokens_of(reader.read(entry.repo, entry.blob))
            tokens += [numbers.setdefault(text, len(numbers)) for text in texts]
            kinds += file_kinds
            firsts.append(len(tokens))
    texts_joined = "\n".join(text.replace("\n", " ") for text in numbers)
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            tokens=np.asarray(tokens, np.int32),
            kinds=np.asarray(kinds, np.uint8),
            firsts=np.asarray(firsts, np.int64),
            made_of=np.frombuffer(made_of.encode(), np.uint8),
            texts=np.frombuffer(texts_joined.encode("utf-8", "surrogatepass"), np.uint8),
        )
    return len(tokens)


def load_part(path: Path) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Return texts, tokens, kinds and first tokens of one repository."""
    try:
        with arrays(path) as part:
            texts = part["texts"].tobytes().decode("utf-8", "surrogatepass").split("\n")
            return texts, part["tokens"], part["kinds"], part["firsts"]
    except DAMAGED as error:
        raise LearnError(f"{path} is damaged; delete it and start the stage again.") from error
