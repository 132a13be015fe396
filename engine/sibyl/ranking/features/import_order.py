"""How imported names follow each other in the alphabet.

In: the list, the place, the words above.  Out: columns of the candidates, and one of the list.

Most code sorts what it imports, by hand or by a tool: modules by their names, the names of one module, with or
without regard to case. So the name that was imported before says which ones are to be expected.
"""

from __future__ import annotations

from itertools import islice, pairwise

import numpy as np

from sibyl.context.place import Place
from sibyl.context.words import CONTEXTS, IN_IMPORTS, WordUsage
from sibyl.ranking.features.feature_table import Known
from sibyl.ranking.features.word_columns import COLUMNS, SORTED
from sibyl.ranking.lists.labels import codes_of
from sibyl.ranking.lists.word_list import WordList

_MODULE, _MARK = CONTEXTS.index("imported"), CONTEXTS.index("mark")
_AT = {name: index for index, name in enumerate(SORTED)}
_LATEST = 12
"""Imported names that say whether they are sorted."""


def order_of_imports(known: Known, listed: WordList, place: Place, words: WordUsage) -> None:
    """Say where each candidate stands in the alphabet against the name imported before it.

    That is the last one of this module (for modules: the last module), and the last one behind the same mark:
    behind ``from``, behind ``import``, behind a comma.
    """
    if place.word.where not in IN_IMPORTS:
        return
    like = place.like(words)
    used, numbers = listed.rows
    high, low = used.rows["label"][numbers].T
    ranks = np.lexsort((low, high)).argsort()
    columns = np.zeros((len(numbers), len(SORTED)), np.float32)
    if last := next(iter(like[_MODULE]), ""):
        columns[:, _AT["case"]] = used.rows["exact"][numbers] > codes_of(last)[0]
    for context, prefix in ((_MODULE, ""), (_MARK, "like_")):
        if last := next(iter(like[context]), ""):
            first, second = codes_of(last.lower())
            behind = (high > first) | ((high == first) & (low > second))
            columns[:, _AT[prefix + "after"]] = behind
            columns[:, _AT[prefix + "gap"]] = (ranks - (len(ranks) - behind.sum())) / len(ranks)
    known.put_block(np.arange(len(numbers)), COLUMNS[f"sorted_{SORTED[0]}"], columns)


def share_in_order(place: Place, words: WordUsage) -> float:
    """Return the share of names imported so far that came in order; .5 where there are fewer than two."""
    if place.word.where not in IN_IMPORTS:
        return 0
    latest = [name.lower() for name in islice(place.like(words)[_MODULE], _LATEST)]
    in_order = [later > earlier for later, earlier in pairwise(latest)]
    return sum(in_order) / len(in_order) if in_order else 0.5
