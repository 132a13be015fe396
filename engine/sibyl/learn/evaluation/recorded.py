"""Recorded completion lists, as the menus stage writes them.

In: a menus file, one JSON object a line.  Out: its lines; a list as it is with more letters typed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

from sibyl.errors import LearnError, first_line
from sibyl.ranking.session import bare


def read_menus(path: Path) -> list[dict]:
    """Read a menus file; raises LearnError when it is not one."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        wanted = {"repo", "commit", "path", "blob", "offset", "member", "menu"}
        if not lines or any(not wanted <= set(line) for line in lines):
            raise ValueError("a line lacks what a site needs")
    except (OSError, ValueError, EOFError, TypeError, zlib.error) as error:
        raise LearnError(f"{path} is not a menus file ({first_line(error)}).") from error
    return lines


def longer(line: dict) -> dict | None:
    """Return a recorded list as it would be with more letters typed: what begins so is left of it.

    People are asked with every number of letters; lists are recorded with none and one.
    """
    name = line["member"]
    if line.get("kind", "member") == "member" or line.get("letters") != 1 or len(name) < 3:
        return None
    letters = 2 + zlib.crc32(f"{line['blob']} {line['offset']}".encode()) % (len(name) - 1)
    typed = name[:letters].lower()
    left = [item for item in line["menu"] if bare(item[0]).lower().startswith(typed)]
    return line | {"letters": letters, "menu": left} if len(left) > 1 else None
