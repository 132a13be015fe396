"""Keyword arguments where the definition that is called is known: their order, and what is given already."""

from __future__ import annotations

import numpy as np
import pytest
from rows import having, near, rows_of

from sibyl.memory.project import Remembered
from sibyl.ranking.features.word_features import lifts

FUNCTIONS = """\
from dataclasses import dataclass
@dataclass
class Base:
    zeta: str
    def early(self): ...
    class Meta: ...
    mid: int = 0
    def run(self, way, alpha=1, *, fast=False): ...
@dataclass
class Item(Base):
    alpha: float = 0
class Own(Base):
    def __init__(self, mid, alpha): self.other = mid
def ship(zeta, alpha, mid=1): ...
def note(text, *args, level=0, extra: int = 1, **others): ...
def mark(text, *, level, extra): ...
"""


@pytest.mark.parametrize(
    ("call", "listed", "wanted"),
    [
        ("ship(", "alpha mid zeta", "zeta alpha mid"),
        ("ship(1, ", "alpha mid zeta", "alpha mid -zeta"),
        ("ship(alpha=1, ", "mid zeta", "zeta mid"),
        ("ship(1, mid=2, ", "alpha mid zeta", "alpha -mid -zeta"),
        ("Base(", "mid zeta", "zeta mid"),
        ("Base(1, 2, ", "mid zeta", "-mid -zeta"),
        ("Base().run(1, ", "alpha fast way", "alpha fast -way"),
        ("Item(", "alpha mid zeta", "zeta mid alpha"),
        ("Own(", "alpha mid", "mid alpha"),
        ("Base().run(", "alpha fast way", "way alpha fast"),
        ("ship(", "alpha elsewhere", ""),
        ("unknown(", "alpha mid", ""),
        ("ship(zeta=ship(", "alpha mid zeta", "zeta alpha mid"),
        ("note(", "extra level text", "text level extra"),
        ("note(1, ", "extra level text", "level extra -text"),
        ("note(1, 2, 3, 4, ", "extra level text", "level extra -text"),
        ("note(1, 2, 3, level=4, ", "extra level text", "extra -level -text"),
        ("note(1, ", "args extra level text", ""),  # it has no such name
        ("mark(1, 2, 3, ", "extra level text", "level extra -text"),
        ("mark(1, extra=2, ", "extra level text", "level -extra -text"),
    ],
)
def test_parameters_are_in_the_order_of_the_definition(call: str, listed: str, wanted: str) -> None:
    """Next is what a function of this file takes next; what has its value by place or name is taken (-)."""
    names = [f"{name}=" for name in listed.split()]
    rows = rows_of((FUNCTIONS + call).encode(), names, [6] * len(names))
    in_order = [name + "=" for name in wanted.split() if name[0] != "-"]
    lift = dict(zip(in_order, lifts(len(in_order)).tolist(), strict=True))
    assert having(rows, names, "signature_place") == near(**{n: x for n, x in lift.items() if x})
    taken = {name[1:] + "=": 1 for name in wanted.split() if name[0] == "-"}
    assert having(rows, names, "signature_taken") == taken


def test_parameters_together_are_as_likely_as_before() -> None:
    """The next is likelier than the one behind it; names beside them neither win nor lose."""
    for count in (1, 2, 5, 40):
        values = lifts(count)
        assert np.exp(values).mean() == pytest.approx(1, abs=1e-5)
        assert (np.diff(values) < 0).all()


def test_fields_of_a_class_elsewhere_are_in_its_order() -> None:
    """A class of another file is called with its fields, in order; by place none is known to be taken."""
    names, remembered = ["alpha=", "mid=", "zeta="], Remembered(fields=("zeta", "mid", "alpha"))
    rows = rows_of(b"from app import Item\nItem(1, ", names, [6] * 3, remembered)
    first, second = (lifts(2) / 2).tolist()  # less sure than where the file itself defines it
    assert having(rows, names, "signature_place") == near(**{"mid=": first, "alpha=": second})
    assert having(rows, names, "signature_taken") == {}
    rows = rows_of(b"from app import Item\nItem(", names, [6] * 3)
    assert having(rows, names, "signature_place") == {}


@pytest.mark.parametrize(
    ("call", "signatures", "wanted"),
    [
        ("ship(", [("zeta", "alpha", "mid")], "zeta alpha mid"),
        ("app.ship(1, ", [("zeta", "alpha", "mid")], "alpha mid -zeta"),
        ("x.y().ship(1, mid=2, ", [("zeta", "alpha", "mid")], "alpha -mid -zeta"),
        ("ship(1, ", [("zeta", "alpha")], ""),  # it has not what the server lists
        ("ship(1, ", [("zeta", "alpha"), ("zeta", "more", "mid", "alpha")], "mid alpha -zeta"),
        ("ship(1, ", [("zeta", "alpha", "mid"), ("mid", "alpha", "zeta")], ""),  # which of them?
        ("ship(1, ", [("zeta", "alpha", "mid"), ("zeta", "alpha", "mid", "x")], "alpha mid -zeta"),
        # Of several with that order other ones come next, if there is something between that is not listed.
        ("ship(1, 2, ", [("zeta", "alpha", "mid"), ("zeta", "x", "alpha", "mid")], ""),
        ("ship(", [("zeta", "alpha", "mid"), ("zeta", "x", "alpha", "mid")], "zeta alpha mid"),
        ("ship(1, 2, 3, 4, ", [("*args", "zeta", "alpha", "mid")], "zeta alpha mid"),
        ("ship(1, 2, 3, ", [("zeta", "*", "alpha", "mid")], "alpha mid -zeta"),
    ],
)
def test_functions_elsewhere_are_known_by_what_the_server_lists(
    call: str, signatures: list[tuple[str, ...]], wanted: str
) -> None:
    """The one order of the project's functions of this name that have all listed parameters is theirs."""
    names = ["alpha=", "mid=", "zeta="]
    remembered = Remembered(signatures=tuple(signatures))
    rows = rows_of(call.encode(), names, [6] * 3, remembered)
    in_order = [name + "=" for name in wanted.split() if name[0] != "-"]
    lift = (lifts(len(in_order)) / 2).tolist()
    place = {name: x for name, x in zip(in_order, lift, strict=True) if x}
    assert having(rows, names, "signature_place") == near(**place)
    taken = {name[1:] + "=": 1 for name in wanted.split() if name[0] == "-"}
    assert having(rows, names, "signature_taken") == taken
