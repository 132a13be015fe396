"""Step 8a of 9: what is known of each candidate, as numbers.

In: the candidates in the server's order, the network's logits, the place and the file's usage.  Out: one
row of numbers a candidate.  Called by: rank while typing, ``learn.mix`` for training the mixture.

Each column has a name (``NAMES``), so that a ranking can be explained. None looks below the cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

import numpy as np

from sibyl.model import Floats
from sibyl.usage import Place, Usage
from sibyl.vocab import pieces

FEATURES_VERSION = 1

_COUNTED = ("receiver", "origin", "member", "name", "after", "origin_after")
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
    "target_same",  # named like what is being assigned or passed
    "target_pieces",
    "own",  # from here on the same for all candidates: receiver is of a class of this file
    "unresolved",
    "known_members",  # log of how many members the class was given
    "list",  # log of the list's length
    "file",  # log of the tokens above
    "used_receiver",  # log of the uses of this receiver above
    *(f"before_{token}" for token in _CONTEXT),
)
COLUMNS = {name: index for index, name in enumerate(NAMES)}
_KINDS = {  # the protocol's CompletionItemKind
    **dict.fromkeys((2, 3, 4), "callable"),
    **dict.fromkeys((5, 6, 10, 12, 20, 21), "field"),
    **dict.fromkeys((7, 8, 13, 22, 25), "type"),
    9: "module",
}
_FIRST_COUNT = COLUMNS["receiver_count"]
_FIRST_RECENCY = COLUMNS["receiver_recency"]
_FIRST_CONTEXT = COLUMNS["own"]


def log_share(logits: Floats) -> Floats:
    """Return the log of a softmax."""
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def features(
    names: Sequence[str], kinds: Sequence[int], logits: Floats, place: Place, usage: Usage
) -> Floats:
    """Return the features (candidates, columns) of candidates given in the server's order."""
    made = np.zeros((len(names), len(NAMES)), np.float32)
    shares = log_share(logits)
    made[:, 0] = np.maximum(shares, -20.0)
    made[:, 1] = np.maximum(shares - shares.max(), -20.0)
    order = np.arange(len(names), dtype=np.float32)
    made[:, 2] = np.log1p(order)
    made[:, 3] = order / len(names)
    for row, name, kind in zip(made, names, kinds, strict=True):
        _shape(row, name, kind)
        _counts(row, name, place, usage)
        _relations(row, name, place)
    made[:, _FIRST_CONTEXT:] = _context(len(names), place, usage)
    return made


def _shape(row: Floats, name: str, kind: int) -> None:
    if name[:1] == "_":
        row[COLUMNS["dunder" if name[:2] == "__" and name[-2:] == "__" else "private"]] = 1
    elif name.isupper():
        row[COLUMNS["upper"]] = 1
    group = _KINDS.get(kind & 63)
    if group is not None:
        row[COLUMNS[group]] = 1


def _counts(row: Floats, name: str, place: Place, usage: Usage) -> None:
    of, now = usage.of, place.tokens
    found = (
        of("s", place.spelled, name),
        of("o", place.origin, name),
        of("m", name),
        of("n", name),
        of("b", place.spelled, place.before, name),
        of("p", place.origin, place.before, name),
    )
    for index, at in enumerate(found):
        if at:
            row[_FIRST_COUNT + index] = log1p(len(at))
            row[_FIRST_RECENCY + index] = 1 / (1 + 0.25 * log1p(now - at[-1]))


def _relations(row: Floats, name: str, place: Place) -> None:
    if name == place.before:
        row[COLUMNS["just_used"]] = 1
    far = place.attributes.get(name)
    if far is not None:
        row[COLUMNS["defined_here" if far == 0 else "defined_base"]] = 1
        row[COLUMNS["defined_method"]] = name in place.methods
        row[COLUMNS["defined_unused"]] = row[_FIRST_COUNT] == 0
    if place.target:
        if name == place.target:
            row[COLUMNS["target_same"]] = 1
        wanted = set(pieces(place.target))
        there = set(pieces(name))
        both = len(wanted & there)
        if both:
            row[COLUMNS["target_pieces"]] = both / len(wanted | there)


def _context(candidates: int, place: Place, usage: Usage) -> Floats:
    made = np.zeros(len(NAMES) - _FIRST_CONTEXT, np.float32)
    made[0] = place.value[:2] in ("S:", "I:", "L:")
    made[1] = place.origin[:2] == "@~"
    made[2] = log1p(len(place.attributes))
    made[3] = log1p(candidates)
    made[4] = log1p(place.tokens)
    made[5] = log1p(len(usage.of("n", place.spelled.split(".")[0])))
    if place.previous in _CONTEXT:
        made[6 + _CONTEXT.index(place.previous)] = 1
    return made
