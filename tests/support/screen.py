"""The screen a person would see, kept from Neovim's own drawing events.

In:   the "redraw" notifications of an attached UI (line-grid protocol).
Out:  `Screen.lines()`: text, popup menu, floating windows and prompts included.
No request is needed to look, so it also shows what is
there when Neovim waits for a key and answers nothing.
"""

from __future__ import annotations

from typing import Any

BLANK = " "


class Screen:
    """One grid of cells; unknown drawing events are of no interest here."""

    def __init__(self, width: int, height: int) -> None:
        """Begin blank."""
        self.cells = [[BLANK] * width for _ in range(height)]

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

    def _grid_resize(self, _grid: int, width: int, height: int) -> None:
        """Keep what fits."""
        rows = [(row + [BLANK] * width)[:width] for row in self.cells[:height]]
        self.cells = rows + [[BLANK] * width for _ in range(height - len(rows))]

    def _grid_clear(self, _grid: int) -> None:
        """Blank everything."""
        self.cells = [[BLANK] * len(row) for row in self.cells]

    def _grid_line(self, _grid: int, row: int, column: int, cells: list[Any], *_: Any) -> None:
        """Write cells: [text], [text, highlight] or [text, highlight, times]."""
        for text, *rest in cells:
            times = rest[1] if len(rest) > 1 else 1
            # The right half of a wide character comes as an empty text: one cell, no letter.
            self.cells[row][column : column + times] = [text] * times
            column += times

    def _grid_scroll(
        self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, *_: Any
    ) -> None:
        """Move a region up (rows > 0) or down; what is uncovered gets drawn by later events."""
        moved = [row[left:right] for row in self.cells]
        for row in range(top, bottom):
            if top <= row + rows < bottom:
                self.cells[row][left:right] = moved[row + rows]
