"""The columns of the features of words: their names, and where their groups begin.

In: the contexts of words, the groups of the project's and the person's memory.  Out: constants.
"""

from __future__ import annotations

import numpy as np

from sibyl.context.groups import ACCEPTED_WORDS, WORD_GROUPS
from sibyl.context.words import CONTEXTS
from sibyl.ranking.lists.labels import SHAPES

WORD_FEATURES_VERSION = 4
WHERE = (
    "statement", "assignment", "expression", "argument", "subscript", "item", "return", "if", "elif", "while",
    "for", "with", "assert", "raise", "except", "decorator", "base", "annotation", "default", "import",
    "module", "del",
)  # fmt: skip
_KINDS = {  # the protocol's CompletionItemKind
    "function": (2, 3, 4), "class": (7, 8, 13, 22, 25), "variable": (6,), "field": (5, 10, 12),
    "module": (9,), "constant": (20, 21), "keyword": (14,), "other": (0, 1, 15, 18),
}  # fmt: skip
BEFORE = (
    "=", "<kw>", "(", "[", "{", ",", "<nl>", "<in>", "<de>", "return", "in", "not", "and", "or", "==", "+",
    "from", "import",
)  # fmt: skip
SORTED = ("after", "case", "gap", "like_after", "like_gap")
"""An imported name against the one imported before it: behind it in the alphabet, in whatever case and by case;
how far from the next one there, as a share of the list; the same against the last one behind the same mark."""
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
    "function_count",  # in the function around
    "statement_count",  # in this statement, up to here
    "member_count",  # as a member
    *(f"{name}_count" for name in CONTEXTS),
    *(f"{name}_recency" for name in CONTEXTS),
    *(f"bound_{name}" for name in _BOUND),  # the innermost scope of this file that binds it
    "parameter",
    "bound_late",  # one of the names that the scope was given last
    "unused",  # bound in the function around and not used yet
    "python",  # a keyword of the language
    "reserved_begun",  # ... where a letter of it is typed
    "reserved_sure",  # ... how sure the network is of it: minus the log of the probability of all others
    "reserved_next",  # ... where an operand stands before it, so that no name can come: it goes on with that
    "reserved_import",  # it is ``import``, the one word that goes on behind the module of ``from``
    "keyword_same",  # named like the keyword argument it would be the value of
    "target_same",  # named like what is being assigned
    "given",  # this keyword argument is there already
    "argument_bound",  # a keyword argument whose name this function binds, too: ``timeout=timeout``
    "signature_place",  # log of how much likelier its place in the definition makes a parameter
    "signature_taken",  # this parameter is given already, perhaps by its place
    "argument_recency",  # ... and how recently that name was used
    "keyword_pieces",  # shares pieces with the keyword
    "target_pieces",
    "function_pieces",
    "callee_pieces",
    "near_pieces",
    "string_pieces",  # with the last string of the statement
    "strings_pieces",  # with the last few strings
    "docstring_pieces",  # with the docstring of the function around
    "label_pieces",  # with the last word before the braces that it stands in
    "string_same",  # named like that string
    *(f"sorted_{name}" for name in SORTED),
    *(f"project_{name}_count" for name in WORD_GROUPS),
    *(f"project_{name}_share" for name in WORD_GROUPS),
    "project_files",  # log of how many other files have it in this context
    "unbound",  # to be imported: the text below uses it and nothing binds it
    "imported_already",  # by this file from this module, and this import runs whatever happens
    "module_here",  # the module of the project that is imported from binds it
    "module_class",  # ... to a class
    "module_foreign",  # ... which it has from another project, and nobody in this one takes it from there
    *(f"person_{name}_weight" for name in ACCEPTED_WORDS),
    *(f"person_{name}_recency" for name in ACCEPTED_WORDS),
    *(f"where_{name}" for name in WHERE),  # from here on the same for all candidates
    *(f"before_{token}" for token in BEFORE),
    "operand",  # an operand stands before it, so that no name can come
    "keyword_value",  # the value of a keyword argument is asked for
    "letters",  # log of the letters typed
    "list",  # log of the list's length
    "tiers",  # log of how many tiers it has
    "arguments",  # log of how many keyword arguments are listed
    "file",  # log of the words above
    "sorted",  # the share of names imported so far that came in the order of the alphabet
    "known_files",
    "known_names",  # log of what other files have in the most telling context
    "accepted",
)
COLUMNS = {name: index for index, name in enumerate(NAMES)}
AS_WORD = COLUMNS["word_count"], COLUMNS["word_recency"]
IN_CONTEXT = [(COLUMNS[f"{name}_count"], COLUMNS[f"{name}_recency"]) for name in CONTEXTS]
IMPORTED, IMPORTED_ELSEWHERE = CONTEXTS.index("imported"), WORD_GROUPS.index("imported")
"""Where, among the contexts of this file and the groups of others, names of one module stand."""
IN_PROJECT = [
    (COLUMNS[f"project_{name}_count"], COLUMNS[f"project_{name}_share"]) for name in WORD_GROUPS
]
BY_PERSON = [
    (COLUMNS[f"person_{name}_weight"], COLUMNS[f"person_{name}_recency"]) for name in ACCEPTED_WORDS
]
FIRST_CONTEXT = COLUMNS[f"where_{WHERE[0]}"]
SHAPE_AT = [COLUMNS[name] for name in SHAPES]
HEAD = COLUMNS["word_count"]
"""The columns before it say what the server and the labels themselves say."""
UNLEARNT = {
    "unbound": 6.0,
    "imported_already": -8.0,
    "signature_place": 1.0,
    "signature_taken": -8.0,
    "module_foreign": -2.0,
    "string_pieces": 1.2,
    "strings_pieces": 0.6,
    "docstring_pieces": 0.5,
    "label_pieces": 1.1,
    "string_same": 1.0,
}
"""Weights of columns that the lists which the mixture is learnt from say nothing of, or too little: nothing
below the cursor is read there, hardly a name is imported twice, few functions that are called are known. With
these the probability of the first item is about the share of right ones (bench/LOG.md)."""
LEAST = {"reserved_next": 6.0, "reserved_import": 12.0}
"""What columns weigh at least, whatever was learnt: no name can stand where these are, says the language."""
PERSON = ("accepted", *(name for name in NAMES if name.startswith("person_")))
"""Columns that are zero where nothing is known of the person."""
PROJECT = (
    *("known_files", "known_names"),
    *(name for name in NAMES if name.startswith(("project_", "module_"))),
)
"""Columns that are zero where nothing is known of the project's other files."""
KIND_COLUMN = np.full(64, COLUMNS["kind_other"])
for _name, _numbers in _KINDS.items():
    KIND_COLUMN[list(_numbers)] = COLUMNS[f"kind_{_name}"]
