"""What is known of each candidate of a list that is not of members, as numbers.

In: the list in the server's order, the network's logits, the place and what is remembered.  Out: one row of
numbers a candidate.

Names in scope, keyword arguments, keywords, imported names and modules stand in such lists together. The
server knows much of them: its list is alphabetical inside tiers, and the tiers say what is in scope, deprecated
or only for type checkers. So the place in the list stands beside what the text and the project say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p

import numpy as np

from sibyl.context.usage import Place, Usage
from sibyl.context.words import WordUsage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features import log_share, pieces_of
from sibyl.ranking.word_columns import (
    BEFORE,
    COLUMNS,
    FIRST_BEFORE,
    FIRST_CONTEXT,
    FIRST_COUNT,
    FIRST_PERSON_RECENCY,
    FIRST_PROJECT,
    FIRST_RECENCY,
    FIRST_SHARE,
    FIRST_WEIGHT,
    KIND_COLUMN,
    NAMES,
    PIECES_AT,
    SHAPE_AT,
    WHERE,
)
from sibyl.ranking.word_list import DEPRECATED, IMPORTS, Shapes, WordList

_shapes = Shapes()


def word_features(
    listed: WordList,
    logits: Floats,
    place: Place,
    usage: Usage,
    remembered: Remembered,
) -> Floats:
    """Return the features (candidates, columns) of candidates given in the server's order."""
    count, words = len(listed.labels), usage.words
    made = np.zeros((count, len(NAMES)), np.float32)
    shares = log_share(logits)
    made[:, 0] = np.maximum(shares, -20.0)
    made[:, 1] = np.maximum(shares - shares.max(), -20.0)
    keys = [
        name + "=" if label[-1:] == "=" else name
        for label, name in zip(listed.labels, listed.names, strict=True)
    ]
    rows: dict[str, int] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, row)
    tiers = _server(made, listed)
    _kinds(made, listed, keys)
    _used(made, rows, place, usage, words)
    _bound(made, rows, place, words)
    _related(made, rows, place)
    _elsewhere(made, rows, remembered)
    if len(rows) < count:
        # A name listed twice was used alike both times: so the server's order stays.
        first = [rows[key] for key in keys]
        made[:, 0:2] = made[first, 0:2]
        part = slice(COLUMNS["word_count"], FIRST_CONTEXT)
        made[:, part] = made[first, part]
        seen: dict[tuple[str, int], int] = {}
        alike = [
            seen.setdefault(pair, row)
            for row, pair in enumerate(zip(keys, listed.kinds, strict=True))
        ]
        part = slice(COLUMNS["place"], COLUMNS["tier_last"] + 1)
        made[:, part] = made[alike, part]
    made[:, FIRST_CONTEXT:] = _context(listed, tiers, place, words, remembered)
    return made


def _server(made: Floats, listed: WordList) -> int:
    """Say where the server has put each candidate; return how many tiers its list has."""
    count = len(made)
    order = np.arange(count, dtype=np.float32)
    made[:, COLUMNS["place"]] = np.log1p(order)
    made[:, COLUMNS["place_share"]] = order / count
    made[0, COLUMNS["first"]] = 1
    folded = [label.lower() for label in listed.labels]
    begins = [0, *(at for at in range(1, count) if folded[at] < folded[at - 1])]
    tier = np.zeros(count, np.float32)
    tier[begins[1:]] = 1
    tier = tier.cumsum()
    starts = np.asarray(begins, np.float32)[tier.astype(np.int64)]
    made[:, COLUMNS["tier"]] = np.log1p(tier)
    made[:, COLUMNS["tier_place"]] = np.log1p(order - starts)
    made[:, COLUMNS["tier_last"]] = tier == tier[-1]
    return len(begins)


def _kinds(made: Floats, listed: WordList, keys: Sequence[str]) -> None:
    """Say what each candidate is and looks like."""
    kinds = np.asarray(listed.kinds, np.int64)
    made[np.arange(len(made)), KIND_COLUMN[kinds & 63]] = 1
    made[:, COLUMNS["adds_import"]] = (kinds & IMPORTS) > 0
    made[:, COLUMNS["deprecated"]] = (kinds & DEPRECATED) > 0
    made[:, SHAPE_AT] = _shapes.of(listed.names)
    made[:, COLUMNS["argument"]] = [key[-1:] == "=" for key in keys]
    if listed.typed:
        typed = listed.typed
        made[:, COLUMNS["exact"]] = [name == typed for name in listed.names]
        made[:, COLUMNS["case"]] = [name.startswith(typed) for name in listed.names]
        made[:, COLUMNS["prefix"]] = listed.prefixed


def _recency(tokens: int) -> float:
    return 1 / (1 + 0.25 * log1p(tokens))


def _common(group: Mapping[str, object], rows: Mapping[str, int]) -> list[str]:
    """Return the names that are in a group and listed."""
    few, many = (group, rows) if len(group) < len(rows) else (rows, group)
    return [name for name in few if name in many]


