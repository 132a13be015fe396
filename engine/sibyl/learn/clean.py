"""Which files are worth learning from, judged one file at a time.

In: a path, or a file's bytes. Out: the reason to drop it, or nothing; the file's bare tokens.
Called by: corpus.
"""

from __future__ import annotations

import re

LARGEST = 1_000_000  # bytes; above this a .py file is data in all but name
FEWEST_TOKENS = 20  # below this there is nothing to predict (empty __init__ files and the like)
LONGEST_AVERAGE_LINE = 200  # characters; hand-written code stays far below, minified is far above

PERMISSIVE = {
    *("mit", "mit-cmu", "mit-0", "bsd", "bsd-2-clause", "bsd-3-clause", "apache-2.0", "isc"),
    *("unlicense", "0bsd", "zlib", "psf-2.0", "python-2.0", "bsl-1.0", "cc0-1.0", "hpnd"),
}

_VENDORED = re.compile(
    r"(?:^|/)(?:vendor|vendored|_vendor|_vendored|third_party|third-party|thirdparty|3rdparty"
    r"|node_modules|site-packages|dist-packages|extern|externals?|venv|\.venv|\.tox|\.eggs)/",
    re.IGNORECASE,
)
_GENERATED_NAME = re.compile(r"(?:_pb2|_pb2_grpc|\.min|[._-]lock)\.py$|(?:^|/)versioneer\.py$")
_MIGRATION = re.compile(r"(?:^|/)migrations/(?:versions/)?\w+\.py$")
_GENERATED = re.compile(
    rb"do not (?:edit|modify)|@generated|auto[- ]?generated (?:by|from|with|file|code|module)"
    rb"|automatically generated|^\s*# *generated (?:by|from|with)"
    rb"|(?:file|module|code) (?:is|was|has been) (?:auto[- ]?)?generated",
    re.IGNORECASE | re.MULTILINE,
)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_LICENCE_TEXTS = (
    ("GPL", "gnu (?:lesser |affero )?general public license"),
    ("MPL-2.0", "mozilla public license"),
    ("Apache-2.0", r"apache license,?\s+version 2\.0"),
    ("MIT", "permission is hereby granted, free of charge"),
    ("ISC", "permission to use, copy, modify, and/or distribute"),
    ("BSD", "redistribution and use in source and binary forms"),
    ("Unlicense", "this is free and unencumbered software"),
)


def is_permissive(licence: str) -> bool:
    """Tell whether one of the licences offered (`A/B`, `A OR B`) is on the permissive list."""
    offered = re.split(r"\s*/\s*|\s+or\s+", licence.strip().lower())
    return any(name in PERMISSIVE for name in offered)


def licence_of(text: str) -> str:
    """Name the licence a LICENSE text seems to be, or the empty string."""
    flat = " ".join(text.split()).lower()
    return next((name for name, marker in _LICENCE_TEXTS if re.search(marker, flat)), "")


def is_migration(path: str) -> bool:
    """Tell whether a path looks like a database migration: machine-drafted but kept and counted."""
    return bool(_MIGRATION.search(path))


def path_fault(path: str, size: int) -> str | None:
    """Give the reason to drop a file that shows in its path and size alone."""
    if size < 0:
        return "absent"
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


def bare_tokens(data: bytes) -> list[str]:
    """Split a file into words and signs, blind to layout, so that re-formatted copies are equal."""
    return _TOKEN.findall(data.decode("utf-8", "replace"))
