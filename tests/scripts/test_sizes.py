"""What README and help say of the environment's size, against the lists and what is installed here."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

import progress
import pytest
from child import ROOT

LISTS = [ROOT / "requirements" / name for name in ("run.txt", "server.txt")]
TEXTS = [ROOT / "README.md", ROOT / "doc/sibyl.txt"]
WORDS = dict(zip(("nine", "ten", "eleven", "twelve", "thirteen"), range(9, 14), strict=True))
SENTENCE = re.compile(
    r"(\w+)\s(?:Python\s)?packages\sand\sa\slanguage\sserver,\s+(\d+)\sMB\son\sdisk", re.I
)
HERE = sys.platform, platform.machine(), sys.version_info[:2]
WITH_PIP = 1.25
"""What the environment may hold beside the packages: pip, compiled files, blocks that are not full."""


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_the_packages_are_as_many_as_is_said(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """README and help name the number of packages that Python 3.11 on Linux gets, the server not counted."""
    monkeypatch.setattr(platform, "python_version", lambda: "3.11.7")
    monkeypatch.setattr(sys, "platform", "linux")
    match = SENTENCE.search(text.read_text(encoding="utf-8"))
    assert match
    assert WORDS[match[1].lower()] == len(progress.packages(LISTS)) - 1


@pytest.mark.skipif(
    HERE != ("linux", "x86_64", (3, 11)), reason="README's size is of another system"
)
@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_the_environment_is_as_large_as_is_said(text: Path) -> None:
    """The packages of the lists, as installed here, take most of the megabytes that README and help state."""
    match = SENTENCE.search(text.read_text(encoding="utf-8"))
    assert match
    size = 0
    for name in progress.packages(LISTS):
        for file in metadata.distribution(name).files or ():
            path = Path(str(file.locate()))
            size += path.stat().st_size if path.is_file() else 0
    assert size <= float(match[2]) * 1e6 * 1.02 <= size * WITH_PIP
