"""The memory of a project as it was before a line was written.

In: a repository with its history, a file at a commit, places in it.  Out: for each place, the project at the
parent of the commit that wrote the place's line, without and with the file itself as it was saved there.

What other files use today may be there because of this very line, or was written after it. `git blame` names
the commit that wrote a line. Its first parent is the project that its author had, up to what was not committed
yet. The stores of a repository's commits are made in the order of their dates, each from the one before by the
files that differ; they hold what a store made from nothing holds.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn.corpus.sources import Sources
from sibyl.learn.corpus.stores import GitStore, ask_git
from sibyl.learn.evaluation.replay_store import (
    Notebook,
    files_of,
    part_path,
    settle,
    store_of,
    store_path,
)
from sibyl.memory.index import digest_of
from sibyl.memory.project import Project
from sibyl.memory.project_store import ProjectStore

NO_HISTORY, SHALLOW, FIRST = "no history", "shallow", "no parent"
"""Why the time before a line is unknown: no git repository; the clone ends there; the first commit wrote it."""

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Before:
    """A file before a line of it was written."""

    commit: str = ""  # the parent
    path: str = ""  # of the file there
    unknown: str = ""  # why there is no parent
    by: str = ""  # the commit that wrote it
    written: str = ""  # path of the file there
    line: int = 0  # there, from 1


class History:
    """The projects that the recorded lines of one repository were written in."""

    def __init__(self, sources: Sources, repo: str, folder: Path) -> None:
        """Take a repository and the folder that its stores are kept in."""
        self._sources, self._repo, self._folder = sources, repo, folder
        self._before: dict[tuple[str, str, int], Before] = {}  # by commit, path, offset
        self._digests: dict[tuple[str, str], bytes] = {}  # of files, by commit and path
        self._parents: dict[str, str] = {}  # commit: its first parent, or why there is none
        self._projects: dict[tuple[str, str, bytes], tuple[Project, Project]] = {}
        self._added: dict[tuple[str, str], frozenset[int]] = {}  # by commit and path
        self._stores: dict[str, ProjectStore] = {}
        self._notebook = Notebook(sources, repo)
        self._seconds = 0.0

    def read(self, lists: list[dict]) -> None:
        """Find out after what the line of each recorded list was written, and make the stores for them."""
        began = time.perf_counter()
        files: dict[tuple[str, str, str], set[int]] = {}
        for recorded in lists:
            key = (recorded["commit"], recorded["path"], recorded["blob"])
            files.setdefault(key, set()).add(recorded["offset"])
        for (commit, path, blob), offsets in files.items():
            data = self._sources.read(self._repo, blob)
            self._digests[commit, path] = digest_of(data)
            lines = {offset: data.count(b"\n", 0, offset) + 1 for offset in offsets}
            before = self.before(commit, path, sorted(set(lines.values())))
            for offset, line in lines.items():
                self._before[commit, path, offset] = before[line]
        self.make({state.commit for state in self._before.values() if state.commit})
        self._seconds += time.perf_counter() - began

    def of(self, recorded: dict) -> tuple[Before, tuple[Project, Project] | None]:
        """Return a recorded list's project before its line was written, None where that is unknown.

        First without the file itself, then with the file as it was saved at that time.
        """
        commit, path = recorded["commit"], recorded["path"]
        before = self._before[commit, path, recorded["offset"]]
        if before.unknown:
            return before, None
        digest = self._digests[commit, path]
        key = (before.commit, before.path, digest)
        if key not in self._projects:
            if before.commit not in self._stores:
                given = (self._sources, self._repo, before.commit, self._folder)
                self._stores[before.commit] = store_of(*given)
            store = self._stores[before.commit]
            saved = Project(store, before.path, saved=True)
            self._projects[key] = Project(store, before.path, digest), saved
        return before, self._projects[key]

    def added(self, before: Before) -> bool:
        """Tell whether the line stands among new ones: where it is, the commit took no line away.

        Elsewhere a line may have been there in another form; what of it was typed again is not known.
        """
        key = before.by, before.written
        if key not in self._added:
            place = self._sources.store(self._repo)
            assert isinstance(place, GitStore)
            self._added[key] = lines_added(place.place, before)
        return before.line in self._added[key]

    def told(self) -> float:
        """Return the seconds that ``read`` took, once."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def close(self) -> None:
        """Close all stores."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()
        self._projects.clear()

    def before(self, commit: str, path: str, lines: Sequence[int]) -> dict[int, Before]:
        """Return what each line (from 1) of a file at a commit was written after."""
        store = self._sources.store(self._repo)
        if not isinstance(store, GitStore):
            return dict.fromkeys(lines, Before(unknown=NO_HISTORY))
        origins = {}
        blamed = blame(store.place, commit, path, lines)
        for line, (by, old_path, new_path, number) in blamed.items():
            if by not in self._parents:
                self._parents[by] = parent_of(store.place, by)
            parent = self._parents[by]
            unknown = parent in (SHALLOW, FIRST)
            origins[line] = (
                Before(unknown=parent)
                if unknown
                else Before(parent, old_path, by=by, written=new_path, line=number)
            )
        return origins

    def make(self, commits: set[str]) -> None:
        """Make the stores of these commits, those that are in the folder excepted."""
        nearest = ""
        for commit in self._by_date(commits):
            if nearest and not store_path(self._folder, self._repo, commit).exists():
                self._from_nearest(commit, nearest)
            given = (self._sources, self._repo, commit, self._folder, self._notebook)
            store_of(*given).close()
            nearest = commit

    def _by_date(self, commits: set[str]) -> list[str]:
        if not commits:
            return []
        place = self._sources.store(self._repo)
        assert isinstance(place, GitStore)
        given = ("rev-list", "--no-walk=sorted", "--reverse", *sorted(commits))
        return ask_git(place.place, *given).decode().split()

    def _from_nearest(self, commit: str, nearest: str) -> None:
        """Make a store from another commit's. Exact copies are all read again: the first by path counts."""
        old = {path: blob for path, blob, _ in files_of(self._sources, self._repo, nearest)}
        listed = list(files_of(self._sources, self._repo, commit))
        new = {path: blob for path, blob, _ in listed}
        touched = {blob for path, blob in old.items() if new.get(path) != blob}
        touched |= {blob for path, blob in new.items() if old.get(path) != blob}
        path = store_path(self._folder, self._repo, commit)
        part = part_path(path)
        shutil.copyfile(store_path(self._folder, self._repo, nearest), part)
        deleted = [path for path, blob in old.items() if blob in touched]
        changed = [file for file in listed if file[1] in touched]
        with closing(ProjectStore(part)) as store:
            store.update(self._notebook.of(changed), deleted)
        settle(part)
        part.rename(path)


