"""What a corpus may hold: licences, and files by content.

In: a licence's name or text, a file's bytes.  Out: whether it is permissive; the file's bare tokens.
Which files are worth reading at all is judged by ``sibyl.code.filters``, as in a user's project.
"""

from __future__ import annotations

import re

from sibyl.code.filters import LARGEST, content_fault, is_migration, path_fault

__all__ = [
    "FEWEST_TOKENS", "LARGEST", "PERMISSIVE", "bare_tokens", "content_fault", "is_migration",
    "is_permissive", "licence_of", "path_fault",
]  # fmt: skip

FEWEST_TOKENS = 20  # below this there is nothing to predict (empty __init__ files and the like)

PERMISSIVE = {
    *("mit", "mit-cmu", "mit-0", "bsd", "bsd-2-clause", "bsd-3-clause", "apache-2.0", "isc"),
    *("unlicense", "0bsd", "zlib", "psf-2.0", "python-2.0", "bsl-1.0", "cc0-1.0", "hpnd"),
}

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
    offered = re.split(r"/|\sor\s", licence.lower())
    return any(name.strip() in PERMISSIVE for name in offered)


def licence_of(text: str) -> str:
    """Name the licence a LICENSE text seems to be, or the empty string."""
    flat = " ".join(text.split()).lower()
    return next((name for name, marker in _LICENCE_TEXTS if re.search(marker, flat)), "")


def bare_tokens(data: bytes) -> list[str]:
    """Split a file into words and signs, blind to layout, so that re-formatted copies are equal."""
    return _TOKEN.findall(data.decode("utf-8", "replace"))