def _used(
    made: Floats, rows: Mapping[str, int], place: Place, usage: Usage, words: WordUsage
) -> None:
    """Say how often and how recently each candidate was used, in places like this one and at all."""
    seen, now = words.seen(), place.tokens
    at = COLUMNS["word_count"]
    for name in _common(seen, rows):
        places, row = seen[name], made[rows[name]]
        row[at] = log1p(len(places))
        row[at + 1] = _recency(now - words.tokens_of(places[-1]))
    members = usage.group("m")
    for name in _common(members, rows):
        made[rows[name], COLUMNS["member_count"]] = log1p(len(members[name]))
    for index, group in enumerate(words.like(place.contexts)):
        for name in _common(group, rows):
            there, row = group[name], made[rows[name]]
            row[FIRST_COUNT + index] = log1p(there.times)
            row[FIRST_RECENCY + index] = _recency(now - there.last)


def _bound(made: Floats, rows: Mapping[str, int], place: Place, words: WordUsage) -> None:
    """Say which scope of this file binds each candidate."""
    done: set[str] = set()
    late, unused, seen = COLUMNS["bound_late"], COLUMNS["unused"], words.seen()
    for level, scope in place.bindings():
        known, column = scope.known, COLUMNS[f"bound_{level}"]
        there = [name for name in _common(known, rows) if name not in done]
        done.update(there)
        newest = {name: back for back, name in enumerate(reversed(list(known)[-8:]))}
        for name in there:
            row = made[rows[name]]
            row[column] = 1
            if name in newest:
                row[late] = 1 / (1 + newest[name])
            if level == "function":
                row[unused] = _uses_in(scope.begins, seen.get(name, ()), words) <= 1
        for name in scope.parameters:
            if name in rows and column == COLUMNS["bound_function"]:
                made[rows[name], COLUMNS["parameter"]] = 1


def _uses_in(begins: int, places: Sequence[int], words: WordUsage) -> int:
    """Return how often a name was used since a token, at most two."""
    return sum(words.tokens_of(at) >= begins for at in places[-2:])


def _related(made: Floats, rows: Mapping[str, int], place: Place) -> None:
    """Say what each candidate has to do with the keyword, the target, the callee and what is around."""
    word = place.word
    if word.keyword in rows:
        made[rows[word.keyword], COLUMNS["keyword_same"]] = 1
    target = word.target.lstrip(".")
    if target in rows:
        made[rows[target], COLUMNS["target_same"]] = 1
    for name in place.given:
        if name + "=" in rows:
            made[rows[name + "="], COLUMNS["given"]] = 1
    near = frozenset().union(*(pieces_of(name) for name in place.near))
    wanted = [pieces_of(name) for name in (word.keyword, target, place.function, word.callee)] + [
        near
    ]
    anything = frozenset().union(*wanted)
    if not anything:
        return
    for name, index in rows.items():
        there = pieces_of(name)
        if not anything.isdisjoint(there):
            made[index, PIECES_AT : PIECES_AT + 5] = [
                len(its & there) / len(there) for its in wanted
            ]


def _elsewhere(made: Floats, rows: Mapping[str, int], remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate in places like this one."""
    for index, used in enumerate(remembered.words):
        whole = log1p(used.total) if used else 1.0
        for name in _common(used, rows):
            row, (times, files) = made[rows[name]], used[name]
            row[FIRST_PROJECT + index] = log1p(times)
            row[FIRST_SHARE + index] = log1p(times) / whole
            row[COLUMNS["project_files"]] = max(row[COLUMNS["project_files"]], log1p(files))
    for name in _common(remembered.members, rows):
        made[rows[name], COLUMNS["module_here"]] = 1
        made[rows[name], COLUMNS["module_class"]] = name[:1].isupper()
    for index, used in enumerate(remembered.person):
        for name in _common(used, rows):
            weight, recency = used[name]
            made[rows[name], FIRST_WEIGHT + index] = log1p(weight)
            made[rows[name], FIRST_PERSON_RECENCY + index] = recency


def _context(
    listed: WordList, tiers: int, place: Place, words: WordUsage, remembered: Remembered
) -> Floats:
    made = np.zeros(len(NAMES) - FIRST_CONTEXT, np.float32)
    if place.word.where in WHERE:
        made[WHERE.index(place.word.where)] = 1
    if place.newest_token in BEFORE:
        made[FIRST_BEFORE - FIRST_CONTEXT + BEFORE.index(place.newest_token)] = 1
    made[-9] = bool(place.word.keyword)
    made[-8] = log1p(len(listed.typed))
    made[-7] = log1p(len(listed.labels))
    made[-6] = log1p(tiers)
    made[-5] = log1p(sum(label[-1:] == "=" for label in listed.labels))
    made[-4] = log1p(len(words.names))
    made[-3] = log1p(remembered.files)
    made[-2] = log1p(max((used.total for used in remembered.words), default=0))
    made[-1] = log1p(remembered.accepted)
    return made