def blame(
    place: Path, commit: str, path: str, lines: Sequence[int]
) -> dict[int, tuple[str, str, str, int]]:
    """Return who wrote each line (from 1): the commit, the path at its parent, path and line at it.

    A file that the commit added has no path at the parent; its path at the commit is given.
    """
    wanted = sorted(set(lines))
    ranges = [word for line in wanted for word in ("-L", f"{line},{line}")]
    # No list of commits to pass over, and no program that shows a file in another form.
    plain = ("--ignore-revs-file=", "--no-textconv", "--line-porcelain")
    output = ask_git(place, "blame", *plain, *ranges, commit, "--", path)
    by_line: dict[int, tuple[str, str, str, int]] = {}
    commit, line, here, old_path, number = "", 0, "", "", 0
    for row in output.split(b"\n"):
        if row[:1] == b"\t":  # the line itself ends what is said of it
            by_line[line] = (commit, old_path or here, here, number)
            commit, here, old_path = "", "", ""
        elif not commit and row:
            words = row.split()
            commit, number, line = words[0].decode(), int(words[1]), int(words[2])
        elif row.startswith(b"filename "):
            here = _unquoted(row.partition(b" ")[2])
        elif row.startswith(b"previous "):
            old_path = _unquoted(row.split(b" ", 2)[2])
    if any(line not in by_line for line in wanted):
        raise LearnError(f"git blame does not say who wrote {path} in {place}.")
    return by_line


def lines_added(place: Path, before: Before) -> frozenset[int]:
    """Return the lines (from 1) that a commit wrote into a file where it took none away."""
    plain = ("--unified=0", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")
    asked = (before.commit, before.by, "--", before.path, before.written)
    lines: set[int] = set()
    for row in ask_git(place, "diff", *plain, *asked).split(b"\n"):
        hunk = _HUNK.match(row)
        if hunk and hunk[1] == b"0":
            first, count = int(hunk[2]), int(hunk[3] or 1)
            lines.update(range(first, first + count))
    return frozenset(lines)


def parent_of(place: Path, commit: str) -> str:
    """Return a commit's first parent, ``FIRST`` where it has none, ``SHALLOW`` where the clone lacks it."""
    header = ask_git(place, "cat-file", "commit", commit).partition(b"\n\n")[0]
    parents = [line[7:].decode() for line in header.split(b"\n") if line.startswith(b"parent ")]
    if not parents:
        return FIRST
    # The commit object of a shallow clone's last commit names a parent that was not brought.
    listed = ask_git(place, "rev-list", "--parents", "--no-walk", commit).decode().split()
    return parents[0] if parents[0] in listed[1:] else SHALLOW


def _unquoted(path: bytes) -> str:
    """Return a path as git shows it, without the quotes and escapes it adds to odd ones."""
    if path[:1] != b'"':
        return path.decode("utf-8", "surrogateescape")
    text = path[1:-1].decode("ascii", "surrogateescape")
    raw = text.encode("ascii", "surrogateescape").decode("unicode_escape").encode("latin-1")
    return raw.decode("utf-8", "surrogateescape")
