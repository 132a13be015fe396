"""What is known of each candidate of a list that is not of members, as numbers.

In: the list in the server's order, the network's logits, the place and what is remembered.  Out: one row of
numbers a candidate.

Names in scope, keyword arguments, keywords, imported names and modules stand in such lists together. The
server knows much of them: its list is alphabetical inside tiers, and the tiers say what is in scope, deprecated
or only for type checkers. So the place in the list stands beside what the text and the project say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log1p

import numpy as np

from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.context.words import WordUsage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features import log_share, pieces_of, row_of
from sibyl.ranking.word_columns import (
    BEFORE,
    COLUMNS,
    FIRST_CONTEXT,
    FIRST_COUNT,
    FIRST_PERSON_RECENCY,
    FIRST_PROJECT,
    FIRST_RECENCY,
    FIRST_SHARE,
    FIRST_WEIGHT,
    HEAD,
    KIND_COLUMN,
    NAMES,
    PIECES_AT,
    SHAPE_AT,
    WHERE,
)
from sibyl.ranking.word_list import DEPRECATED, WordList


def word_features(
    listed: WordList,
    logits: Floats,
    place: Place,
    usage: Usage,
    remembered: Remembered,
) -> Floats:
    """Return the features (candidates, columns) of candidates given in the server's order."""
    count, words = len(listed.labels), usage.words
    table = np.zeros((count, len(NAMES)), np.float32)
    shares = log_share(logits)
    head = np.zeros((HEAD, count), np.float32)  # a column at a time in one piece of memory
    head[0] = np.maximum(shares, -20.0)
    head[1] = np.maximum(shares - shares.max(), -20.0)
    tiers = _server(head, listed)
    _kinds(head, listed)
    table[:, :HEAD] = head.T
    used, numbers = listed.rows
    table[:, COLUMNS["python"]] = used.rows["shape"][numbers, -1]
    keys = listed.keys
    rows = dict(zip(reversed(keys), range(count - 1, -1, -1), strict=True))  # the first of each
    _used(table, rows, place, usage, words)
    _bound(table, rows, place, words)
    _related(table, listed, rows, place)
    _arguments(table, rows, place, words)
    _elsewhere(table, rows, remembered)
    if len(rows) < count:
        # A name listed twice was used alike both times: so the server's order stays.
        first = [rows[key] for key in keys]
        table[:, 0:2] = table[first, 0:2]
        part = slice(COLUMNS["word_count"], FIRST_CONTEXT)
        table[:, part] = table[first, part]
        seen: dict[tuple[str, int], int] = {}
        alike = [
            seen.setdefault(pair, row)
            for row, pair in enumerate(zip(keys, listed.kinds, strict=True))
        ]
        part = slice(COLUMNS["place"], COLUMNS["tier_last"] + 1)
        table[:, part] = table[alike, part]
    table[:, FIRST_CONTEXT:] = _context(listed, tiers, place, words, remembered)
    return table


@lru_cache(maxsize=8)
def _most_logs(most: int) -> Floats:
    return np.log1p(np.arange(most, dtype=np.float32))


def _logs(count: int) -> Floats:
    """Return the logs of one more than the numbers below ``count``."""
    return _most_logs(max(1024, 1 << (count - 1).bit_length()))[:count]


def _server(head: Floats, listed: WordList) -> int:
    """Say where the server has put each candidate; return how many tiers its list has."""
    count = head.shape[1]
    order, logs = np.arange(count), _logs(count)
    head[COLUMNS["place"]] = logs
    head[COLUMNS["place_share"]] = order.astype(np.float32) / count
    head[COLUMNS["first"], 0] = 1
    used, numbers = listed.rows
    begins = [0, *used.descents(numbers, listed.labels)]
    tier = np.zeros(count, np.int64)
    tier[begins[1:]] = 1
    tier = tier.cumsum()
    head[COLUMNS["tier"]] = logs[tier]
    head[COLUMNS["tier_place"]] = logs[order - np.asarray(begins)[tier]]
    head[COLUMNS["tier_last"]] = tier == tier[-1]
    return len(begins)


def _kinds(head: Floats, listed: WordList) -> None:
    """Say what each candidate is and looks like."""
    kinds = listed.numbers
    used, numbers = listed.rows
    head[KIND_COLUMN[kinds & 63], np.arange(len(kinds))] = 1
    head[COLUMNS["adds_import"]] = listed.imports
    head[COLUMNS["deprecated"]] = (kinds & DEPRECATED) > 0
    head[SHAPE_AT[0] : SHAPE_AT[-2] + 1] = used.rows["shape"][numbers, :-1].T
    head[COLUMNS["argument"]] = listed.arguments
    if listed.typed:
        case = used.beginning(numbers, listed.typed, False)
        head[COLUMNS["case"]] = case
        head[COLUMNS["exact"]] = used.being(numbers, listed.typed, case)
        head[COLUMNS["prefix"]] = listed.prefixed


def _recency(tokens: int) -> float:
    return 1 / (1 + 0.25 * log1p(tokens))


def _common(group: Mapping[str, object], rows: Mapping[str, int]) -> list[str]:
    """Return the names that are in a group and listed."""
    few, many = (group, rows) if len(group) < len(rows) else (rows, group)
    return [name for name in few if name in many]


