"""Why an installation failed, in one sentence that a person can act on.

In:   what a package manager printed before it failed.  Out: `CannotInstall`.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path


class CannotInstall(Exception):
    """The environment cannot be made; the message is one sentence a person can act on."""


def without_wheels() -> str:
    """Return a sentence where no Python, or only the oldest, has ready-made packages; '' on other systems."""
    if sys.platform == "linux" and platform.libc_ver()[0] != "glibc":
        return "ONNX Runtime has no ready-made package for systems with musl (Alpine): sibyl needs glibc."
    if (sys.platform, platform.machine()) == ("darwin", "x86_64") and sys.version_info >= (3, 11):
        return "On a Mac with an Intel processor only Python 3.10 has ready-made packages: use that one."
    return ""


def _conflict(text: str) -> str:
    """Return the line in which pip or uv says that versions exclude each other; '' where it does not."""
    line = re.search(r"Cannot install .*|.*ResolutionImpossible.*", text)
    if not line and not re.search(r"no wheels|no version|not found|no usable", text):
        line = re.search(r"Because .*unsatisfiable.*", text)
    return line[0].strip() if line else ""


def reason(problem: subprocess.CalledProcessError) -> CannotInstall:
    """Say in one sentence why a package manager failed."""
    text = problem.output or ""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    of_errors = [line for line in lines if re.search(r"error", line, re.IGNORECASE)]
    last = (of_errors or lines or [""])[-1]
    version = ".".join(map(str, sys.version_info[:2]))
    network = (
        r"connection|name resolution|resolve host|dns error|timed out|unreachable|refused|proxy"
    )
    if re.search(r"ensurepip|python3-venv", text):
        return CannotInstall(
            f"{sys.executable} cannot make environments: install your system's python3-venv "
            "package (or the program uv) and run this again."
        )
    if re.search(r"No space left", text):
        return CannotInstall("The disk is full: about 300 MB are needed.")
    if re.search(r"DO NOT MATCH THE HASHES|[Hh]ash mismatch|hashes are required", text):
        return CannotInstall(
            "A package that your index serves is not the one sibyl names by its hash, and was not installed: "
            "check the index in pip's or uv's settings."
        )
    if conflict := _conflict(text):
        return CannotInstall(
            "Packages are in conflict, with each other or with a constraint in pip's or uv's settings: "
            f"take that away and run this again ({conflict[:160]})."
        )
    if re.search(network, text, re.IGNORECASE):
        return CannotInstall(
            "The packages could not be downloaded: check the network (or the proxy) and run this "
            f"again ({last[:160]})."
        )
    if re.search(r"No matching distribution|no wheels|unsatisfiable", text):
        if elsewhere := without_wheels():
            return CannotInstall(elsewhere)
        return CannotInstall(
            f"There are no ready-made packages for Python {version} on this system: run this with "
            f"another Python from 3.10 to 3.14 ({last[:160]})."
        )
    return CannotInstall(f"`{Path(problem.cmd[0]).name}` failed: {last[:200]}")
