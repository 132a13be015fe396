"""How many words an experiment of one person takes, and whether it ever finds what is not there.

In:   recorded completion lists (menus files) and their repositories; the shipped model.
Out:  a table: of some simulated experiments, how many find a difference, after how many words; and how many
      find one where both arms show the same order.

    python bench/proof.py --menus m.jsonl.gz --sources DIR --lists 500 --runs 1000

A simulated person writes the members that stand in the recorded code. With a list on the screen, each time
before a letter is typed, the person sees the item at place k and accepts it with probability ``sees`` to the
power of k, and else types one more letter, which narrows the list. What comes of a word goes through the same
measures as a real one, and the report is looked at after every word.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import MODEL
from numpy.typing import NDArray

from sibyl.experiment.measures import MOST_LETTERS
from sibyl.experiment.sequential import effect
from sibyl.learn.corpus.sources import Sources
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.network.model import Model
from sibyl.ranking.ranker import Ranker
from sibyl.ranking.session import Session, bare

SEES = (0.85, 0.6)  # a person who reads lists, and one who looks at the first items only
LOOKS = (50, 100, 200, 400, 800, 1600)
SHARES = (1.0, 0.5, 0.25)
"""Of the words, this share has our order in our arm, the others the server's: smaller true differences."""
Floats = NDArray[np.float64]
Arms = tuple[Floats, Floats]  # by word the probability of each value: the server's order, ours
Places = tuple[list[int], list[int]]  # of a word after 0, 1, … letters: the server's order, ours


def main() -> None:
    """Rank the lists, simulate, print."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--menus", type=Path, required=True, help="recorded completion lists")
    arguments.add_argument(
        "--sources", type=Path, required=True, help="folder of their repositories"
    )
    arguments.add_argument("--lists", type=int, default=500, help="lists to draw from")
    arguments.add_argument(
        "--runs", type=int, default=1000, help="experiments without a difference"
    )
    arguments.add_argument("--powered", type=int, default=200, help="experiments with one")
    options = arguments.parse_args()
    began = time.perf_counter()
    words = list(places(options.menus, options.sources, options.lists))
    print(f"{len(words)} lists; an interval is looked at after each of {LOOKS[-1]} words\n")
    looks = " / ".join(map(str, LOOKS))
    columns = (
        "measure",
        "server",
        "sibyl",
        "true difference",
        "experiments",
        f"found after {looks} words",
    )
    print(f"| {' | '.join(columns)} | on the wrong side | held all the time |\n|{'---|' * 8}")
    for name, most, arms in measured(words):
        for share in (*SHARES, 0.0):
            runs = options.powered if share else options.runs
            print(f"| {name} | {row(arms, most, share, runs)}", flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s")


def measured(words: list[Places]) -> Iterator[tuple[str, float, Arms]]:
    """Yield measures, with the probability of each value by word and arm."""
    for sees in SEES:
        both = [np.stack([savings(word[arm], sees) for word in words]) for arm in (0, 1)]
        yield f"letters saved ({sees})", float(MOST_LETTERS), (both[0], both[1])
    first = [np.array([[word[arm][0] > 1, word[arm][0] == 1] for word in words]) for arm in (0, 1)]
    yield "top-1", 1.0, (first[0].astype(float), first[1].astype(float))


def row(arms: Arms, most: float, share: float, runs: int) -> str:
    """Simulate experiments; without a difference, every other one shows our order in both arms."""
    rng = np.random.default_rng(1)
    means = [float((arm @ np.arange(arm.shape[1])).mean()) for arm in arms]
    true = share * (means[1] - means[0])
    decided = np.zeros(len(LOOKS), int)
    wrong = held = 0
    for run in range(runs):
        ours = rng.random(LOOKS[-1]) < 0.5
        shown = (
            ours & (rng.random(len(ours)) < share) if share else np.full(len(ours), run % 2 == 1)
        )
        course = effect(drawn(rng, arms, shown), ours, most)
        more, less = course.sign > 0, course.sign < 0
        decided += [bool((more | less)[:look].any()) for look in LOOKS]
        wrong += bool(less.any())
        held += bool(((course.low <= true) & (true <= course.high)).all())
    at = " / ".join(f"{count / runs:.2f}" if share else str(count) for count in decided)
    figures = (
        f"{means[0]:.2f} | {means[0] + true:.2f} | {true:+.2f}" if share else "same | same | 0"
    )
    return f"{figures} | {runs} | {at} | {wrong} | {held / runs:.3f} |"


def drawn(rng: np.random.Generator, arms: Arms, shown: NDArray[np.bool_]) -> Floats:
    """Draw a word for each coin, and its value in the order it is shown in."""
    words = rng.integers(len(arms[0]), size=len(shown))
    rows = np.where(shown[:, None], arms[1][words], arms[0][words])
    values = (rows.cumsum(1) < rng.random(len(shown))[:, None]).sum(1)
    return np.minimum(values, rows.shape[1] - 1).astype(float)


def savings(ranks: list[int], sees: float) -> Floats:
    """Return the probability of each number of letters saved, by the word's place after 0, 1, … letters."""
    chance, left = np.zeros(MOST_LETTERS + 1), 1.0
    for typed, rank in enumerate(ranks):
        accepted = left * sees**rank
        chance[min(len(ranks) - typed, MOST_LETTERS)] += accepted
        left -= accepted
    chance[0] += left
    return chance


def places(menus: Path, sources: Path, most: int) -> Iterator[Places]:
    """Yield for each list where its word stands after 0, 1, … letters, in the server's order and in ours."""
    by_file: dict[tuple[str, str], list[dict]] = {}
    for line in read_menus(menus):
        if line["menu"] and line["member"] in {bare(item[0]) for item in line["menu"]}:
            by_file.setdefault((line["repo"], line["blob"]), []).append(line)
    files = list(by_file.items())
    np.random.default_rng(1).shuffle(files)
    ranker, given = Ranker(Model(MODEL)), 0
    with Sources(sources) as reader:
        for (repo, blob), lines in files:
            data, session, end = reader.read(repo, blob), Session(ranker, b""), 0
            for line in sorted(lines, key=lambda line: line["offset"]):
                session.edit(end, 0, data[end : line["offset"]])
                end = line["offset"]
                yield both(session, line)
                given += 1
            if given >= most:
                return


def both(session: Session, line: dict) -> Places:
    """Return a word's places in one list, in both orders."""
    menu = sorted(line["menu"], key=lambda item: item[2] or item[0])
    names, word = [bare(item[0]) for item in menu], line["member"]
    ranking = session.rank(
        line["offset"], [item[0] for item in menu], [item[1] or 0 for item in menu]
    )
    ours = [names[place] for place in ranking.order]

    def ranks(order: list[str]) -> list[int]:
        starts = [word[:letters].lower() for letters in range(len(word))]
        left = [[name for name in order if name.lower().startswith(start)] for start in starts]
        return [rest.index(word) + 1 for rest in left]

    return ranks(names), ranks(ours)


if __name__ == "__main__":
    main()
