"""Letters that a person need not type, in lists that are not of members.

In: recorded lists after one letter.  Out: the same lists after two and three letters; the share of letters
saved.

A menu of words opens with the first letter. A person who looks at five items takes the truth as soon as that
costs fewer keys than to type on: so the lists after further letters count, too. They are what the typed letters
leave of the recorded list, ranked with these letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.metrics import keystrokes
from sibyl.ranking.session import bare

LETTERS = (1, 2, 3)
_NEVER = 1_000_000  # the rank of a truth that no list holds


def continued(lines: Sequence[dict]) -> list[dict]:
    """Return what recorded lists of words leave after two and three letters, marked ``further``."""
    more = []
    for line in lines:
        if line.get("kind", "member") == "member" or line.get("letters") != 1 or not line["menu"]:
            continue
        for letters in LETTERS[1:]:
            typed = line["member"][:letters].lower()
            left = [item for item in line["menu"] if bare(item[0]).lower().startswith(typed)]
            if len(line["member"]) > letters and left:
                more.append(line | {"letters": letters, "menu": left, "further": True})
    return more


def letters_saved(
    sites: Sequence[RecordedList], ranks: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, float]]:
    """Return for each kind of list the share of letters saved by order, with ``places`` and mean ``length``.

    ``ranks``: for each order the truth's rank in each of the sites; those after no letter do not count.
    """
    places: defaultdict[str, dict[tuple[str, str, int], dict[int, int]]] = defaultdict(dict)
    for index, site in enumerate(sites):
        if site.letters in LETTERS:
            place = site.repo, site.path, site.offset
            places[site.listed].setdefault(place, {})[site.letters] = index
    saved: dict[str, dict[str, float]] = {}
    for kind, by_place in sorted(places.items()):
        lists = [by_letters for by_letters in by_place.values() if 1 in by_letters]
        if not lists:
            continue
        lengths = [len(sites[by_letters[1]].member) for by_letters in lists]
        saved[kind] = {"places": len(lists), "length": round(sum(lengths) / len(lists), 2)}
        for name, of_order in ranks.items():
            by_letters = [[_NEVER] * len(lists)]
            by_letters += [
                [of_order[by_count[count]] if count in by_count else _NEVER for by_count in lists]
                for count in LETTERS
            ]
            saved[kind][name] = keystrokes(by_letters, lengths)
    return saved
