"""How the network, the server's order and what is remembered are weighed.

In: recorded lists of *training* repositories (``menus`` makes them), and a model folder.  Out: the mixing
weights in the model's sidecar: one set for whatever is remembered, one for nothing at all.

Listwise: for each list the softmax over its candidates, cross-entropy with the truth; so the result is a
probability. Each batch remembers as much as a draw says (the file alone, the project, what was accepted), so
that one set of weights serves a lone file as well as a large project. A few seeds' sums are laid side by side.
How sure they may be, and from where on an item is starred, is read off repositories left out in turn.

A network knows repositories it was trained on far better than others, and a mixture that is learnt there trusts
it too much elsewhere. Their lists can help with all the rest: with ``--read`` they are learnt from, while what
the network is worth on them is learnt apart and thrown away.

    python -m sibyl.learn mix --menus dev.jsonl.gz --read train.jsonl.gz --sources FOLDER --model models
    python -m sibyl.learn mix ... --blend OLD                       half of it are another model's weights
    python -m sibyl.learn mix ... --start OLD --epochs 4            learn on from another model's weights
    python -m sibyl.learn mix ... --ablate build/ablation.json      what each group of features is worth
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sibyl.code.tokens import LINES
from sibyl.errors import LearnError, ModelError, first_line
from sibyl.learn import executors
from sibyl.learn.asked import whole
from sibyl.learn.evaluation.cross_validation import (
    by_list,
    judged,
    left_out,
    sureness,
    temperature,
    threshold,
)
from sibyl.learn.evaluation.mixture import NOTHING, blended, fit_all
from sibyl.learn.evaluation.recorded import longer, read_menus
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.replay_all import collect_all
from sibyl.learn.evaluation.schema import MEMBERS, WORDS
from sibyl.learn.io import whole_file
from sibyl.learn.metrics import rank_of, summary
from sibyl.ranking.explain import groups_of
from sibyl.ranking.features.word_columns import BEFORE
from sibyl.ranking.mix import Mix, packed

WITHOUT_MEMORY = (
    "network", "network_odds", "place", "place_share", "private", "dunder", "upper", "callable",
    "field", "type", "module", "list",
)  # fmt: skip
"""What is known of a candidate when nothing is remembered of the file."""
VIEWS = ("file", "project", "replay", "person")
"""What is remembered while the weights are learnt, drawn for each batch."""


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn mix", description=__doc__.split("\n")[0]
    )
    arguments.add_argument(
        "--menus",
        type=Path,
        required=True,
        action="append",
        help="lists of repositories, best of those held back from the network",
    )
    arguments.add_argument(
        "--read", type=Path, action="append", default=[],
        help="lists of repositories that the network was trained on: learnt from, not judged by",
    )  # fmt: skip
    arguments.add_argument("--sources", type=Path, required=True, help="folder of the repositories")
    arguments.add_argument("--stores", type=Path, help="folder that keeps the projects' memories")
    arguments.add_argument("--model", type=Path, required=True, help="model folder, written to")
    arguments.add_argument("--blend", type=Path, metavar="MODEL",
                           help="the weights for members become half of what is learnt and half of this "
                           "model's (folder or meta.json), whose lists are not there any more")  # fmt: skip
    arguments.add_argument("--start", type=Path, metavar="MODEL",
                           help="learn on from this model's weights (folder or meta.json), a few epochs: what "
                           "lists have taught that are not there any more stays")  # fmt: skip
    arguments.add_argument("--ablate", type=Path, help="measure groups of features instead; JSON")
    arguments.add_argument("--only", choices=("members", "words"), help="one sort of lists alone")
    arguments.add_argument(
        "--units", type=whole(1), default=16, help="rectified units of each seed"
    )
    arguments.add_argument("--seeds", type=whole(1), default=3, help="mixtures whose mean is taken")
    arguments.add_argument(
        "--folds", type=whole(2), default=4, help="parts left out in turn to judge by"
    )
    arguments.add_argument("--epochs", type=whole(1), default=15)
    arguments.add_argument("--seed", type=whole(0), default=1)
    executors.add_options(arguments, jobs=1)
    arguments.set_defaults(begun={})
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Learn both mixtures and write them into the sidecar."""
    torch.set_num_threads(1)  # small sums: threads would only wait for each other
    options = parser().parse_args(argv)
    options.begun = begun_with(options.start) if options.start else {}
    with tempfile.TemporaryDirectory() as folder:
        stores = options.stores or Path(folder)
        sites = _collected(options.menus, options, stores)
        judged_by = {site.repo for site in sites}
        if len(judged_by) < 2:
            raise LearnError("The mixture needs lists of at least two repositories.")
        read = _collected(options.read, options, stores)
        sites += [replace(site, read=True) for site in read if site.repo not in judged_by]
    sorts = {
        "mix": [site for site in sites if site.listed == "member"],
        "mix_words": in_proportion([site for site in sites if site.listed != "member"]),
    }
    if options.ablate:
        losses = {name: ablation(of_sort, options) for name, of_sort in sorts.items() if of_sort}
        with whole_file(options.ablate) as file:
            file.write((json.dumps(losses, indent=1) + "\n").encode())
        return 0
    mixes = {
        name: learn(of_sort, None, options, VIEWS) for name, of_sort in sorts.items() if of_sort
    }
    if sorts["mix"]:
        mixes["mix_none"] = learn(sorts["mix"], WITHOUT_MEMORY, options, NOTHING)
    if options.blend and "mix" in mixes:
        mixes["mix"] = blended(mixes["mix"], weights_of(options.blend))
    path = options.model / "meta.json"
    meta = json.loads(path.read_text()) | mixes
    with whole_file(path) as file:
        file.write((json.dumps(meta) + "\n").encode())
    print(json.dumps({name: mix["left_out"] for name, mix in mixes.items()}))
    return 0


