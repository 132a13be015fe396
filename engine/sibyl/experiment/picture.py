"""The report as a picture: how the difference became clear, word by word.

In: letters saved, compared.  Out: an SVG, as text; '' while one of the arms has no words.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from sibyl.experiment.measures import Compared
from sibyl.experiment.report import sentence
from sibyl.experiment.sequential import Floats

_WIDTH, _HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 60, 50
_POINTS = 240  # of a line, at most
_CAPTION = (
    "line: difference in letters saved a completion; "
    "band: 95 % at all times, around an estimate by the coin’s odds"
)
_INK, _BAND, _FAINT = "#1b6e63", "#bfe3dd", "#999999"


def svg(saved: Compared) -> str:
    """Draw the difference in letters saved, as the report's table has it, over its confidence sequence."""
    if not saved.both:
        return ""
    course, differences = saved.course, saved.differences
    count = len(course.mean)
    picked = sorted({round((count - 1) * step / _POINTS) for step in range(_POINTS + 1)})
    # What the first few words allow is far too wide to show.
    known = course.high[count // 4 :] - course.low[count // 4 :]
    reach = min(float(saved.measure.most), max(1.0, float(known.max())))

    def x(index: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (index + 1) / count

    def y(value: float) -> float:
        share = (max(-reach, min(float(value), reach)) + reach) / (2 * reach)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def points(values: Floats, order: list[int]) -> str:
        return " ".join(f"{x(i):.1f},{y(values[i]):.1f}" for i in order)

    line = points(differences, [index for index in picked if not np.isnan(differences[index])])
    band = f"{points(course.high, picked)} {points(course.low, picked[::-1])}"
    marks = [
        _text(_LEFT - 8, y(value) + 4, f"{value:+.1f}", "end", 12)
        for value in (-reach, -reach / 2, 0.0, reach / 2, reach)
    ]
    size = f'width="{_WIDTH}" height="{_HEIGHT}"'
    where = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" {size} font-family="sans-serif"'
    zero = f'x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {where}>',
        f'<rect {size} fill="white"/>',
        _text(_LEFT, 26, sentence(saved), "start", 15),
        _text(_LEFT, 46, _CAPTION, "start", 12),
        f'<polygon points="{band}" fill="{_BAND}"/>',
        f'<line {zero} stroke="{_FAINT}" stroke-dasharray="4 4"/>',
        f'<polyline points="{line}" fill="none" stroke="{_INK}" stroke-width="2"/>',
        *marks,
        _text(_LEFT, _HEIGHT - 20, "1 word", "start", 12),
        _text(_WIDTH - _RIGHT, _HEIGHT - 20, f"{count} words", "end", 12),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _text(x: float, y: float, text: str, anchor: str, size: int) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="#222222">{escape(text)}</text>'
    )
