"""The report: what the experiment has shown so far, as lines for a terminal.

In: outcomes; the project at hand.  Out: lines of text, a small chart among them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

from sibyl.experiment.log import Outcome, Period
from sibyl.experiment.measures import (
    MEASURES,
    SAVED,
    Compared,
    compared,
    parts,
    preferred,
    tossed,
)
from sibyl.experiment.sequential import Course

_BAR = 40  # cells
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MOST_SHOWN = 8  # of projects, or weeks


def report(
    words: list[Outcome], run: Period | None, now: float, here: str = "", name: str = ""
) -> list[str]:
    """Return the report's lines; ``here``: the digest of the project at hand, called ``name``."""
    lines = [state(Counter(word.arm for word in words), run, now), ""]
    coins = tossed(words)
    if coins:
        saved = compared(coins)
        lines += [sentence(saved), "", *table(coins), *[_CENTRE] * saved.both, "", *chart(saved)]
        for by, of_part in parts(coins, here, name).items():
            lines += ["", *_slices(by, of_part)]
    vote = preferred(words)
    if vote:
        lines += ["", *_votes(*vote)]
    if not words:
        lines.append("No word was written with a list yet: nothing can be said.")
    return [*lines, "", *_NOTES] if words else lines


_NOTES = (
    "A completion is a word that was written while a list was on the screen;",
    "letters saved are those of the word that were not typed, none where nothing",
    "was accepted. The intervals are valid together at all times: to look every",
    "day, and to stop when one likes, makes none of them wrong (Howard, Ramdas,",
    "McAuliffe and Sekhon 2021).",
)


# The middle of the interval is `sequential.effect`, which is fair for any words; the means are easier to read.
_CENTRE = "95 %: around an estimate by the coin’s odds, not around the difference."


def state(counts: Mapping[str, int], run: Period | None, now: float) -> str:
    """Say whether an experiment runs, and how many words it has; ``counts``: words of each arm."""
    if run is None:
        return f"No experiment runs; {_counted(sum(counts.values()), 'word')} so far."
    left = max(run.ends - now, 0) / 86_400
    days = _counted(round(left), "day") if left >= 1.5 else _counted(round(24 * left), "hour")
    how = " (interleaved)" if run.how == "interleaved" else ""
    return f"An experiment runs{how}: {days} left, {_counted(_of(run, counts), 'word')} so far."


def stopped(counts: Mapping[str, int], run: Period) -> str:
    """Say that an experiment was stopped, and what is left of it."""
    count = _of(run, counts)
    are = "is" if count == 1 else "are"
    return f"The experiment is stopped; {_counted(count, 'word')} {are} kept, see :Sibyl report."


def _of(run: Period, counts: Mapping[str, int]) -> int:
    return sum(counts.get(arm, 0) for arm in run.arms)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def sentence(saved: Compared) -> str:
    """Say what it comes to."""
    _, low, high = saved.course.last
    if not saved.both:
        missing = "sibyl’s order" if math.isnan(saved.sibyl) else "the server’s order"
        return f"Nothing can be compared yet: no word was shown in {missing}."
    if saved.decided > 0:
        return (
            f"sibyl saves you {saved.difference:.1f} letters a completion, "
            f"95 % sure between {low:.1f} and {high:.1f}."
        )
    if saved.decided < 0:
        return (
            f"sibyl costs you {-saved.difference:.1f} letters a completion, "
            f"95 % sure between {-high:.1f} and {-low:.1f}."
        )
    return (
        f"Not decided yet: sibyl saves between {_signed(max(low, -SAVED.most), 1)} and "
        f"{_signed(min(high, SAVED.most), 1)} letters a completion (95 % sure)."
    )


def table(words: list[Outcome]) -> list[str]:
    """Return all measures of both arms: means, the second less the first, and the interval."""
    ours = sum(word.arm == "sibyl" for word in words)
    lines = [f"{'':<16}{'server’s order':>16}{'sibyl’s':>10}{'difference':>13}   95 %"]
    lines += [_row(measure.name, compared(words, measure)) for measure in MEASURES]
    return [*lines, f"{'words':<16}{len(words) - ours:>16}{ours:>10}"]


def _row(name: str, arms: Compared) -> str:
    digits = arms.measure.digits
    _, low, high = arms.course.last
    low, high = max(low, -arms.measure.most), min(high, arms.measure.most)
    difference, interval = "-", "-"
    if arms.both:
        difference = _signed(arms.difference, digits)
        interval = f"{_signed(low, digits)} to {_signed(high, digits)}"
    return (
        f"{name:<16}{_plain(arms.server, digits):>16}{_plain(arms.sibyl, digits):>10}"
        f"{difference:>13}   {interval}"
    )


def _slices(by: str, outcomes: dict[str, list[Outcome]]) -> list[str]:
    """Return letters saved by parts of the words; of many parts those with most words, weeks in order."""
    largest = sorted(outcomes, key=lambda label: -len(outcomes[label]))[:_MOST_SHOWN]
    lines = [f"letters saved by {by}"]
    for label in [week for week in outcomes if week in largest] if by == "week" else largest:
        row = _row(f"  {label}"[:16], compared(outcomes[label]))
        lines += [f"{row}   {_counted(len(outcomes[label]), 'word')}"]
    return lines


def chart(saved: Compared) -> list[str]:
    """Draw both arms as bars, and the difference with its interval."""
    most = max(0.1, *(mean for mean in (saved.server, saved.sibyl) if not math.isnan(mean)))
    lines = ["letters saved a completion"]
    for name, value in (("server", saved.server), ("sibyl", saved.sibyl)):
        lines.append(f"{name:<8}{_bar(value / most):<{_BAR}} {_plain(value, 1)}")
    _, low, high = saved.course.last
    interval = _interval(saved.difference, low, high) if saved.both else "-"
    return [*lines, f"{'differ':<8}{interval}"]


def _bar(share: float) -> str:
    if math.isnan(share):
        return ""
    cells, rest = divmod(round(share * _BAR * 8), 8)
    return "█" * cells + (_EIGHTHS[rest] if rest else "")


def _interval(difference: float, low: float, high: float) -> str:
    """Draw a difference and its interval over an axis that reaches as far on both sides of none."""
    reach = max(abs(low), abs(high))
    reach = min(math.ceil(reach), SAVED.most) or 1
    half = _BAR // 2

    def cell(value: float) -> int:
        return half + round(max(-1.0, min(value / reach, 1.0)) * half)

    cells = ["·"] * (2 * half + 1)
    cells[cell(low) : cell(high) + 1] = "─" * (cell(high) - cell(low) + 1)
    cells[half] = "┼" if cells[half] == "─" else "│"
    cells[cell(low)], cells[cell(high)], cells[cell(difference)] = "├", "┤", "●"
    return "".join(cells) + f" {-reach:g} to {reach:+g}"


def _votes(count: int, course: Course) -> list[str]:
    mean, low, high = course.last
    low, high = max(low, -1.0), min(high, 1.0)
    vote = ("neither yet", "sibyl’s order", "the server’s order")[int(course.sign[-1])]
    between = f"95 % sure between {_signed(low, 2)} and {_signed(high, 2)}"
    return [
        f"interleaved: {_counted(count, 'word')}; preferred: {vote}",
        f"  mean vote {_signed(mean, 2)}, {between} (-1: the server’s, +1: sibyl’s)",
    ]


def _plain(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}"