def weights_of(model: Path) -> dict[str, Any]:
    """Return a model's weights for members; raises LearnError where it has none for today's features."""
    try:
        weights: dict[str, Any] = _sidecar(model)["mix"]
        Mix(weights)
    except (OSError, ValueError, KeyError, ModelError) as error:
        raise LearnError(
            f"{model} has no weights for members to blend with ({first_line(error)})."
        ) from error
    return weights


def _sidecar(model: Path) -> dict[str, Any]:
    """Read a model's sidecar, of its folder or by its own path."""
    path = model / "meta.json" if model.is_dir() else model
    sidecar: dict[str, Any] = json.loads(path.read_text())
    return sidecar


def begun_with(model: Path) -> dict[str, Mix]:
    """Return a model's mixtures by their names in the sidecar; older ones, too, if today has their columns.

    Raises LearnError where it has none.
    """
    mixtures = {}
    try:
        meta = _sidecar(model)
        for name in {"mix", "mix_none", "mix_words"} & set(meta):
            schema = WORDS if name == "mix_words" else MEMBERS
            entry = meta[name] | {"version": schema.version}
            mixtures[name] = Mix(entry, schema.names, schema.version)
    except (OSError, ValueError, TypeError, ModelError) as error:
        raise LearnError(f"{model} has no weights to begin with ({first_line(error)}).") from error
    if not mixtures:
        raise LearnError(f"{model} has no weights to begin with.")
    return mixtures


def _collected(menus: list[Path], options: argparse.Namespace, stores: Path) -> list[RecordedList]:
    lines = [line for path in menus for line in read_menus(path) if line["menu"]]
    lines += [more for line in lines if (more := longer(line))]
    if options.only:
        members = options.only == "members"
        lines = [line for line in lines if (line.get("kind", "member") == "member") == members]
    return collect_all(lines, options, options.model, stores, shortened)


