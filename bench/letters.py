r"""Letters that need not be typed, over all completions of a file.

In:   what `evaluate --json` wrote of members and of other words, the recorded lists, their repositories.
Out:  a table for people; the last line is one JSON object.

    python bench/letters.py --menus lists_val_ty.jsonl.gz --sources DIR \
        --members bench/validation.json \
        --words bench/validation_lists_ty.json bench/validation_lists_reserved_ty.json

Each kind of completion counts as often as its places stand in the files that lists were recorded in, and as
much as its names have letters. Lists that lack what was typed are not counted.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from contextlib import closing
from pathlib import Path

from common import finish, table

from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.menus.places import sites_of

ORDERS = ("server", "full")
Saved = dict[str, dict[str, float]]


def typed_letters(menus: Path, sources: Path) -> Counter[str]:
    """Letters of the names at all places of each kind, in the files that lists were recorded in."""
    letters: Counter[str] = Counter()
    files = sorted({(line["repo"], line["blob"]) for line in read_menus(menus)})
    with closing(Sources(sources)) as reader:
        for repo, blob in files:
            for kind, places in sites_of(reader.read(repo, blob)).items():
                letters[kind] += sum(len(place.member) for place in places)
    return letters


def saved_by_kind(members: Path, words: list[Path]) -> Saved:
    """The share of letters saved in each kind of list, by order."""
    letters = json.loads(members.read_text())["letters"]
    by_kind = {"member": {name: letters[name]["keystrokes_saved"] for name in ORDERS}}
    for path in words:
        for kind, saved in json.loads(path.read_text())["letters_saved"].items():
            by_kind[kind] = {name: saved[name] for name in ORDERS}
    return by_kind


def together(saved: Saved, letters: Counter[str]) -> dict[str, float]:
    """The share of letters saved over all kinds that were measured, by order."""
    whole = sum(letters[kind] for kind in saved)
    return {
        name: round(sum(saved[kind][name] * letters[kind] for kind in saved) / whole, 4)
        for name in ORDERS
    }


def main() -> None:
    """Count and print."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("menus", "sources", "members"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    arguments.add_argument("--words", type=Path, nargs="+", required=True)
    options = arguments.parse_args()
    letters = typed_letters(options.menus, options.sources)
    saved = saved_by_kind(options.members, options.words)
    whole = sum(letters[kind] for kind in saved)
    rows = [
        [kind, letters[kind] / whole, *(by_order[name] for name in ORDERS)]
        for kind, by_order in saved.items()
    ]
    over_all = together(saved, letters)
    rows.append(["all", 1.0, *(over_all[name] for name in ORDERS)])
    table(["letters saved", "share of letters", *ORDERS], rows)
    finish({"by_kind": saved, "letters": dict(letters), "all": over_all})


if __name__ == "__main__":
    main()
