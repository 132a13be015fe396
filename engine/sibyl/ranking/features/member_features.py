"""What is known of each candidate of a list of members, as numbers.

In: the list in the server's order, the network's logits, the place and the file's usage.  Out: a
``FeatureTable``.

Each column has a name (``NAMES``), so that a ranking can be explained. None looks below the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import log1p

import numpy as np

from sibyl.code.values import UNKNOWN_ORIGIN, is_local
from sibyl.context.groups import MEMBERS
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.context.words import WordUsage
from sibyl.memory.project import Remembered
from sibyl.memory.project_store import Used
from sibyl.network.model import Floats
from sibyl.ranking.features.feature_table import FeatureTable, Known
from sibyl.ranking.features.member_columns import (
    AS_NAME,
    BEFORE,
    BY_PERSON,
    COLUMNS,
    FIRST_CONTEXT,
    HEAD,
    IN_FILE,
    IN_PROJECT,
    KIND_COLUMN,
    LOOK_COLUMN,
)
from sibyl.ranking.features.written import Written
from sibyl.ranking.lists.labels import Ints, pieces_of
from sibyl.ranking.lists.listing import KIND, Listing, same_as_first
from sibyl.ranking.lists.word_list import WordList

_NOBODY = Remembered()


def log_share(logits: Floats) -> Floats:
    """Return the log of a softmax."""
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def features(
    listed: WordList,
    logits: Floats,
    place: Place,
    usage: Usage,
    remembered: Remembered = _NOBODY,
) -> FeatureTable:
    """Return the features of candidates given in the server's order."""
    listing, count = listed.listing, len(listed)
    head = listing.once(_head).copy()
    network_columns(logits, head)
    known = Known(listing.places, count, HEAD, FIRST_CONTEXT)
    _used(known, place, usage)
    _relations(known, listed, place, usage)
    _elsewhere(known, place, usage, remembered)
    # A name listed twice stands and was used alike both times: so the server's order stays.
    candidates, middle = known.gathered(listing.once(_same))
    context = _context(count, place, usage, remembered)
    return FeatureTable(head, candidates, middle, context)


def _same(listing: Listing) -> Ints | None:
    return same_as_first(listing.names, listing.places)


def _head(listing: Listing) -> Floats:
    """Return the columns of what the server and the labels say, those of the network still empty."""
    count = len(listing.names)
    head = np.zeros((HEAD + 1, count), np.float32)  # and a row for what has no column
    order = np.arange(count)
    head[COLUMNS["place"]] = logs(count)
    head[COLUMNS["place_share"]] = order.astype(np.float32) / count
    used, numbers = listing.rows
    head[LOOK_COLUMN[used.rows["look"][numbers]], order] = 1
    head[KIND_COLUMN[listing.numbers & KIND], order] = 1
    same = listing.once(_same)
    if same is not None:
        twice = slice(COLUMNS["place"], COLUMNS["place_share"] + 1)
        head[twice] = head[twice, same]
    return head[:HEAD]


@lru_cache(maxsize=8)
def _most_logs(most: int) -> Floats:
    return np.log1p(np.arange(most, dtype=np.float32))


def logs(count: int) -> Floats:
    """Return the logs of one more than the numbers below ``count``."""
    return _most_logs(max(1024, 1 << (count - 1).bit_length()))[:count]


def common(group: Mapping[str, object], rows: Mapping[str, int]) -> Iterable[str]:
    """Return the names that are in a group and listed."""
    if not group:
        return ()
    return group.keys() & rows.keys()  # looks each of the shorter one up in the longer one


def network_columns(logits: Floats, head: Floats) -> None:
    """Fill the columns ``NETWORK`` of ``head`` (columns, candidates), with which every table begins."""
    shares = log_share(logits)
    np.maximum(shares, -20.0, out=head[0])
    np.maximum(shares - shares.max(), -20.0, out=head[1])


def accepted_before(
    known: Known, person: Sequence[Used], columns: Sequence[tuple[int, int]]
) -> None:
    """Say what the person accepted in each context, into its columns of weight and recency."""
    for accepted, (weight_at, recency_at) in zip(person, columns, strict=True):
        for name in common(accepted, known.rows):
            weight, how_recent = accepted[name]
            known.put(name, weight_at, log1p(weight))
            known.put(name, recency_at, how_recent)


def used_elsewhere(known: Known, used: Used, columns: tuple[int, int]) -> list[str]:
    """Say of one context how often other files use each candidate there; return those that they use."""
    names = [*common(used, known.rows)]
    if names:
        often, whole = [log1p(used[name][0]) for name in names], log1p(used.total)
        known.put_all(names, columns[0], often)
        known.put_all(names, columns[1], [times / whole for times in often])
    return names


