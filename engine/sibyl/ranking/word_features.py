"""What is known of each candidate of a list that is not of members, as numbers.

In: the list in the server's order, the network's logits, the place and what is remembered.  Out: one row of
numbers a candidate.

Names in scope, keyword arguments, keywords, imported names and modules stand in such lists together. The
server knows much of them: its list is alphabetical inside tiers, and the tiers say what is in scope, deprecated
or only for type checkers. So the place in the list stands beside what the text and the project say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
import numpy.typing as npt

from sibyl.code.tokens import KEYWORDS
from sibyl.context.usage import Place, Usage
from sibyl.context.words import CONTEXTS, WordUsage
from sibyl.memory.project import ACCEPTED_WORDS, WORD_GROUPS, Remembered
from sibyl.network.model import Floats
from sibyl.ranking.features import log_share, pieces_of

WORD_FEATURES_VERSION = 1
IMPORTS, DEPRECATED = 64, 128
"""Added to the kind of a candidate whose acceptance adds an import, and of one that is deprecated."""

WHERE = (
    "statement", "assignment", "expression", "argument", "subscript", "item", "return", "if", "elif", "while",
    "for", "with", "assert", "raise", "except", "decorator", "base", "annotation", "default", "import",
    "module", "del",
)  # fmt: skip
_KINDS = {  # the protocol's CompletionItemKind
    "function": (2, 3, 4), "class": (7, 8, 13, 22, 25), "variable": (6,), "field": (5, 10, 12),
    "module": (9,), "constant": (20, 21), "keyword": (14,), "other": (0, 1, 15, 18),
}  # fmt: skip
_BEFORE = (
    "=", "<kw>", "(", "[", "{", ",", "<nl>", "<in>", "<de>", "return", "in", "not", "and", "or", "==", "+",
)  # fmt: skip
_BOUND = ("function", "enclosing", "class", "module")

NAMES: tuple[str, ...] = (
    "network",  # log of the network's probability among the candidates
    "network_odds",  # the same against the best candidate
    "place",  # log of the place in the server's list
    "place_share",  # the same as a share of the list
    "first",  # the server's first
    "tier",  # log of how many descents of the alphabet are before
    "tier_place",  # log of the place in its tier
    "tier_last",  # the list's last tier
    "argument",  # a keyword argument: the label ends with =
    "adds_import",
    "deprecated",
    *(f"kind_{name}" for name in _KINDS),
    "private",
    "dunder",
    "upper",
    "title",
    "length",
    "exact",  # it is what is typed already
    "case",  # it begins as typed, to the letter
    "prefix",  # it begins as typed, in whatever case
    "word_count",  # of the name in this file, where it is no member
    "word_recency",
    "member_count",  # as a member
    *(f"{name}_count" for name in CONTEXTS),
    *(f"{name}_recency" for name in CONTEXTS),
    *(f"bound_{name}" for name in _BOUND),  # the innermost scope of this file that binds it
    "parameter",
    "bound_late",  # one of the names that the scope was given last
    "unused",  # bound in this function and not used yet
    "python",  # a keyword of the language
    "keyword_same",  # named like the keyword argument it would be the value of
    "target_same",  # named like what is being assigned
    "given",  # this keyword argument is there already
    "keyword_pieces",  # shares pieces with the keyword
    "target_pieces",
    "function_pieces",
    "callee_pieces",
    "near_pieces",
    *(f"project_{name}_count" for name in WORD_GROUPS),
    *(f"project_{name}_share" for name in WORD_GROUPS),
    "project_files",  # log of how many other files have it in this context
    "module_here",  # the module of the project that is imported from binds it
    "module_class",  # ... to a class
    *(f"person_{name}_weight" for name in ACCEPTED_WORDS),
    *(f"person_{name}_recency" for name in ACCEPTED_WORDS),
    *(f"where_{name}" for name in WHERE),  # from here on the same for all candidates
    *(f"before_{token}" for token in _BEFORE),
    "keyword_value",  # the value of a keyword argument is asked for
    "letters",  # log of the letters typed
    "list",  # log of the list's length
    "tiers",  # log of how many tiers it has
    "arguments",  # log of how many keyword arguments are listed
    "file",  # log of the words above
    "known_files",
    "known_names",  # log of what other files have in the most telling context
    "accepted",
)
COLUMNS = {name: index for index, name in enumerate(NAMES)}
_FIRST_COUNT, _FIRST_RECENCY = COLUMNS[f"{CONTEXTS[0]}_count"], COLUMNS[f"{CONTEXTS[0]}_recency"]
_FIRST_PROJECT = COLUMNS[f"project_{WORD_GROUPS[0]}_count"]
_FIRST_SHARE = COLUMNS[f"project_{WORD_GROUPS[0]}_share"]
_FIRST_WEIGHT = COLUMNS[f"person_{ACCEPTED_WORDS[0]}_weight"]
_FIRST_PERSON_RECENCY = COLUMNS[f"person_{ACCEPTED_WORDS[0]}_recency"]
_FIRST_KIND = COLUMNS["kind_function"]
_FIRST_CONTEXT = COLUMNS[f"where_{WHERE[0]}"]
_FIRST_BEFORE = COLUMNS[f"before_{_BEFORE[0]}"]
_PIECES_AT = COLUMNS["keyword_pieces"]
PERSON = ("accepted", *NAMES[_FIRST_WEIGHT:_FIRST_CONTEXT])
"""Columns that are zero where nothing is known of the person."""
PROJECT = ("known_files", "known_names", *NAMES[_FIRST_PROJECT:_FIRST_WEIGHT])
"""Columns that are zero where nothing is known of the project's other files."""
_KIND_COLUMN = np.full(64, COLUMNS["kind_other"])
for _name, _numbers in _KINDS.items():
    _KIND_COLUMN[list(_numbers)] = COLUMNS[f"kind_{_name}"]
