"""Settings that finished work was made with: going on with other ones is refused.

In: the settings kept beside the work, and those asked for now.  Out: one sentence that names the difference.

Every stage that can be stopped and started again asks here. A setting that was not kept, because an earlier
version did not write it, is taken as the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sibyl.errors import LearnError, first_line
from sibyl.learn.io import whole_file


def check(place: Path, before: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise LearnError if the work in ``place`` was begun with another setting than the one asked for."""
    for name, value in _plain(asked).items():
        if name in before and before[name] != value:
            raise LearnError(
                f"The work in {place} was begun with {name} {_shown(before[name])}, not "
                f"{_shown(value)}; ask for the same, or for another --out."
            )


def check_or_keep(path: Path, asked: Mapping[str, Any]) -> None:
    """Do the same with the settings in a JSON file; where there is none, write it."""
    try:
        before = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        with whole_file(path) as file:
            file.write((json.dumps(asked, indent=1) + "\n").encode())
        return
    except (OSError, ValueError) as error:
        raise LearnError(
            f"{path} cannot be read ({first_line(error)}); delete it to begin again."
        ) from error
    check(path.parent, before, asked)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as JSON gives them back."""
    plain: dict[str, Any] = json.loads(json.dumps(settings))
    return plain


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)
