"""Keywords of the language among the candidates: where they may stand, and how likely they are.

In: a list, the network's log-probabilities, the place.  Out: which candidates are keywords, and their columns.
"""

from __future__ import annotations

import numpy as np

from sibyl.context.place import Place
from sibyl.network.model import Floats
from sibyl.ranking.features.word_columns import COLUMNS
from sibyl.ranking.lists.labels import Ints
from sibyl.ranking.lists.listing import Listing

_DOUBT = 1.0001
"""A little more than all of a list's probability, so that nothing is certain."""
_GOES_ON = frozenset("and as async else for from if import in is not or".split())
"""What may stand behind an operand; no name may."""
_COLUMNS = COLUMNS["reserved_import"] - COLUMNS["python"] + 1


def keywords(listing: Listing) -> Ints:
    """Return which candidates are keywords of the language."""
    labels, numbers = listing.rows
    return np.flatnonzero(labels.rows["shape"][numbers, -1])


def keyword_columns(
    listing: Listing, network: Floats, place: Place, begun: bool
) -> tuple[Ints, Floats]:
    """Return which candidates are keywords, and their columns from ``python`` to ``reserved_import``.

    ``network``: the log of each candidate's probability; ``begun``: a letter is typed.
    """
    places = listing.once(keywords)
    columns = np.zeros((len(places), _COLUMNS), np.float32)
    columns[:, 0] = 1
    columns[:, 1] = begun
    columns[:, 2] = -np.log(_DOUBT - np.exp(network[places]))
    if place.operand:
        names = [listing.names[at] for at in places.tolist()]
        columns[:, 3] = [name in _GOES_ON for name in names]
        columns[:, 4] = [place.from_module and name == "import" for name in names]
    return places, columns
