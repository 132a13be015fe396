"""Which files are worth reading, judged one file at a time.

In: a path, or a file's bytes.  Out: the reason to leave it alone, or nothing.
"""

from __future__ import annotations

import re

LARGEST = 1_000_000  # bytes; above this a .py file is data in all but name
LONGEST_AVERAGE_LINE = 200  # characters; hand-written code stays far below, minified is far above

_VENDORED = re.compile(
    r"(?:^|/)(?:vendor|vendored|_vendor|_vendored|third_party|third-party|thirdparty|3rdparty"
    r"|node_modules|site-packages|dist-packages|extern|externals?|venv|\.venv|\.tox|\.eggs)/",
    re.IGNORECASE,
)
_GENERATED_NAME = re.compile(r"(?:_pb2|_pb2_grpc|\.min|[._-]lock)\.py$|(?:^|/)versioneer\.py$")
_MIGRATION = re.compile(r"(?:^|/)migrations/(?:versions/)?\w+\.py$")
_GENERATED = re.compile(
    rb"do not (?:edit|modify)|@generated|auto[- ]?generated (?:by|from|with|file|code|module)"
    rb"|automatically generated|^[^\S\n]*# *generated (?:by|from|with)"
    rb"|(?:file|module|code) (?:is|was|has been) (?:auto[- ]?)?generated",
    re.IGNORECASE | re.MULTILINE,
)


def is_migration(path: str) -> bool:
    """Tell whether a path looks like a database migration: machine-drafted but kept and counted."""
    return bool(_MIGRATION.search(path))


def path_fault(path: str, size: int) -> str | None:
    """Give the reason to drop a file that shows in its path and size alone."""
    if size < 0:
        return "absent"
    if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path):
        return "name not UTF-8"  # no memory, no protocol and no list can hold it
    if _VENDORED.search(path):
        return "vendored"
    if _GENERATED_NAME.search(path):
        return "generated"
    return "too large" if size > LARGEST else None


def content_fault(path: str, data: bytes) -> str | None:
    """Give the reason to drop a file that shows in its bytes."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "not UTF-8"
    if b"\0" in data:
        return "not UTF-8"
    lines = [line for line in data.splitlines() if line.strip()]
    if lines and sum(map(len, lines)) / len(lines) > LONGEST_AVERAGE_LINE:
        return "minified"
    head = b"\n".join(data[:4000].splitlines()[:20])
    if _GENERATED.search(head) and not is_migration(path):
        return "generated"
    return None
