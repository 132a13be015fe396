"""Features of candidates at the end of a text, by column; the network is the stand-in."""

from __future__ import annotations

from standin import StandIn

from sibyl.context.place import Place
from sibyl.memory.project import Remembered
from sibyl.ranking.features import member_columns, word_columns
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session

Row = dict[str, float]


def rows_of(
    source: bytes,
    names: list[str],
    kinds: list[int],
    remembered: Remembered | None = None,
    typed: str = "",
) -> list[Row]:
    """The features of each candidate at the end of a source, by column."""
    ranker = Ranker(StandIn())  # type: ignore[arg-type]
    session = Session(ranker, source + typed.encode())
    offset = len(source) + len(typed)
    predicted = session.prepare(offset)
    place = Place(session.stream, session.usage)
    listed = session.listed(offset, names, kinds)
    table, _ = ranker.rows(listed, predicted, place, session.usage, remembered or Remembered())
    rows = table.whole()
    columns = member_columns.NAMES if place.member else word_columns.NAMES
    return [dict(zip(columns, row, strict=True)) for row in rows.tolist()]


def having(rows: list[Row], names: list[str], column: str) -> dict[str, float]:
    """The candidates for which a column is not zero, with its values."""
    return {
        name: round(row[column], 4) for name, row in zip(names, rows, strict=True) if row[column]
    }


def near(**wanted: float) -> dict[str, float]:
    """Numbers as float32 holds them."""
    return {name: round(value, 4) for name, value in wanted.items()}
