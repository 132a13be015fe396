"""What is known of each candidate of a list that is not of members, as numbers.

In: the list in the server's order, the network's logits, the place and what is remembered.  Out: a
``FeatureTable``.

Names in scope, keyword arguments, keywords, imported names and modules stand in such lists together. The
server knows much of them: its list is alphabetical inside tiers, and the tiers say what is in scope, deprecated
or only for type checkers. So the place in the list stands beside what the text and the project say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from math import log1p

import numpy as np

from sibyl.context.groups import MEMBERS
from sibyl.context.place import Place
from sibyl.context.usage import Usage
from sibyl.context.words import IN_IMPORTS, WordUsage
from sibyl.memory.project import Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features.feature_table import FeatureTable, Known, recency
from sibyl.ranking.features.import_order import order_of_imports, share_in_order
from sibyl.ranking.features.member_features import (
    accepted_before,
    common,
    label_column,
    network_columns,
    row_of,
    used_as_word,
    used_elsewhere,
)
from sibyl.ranking.features.reserved import keyword_columns
from sibyl.ranking.features.word_columns import (
    AS_WORD,
    BEFORE,
    BY_PERSON,
    COLUMNS,
    FIRST_CONTEXT,
    HEAD,
    IMPORTED,
    IMPORTED_ELSEWHERE,
    IN_CONTEXT,
    IN_PROJECT,
    WHERE,
)
from sibyl.ranking.features.word_head import (
    argument_names,
    head_of,
    same,
    server,
    typed,
    whole_head,
)
from sibyl.ranking.features.written import Written
from sibyl.ranking.lists.labels import pieces_of
from sibyl.ranking.lists.listing import Listing
from sibyl.ranking.lists.word_list import WordList

_UNNAMED = frozenset(("argument", *IN_IMPORTS))
"""Where no string names what comes: beside an argument it is another argument."""
_NEXT = 2.5  # log of how much likelier the next parameter is than one far behind it (bench/LOG.md)
_ELSEWHERE = 0.5  # share of it that holds where another file defines what is called


def word_features(
    listed: WordList,
    logits: Floats,
    place: Place,
    usage: Usage,
    remembered: Remembered,
    in_part: bool = False,
) -> FeatureTable:
    """Return the features of candidates given in the server's order: of those shown (``in_part``), or all."""
    whole, words = listed, usage.words
    of_list, tiers = whole.listing.once(server)
    if in_part:
        listed = listed.part
        network = np.zeros((2, len(whole)), np.float32)
        network_columns(logits, network)
        head = head_of(listed.listing, of_list[:, whole.shown])
        head[:2] = network[:, whole.shown]
    else:
        head = whole.listing.once(whole_head).copy()
        network_columns(logits, head)
    listing, count = listed.listing, len(listed)
    typed(head, listed)
    known = Known(listing.key_places, count, HEAD, FIRST_CONTEXT)
    places, of_keywords = keyword_columns(listing, head[0], place, bool(listed.typed))
    known.put_block(places, COLUMNS["python"], of_keywords)
    _used(known, place, usage, words)
    _bound(known, place, words)
    _related(known, listed, place)
    _arguments(known, listing, place, words)
    _signature(known, listing, place, remembered)
    order_of_imports(known, listed, place, words)
    _imported(known, listed, place, words)
    _elsewhere(known, remembered)
    # A name listed twice was used alike both times: so the server's order stays.
    firsts = listing.once(same)
    if firsts is not None:
        head[:2] = head[:2, firsts]
    candidates, middle = known.gathered(firsts)
    context = _context(whole, tiers, place, words, remembered)
    return FeatureTable(head, candidates, middle, context)


def _used(known: Known, place: Place, usage: Usage, words: WordUsage) -> None:
    """Say how often and how recently each candidate was used, in places like this one and at all."""
    now, put = place.tokens, known.put
    function, statement = words.since(place.begins), words.since(place.statement)
    for name, places in used_as_word(known, words, now, AS_WORD).items():
        if places[-1] >= function:
            put(name, COLUMNS["function_count"], log1p(_since(function, places)))
            if places[-1] >= statement:
                put(name, COLUMNS["statement_count"], log1p(_since(statement, places)))
    members = usage.group(*MEMBERS)
    for name in common(members, known.rows):
        put(name, COLUMNS["member_count"], log1p(len(members[name])))
    for group, columns in zip(place.like(words), IN_CONTEXT, strict=True):
        if names := [*common(group, known.rows)]:
            times, last = zip(*(group[name] for name in names), strict=True)
            known.put_uses(names, columns, times, [now - token for token in last])


def _bound(known: Known, place: Place, words: WordUsage) -> None:
    """Say which scope of this file binds each candidate."""
    done: set[str] = set()
    seen, put = words.seen(), known.put
    for level, scope in place.bindings():
        column = COLUMNS[f"bound_{level}"]
        bound = [name for name in common(scope.known, known.rows) if name not in done]
        done.update(bound)
        first = words.since(scope.begins)
        newest = {name: back for back, name in enumerate(reversed(list(scope.known)[-8:]))}
        for name in bound:
            put(name, column, 1)
            if name in newest:
                put(name, COLUMNS["bound_late"], 1 / (1 + newest[name]))
            if level == "function":
                used = _since(first, seen.get(name, ()))
                # A parameter is bound in the header, all else by a word of the body.
                put(name, COLUMNS["unused"], used <= (name not in scope.parameters))
        if level == "function":
            for name in scope.parameters:
                if name in known.rows:
                    put(name, COLUMNS["parameter"], 1)


def _since(first: int, places: Sequence[int]) -> int:
    """Return how many places are not before ``first``."""
    return len(places) - bisect_left(places, first)


