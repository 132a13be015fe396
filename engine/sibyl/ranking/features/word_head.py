"""What the server and the labels themselves say of the candidates of a list that is not of members.

In: a list.  Out: the first columns of its features, which are the same wherever the list is asked for.
"""

from __future__ import annotations

import numpy as np

from sibyl.network.model import Floats
from sibyl.ranking.features.member_features import logs
from sibyl.ranking.features.word_columns import COLUMNS, HEAD, KIND_COLUMN, SHAPE_AT
from sibyl.ranking.lists.labels import Ints
from sibyl.ranking.lists.listing import DEPRECATED, KIND, Listing, same_as_first
from sibyl.ranking.lists.word_list import WordList

_OF_LIST = COLUMNS["tier_last"] + 1
"""The first columns: what a candidate is beside all others of its list."""


def same(listing: Listing) -> Ints | None:
    """Return for each candidate the first one with its key, None where all differ."""
    return same_as_first(listing.keys, listing.key_places)


def server(listing: Listing) -> tuple[Floats, int]:
    """Return the columns of where the server has put each candidate, and how many tiers its list has."""
    count = len(listing.names)
    head = np.zeros((_OF_LIST, count), np.float32)
    order, log_of = np.arange(count), logs(count)
    head[COLUMNS["place"]] = log_of
    head[COLUMNS["place_share"]] = order.astype(np.float32) / count
    head[COLUMNS["first"], 0] = 1
    used, numbers = listing.rows
    begins = [0, *used.descents(numbers, listing.labels)]
    tier = np.zeros(count, np.int64)
    tier[begins[1:]] = 1
    tier = tier.cumsum()
    head[COLUMNS["tier"]] = log_of[tier]
    head[COLUMNS["tier_place"]] = log_of[order - np.asarray(begins)[tier]]
    head[COLUMNS["tier_last"]] = tier == tier[-1]
    return head, len(begins)


def whole_head(listing: Listing) -> Floats:
    """Return the head of a list that is looked at as a whole."""
    return head_of(listing, listing.once(server)[0])


def head_of(listing: Listing, of_list: Floats) -> Floats:
    """Return the columns of what the server and the labels say; those of the network and of letters are empty.

    ``of_list``: the first of them, which the candidates of this list may have among others of a longer one.
    """
    kinds, count = listing.numbers, len(listing.names)
    head = np.zeros((HEAD, count), np.float32)
    head[:_OF_LIST] = of_list
    used, numbers = listing.rows
    head[KIND_COLUMN[kinds & KIND], np.arange(count)] = 1
    head[COLUMNS["adds_import"]] = listing.imports
    head[COLUMNS["deprecated"]] = (kinds & DEPRECATED) > 0
    head[SHAPE_AT[0] : SHAPE_AT[-2] + 1] = used.rows["shape"][numbers, :-1].T
    head[COLUMNS["argument"]] = listing.arguments
    if listing.once(same) is not None:
        # Candidates of one name and kind stand where the first of them does.
        seen: dict[tuple[str, int], int] = {}
        alike = [
            seen.setdefault(pair, row)
            for row, pair in enumerate(zip(listing.keys, listing.kinds, strict=True))
        ]
        part = slice(COLUMNS["place"], COLUMNS["tier_last"] + 1)
        head[part] = head[part, alike]
    return head


def typed(head: Floats, listed: WordList) -> None:
    """Say how each candidate begins against what is typed."""
    if listed.typed:
        used, numbers = listed.rows
        case = used.beginning(numbers, listed.typed, False)
        head[COLUMNS["case"]] = case
        head[COLUMNS["exact"]] = used.being(numbers, listed.typed, case)
        head[COLUMNS["prefix"]] = listed.prefixed


def argument_names(listing: Listing) -> dict[str, int]:
    """Return the names of all keyword arguments, each with a place of it."""
    return {listing.names[at]: at for at in np.flatnonzero(listing.arguments).tolist()}
