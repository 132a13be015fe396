"""What was promised of speed and size, and whether the numbers keep it.

In:   the JSON of the benchmarks, by script.
Out:  `rows`, the table of budgets; `failed`, what is so far off that no noisy machine explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]
OWN_MB = 12.0
MENU_MS = 1.2


@dataclass(frozen=True)
class Budget:
    """One promise: a number of one script, and the most it may be."""

    script: str
    says: str
    most: float
    of: Callable[[Any], float]


def _worst(*path: str) -> Callable[[Any], float]:
    """The worst of all Neovims."""

    def of(result: Any) -> float:
        values = []
        for value in result.values():
            for name in path:
                value = value[name]
            values.append(float(value))
        return max(values)

    return of


def _growing(result: Any) -> float:
    keys = result["keystroke_ms"]
    return float(keys["20000"]["p50"] / keys["500"]["p50"])


def _recalled(result: Any) -> float:
    return float(result["rank_100_ms"]["all"]["p50"])


_ADDED = ("instant", "100", "reply", "added")
_AGAIN = ("again", "100", "reply", "added")
_ADDED_1000 = ("names", "1000", "reply", "added")
_ADDED_2000 = ("instant", "2000", "reply", "added")
BUDGETS = (
    Budget(
        "stages", "a key in 2,000 lines, p50 ms", 0.5, lambda r: r["keystroke_ms"]["2000"]["p50"]
    ),
    Budget(
        "stages", "a key in 2,000 lines, p99 ms", 3.0, lambda r: r["keystroke_ms"]["2000"]["p99"]
    ),
    Budget("stages", "a key in 20,000 lines over one in 500, p50", 1.5, _growing),
    Budget("stages", "ranking 100 names, p50 ms", 0.3, lambda r: r["rank_ms"]["100"]),
    Budget("stages", "ranking 700 names, p50 ms", 1.5, lambda r: r["rank_ms"]["700"]),
    Budget(
        "stages",
        "ranking 1,000 words after a rest, p50 ms",
        1.5,
        lambda r: r["rank_words_ms"]["1000"]["rested"]["p50"],
    ),
    Budget("stages", "opening 2,000 lines, ms", 150.0, lambda r: r["open_ms"]["2000"]),
    Budget("stages", "opening 20,000 lines, ms", 1500.0, lambda r: r["open_ms"]["20000"]),
    Budget("keystroke", "added before a menu of 100, p50 ms", MENU_MS, _worst(*_ADDED, "p50")),
    Budget("keystroke", "the same of a list again, p50 ms", MENU_MS, _worst(*_AGAIN, "p50")),
    Budget("keystroke", "added before a menu of 100, p99 ms", 10.0, _worst(*_ADDED, "p99")),
    Budget(
        "keystroke", "added before a menu of 1,000 names, p50 ms", 3.0, _worst(*_ADDED_1000, "p50")
    ),
    Budget(
        "keystroke", "added before a menu of 1,000 names, p99 ms", 10.0, _worst(*_ADDED_1000, "p99")
    ),
    Budget("keystroke", "added before a menu of 2,000, p50 ms", 6.0, _worst(*_ADDED_2000, "p50")),
    Budget(
        "keystroke",
        "main loop kept at once while typing, ms",
        5.0,
        _worst("typing", "ours_at_once_ms"),
    ),
    Budget("startup", "added to Neovim's start, p50 ms", 3.0, _worst("started_ms", "added", "p50")),
    Budget(
        "startup", "main loop kept at once by the first file, ms", 5.0, _worst("begin_ms", "p50")
    ),
    Budget("memory", "ranker above imports, own MB", OWN_MB, lambda r: r["above_imports_own_mb"]),
    Budget(
        "memory", "host above imports, own MB", OWN_MB, lambda r: r["host_above_imports_own_mb"]
    ),
    Budget("project", "ranking 100 names with all memories, p50 ms", 0.5, _recalled),
    Budget("project", "host memory for a project of 500 files, MB", 20.0, lambda r: r["host_mb"]),
    Budget("project", "first reading of it, CPU s", 15.0, lambda r: r["build_cpu_s"]),
    Budget("project", "warm start of it, ms", 100.0, lambda r: r["warm_ms"]),
    Budget("memory", "model on disk, MB", 4.0, lambda r: r["model_bytes"] / 1e6),
)
# What a busy machine cannot explain: two numbers of one run, or one that is far beyond its budget.
CERTAIN = (
    Budget("stages", "a key in 20,000 lines costs {:.1f} times one in 500", 3.0, _growing),
    Budget(
        "memory",
        "the host's own memory above bare imports is {:.1f} times its budget",
        2.0,
        lambda r: r["above_imports_own_mb"] / OWN_MB,
    ),
    Budget(
        "keystroke",
        "what is added before a menu of 100 is {:.1f} times its budget",
        10.0,
        lambda r: _worst(*_ADDED, "p50")(r) / MENU_MS,
    ),
)


def rows(results: Results) -> Iterator[tuple[object, ...]]:
    """Yield each budget whose script was run: what, the budget, the measured, whether it is met.

    What a short run leaves out is left out here.
    """
    for budget in BUDGETS:
        if budget.script in results:
            try:
                value = budget.of(results[budget.script])
            except KeyError:
                continue
            met = "yes" if value <= budget.most else "**no**"
            yield budget.says, budget.most, value, met, f"bench/{budget.script}.py"


def failed(results: Results) -> dict[str, str]:
    """Return, by script, what is certainly wrong; a number that is not there is wrong, too."""
    faults = {}
    for check in CERTAIN:
        try:
            value = check.of(results[check.script])
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            faults[check.script] = (
                f"bench/{check.script}.py did not say what is checked ({error!r})."
            )
            continue
        if not value <= check.most:
            sentence = check.says.format(value)
            faults[check.script] = (
                f"{sentence}; the most is {check.most:g} (bench/{check.script}.py)."
            )
    return faults
