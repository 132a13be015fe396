"""What the benchmarks share: files to type into, keystrokes, centiles, tables, and the machine they ran on.

In:   Python's own modules; this checkout.
Out:  functions; importing it makes the engine and scripts/neovim importable.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("engine", "scripts/neovim")]
# As the desk does, before numpy is there: threads of its own would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from sibyl.ranking.session import Session

MODEL = ROOT / "models"
STATEMENT = re.compile(rb"\n(?=(?:def|class|import|from) )")
TYPED = '''

def collect(paths: list[str], limit: int = 10) -> dict[str, float]:
    """Return the newest files."""
    found = {}
    for path in paths:
        with open(os.path.join(path, "index.json"), encoding="utf-8") as file:
            entries = json.load(file)
        if not isinstance(entries, dict) or len(entries) > limit:
            continue
        found[path] = max(entry.get("time", 0) for entry in entries.values())
    logger.info("%d of %d", len(found), len(paths))
    return found

'''


@cache
def file_of(lines: int) -> bytes:
    """Python's own modules, one after the other, cut after the last whole statement of this many lines."""
    source_lines: list[bytes] = []
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.glob("[a-z]*.py")) + sorted(library.glob("asyncio/*.py")):
        source_lines += path.read_bytes().splitlines(keepends=True)
        if len(source_lines) >= lines:
            break
    data = b"".join(source_lines[:lines])
    for statement in reversed(list(STATEMENT.finditer(data))):
        whole = data[: statement.start() + 1]
        with contextlib.suppress(SyntaxError):
            ast.parse(whole)  # inside a string, say, a key would cost next to nothing
            return whole
    return data


def middle_of(data: bytes) -> int:
    """A place between two statements near the middle."""
    half, gap = len(data) // 2, b"\n\n\n"
    place = data.find(gap, half)
    return (place if place >= 0 else max(data.rfind(gap, 0, half), 0)) + 1


def keystrokes(session: Session, cursor: int, text: str) -> Iterator[int]:
    """Type; one turn is one keystroke and yields where the cursor is after it."""
    for character in text:
        new = character.encode()
        session.edit(cursor, 0, new)
        cursor += len(new)
        session.prepare(cursor)
        yield cursor


def centiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and max; raises ValueError where nothing was measured."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[round(share * last)], 4) for name, share in at.items()}


def shown(value: object) -> str:
    """A number with as many digits as mean something, anything else as it is."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    size = abs(value)
    digits = next((at for at, least in enumerate((100, 10, 1, 0.01)) if size >= least), 4)
    return f"{value:,.{digits}f}" if size else "0"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table that is read as well in a terminal as in Markdown."""
    cells = [list(head), *([shown(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first, *rest = zip(row, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    print("\n".join(["", line(cells[0]), line(rule), *map(line, cells[1:]), ""]), flush=True)


def finish(result: dict[str, Any]) -> None:
    """Print the last line: all of it as one JSON object, for scripts."""
    print(json.dumps(result), flush=True)


def machine() -> dict[str, Any]:
    """Date, processor and versions: what numbers of two runs may be compared by."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in ("pynvim", "numpy", "onnxruntime", "tree-sitter", "tree-sitter-python", "ty"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    from sibyl.network.model import published_hash

    return {
        "date": date.today().isoformat(),
        "commit": _said("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "versions": versions,
        "model": published_hash(json.loads((MODEL / "meta.json").read_text("utf-8"))),
    }


def _cpu() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line[:10] == "model name")
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