def used_as_word(
    known: Known, words: WordUsage, now: int, columns: tuple[int, int]
) -> dict[str, list[int]]:
    """Say how often and how recently each candidate stood anywhere; return the places of those that did."""
    seen = words.seen()
    places = {name: seen[name] for name in common(seen, known.rows)}
    last = [now - words.tokens_of(some[-1]) for some in places.values()]
    known.put_uses(places, columns, map(len, places.values()), last)
    return places


def label_column(known: Known, listed: WordList, written: Written, column: int) -> None:
    """Say which share of each name's pieces is in the word before the braces of an f-string."""
    if written.label:
        places, shares = listed.rows[0].shared(listed.listing.pieces, [written.label])
        known.put_block(places, column, shares)


def _used(known: Known, place: Place, usage: Usage) -> None:
    """Say how often and how recently each candidate was used, by what it followed."""
    now = place.tokens
    for key, columns in zip((*place.groups, MEMBERS), IN_FILE, strict=True):
        group = usage.group(*key)
        if names := [*common(group, known.rows)]:
            uses = [group[name] for name in names]
            last = [now - tokens[-1] for tokens in uses]
            known.put_uses(names, columns, map(len, uses), last)
    used_as_word(known, usage.words, now, AS_NAME)


def _relations(known: Known, listed: WordList, place: Place, usage: Usage) -> None:
    """Say what each candidate has to do with the receiver's class, and with what is being assigned."""
    put, rows = known.put, known.rows
    if place.before in rows:
        put(place.before, COLUMNS["just_used"], 1)
    order = {name: index for index, name in enumerate(place.attributes)}
    last = order.get(place.before)
    here = usage.group(*place.groups[0])
    for name, far in place.attributes.items():
        if name in rows:
            if last is not None and 0 < order[name] - last:
                put(name, COLUMNS["defined_next"], 1 / (order[name] - last))
            put(name, COLUMNS["defined_here" if far == 0 else "defined_base"], 1)
            put(name, COLUMNS["defined_method"], name in place.methods)
            put(name, COLUMNS["defined_unused"], name not in here)
    if place.target in rows:
        put(place.target, COLUMNS["target_same"], 1)
    wanted = [
        pieces_of(place.target),
        pieces_of(place.function),
        frozenset().union(*(pieces_of(name) for name in place.near)),
        pieces_of(place.spelled.rpartition(".")[2]),
    ]
    written = Written.of(place)
    if written.name in rows:
        put(written.name, COLUMNS["string_same"], 1)
    wanted += [written.string, written.near, written.comments, written.docstring]
    if any(wanted):
        places, shares = listed.rows[0].shared(listed.listing.pieces, wanted)
        known.put_block(places, COLUMNS["target_pieces"], shares)
    label_column(known, listed, written, COLUMNS["label_pieces"])
    for name in place.in_braces & rows.keys():
        put(name, COLUMNS["in_braces"], 1)


def _elsewhere(known: Known, place: Place, usage: Usage, remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate, and whether the class has it."""
    put, rows = known.put, known.rows
    for used, columns in zip(remembered.project, IN_PROJECT, strict=True):
        names = used_elsewhere(known, used, columns)
        if columns[0] == COLUMNS["project_origin_count"]:
            files = [log1p(used[name][1]) for name in names]
            known.put_all(names, COLUMNS["project_files"], files)
    members, kind, here = remembered.members, remembered.kind, usage.group(*place.groups[0])
    for name in common(members, rows):
        member = members[name]
        if kind == "guess":
            put(name, COLUMNS["class_guess"], 1)
        elif kind == "module":
            put(name, COLUMNS["module_here"], 1)
        else:
            put(name, COLUMNS["class_base" if member.distance else "class_here"], 1)
            put(name, COLUMNS["class_unused"], name not in here)
        put(name, COLUMNS["class_method"], member.method)
    accepted_before(known, remembered.person, BY_PERSON)


def row_of(values: Mapping[str, float], columns: Mapping[str, int], first: int) -> Floats:
    """Return the columns from ``first`` on with these values by name, zero where there is none."""
    row = np.zeros(len(columns) - first, np.float32)
    for name, value in values.items():
        row[columns[name] - first] = value
    return row


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
    if place.previous in BEFORE:
        values[f"before_{place.previous}"] = 1
    return row_of(values, COLUMNS, FIRST_CONTEXT)
