"""Small repositories and a runner, for the tests of the learning stages.

In: file texts. Out: git repositories in a temporary folder, lists of them, finished stage runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

import sibyl.learn
from sibyl.learn.corpus.sources import read_manifest

ENGINE = Path(sibyl.learn.__file__).parents[2]
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ENGINE),
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def code(name: str, lines: int = 30) -> str:
    """Return Python code whose words all depend on the name, so that no two names look alike."""
    body = "".join(f"    {name}_{i} = self.{name}_{i * 7}.part_{name}({i})\n" for i in range(lines))
    return f"import os\n\ndef run_{name}(self):\n{body}    return os.path\n"


def make_repository(sources: Path, name: str, files: dict[str, str | bytes]) -> str:
    """Make `owner+name/repo`, a git directory with one commit, and return the commit's id."""
    tree = sources.parent / "trees" / name.replace("/", "+")
    write_tree(tree, files)
    run_git("init", "--quiet", str(tree))
    run_git("-C", str(tree), "add", "-A")
    run_git("-C", str(tree), "commit", "--quiet", "-m", "all")
    target = sources / name.replace("/", "+") / "repo"
    target.parent.mkdir(parents=True, exist_ok=True)
    run_git("clone", "--quiet", "--bare", str(tree), str(target))
    return run_git("-C", str(tree), "rev-parse", "HEAD").strip()


def make_repositories(sources: Path, listed: Path, count: int, files: int, lines: int) -> Path:
    """Make this many repositories of as many files of as many lines each, and their list; return it."""
    rows = []
    for number in range(count):
        name = f"o/n{number}"
        texts = {f"f{i}.py": code(f"r{number}_{i}", lines) for i in range(files)}
        rows.append((name, make_repository(sources, name, texts), "MIT"))
    return write_list(listed, rows)


def write_tree(tree: Path, files: dict[str, str | bytes]) -> None:
    """Write files below a folder."""
    for path, content in files.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def run_git(*arguments: str) -> str:
    """Run git apart from the machine's own settings."""
    done = subprocess.run(
        ["git", *arguments], check=True, capture_output=True, text=True, env=ENVIRONMENT
    )
    return done.stdout


def write_list(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    """Write a repository list."""
    lines = ["repository\tcommit\tlicense\tfiles\ttokens\tmember_sites"]
    lines += ["\t".join((*row, "1", "100", "1")) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def start(*arguments: object, **more: object) -> subprocess.Popen[str]:
    """Start a stage as a person would."""
    command = [sys.executable, "-m", "sibyl.learn", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, **more
    )  # type: ignore[call-overload]


def run(*arguments: object, **more: object) -> tuple[int, str]:
    """Run a stage to its end; return its exit status and all that it said."""
    process = start(*arguments, **more)
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


@contextmanager
def killed_after(module: ModuleType, function: str) -> Iterator[None]:
    """Let what runs inside be interrupted right after a function of a module was called for the first time."""
    plain = getattr(module, function)

    def call_and_die(*given: object) -> None:
        plain(*given)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, function, call_and_die)
        with pytest.raises(KeyboardInterrupt):
            yield


def last_line(output: str) -> str:
    """Return the last line a person sees."""
    return output.strip().splitlines()[-1].rpartition("\r")[2]


def paths(out: Path, split: str) -> set[str]:
    """Return the paths a finished corpus keeps for a split."""
    return {entry.path for entry in read_manifest(out) if entry.split == split}


def report(out: Path) -> dict:
    """Return what the stage says about a finished corpus."""
    return json.loads((out / "corpus.json").read_text())
