"""Files for the fuzzer: Python's own modules, and odd ones.

In:   the standard library this Python came with.  Out: `files`.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

ODD = (
    *(
        f"test/test_{name}.py"
        for name in "grammar syntax patma fstring unparse generators tokenize".split()
    ),
    "test/bad*.py",
    "test/tokenizedata/*.p[yt]*",
    "lib2to3/tests/data/*.py",
)
"""Tests of the grammar, and what the converter and the tokenizer of Python are tested with."""


def files() -> list[Path]:
    """Python's own modules, and as many odd files in between, where it came with its tests."""
    library = Path(sysconfig.get_path("stdlib"))
    plain = sorted(library.glob("*.py"))
    odd = sorted(path for pattern in ODD for path in library.glob(pattern))
    return plain + odd * (len(plain) // len(odd) // 2) if odd else plain
