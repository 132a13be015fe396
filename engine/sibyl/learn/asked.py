"""Numbers of a command line that can be meant: others are refused before anything is done.

In: what was typed behind an option.  Out: its number, or argparse's sentence on which numbers are allowed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def whole(least: int) -> Callable[[str], int]:
    """Return what reads a whole number that is not below ``least``."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number that is at least {least}"
            )
        return number

    return read


def number(
    least: float = 0.0, most: float = math.inf, above: bool = False
) -> Callable[[str], float]:
    """Return what reads a number from ``least``, or only what is ``above`` it, to ``most``."""
    wanted = f"{'above' if above else 'at least'} {least:g}"
    if most < math.inf:
        wanted += f" and at most {most:g}"

    def read(text: str) -> float:
        try:
            given = float(text)
        except ValueError:
            given = math.nan
        if not (least <= given <= most and math.isfinite(given)) or (above and given == least):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number {wanted}")
        return given

    return read