_SHAPES = ("private", "dunder", "upper", "title", "length", "python")
_SHAPE_AT = [COLUMNS[name] for name in _SHAPES]


@dataclass(frozen=True)
class WordList:
    """A list as the server gave it, in its order."""

    labels: Sequence[str]
    names: Sequence[str]  # what the labels stand for; equal for ``key`` and ``key=``
    kinds: Sequence[int]  # with IMPORTS and DEPRECATED added
    typed: str = ""  # letters of the word that are there

    @property
    def prefixed(self) -> npt.NDArray[np.bool_]:
        """Which candidates begin as typed, in whatever case: what a menu shows that does not match loosely."""
        typed = self.typed.lower()
        if not typed:
            return np.ones(len(self.names), bool)
        return np.asarray([name.lower().startswith(typed) for name in self.names])

    @property
    def imports(self) -> npt.NDArray[np.bool_]:
        """Which candidates add an import."""
        return (np.asarray(self.kinds, np.int64) & IMPORTS) > 0


class _Shapes:
    """How names look, each worked out once: (names, shapes) in one array."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._table = np.zeros((1024, len(_SHAPES)), np.float32)

    def of(self, names: Sequence[str]) -> Floats:
        """Return the shapes (names, shapes)."""
        numbers = self._numbers
        if len(numbers) > _MOST_SHAPES:
            numbers.clear()
        try:
            found = [numbers[name] for name in names]
        except KeyError:
            found = [self._number(name) for name in names]
        return self._table[found]

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
            if number >= len(self._table):
                self._table = np.concatenate((self._table, np.zeros_like(self._table)))
            dunder = name[:2] == "__" and name[-2:] == "__"
            self._table[number] = (
                name[:1] == "_" and not dunder,
                dunder,
                name.isupper() and len(name) > 1,
                name[:1].isupper() and not name.isupper(),
                log1p(len(name)),
                name in KEYWORDS,
            )
        return number


_MOST_SHAPES = 50_000
_shapes = _Shapes()


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
        part = slice(COLUMNS["word_count"], _FIRST_CONTEXT)
        made[:, part] = made[first, part]
    made[:, _FIRST_CONTEXT:] = _context(listed, tiers, place, words, remembered)
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
    made[np.arange(len(made)), _KIND_COLUMN[kinds & 63]] = 1
    made[:, COLUMNS["adds_import"]] = (kinds & IMPORTS) > 0
    made[:, COLUMNS["deprecated"]] = (kinds & DEPRECATED) > 0
    made[:, _SHAPE_AT] = _shapes.of(listed.names)
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
            row[_FIRST_COUNT + index] = log1p(there.times)
            row[_FIRST_RECENCY + index] = _recency(now - there.last)


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
            made[index, _PIECES_AT : _PIECES_AT + 5] = [
                len(its & there) / len(there) for its in wanted
            ]


def _elsewhere(made: Floats, rows: Mapping[str, int], remembered: Remembered) -> None:
    """Say what other files and the person have done with each candidate in places like this one."""
    for index, used in enumerate(remembered.words):
        whole = log1p(used.total) if used else 1.0
        for name in _common(used, rows):
            row, (times, files) = made[rows[name]], used[name]
            row[_FIRST_PROJECT + index] = log1p(times)
            row[_FIRST_SHARE + index] = log1p(times) / whole
            row[COLUMNS["project_files"]] = max(row[COLUMNS["project_files"]], log1p(files))
    for name in _common(remembered.members, rows):
        made[rows[name], COLUMNS["module_here"]] = 1
        made[rows[name], COLUMNS["module_class"]] = name[:1].isupper()
    for index, used in enumerate(remembered.person):
        for name in _common(used, rows):
            weight, recency = used[name]
            made[rows[name], _FIRST_WEIGHT + index] = log1p(weight)
            made[rows[name], _FIRST_PERSON_RECENCY + index] = recency


def _context(
    listed: WordList, tiers: int, place: Place, words: WordUsage, remembered: Remembered
) -> Floats:
    made = np.zeros(len(NAMES) - _FIRST_CONTEXT, np.float32)
    if place.word.where in WHERE:
        made[WHERE.index(place.word.where)] = 1
    if place.newest_token in _BEFORE:
        made[_FIRST_BEFORE - _FIRST_CONTEXT + _BEFORE.index(place.newest_token)] = 1
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
