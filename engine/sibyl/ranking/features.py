"""What is known of each candidate, as numbers.

In: the candidates in the server's order, the network's logits, the place and the file's usage.  Out: one
row of numbers a candidate.

Each column has a name (``NAMES``), so that a ranking can be explained. None looks below the cursor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log1p

import numpy as np

from sibyl.code.values import UNKNOWN_ORIGIN, is_local
from sibyl.context.groups import ACCEPTED, GROUPS, USED
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.network.vocab import pieces

FEATURES_VERSION = 4

_COUNTED = (*USED, "member", "name")
_CONTEXT = ("=", "(", ",", "return", "<nl>", "<in>", "<de>", "if", "in", "==", "[", "<str>")
NAMES: tuple[str, ...] = (
    "network",  # log of the network's probability among the candidates
    "network_odds",  # the same against the best candidate
    "place",  # log of the place in the server's list
    "place_share",  # the same as a share of the list
    "private",
    "dunder",
    "upper",
    "callable",
    "field",
    "type",
    "module",
    *(f"{name}_count" for name in _COUNTED),
    *(f"{name}_recency" for name in _COUNTED),
    "just_used",  # the member used last on this receiver
    "defined_here",  # the class of this file defines it
    "defined_base",  # a base of it in this file does
    "defined_method",
    "defined_unused",
    "defined_next",  # right after the member used last, or near it, in the class
    "target_same",  # named like what is being assigned or passed
    "target_pieces",
    "function_pieces",  # shares pieces with the name of the function around
    "near_pieces",  # with the names just above
    "receiver_pieces",  # with the receiver's own name
    *(f"project_{name}_count" for name in GROUPS),  # in other files of the project
    *(f"project_{name}_share" for name in GROUPS),
    "project_files",  # log of how many other files use it after this origin
    "class_here",  # the receiver's class, in another file, defines it
    "class_base",  # a base of it does
    "class_method",
    "class_unused",
    "class_guess",  # of the class that is named like the receiver
    "module_here",  # the receiver is a module of the project that defines it
    *(f"person_{name}_weight" for name in ACCEPTED),  # accepted before, lately weighing more
    *(f"person_{name}_recency" for name in ACCEPTED),
    "own",  # from here on the same for all candidates: receiver is of a class of this file
    "unresolved",
    "known_members",  # log of how many members the class was given
    "list",  # log of the list's length
    "file",  # log of the tokens above
    "used_receiver",  # log of the uses of this receiver above
    *(f"before_{token}" for token in _CONTEXT),
    "known_files",  # log of how many other files of the project are known
    "known_class",  # log of how many members the receiver's class has there
    "known_uses",  # log of the uses of this origin there
    "accepted",  # log of how many items the person ever accepted
)
COLUMNS = {name: index for index, name in enumerate(NAMES)}
_KINDS = {  # the protocol's CompletionItemKind
    **dict.fromkeys((2, 3, 4), COLUMNS["callable"]),
    **dict.fromkeys((5, 6, 10, 12, 20, 21), COLUMNS["field"]),
    **dict.fromkeys((7, 8, 13, 22, 25), COLUMNS["type"]),
    9: COLUMNS["module"],
}
_FIRST_PLACE = COLUMNS["place"]
_FIRST_COUNT = COLUMNS["receiver_count"]
_FIRST_RECENCY = COLUMNS["receiver_recency"]
_FIRST_PROJECT = COLUMNS["project_origin_count"]
_FIRST_SHARE = COLUMNS["project_origin_share"]
_FIRST_WEIGHT = COLUMNS["person_origin_weight"]
_FIRST_PERSON_RECENCY = COLUMNS["person_origin_recency"]
_FIRST_CONTEXT = COLUMNS["own"]
PERSON = ("accepted", *NAMES[_FIRST_WEIGHT:_FIRST_CONTEXT])
"""Columns that are zero where nothing is known of the person."""
PROJECT = ("known_files", "known_class", "known_uses", *NAMES[_FIRST_PROJECT:_FIRST_WEIGHT])
"""Columns that are zero where nothing is known of the project's other files."""
_NOBODY = Remembered()


def log_share(logits: Floats) -> Floats:
    """Return the log of a softmax."""
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def features(
    names: Sequence[str],
    kinds: Sequence[int],
    logits: Floats,
    place: Place,
    usage: Usage,
    remembered: Remembered = _NOBODY,
) -> Floats:
    """Return the features (candidates, columns) of candidates given in the server's order."""
    table = np.zeros((len(names), len(NAMES)), np.float32)
    shares = log_share(logits)
    table[:, COLUMNS["network"]] = np.maximum(shares, -20.0)
    table[:, COLUMNS["network_odds"]] = np.maximum(shares - shares.max(), -20.0)
    order = np.arange(len(names), dtype=np.float32)
    table[:, COLUMNS["place"]] = np.log1p(order)
    table[:, COLUMNS["place_share"]] = order / len(names)
    _shapes(table, names, kinds)
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, row)
    _used(table, rows, place, usage)
    _relations(table, rows, place)
    _elsewhere(table, rows, remembered)
    if len(rows) < len(names):
        # A name listed twice stands and was used alike both times: so the server's order stays.
        first = [rows[name] for name in names]
        table[:, _FIRST_PLACE : _FIRST_PLACE + 2] = table[first, _FIRST_PLACE : _FIRST_PLACE + 2]
        table[:, _FIRST_COUNT:_FIRST_CONTEXT] = table[first, _FIRST_COUNT:_FIRST_CONTEXT]
    table[:, _FIRST_CONTEXT:] = _context(len(names), place, usage, remembered)
    return table


