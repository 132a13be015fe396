"""Rows that grow by whole repositories and survive being killed.

In: the rows of one repository after the other. Out: NAME.partial.jsonl (usable while it grows),
NAME.progress.jsonl (how far it is whole), at the end one gzipped file.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check

Span = tuple[int, int]
"""Begin and end of a repository's rows in the file that grows, in bytes."""


class RowLog:
    """What is done so far, safe against being killed at any moment."""

    def __init__(self, out: Path, made_with: dict) -> None:
        """Find earlier work beside `out`, and cut off a repository that was not written whole."""
        name = out.name.removesuffix(".gz").removesuffix(".jsonl")
        self.partial = out.with_name(f"{name}.partial.jsonl")
        self.progress = out.with_name(f"{name}.progress.jsonl")
        self.finished: set[str] = set()
        self.sites = self.listed = self._end = 0
        self._blocks: dict[str, Span] = {}
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            if self.progress.exists():
                self._resume(made_with)
            else:
                self.partial.write_bytes(b"")
                self._note(made_with)
            os.truncate(self.partial, self._end)
        except OSError as error:
            raise LearnError(f"Cannot write {self.partial}: {error.strerror}.") from error

    def _resume(self, made_with: dict) -> None:
        lines = self.progress.read_bytes().split(b"\n")[:-1]  # a line without its end is not whole
        first, *done = (json.loads(line) for line in lines) if lines else (made_with,)
        if done:
            check(self.progress, first, made_with)
        else:  # nothing was recorded, perhaps because the server was a wrong one
            lines = [json.dumps(made_with).encode()]
        with open(self.progress, "wb") as out:
            out.writelines(line + b"\n" for line in lines)
        for note in done:
            self.finished.add(note["repo"])
            self._blocks[note["repo"]] = self._end, note["end"]
            self._end = note["end"]
            self.sites += note["sites"]
            self.listed += note["listed"]

    def append(self, repo: str, rows: list[dict]) -> None:
        """Add all sites of one repository, and only then say that it is done."""
        block = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        listed = sum(row["menu"] is not None for row in rows)
        try:
            with open(self.partial, "ab") as out:
                out.write(block)
                out.flush()
                os.fsync(out.fileno())
            self._blocks[repo] = self._end, self._end + len(block)
            self._end += len(block)
            self._note({"repo": repo, "end": self._end, "sites": len(rows), "listed": listed})
        except OSError as error:
            raise LearnError(f"Cannot write {self.partial}: {error.strerror}.") from error
        self.finished.add(repo)
        self.sites += len(rows)
        self.listed += listed

    def _note(self, note: dict) -> None:
        with open(self.progress, "ab") as out:
            out.write(json.dumps(note).encode() + b"\n")

    def pack(self, out: Path, order: Sequence[str]) -> None:
        """Write the finished file: the repositories in this order, others as they came behind them."""
        places = {repo: place for place, repo in enumerate(order)}
        repos = sorted(self._blocks, key=lambda repo: places.get(repo, len(places)))  # stable
        _pack(self.partial, [self._blocks[repo] for repo in repos], out)


def pack_so_far(out: Path) -> int:
    """Write the repositories that are whole to `out`, while another process may record more.

    Returns how many they are. Raises LearnError where nothing was recorded.
    """
    name = out.name.removesuffix(".gz").removesuffix(".jsonl")
    try:
        text = out.with_name(f"{name}.progress.jsonl").read_bytes()
    except OSError as error:
        raise LearnError(f"Nothing was recorded for {out}: {error.strerror}.") from error
    done = [json.loads(line) for line in text.split(b"\n")[1:-1]]
    if not done:
        raise LearnError(f"Nothing was recorded for {out}: no repository is whole yet.")
    _pack(out.with_name(f"{name}.partial.jsonl"), [(0, done[-1]["end"])], out)
    return len(done)


def _pack(partial: Path, spans: Iterable[Span], out: Path) -> None:
    """Write these spans, whole lines, to a gzipped file."""
    with (
        whole_file(out) as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as packed,
        open(partial, "rb") as lines,
    ):
        for begin, end in spans:
            lines.seek(begin)
            while begin < end and (block := lines.read(min(end - begin, 1 << 20))):
                packed.write(block)
                begin += len(block)
