"""The repositories of a folder, and the manifest of a corpus.

In: a folder with git directories (`owner+name/repo`), work trees or plain folders (`owner+name`).
Out: the store of each repository, the last few kept open; the files that a manifest lists.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.corpus.stores import RepositoryStore, find_store

_OPEN_REPOSITORIES = 16  # each holds one git process; more would only cost memory


@dataclass(frozen=True)
class Entry:
    """One line of a manifest: a file that is in the corpus."""

    repo: str
    commit: str
    path: str
    blob: str
    split: str
    bytes: int


def read_manifest(path: str | os.PathLike[str]) -> Iterator[Entry]:
    """Yield the files of a corpus in its order; `path` is the manifest or the corpus folder."""
    path = Path(path)
    if path.is_dir():
        path = path / "corpus.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield Entry(**json.loads(line))
    except (OSError, EOFError, zlib.error) as error:
        raise LearnError(f"Cannot read the manifest {path}: {error}.") from error
    except (ValueError, TypeError) as error:
        raise LearnError(f"{path} is not a corpus manifest: {error}.") from error


class Sources:
    """A reader over all repositories below one folder; keeps the last few open."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """Take the sources folder."""
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise LearnError(f"There is no sources folder {self.folder}.")
        self._open: OrderedDict[str, RepositoryStore] = OrderedDict()

    def store(self, repo: str) -> RepositoryStore:
        """Return the store of a repository."""
        if repo not in self._open:
            store = find_store(self.folder, repo)
            if store is None:
                raise LearnError(
                    f"The repository {repo} is not in {self.folder}; "
                    "`python -m sibyl.learn corpus --clone` brings it."
                )
            self._open[repo] = store
        self._open.move_to_end(repo)
        while len(self._open) > _OPEN_REPOSITORIES:
            self._open.popitem(last=False)[1].close()
        return self._open[repo]

    def read(self, repo: str, blob: str) -> bytes:
        """Return the bytes of a file by its repository and blob id."""
        return self.store(repo).read(blob)

    def __enter__(self) -> Sources:  # noqa: PYI034 (typing.Self is not in Python 3.10)
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all repositories."""
        while self._open:
            self._open.popitem()[1].close()