@lru_cache(50_000)
def _shape(name: str) -> int:
    """Return the column that tells how a name looks, or that of nothing in particular."""
    if name[:1] == "_":
        return COLUMNS["dunder" if name[:2] == "__" and name[-2:] == "__" else "private"]
    return COLUMNS["upper"] if name.isupper() else -1


def _shapes(table: Floats, names: Sequence[str], kinds: Sequence[int]) -> None:
    """Say what each candidate looks like and is."""
    columns = [_shape(name) for name in names]
    groups = [_KINDS.get(kind & 63, -1) for kind in kinds]
    for told in (columns, groups):
        at = [row for row, column in enumerate(told) if column >= 0]
        table[at, [told[row] for row in at]] = 1


def _used(table: Floats, rows: dict[str, int], place: Place, usage: Usage) -> None:
    """Say how often and how recently each candidate was used, by what it followed."""
    for index, key in enumerate((*place.groups, ("m",))):
        group = usage.group(*key)
        few, many = (group, rows) if len(group) < len(rows) else (rows, group)
        for name in few:
            if name in many:
                at, row = group[name], table[rows[name]]
                row[_FIRST_COUNT + index] = log1p(len(at))
                row[_FIRST_RECENCY + index] = 1 / (1 + 0.25 * log1p(place.tokens - at[-1]))
    words, seen = usage.words, usage.words.seen()
    few, many = (seen, rows) if len(seen) < len(rows) else (rows, seen)
    for name in few:
        if name in many:
            last = words.tokens_of(seen[name][-1])
            row = table[rows[name]]
            row[COLUMNS["name_count"]] = log1p(len(seen[name]))
            row[COLUMNS["name_recency"]] = 1 / (1 + 0.25 * log1p(place.tokens - last))


def _relations(table: Floats, rows: dict[str, int], place: Place) -> None:
    """Say what each candidate has to do with the receiver's class, and with what is being assigned."""
    if place.before in rows:
        table[rows[place.before], COLUMNS["just_used"]] = 1
    order = {name: index for index, name in enumerate(place.attributes)}
    last = order.get(place.before)
    for name, far in place.attributes.items():
        if name in rows:
            row = table[rows[name]]
            if last is not None and 0 < order[name] - last:
                row[COLUMNS["defined_next"]] = 1 / (order[name] - last)
            row[COLUMNS["defined_here" if far == 0 else "defined_base"]] = 1
            row[COLUMNS["defined_method"]] = name in place.methods
            row[COLUMNS["defined_unused"]] = row[_FIRST_COUNT] == 0
    if place.target in rows:
        table[rows[place.target], COLUMNS["target_same"]] = 1
    told = (
        ("target_pieces", pieces_of(place.target)),
        ("function_pieces", pieces_of(place.function)),
        ("near_pieces", frozenset().union(*(pieces_of(name) for name in place.near))),
        ("receiver_pieces", pieces_of(place.spelled.rpartition(".")[2])),
    )
    anything = frozenset().union(*(wanted for _, wanted in told))
    for name, index in rows.items():
        there = pieces_of(name)
        if not anything.isdisjoint(there):
            for column, wanted in told:
                table[index, COLUMNS[column]] = len(wanted & there) / len(there)


def _elsewhere(table: Floats, rows: dict[str, int], remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate, and whether the class has it."""
    for index, used in enumerate(remembered.project):
        whole = log1p(used.total) if used else 1.0
        for name in rows.keys() & used.keys():
            row, (times, files) = table[rows[name]], used[name]
            row[_FIRST_PROJECT + index] = log1p(times)
            row[_FIRST_SHARE + index] = log1p(times) / whole
            if index == 0:
                row[COLUMNS["project_files"]] = log1p(files)
    members, kind = remembered.members, remembered.kind
    for name in rows.keys() & members.keys():
        row, member = table[rows[name]], members[name]
        if kind == "guess":
            row[COLUMNS["class_guess"]] = 1
        elif kind == "module":
            row[COLUMNS["module_here"]] = 1
        else:
            row[COLUMNS["class_base" if member.distance else "class_here"]] = 1
            row[COLUMNS["class_unused"]] = row[_FIRST_COUNT] == 0
        row[COLUMNS["class_method"]] = member.method
    for index, used in enumerate(remembered.person):
        for name in rows.keys() & used.keys():
            weight, recency = used[name]
            table[rows[name], _FIRST_WEIGHT + index] = log1p(weight)
            table[rows[name], _FIRST_PERSON_RECENCY + index] = recency


def row_of(values: Mapping[str, float], columns: Mapping[str, int], first: int) -> Floats:
    """Return the columns from ``first`` on with these values by name, zero where there is none."""
    row = np.zeros(len(columns) - first, np.float32)
    for name, value in values.items():
        row[columns[name] - first] = value
    return row


@lru_cache(50_000)
def pieces_of(name: str) -> frozenset[str]:
    """Return the pieces of a name that say something, in lower case."""
    return frozenset(part for part in pieces(name) if part[0].islower() and len(part) > 1)


def _context(candidates: int, place: Place, usage: Usage, remembered: Remembered) -> Floats:
    """Return the columns from ``own`` on, which are the same for all candidates."""
    values = {
        "own": is_local(place.value),
        "unresolved": place.origin[:2] == UNKNOWN_ORIGIN,
        "known_members": log1p(len(place.attributes)),
        "list": log1p(candidates),
        "file": log1p(place.tokens),
        "used_receiver": log1p(len(usage.words.seen().get(place.spelled.split(".")[0], ()))),
        "known_files": log1p(remembered.files),
        "known_class": log1p(len(remembered.members)),
        "known_uses": log1p(remembered.project[0].total),
        "accepted": log1p(remembered.accepted),
    }
    if place.previous in _CONTEXT:
        values[f"before_{place.previous}"] = 1
    return row_of(values, COLUMNS, _FIRST_CONTEXT)
