"""The vectors of labels, found by the labels' numbers.

In: a model, tables of labels.  Out: rows of vectors, one for each label of a list.

To look a thousand names up costs more than to multiply their vectors; so where the vector of a label stands is
noted once.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from sibyl.network.model import Floats, Model
from sibyl.ranking.lists.labels import Ints, Labels

_UNKNOWN = -1


class LabelVectors:
    """Finds the vectors of labels that one model makes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._places: WeakKeyDictionary[Labels, Ints] = WeakKeyDictionary()
        self._round = -1  # of the model's own cache, whose places these are

    def of(self, table: Labels, numbers: Ints) -> Floats:
        """Return the vectors (n, size) of the labels with these numbers."""
        model = self._model
        if self._round == model.round:
            places = self._places.get(table)
            if places is not None and len(places) == len(table):
                listed = places[numbers]
                if len(listed) == 0 or listed.min() >= 0:
                    return model.vectors_at(listed)
        # All of the list: the model may forget what it had made to make room for these.
        listed = model.places([table.names[number] for number in numbers.tolist()])
        if self._round != model.round:
            self._places.clear()
            self._round = model.round
        known = self._places.get(table, np.zeros(0, np.int64))
        places = np.full(len(table), _UNKNOWN, np.int64)
        places[: len(known)] = known
        places[numbers] = listed
        self._places[table] = places
        return model.vectors_at(listed)
