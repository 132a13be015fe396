"""Screens as SVG: one screen, or several side by side that change in time.

In:   rows of a screen as runs of cells that look alike (scripts/neovim/screen.py).
Out:  SVG text. The same screens give the same bytes. A reader without animation, or one who asked for
      less motion, sees the moment that was chosen as the still one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from screen import Look, Run

CELL, LINE, SIZE = 7.8, 17.0, 13.0  # pixels: a cell's width, a row's height, the font
MARGIN, HEAD, GAP = 12.0, 30.0, 16.0  # around a screen, above it, between two
FONT = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
FRAME, TITLE = "#3a3d45", "#9aa0ac"
_PIECES = re.compile(r"\S+(?: \S+)*")  # browsers draw several spaces as one and stretch the rest
Rows = list[list[Run]]
Place = tuple[float, float]


@dataclass
class Panel:
    """One screen in time: each moment's rows hold until the next moment."""

    title: str
    moments: list[tuple[float, Rows]] = field(default_factory=list)  # seconds since the beginning

    def size(self) -> tuple[int, int]:
        """Return columns and rows."""
        rows = self.moments[0][1]
        return sum(cells(text) for text, _ in rows[0]), len(rows)


def cells(text: str) -> int:
    """Return how many cells a text takes; a sign that is asked to be an emoji (U+FE0F) takes two."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" or sign == "\ufe0f" for sign in text)
    return len(text) + wide - text.count("\ufe0f")


def still(title: str, rows: Rows) -> str:
    """Return one screen as a picture."""
    return animated([Panel(title, [(0.0, rows)])], 0.0, 0.0)


def animated(panels: list[Panel], length: float, still_at: float) -> str:
    """Return screens side by side; the animation is `length` seconds long and begins again."""
    styles: dict[Look, str] = {}
    courses: dict[tuple[tuple[float, float], ...], str] = {}
    body, left = [], MARGIN
    for panel in panels:
        columns, lines = panel.size()
        width = columns * CELL
        background = _background(panel)
        body.append(
            f'<rect x="{left - 8:g}" y="{MARGIN:g}" width="{width + 16:g}" '
            f'height="{HEAD + lines * LINE + 4:g}" rx="6" fill="{background}" stroke="{FRAME}"/>'
            f'<text class="t" x="{left + width / 2:g}" y="{MARGIN + 18:g}">{escape(panel.title)}</text>'
        )
        for (row, runs), spans in _spans(panel, length).items():
            drawn = _row(list(runs), (left, MARGIN + HEAD + row * LINE), background, styles)
            body += [_timed(drawn, spans, length, still_at, courses)] if drawn else []
        left += width + 2 * 8 + GAP
    height = MARGIN * 2 + HEAD + max(panel.size()[1] for panel in panels) * LINE + 4
    sheet = _sheet(styles, courses, length)
    size = f"{left - GAP - 8 + MARGIN - 4:g}", f"{height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" xml:space="preserve">'
        f"<style>{sheet}</style>\n" + "\n".join(body) + "\n</svg>\n"
    )


def _colour(number: int) -> str:
    return f"#{number:06x}"


def _background(panel: Panel) -> str:
    """Return the colour most cells have."""
    area: dict[int, int] = defaultdict(int)
    for row in panel.moments[0][1]:
        for text, look in row:
            area[look.background] += len(text)
    return _colour(max(area, key=lambda colour: area[colour]))


def _spans(
    panel: Panel, length: float
) -> dict[tuple[int, tuple[Run, ...]], list[tuple[float, float]]]:
    """Return when each content of each row is on the screen."""
    spans: dict[tuple[int, tuple[Run, ...]], list[tuple[float, float]]] = defaultdict(list)
    ends = [moment[0] for moment in panel.moments[1:]] + [length]
    for (start, rows), end in zip(panel.moments, ends, strict=True):
        for row, runs in enumerate(rows):
            known = spans[row, tuple(runs)]
            if known and known[-1][1] == start:
                known[-1] = (known[-1][0], end)
            else:
                known.append((start, end))
    return spans


def _row(runs: list[Run], place: Place, background: str, styles: dict[Look, str]) -> str:
    """Draw one row; each run has its own place and width, whatever the reader's font measures."""
    boxes, texts, column = [], [], 0
    for text, look in runs:
        x, width = place[0] + column * CELL, cells(text) * CELL
        if _colour(look.background) != background:
            box = f'x="{x:.1f}" y="{place[1]:g}" width="{width + 0.1:.1f}" height="{LINE:g}"'
            boxes.append(f'<rect {box} fill="{_colour(look.background)}"/>')
        for piece in _PIECES.finditer(text):
            name = styles.setdefault(_ink(look), f"c{len(styles)}")
            begin, inner = x + cells(text[: piece.start()]) * CELL, piece[0]
            wide = f'textLength="{cells(inner) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
            y = place[1] + LINE - 4.5
            texts.append(
                f'<text class="{name}" x="{begin:.1f}" y="{y:g}" {wide}>{escape(inner)}</text>'
            )
        column += cells(text)
    return "".join(boxes + texts)


def _ink(look: Look) -> Look:
    """Return the look without its background: what a text's style depends on."""
    return Look(look.foreground, 0, look.bold, look.italic)


def _timed(
    drawn: str,
    spans: list[tuple[float, float]],
    length: float,
    still_at: float,
    courses: dict[tuple[tuple[float, float], ...], str],
) -> str:
    """Return a row that is there in its spans only."""
    if spans == [(0.0, length)]:
        return f"<g>{drawn}</g>"
    name = courses.setdefault(tuple(spans), f"k{len(courses)}")
    hidden = "" if any(start <= still_at < end for start, end in spans) else ' visibility="hidden"'
    return f'<g class="{name}"{hidden}>{drawn}</g>'


def _sheet(
    styles: dict[Look, str], courses: dict[tuple[tuple[float, float], ...], str], length: float
) -> str:
    """Return the rules of all looks, and of all times at which rows are there."""
    rules = [
        f"text{{font:{SIZE:g}px {FONT}}}.t{{fill:{TITLE};text-anchor:middle}}",
        *(
            f".{name}{{fill:{_colour(look.foreground)}"
            + (";font-weight:bold" if look.bold else "")
            + (";font-style:italic" if look.italic else "")
            + "}"
            for look, name in styles.items()
        ),
    ]
    moving = []
    for spans, name in courses.items():
        steps = {0.0: "hidden"}
        for start, end in spans:
            steps[start], steps[end] = "visible", "hidden"
        keys = "".join(
            f"{100 * at / length:.2f}%{{visibility:{how}}}" for at, how in sorted(steps.items())
        )
        moving.append(
            f".{name}{{animation:{name} {length:g}s step-end infinite}}@keyframes {name}{{{keys}}}"
        )
    if moving:
        rules.append("@media not (prefers-reduced-motion:reduce){" + "".join(moving) + "}")
    return "".join(rules)