def _used(
    table: Floats, rows: Mapping[str, int], place: Place, usage: Usage, words: WordUsage
) -> None:
    """Say how often and how recently each candidate was used, in places like this one and at all."""
    seen, now = words.seen(), place.tokens
    at = COLUMNS["word_count"]
    for name in _common(seen, rows):
        places, row = seen[name], table[rows[name]]
        row[at] = log1p(len(places))
        row[at + 1] = _recency(now - words.tokens_of(places[-1]))
    members = usage.group("m")
    for name in _common(members, rows):
        table[rows[name], COLUMNS["member_count"]] = log1p(len(members[name]))
    for index, group in enumerate(place.like(words)):
        for name in _common(group, rows):
            there, row = group[name], table[rows[name]]
            row[FIRST_COUNT + index] = log1p(there.times)
            row[FIRST_RECENCY + index] = _recency(now - there.last)


def _bound(table: Floats, rows: Mapping[str, int], place: Place, words: WordUsage) -> None:
    """Say which scope of this file binds each candidate."""
    done: set[str] = set()
    late, unused, seen = COLUMNS["bound_late"], COLUMNS["unused"], words.seen()
    for level, scope in place.bindings():
        known, column = scope.known, COLUMNS[f"bound_{level}"]
        there = [name for name in _common(known, rows) if name not in done]
        done.update(there)
        newest = {name: back for back, name in enumerate(reversed(list(known)[-8:]))}
        for name in there:
            row = table[rows[name]]
            row[column] = 1
            if name in newest:
                row[late] = 1 / (1 + newest[name])
            if level == "function":
                row[unused] = _uses_in(scope.begins, seen.get(name, ()), words) <= 1
        for name in scope.parameters:
            if name in rows and column == COLUMNS["bound_function"]:
                table[rows[name], COLUMNS["parameter"]] = 1


def _uses_in(begins: int, places: Sequence[int], words: WordUsage) -> int:
    """Return how often a name was used since a token, at most two."""
    return sum(words.tokens_of(at) >= begins for at in places[-2:])


def _related(table: Floats, listed: WordList, rows: Mapping[str, int], place: Place) -> None:
    """Say what each candidate has to do with the keyword, the target, the callee and what is around."""
    word = place.word
    if word.keyword in rows:
        table[rows[word.keyword], COLUMNS["keyword_same"]] = 1
    target = word.target.lstrip(".")
    if target in rows:
        table[rows[target], COLUMNS["target_same"]] = 1
    for name in place.given:
        if name + "=" in rows:
            table[rows[name + "="], COLUMNS["given"]] = 1
    near = frozenset().union(*(pieces_of(name) for name in place.near))
    wanted = [pieces_of(name) for name in (word.keyword, target, place.function, word.callee)] + [
        near
    ]
    if any(wanted):
        used, numbers = listed.rows
        places, shares = used.shared(numbers, wanted)
        table[places, PIECES_AT : PIECES_AT + len(wanted)] = shares


def _arguments(table: Floats, rows: Mapping[str, int], place: Place, words: WordUsage) -> None:
    """Say which keyword arguments are named like something at hand: ``timeout=timeout``."""
    arguments = [name for name in rows if name[-1:] == "="]
    if not arguments:
        return
    seen = words.seen()
    bound: set[str] = set()
    for level, scope in place.bindings():
        if level in ("function", "enclosing"):
            bound.update(scope.known)
    for name in arguments:
        row, places = table[rows[name]], seen.get(name[:-1])
        row[COLUMNS["argument_bound"]] = name[:-1] in bound
        if places:
            row[COLUMNS["argument_recency"]] = _recency(place.tokens - words.tokens_of(places[-1]))


def _elsewhere(table: Floats, rows: Mapping[str, int], remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate in places like this one."""
    for index, used in enumerate(remembered.words):
        whole = log1p(used.total) if used else 1.0
        for name in _common(used, rows):
            row, (times, files) = table[rows[name]], used[name]
            row[FIRST_PROJECT + index] = log1p(times)
            row[FIRST_SHARE + index] = log1p(times) / whole
            row[COLUMNS["project_files"]] = max(row[COLUMNS["project_files"]], log1p(files))
    for name in _common(remembered.members, rows):
        table[rows[name], COLUMNS["module_here"]] = 1
        table[rows[name], COLUMNS["module_class"]] = name[:1].isupper()
    for index, used in enumerate(remembered.person):
        for name in _common(used, rows):
            weight, recency = used[name]
            table[rows[name], FIRST_WEIGHT + index] = log1p(weight)
            table[rows[name], FIRST_PERSON_RECENCY + index] = recency


def _context(
    listed: WordList, tiers: int, place: Place, words: WordUsage, remembered: Remembered
) -> Floats:
    """Return the columns from the part of the statement on, which are the same for all candidates."""
    values = {
        "keyword_value": bool(place.word.keyword),
        "letters": log1p(len(listed.typed)),
        "list": log1p(len(listed.labels)),
        "tiers": log1p(tiers),
        "arguments": log1p(int(listed.arguments.sum())),
        "file": log1p(len(words.names)),
        "known_files": log1p(remembered.files),
        "known_names": log1p(max((used.total for used in remembered.words), default=0)),
        "accepted": log1p(remembered.accepted),
    }
    if place.word.where in WHERE:
        values[f"where_{place.word.where}"] = 1
    if place.newest_token in BEFORE:
        values[f"before_{place.newest_token}"] = 1
    return row_of(values, COLUMNS, FIRST_CONTEXT)
