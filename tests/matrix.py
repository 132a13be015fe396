"""The engine's tests on each Python and on the oldest and the newest packages we allow.

In:   the Pythons on PATH, of pyenv, and of uv where it is; --fetch lets uv bring others.
Out:  one line for each; exit status 1 where tests failed. Environments lie in build/matrix.

    python tests/matrix.py [--python 3.10 ...] [--packages oldest ...] [--fetch] [-- pytest's words]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
TESTS = ("tests/engine", "tests/memory", "-m", "not slow and not timing")
ISOLATED = ("-I", "-B")


def found(version: str, fetch: bool) -> str | None:
    """Return a Python of a version, or None."""
    homes = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(
        f"versions/{version}*/bin/python"
    )
    uv = shutil.which("uv")
    asked = []
    if uv:
        command = [uv, "python", "find", "--no-config", version]
        if fetch:
            subprocess.run([uv, "python", "install", "--no-config", version], check=False)
        asked = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    for place in (shutil.which(f"python{version}"), *map(str, homes), *asked):
        if place:
            answer = subprocess.run(
                [place, *ISOLATED, "-V"], capture_output=True, text=True, check=False
            )
            if answer.stdout.startswith(f"Python {version}."):
                return place
    return None


def wanted(packages: str) -> list[str]:
    """Return what pip is given: the pins, or the ends of the ranges in pyproject.toml."""
    if packages == "pinned":
        return ["-r", str(ROOT / "requirements/run.txt")]
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    ranges = re.findall(r'"([^"]+)"', block)
    if packages == "newest":
        return ["--upgrade", *ranges]
    # The oldest release of each range: that of its lower bound.
    return [re.sub(r">=([\w.]+).*", r"==\1.*", each) for each in ranges]


def tried(version: str, packages: str, fetch: bool, more: list[str]) -> str:
    """Make an environment and run the tests; say what came of it."""
    python = found(version, fetch)
    if python is None:
        return "not here"
    place = ROOT / "build/matrix" / f"{version}-{packages}"
    inside = str(place / "bin/python")
    shutil.rmtree(place, ignore_errors=True)
    pip = [inside, *ISOLATED, "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    steps = [
        [python, *ISOLATED, "-m", "venv", str(place)],
        [*pip, "--require-hashes", "-r", str(ROOT / "requirements/test.txt")],
        [*pip, *wanted(packages)],
    ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"no packages: {(done.stderr.strip() or '?').splitlines()[-1][:120]}"
    command = [inside, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(more or TESTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = (done.stdout.strip() or done.stderr.strip() or "?").splitlines()[-1]
    return last if done.returncode == 0 else f"FAILED: {last}"


def main() -> int:
    """Try each, and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", nargs="+", default=PYTHONS)
    parser.add_argument("--packages", nargs="+", default=["pinned", "oldest", "newest"])
    parser.add_argument("--fetch", action="store_true", help="let uv bring missing Pythons")
    parser.add_argument("tests", nargs="*", help="pytest's arguments, after --")
    asked = parser.parse_args()
    failed = False
    for version in asked.python:
        for packages in asked.packages:
            outcome = tried(version, packages, asked.fetch, asked.tests)
            failed |= outcome.startswith("FAILED")
            print(f"Python {version}, {packages} packages: {outcome}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
