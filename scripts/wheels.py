"""Ask the package index for a wheel of every pinned package, for every system and Python that is promised.

In:   requirements/run.txt and server.txt; the index that pip's configuration names.
Out:  a table on standard output: what has no wheel where. Exit status 1 where a promised one is missing.

Nothing is installed or built. pip decides which wheels fit, as it does when a user installs; an answer is a
`pip install --dry-run` for another platform, for all pins at once, and one by one where that fails.

    python3 scripts/wheels.py [--python 3.12 ...] [--platform linux-x86_64 ...]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LISTS = Path(__file__).resolve().parents[1] / "requirements"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
_GLIBC = ("2_17", "2_24", "2_26", "2_27", "2_28", "2_31", "2_34")


def _linux(processor: str) -> list[str]:
    old = [f"manylinux{name}_{processor}" for name in ("1", "2010", "2014")]
    return [f"linux_{processor}", *old, *(f"manylinux_{x}_{processor}" for x in _GLIBC)]


def _mac(processor: str) -> list[str]:
    kinds = (processor, "universal2")
    versions = ["10_9", "10_12", "10_13", "10_15", *(f"{x}_0" for x in range(11, 16))]
    return [f"macosx_{version}_{kind}" for version in versions for kind in kinds]


# As users name them: what pip calls wheels that run there, and what markers of the lists are asked.
PLATFORMS: dict[str, tuple[list[str], str, bool]] = {
    "linux-x86_64": (_linux("x86_64"), "linux", True),
    "linux-arm64": (_linux("aarch64"), "linux", True),
    "musl-x86_64": ([f"musllinux_1_{x}_x86_64" for x in (1, 2)], "linux", False),
    "musl-arm64": ([f"musllinux_1_{x}_aarch64" for x in (1, 2)], "linux", False),
    "macos-arm64": (_mac("arm64"), "darwin", True),
    "macos-intel": (_mac("x86_64"), "darwin", False),
    "windows-x86_64": (["win_amd64"], "win32", True),
}
"""The last says whether every package must have a wheel there."""


def pins(lists: tuple[str, ...] = ("run.txt", "server.txt")) -> list[tuple[str, str]]:
    """Return every pin of the lists, with its marker."""
    text = "".join((LISTS / name).read_text() for name in lists)
    lines = re.findall(r"^([\w.-]+==[\w.]+)(?: *; *(.*?))? *\\?$", text, re.MULTILINE)
    return [(pin, marker) for pin, marker in lines]


def wanted(marker: str, python: str, system: str) -> bool:
    """Tell whether a pin is for this Python and system; only what the lists' markers use is understood."""
    version = tuple(map(int, python.split(".")))
    for part in marker.split(" and ") if marker else []:
        name, sign, value = re.fullmatch(r"(\w+) *(<|>=|==|!=) *'(.*)'", part.strip()).groups()  # type: ignore[union-attr]
        if name == "python_full_version":
            other = tuple(map(int, value.split(".")))
            good = version < other if sign == "<" else version >= other
        else:
            mine = {"sys_platform": system, "platform_python_implementation": "CPython"}[name]
            good = (mine == value) == (sign == "==")
        if not good:
            return False
    return True


def missing(pins_: list[str], python: str, tags: list[str]) -> list[str]:
    """Return those without a wheel; raises RuntimeError, with pip's last line, where nobody answers."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-I",
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--quiet",
            "--no-deps",
        ]
        command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
        command += ["--disable-pip-version-check", "--ignore-installed", "--target", folder, *pins_]
        command += [word for tag in tags for word in ("--platform", tag)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.returncode:
        return []
    if "No matching distribution" not in done.stderr:
        raise RuntimeError((done.stderr.strip() or "pip said nothing").splitlines()[-1])
    return pins_ if len(pins_) == 1 else [x for pin in pins_ for x in missing([pin], python, tags)]


def main() -> int:
    """Ask, and show what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", nargs="+", default=PYTHONS, choices=PYTHONS)
    parser.add_argument("--platform", nargs="+", default=list(PLATFORMS), choices=PLATFORMS)
    asked = parser.parse_args()
    print("| system | " + " | ".join(asked.python) + " |")
    print("|---" * (len(asked.python) + 1) + "|")
    failed = False
    for name in asked.platform:
        tags, system, promised = PLATFORMS[name]
        cells = []
        for python in asked.python:
            fit = [pin for pin, marker in pins() if wanted(marker, python, system)]
            lacking = missing(fit, python, tags)
            failed |= promised and bool(lacking)
            cells.append("no " + ", ".join(lacking) if lacking else f"all {len(fit)}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as problem:
        sys.exit(f"wheels: the index could not be asked: {problem}")