def shortened(site: RecordedList, most: int = 120) -> RecordedList:
    """Return a site of words with fewer of its candidates, at most about 2.5 times ``most``.

    The first in the server's order and in the network's are kept, others drawn: long lists are learnt from at a
    tenth of their cost.
    """
    if site.listed == "member":
        return site
    indices = np.arange(len(site.names))
    if len(indices) > 2 * most:
        rng = np.random.default_rng(len(site.names) + site.truth)
        best = indices[np.argsort(-site.logits[indices])[: most // 2]]
        drawn = rng.choice(indices, most, replace=False)
        used = indices[np.argsort(-site.rows[indices, _WORD_COUNT], kind="stable")[: most // 2]]
        indices = np.unique(np.concatenate((indices[: most // 2], best, used, drawn, [site.truth])))
    return replace(
        site,
        names=[site.names[index] for index in indices],
        truth=int(np.searchsorted(indices, site.truth)),
        rows=site.rows[indices],
        logits=site.logits[indices],
        allowed=None,
        imports=None if site.imports is None else site.imports[indices],
    )


_WORD_COUNT = WORDS.columns["word_count"]
_KEYWORDS = 0.52
"""Keywords for each name that is read, in the code of the held-back repositories (bench/LOG.md)."""
_BEGINNING = 0.25
"""Of keywords that begin a statement where nothing is typed: few ask for `return` on an empty line."""
_BEGINS = [WORDS.columns[f"before_{token}"] for token in BEFORE if token in LINES]


def in_proportion(sites: list[RecordedList], seed: int = 1) -> list[RecordedList]:
    """Return the sites of words with keywords as often as code has them: recordings have more.

    For each number of letters typed they are drawn until there are ``_KEYWORDS`` for each name.
    """
    rng = np.random.default_rng(seed)
    often = Counter((site.listed, min(site.letters, 2)) for site in sites)
    drawn = []
    for site in sites:
        if site.listed == "reserved":
            letters = min(site.letters, 2)
            share = _KEYWORDS * often["name", letters] / often["reserved", letters]
            if not letters and site.rows[0, _BEGINS].any():
                share *= _BEGINNING
            if rng.random() >= share:
                continue
        drawn.append(site)
    return drawn


def ablation(sites: list[RecordedList], options: argparse.Namespace) -> dict[str, object]:
    """Return what is lost, on repositories left out in turn, where a group of features is not there."""
    measures: dict[str, object] = {}
    names = sites[0].schema.names
    for name, columns in {"nothing": [], **groups_of(names)}.items():
        left = [column for column in range(len(names)) if column not in columns]
        measures[name] = {
            view: summary([rank_of(scores, site.truth) for site, scores in of_view])
            for view, of_view in left_out(sites, left, options, VIEWS).items()
        }
        print(f"without {name}: {json.dumps(measures[name])}", flush=True)
    return measures


def learn(
    sites: list[RecordedList],
    names: Sequence[str] | None,
    options: argparse.Namespace,
    views: Sequence[str],
) -> dict[str, Any]:
    """Return the sidecar's entry: learned on all repositories, judged where each was left out in turn.

    ``names`` are the columns it looks at; None: all.
    """
    schema = sites[0].schema
    columns = [
        schema.columns[name] for name in names or schema.names if name not in schema.unlearnt
    ]
    by_view = left_out(sites, columns, options, views)
    scores = [of_list for of_view in by_view.values() for of_list in of_view]
    heat = temperature(scores)
    star, _ = threshold(*sureness(scores, heat))
    asked = [site for site in sites if not site.read]
    measures = {
        "sites": len(asked),
        "repositories": len({site.repo for site in asked}),
        "read_sites": len(sites) - len(asked),
        "temperature": heat,
        **{view: judged(of_view, heat, star) for view, of_view in by_view.items()},
        **by_list(by_view.get("project", [])),
    }
    folded = [mixture.folded() for mixture in fit_all(sites, columns, options, views)]
    direct = np.mean([features[columns] for _, _, features in folded], 0)
    least = [schema.least.get(schema.names[column], -np.inf) for column in columns]
    units = np.concatenate([out / len(folded) for _, out, _ in folded])
    return {
        "version": schema.version,
        "features": [schema.names[column] for column in columns],
        "hidden": packed(np.concatenate([hidden[[*columns, -1]] for hidden, _, _ in folded], 1)),
        "out": packed(np.concatenate((units / heat, np.maximum(direct / heat, least)))),
        "star": star,
        "left_out": measures,
    }
