"""A Python whose ranker's worker ends once, at the first word that files have changed.

In:   `ending_host.py MARK -c CODE ARGUMENTS…`, as Neovim would start an interpreter.
Out:  CODE runs with the real ranker; MARK is written when the worker has ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))
mark, place = sys.argv[1], sys.argv.index("-c")  # other flags may stand before it
code, arguments = sys.argv[place + 1], sys.argv[place + 2 :]


def changed(*_: object) -> None:
    """End the worker, the first time."""
    if not Path(mark).exists():
        Path(mark).write_text("ended")
        raise SystemExit(1)


if "start_host" in code:
    from sibyl.host.handlers import Work

    Work.changed = changed  # type: ignore[method-assign]
sys.argv = ["-c", *arguments]
exec(code, {"__name__": "__main__"})  # noqa: S102 (that is what -c means)
