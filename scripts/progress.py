"""How far an installation is: which package, of how many, how many megabytes.

In:   lists of packages; the lines of pip or uv as they come.  Out: lines such as
      `sibyl: 3 of 13: numpy 2.4.6, 34 MB so far`, one for each package, and one when they are put in place.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

# pip: `Downloading numpy-2.4.6-cp311-….whl (16.6 MB)`, `Using cached …` likewise, and neither with `.metadata`.
_PIP = re.compile(
    r"(?:Downloading|Using cached) \S*?([\w.]+)-(\d[^-/]*)-[^/ ]*\.whl \(([\d.]+) ([kMG]?B)\)"
)
# pip, of a wheel that lies in a folder: it says no size.
_FILE = re.compile(r"Processing (\S*?([\w.]+)-(\d[^-/]*)-[^/ ]*\.whl)")
# uv: `Downloading numpy (15.9MiB)`; of small packages it says nothing.
_UV = re.compile(r"Downloading ([\w.-]+)() \(([\d.]+) ?([KMG]iB)\)")
_UNITS = {
    "B": 1e-6, "kB": 1e-3, "MB": 1.0, "GB": 1e3, "KiB": 1.024e-3, "MiB": 1.048576, "GiB": 1073.741824,
}  # fmt: skip
_CLAUSE = re.compile(r"(\w+) (<|>=|==|!=) '([^']*)'")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def applies(marker: str) -> bool:
    """Whether a condition of a list holds here; what it does not understand, it takes to hold."""
    here = {
        "sys_platform": sys.platform,
        "platform_python_implementation": platform.python_implementation(),
    }
    for name, operator, value in _CLAUSE.findall(marker):
        if name == "python_full_version":
            mine, named = _number(platform.python_version())[:2], _number(value)[:2]
            holds = {
                "<": mine < named,
                ">=": mine >= named,
                "==": mine == named,
                "!=": mine != named,
            }
        else:
            mine_is = here.get(name, value) == value
            holds = {"==": mine_is, "!=": not mine_is}
        if not holds.get(operator, True):
            return False
    return True


def packages(lists: Iterable[Path]) -> list[str]:
    """The packages of lists that will be installed here."""
    names: dict[str, None] = {}
    for path in lists:
        lines = re.findall(
            r"^([\w.-]+)[=<>~!]=[^;\s]+ ?(?:; ([^\\\n]*))?", path.read_text(), re.MULTILINE
        )
        names |= {name: None for name, marker in lines if applies(marker)}
    return list(names)


class Progress:
    """Hears the lines of a package manager, and tells how far it is."""

    def __init__(self, lists: Iterable[Path]) -> None:
        self.all = len(packages(lists))
        self.names: set[str] = set()
        self.megabytes = 0.0

    def __call__(self, line: str) -> None:
        """Hear one line."""
        match, file = _PIP.search(line) or _UV.search(line), _FILE.search(line)
        if match:
            name, version, size, unit = match.groups()
            self._count(name, version, float(size) * _UNITS[unit])
        elif file:
            path, name, version = file.groups()
            self._count(
                name, version, Path(path).stat().st_size / 1e6 if Path(path).is_file() else 0
            )
        elif line.startswith(("Installing collected", "Prepared")):
            self._tell("putting them in place", last=True)

    def _count(self, name: str, version: str, megabytes: float) -> None:
        name = name.lower().replace("_", "-")
        if name not in self.names:
            self.names.add(name)
            self.megabytes += megabytes
        self._tell(f"{name} {version}".strip())

    def _tell(self, sentence: str, last: bool = False) -> None:
        count = self.all if last else min(len(self.names), self.all)
        print(
            f"sibyl: {count} of {self.all}: {sentence}, {self.megabytes:.0f} MB so far", flush=True
        )