def _related(known: Known, listed: WordList, place: Place) -> None:
    """Say what each candidate has to do with the keyword, the target, the callee and what is around."""
    word, rows = place.word, known.rows
    if word.keyword in rows:
        known.put(word.keyword, COLUMNS["keyword_same"], 1)
    target = word.target.lstrip(".")
    if target in rows:
        known.put(target, COLUMNS["target_same"], 1)
    for name in place.given:
        if name + "=" in rows:
            known.put(name + "=", COLUMNS["given"], 1)
    wanted = [pieces_of(name) for name in (word.keyword, target, place.function, word.callee)]
    wanted.append(frozenset().union(*(pieces_of(name) for name in place.near)))
    written = Written.of(place)
    if word.where in _UNNAMED:
        written = written.without_strings()
    if written.name in rows:
        known.put(written.name, COLUMNS["string_same"], 1)
    wanted += [written.string, written.near, written.docstring]
    if any(wanted):
        places, shares = listed.rows[0].shared(listed.listing.pieces, wanted)
        known.put_block(places, COLUMNS["keyword_pieces"], shares)
    label_column(known, listed, written, COLUMNS["label_pieces"])


def _arguments(known: Known, listing: Listing, place: Place, words: WordUsage) -> None:
    """Say which keyword arguments are named like something at hand: ``timeout=timeout``."""
    arguments, seen, put = listing.once(argument_names), words.seen(), known.put
    for level, scope in place.bindings():
        if level in ("function", "enclosing"):
            for name in common(scope.known, arguments):
                put(name + "=", COLUMNS["argument_bound"], 1)
    for name in common(seen, arguments):
        how_recent = recency(place.tokens - words.tokens_of(seen[name][-1]))
        put(name + "=", COLUMNS["argument_recency"], how_recent)


def _signature(known: Known, listing: Listing, place: Place, remembered: Remembered) -> None:
    """Say where the parameters of the function that is called stand in its definition.

    Servers list them by the alphabet.
    """
    arguments = listing.once(argument_names)
    if not arguments:
        return
    here = place.parameters
    fitting: dict[tuple[str, ...], bool] = {}  # what may come next, and whether all else is given
    for names in [here] if here else [remembered.fields, *remembered.signatures]:
        if arguments.keys() <= set(names):
            left = tuple(name for name in place.not_given(names) if name in arguments)
            fitting[left] = fitting.get(left, False) or names != remembered.fields
    if len(fitting) != 1:
        return  # another function, or functions of one name of which other parameters come next
    ((following, sure),) = fitting.items()
    worth = 1.0 if here else _ELSEWHERE
    for name, lift in zip(following, lifts(len(following)).tolist(), strict=True):
        known.put(name + "=", COLUMNS["signature_place"], worth * lift)
    for name in arguments.keys() - set(following):
        known.put(name + "=", COLUMNS["signature_taken"], sure)


@lru_cache(maxsize=64)
def lifts(count: int) -> Floats:
    """Return the log of how much likelier than the mean of all each of the parameters is that come next.

    All together they are as likely as before: a list has names beside them.
    """
    often = np.exp(_NEXT / (1 + np.arange(count, dtype=np.float32)))
    return np.log(often / often.mean()) if count else often


def _imported(known: Known, listed: WordList, place: Place, words: WordUsage) -> None:
    """Say which candidates the text below waits for, and which were imported already.

    What is bound above is not imported again.
    """
    if listed.once:
        before = place.like(words)[IMPORTED]
        bound = next((scope.known for level, scope in place.bindings() if level == "module"), {})
        for name in common(before, known.rows):
            known.put(name, COLUMNS["imported_already"], name in bound)
    for name in listed.unbound & known.rows.keys():
        if not any(name in scope.known for _, scope in place.bindings()):
            known.put(name, COLUMNS["unbound"], 1)


def _elsewhere(known: Known, remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate in places like this one."""
    put, rows = known.put, known.rows
    most_files: dict[str, float] = {}
    for used, columns in zip(remembered.words, IN_PROJECT, strict=True):
        for name in used_elsewhere(known, used, columns):
            most_files[name] = max(most_files.get(name, 0), used[name][1])
    for name, most in most_files.items():
        put(name, COLUMNS["project_files"], log1p(most))
    imported = remembered.words[IMPORTED_ELSEWHERE]
    for name in common(remembered.members, rows):
        put(name, COLUMNS["module_here"], 1)
        put(name, COLUMNS["module_class"], name[:1].isupper())
        foreign = remembered.members[name].distance > 0
        put(name, COLUMNS["module_foreign"], foreign and name not in imported)
    accepted_before(known, remembered.person[: len(BY_PERSON)], BY_PERSON)


def _context(
    listed: WordList, tiers: int, place: Place, words: WordUsage, remembered: Remembered
) -> Floats:
    """Return the columns from the part of the statement on, which are the same for all candidates."""
    values = {
        "operand": place.operand,
        "keyword_value": bool(place.word.keyword),
        "letters": log1p(len(listed.typed)),
        "list": log1p(len(listed)),
        "tiers": log1p(tiers),
        "arguments": log1p(int(listed.arguments.sum())),
        "file": log1p(len(words.names)),
        "sorted": share_in_order(place, words),
        "known_files": log1p(remembered.files),
        "known_names": log1p(max((used.total for used in remembered.words), default=0)),
        "accepted": log1p(remembered.accepted),
    }
    if place.word.where in WHERE:
        values[f"where_{place.word.where}"] = 1
    if place.newest_token in BEFORE:
        values[f"before_{place.newest_token}"] = 1
    return row_of(values, COLUMNS, FIRST_CONTEXT)
