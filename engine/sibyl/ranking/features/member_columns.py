"""The columns of the features of members: their names, and where their groups begin.

In: the groups of ``sibyl.context.groups``.  Out: names, and the indices of columns that belong together.
"""

from __future__ import annotations

import numpy as np

from sibyl.context.groups import ACCEPTED, GROUPS, USED
from sibyl.ranking.lists.labels import LOOKS

FEATURES_VERSION = 4

_COUNTED = (*USED, "member", "name")
BEFORE = ("=", "(", ",", "return", "<nl>", "<in>", "<de>", "if", "in", "==", "[", "<str>")
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
    "string_pieces",  # with the last string of the statement
    "strings_pieces",  # with the last few strings
    "comment_pieces",  # with comments just above
    "docstring_pieces",  # with the docstring of the function around
    "label_pieces",  # with the last word before the braces that it stands in
    "in_braces",  # the f-string has it already
    "string_same",  # named like the last string of the statement
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
    *(f"before_{token}" for token in BEFORE),
    "known_files",  # log of how many other files of the project are known
    "known_class",  # log of how many members the receiver's class has there
    "known_uses",  # log of the uses of this origin there
    "accepted",  # log of how many items the person ever accepted
)
COLUMNS = {name: index for index, name in enumerate(NAMES)}
NETWORK = NAMES[:2]
HEAD = COLUMNS["receiver_count"]
"""The columns before it say what the server, the network and the labels themselves say."""
_KINDS = {  # the protocol's CompletionItemKind
    "callable": (2, 3, 4), "field": (5, 6, 10, 12, 20, 21), "type": (7, 8, 13, 22, 25), "module": (9,),
}  # fmt: skip
KIND_COLUMN = np.full(64, HEAD)
for _name, _numbers in _KINDS.items():
    KIND_COLUMN[list(_numbers)] = COLUMNS[_name]
LOOK_COLUMN = np.array([*(COLUMNS[name] for name in LOOKS), HEAD])
"""By the index of a look; the last is that of -1."""
FIRST_CONTEXT = COLUMNS["own"]
"""The columns from it on are the same for all candidates."""
IN_FILE = [(COLUMNS[f"{name}_count"], COLUMNS[f"{name}_recency"]) for name in (*USED, "member")]
AS_NAME = COLUMNS["name_count"], COLUMNS["name_recency"]
IN_PROJECT = [
    (COLUMNS[f"project_{name}_count"], COLUMNS[f"project_{name}_share"]) for name in GROUPS
]
BY_PERSON = [
    (COLUMNS[f"person_{name}_weight"], COLUMNS[f"person_{name}_recency"]) for name in ACCEPTED
]
UNLEARNT = {
    "string_pieces": 1.0,
    "strings_pieces": 0.5,
    "comment_pieces": 0.9,
    "docstring_pieces": 0.4,
    "label_pieces": 2.0,
    "in_braces": -0.5,
    "string_same": 0.6,
}
"""Weights of columns that are younger than the lists that the mixture was learnt from (bench/LOG.md)."""
PERSON = ("accepted", *(name for name in NAMES if name.startswith("person_")))
"""Columns that are zero where nothing is known of the person."""
PROJECT = (
    *("known_files", "known_class", "known_uses"),
    *("class_here", "class_base", "class_method", "class_unused", "class_guess", "module_here"),
    *(name for name in NAMES if name.startswith("project_")),
)
"""Columns that are zero where nothing is known of the project's other files."""
