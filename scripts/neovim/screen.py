"""The screen a person would see, kept from Neovim's own drawing events.

In:   the "redraw" notifications of an attached UI (line-grid protocol).
Out:  `Screen.lines()`: text, popup menu, floating windows and prompts included.
      `Screen.runs()`: the same with the look of each run of cells.
No request is needed to look, so it also shows what is
there when Neovim waits for a key and answers nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

BLANK = " "


@dataclass(frozen=True)
class Look:
    """How a cell is drawn; colours are 24-bit numbers."""

    foreground: int
    background: int
    bold: bool = False
    italic: bool = False


Run = tuple[str, Look]


class Screen:
    """One grid of cells; unknown drawing events are of no interest here."""

    def __init__(self, width: int, height: int) -> None:
        """Begin blank."""
        self.cells = [[BLANK] * width for _ in range(height)]
        self.looks = [[0] * width for _ in range(height)]  # keys of `attributes`
        self.attributes: dict[int, dict[str, Any]] = {0: {}}
        self.colours = (0xFFFFFF, 0)  # foreground and background where nothing else is said
        self.cursor = (0, 0)  # row, column

    def feed(self, batches: list[list[Any]]) -> None:
        """Draw one notification: a list of [event name, arguments, arguments …]."""
        for name, *calls in batches:
            draw = getattr(self, f"_{name}", None)
            if draw:
                for arguments in calls:
                    draw(*arguments)

    def lines(self) -> list[str]:
        """The rows as text, without the blanks at their ends."""
        return ["".join(row).rstrip() for row in self.cells]

    def runs(self, cursor: bool = False) -> list[list[Run]]:
        """Return the rows as runs of cells that look alike, on request with the cursor as a block."""
        rows = []
        for row, (texts, keys) in enumerate(zip(self.cells, self.looks, strict=True)):
            looks = [self._look(key) for key in keys]
            if cursor and row == self.cursor[0]:
                under = looks[self.cursor[1]]
                looks[self.cursor[1]] = Look(under.background, under.foreground)
            pairs = groupby(zip(texts, looks, strict=True), lambda cell: cell[1])
            rows.append([("".join(text for text, _ in run), look) for look, run in pairs])
        return rows

    def _look(self, key: int) -> Look:
        """Resolve a key into colours."""
        attributes = self.attributes.get(key, {})
        front = attributes.get("foreground", self.colours[0])
        back = attributes.get("background", self.colours[1])
        if attributes.get("reverse"):
            front, back = back, front
        return Look(front, back, bool(attributes.get("bold")), bool(attributes.get("italic")))

    def _default_colors_set(self, front: int, back: int, *_: Any) -> None:
        """Keep the colours of plain text."""
        self.colours = (front, back)

    def _hl_attr_define(self, key: int, attributes: dict[str, Any], *_: Any) -> None:
        """Keep what a key stands for."""
        self.attributes[key] = attributes

    def _grid_cursor_goto(self, _grid: int, row: int, column: int) -> None:
        """Keep the cursor."""
        self.cursor = (row, column)

    def _grid_resize(self, _grid: int, width: int, height: int) -> None:
        """Keep what fits."""
        rows = [(row + [BLANK] * width)[:width] for row in self.cells[:height]]
        self.cells = rows + [[BLANK] * width for _ in range(height - len(rows))]
        looks = [(row + [0] * width)[:width] for row in self.looks[:height]]
        self.looks = looks + [[0] * width for _ in range(height - len(looks))]

    def _grid_clear(self, _grid: int) -> None:
        """Blank everything."""
        self.cells = [[BLANK] * len(row) for row in self.cells]
        self.looks = [[0] * len(row) for row in self.looks]

    def _grid_line(self, _grid: int, row: int, column: int, cells: list[Any], *_: Any) -> None:
        """Write cells: [text], [text, look] or [text, look, times]; a look holds until another comes."""
        look = 0
        for text, *rest in cells:
            look = rest[0] if rest else look
            times = rest[1] if len(rest) > 1 else 1
            self.looks[row][column : column + times] = [look] * times
            # The right half of a wide character comes as an empty text: one cell, no letter.
            self.cells[row][column : column + times] = [text] * times
            column += times

    def _grid_scroll(
        self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, *_: Any
    ) -> None:
        """Move a region up (rows > 0) or down; what is uncovered gets drawn by later events."""
        _scroll(self.cells, top, bottom, left, right, rows)
        _scroll(self.looks, top, bottom, left, right, rows)


def _scroll(grid: list[list[Any]], top: int, bottom: int, left: int, right: int, rows: int) -> None:
    """Move a region of one grid."""
    moved = [row[left:right] for row in grid]
    for row in range(top, bottom):
        if top <= row + rows < bottom:
            grid[row][left:right] = moved[row + rows]
