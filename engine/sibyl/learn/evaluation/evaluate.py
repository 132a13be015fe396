"""The tables.

In: a menus file, its repositories, the shipped model, and what counting needs.  Out: one table on the
screen, and all of it as JSON.

With ``--below`` only lists of imports are measured, each with the rest of its file below: an import that is
added to code which uses it. All other measures see nothing below the cursor.

With ``--history`` a project's memory is also made as it was before the line of each list was written: what
other files use today may be there because of that line.

    python -m sibyl.learn evaluate --menus menus/val.jsonl.gz --sources FOLDER --memory project --json out.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from sibyl.errors import LearnError
from sibyl.learn import executors
from sibyl.learn.evaluation.history_tables import history_table, measure_history
from sibyl.learn.evaluation.letters import continued
from sibyl.learn.evaluation.lists import lists_table, measure_lists
from sibyl.learn.evaluation.member_measures import baselines, confidence, gains, measure, remembered
from sibyl.learn.evaluation.paired import write_ranks
from sibyl.learn.evaluation.recorded import read_menus
from sibyl.learn.evaluation.recorded_list import RecordedList
from sibyl.learn.evaluation.replay_all import collect_all
from sibyl.learn.evaluation.schema import MEMBERS, MEMORIES, WORDS
from sibyl.learn.evaluation.tables import put, tables
from sibyl.learn.io import whole_file
from sibyl.learn.plots import calibration_picture
from sibyl.network.model import Model
from sibyl.ranking.mix import Mix

_HOME = Path(__file__).resolve().parents[4]


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn evaluate", description=__doc__.split("\n")[0]
    )
    add = arguments.add_argument
    add("--menus", type=Path, required=True, help="recorded completion lists")
    add("--sources", type=Path, required=True, help="folder of their repositories")
    add("--model", type=Path, default=_HOME / "models", help="model folder (default: the shipped)")
    add("--float", type=Path, help="float model folder, for the row 'float'")
    add("--counts", type=Path, default=_HOME / "bench" / "counts.json.gz", help="training counts")
    add("--memory", choices=MEMORIES, default="file", help="what 'full' may remember")
    add("--history", action="store_true", help="also with the memory of before each line (git)")
    add("--below", action="store_true", help="imports alone, added to the code below them")
    add("--stores", type=Path, help="folder that keeps the projects' memories")
    add("--json", type=Path, help="write all numbers here")
    add("--ranks", type=Path, help="write the truth's rank in each list of members here")
    add("--picture", type=Path, help="draw the calibration of 'full' (PNG)")
    add("--into", type=Path, action="append", default=[], help="put the tables into this document")
    executors.add_options(arguments, jobs=1)
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    options = parser().parse_args(argv)
    if options.history and options.memory not in ("project", "replay"):
        raise LearnError("--history is about other files: say --memory project or replay, too.")
    menus = read_menus(options.menus)
    if options.below:
        menus = [line | {"below": True} for line in menus if line.get("kind") == "import"]
    with tempfile.TemporaryDirectory() as folder:
        whole = options.memory in ("project", "replay")
        stores = (options.stores or Path(folder)) if whole else None
        lines = menus + continued(menus)
        sites = collect_all(lines, options, options.model, stores, history=options.history)
    if not sites:
        raise LearnError(f"No list in {options.menus} holds what was typed.")
    result: dict = {
        "menus": len(menus),
        "model": Model(options.model).hash,
        "memory": options.memory,
    }
    members = [site for site in sites if site.listed == "member"]
    words = [site for site in sites if site.listed != "member"]
    shown = []
    if members:
        measured, parts = _members(members, options)
        result |= measured
        orders, rest = tables(result)
        shown += [orders, rest]
        for path in options.into:
            put(path, {"orders": orders, "all": f"{orders}\n\n{rest}"})
        if options.picture:
            calibration_picture(options.picture, *parts)
    if words:
        result |= measure_lists(words, word_mixture(options.model), options.memory)
        shown.append(lists_table(result))
        for path in options.into:
            name = options.menus.name.partition(".")[0] + " below" * options.below
            put(path, {f"lists {name}": shown[-1]})
    if options.history:
        _, mix = mixtures(options.model)
        recorded = [site for site in sites if not site.further]
        result["history"] = measure_history(
            recorded, mix, word_mixture(options.model), options.memory
        )
        shown.append(history_table(result["history"]))
        for path in options.into:
            put(path, {"history": shown[-1]})
    print("\n\n".join(shown))
    if options.json:
        with whole_file(options.json) as file:
            file.write((json.dumps(result, indent=1) + "\n").encode())
    return 0


def _members(sites: list[RecordedList], options: argparse.Namespace) -> tuple[dict, tuple]:
    """Return all numbers of lists of members, and what a picture of the calibration shows."""
    plain, mix = mixtures(options.model)
    by_memory = remembered(sites, plain, mix, MEMORIES[: MEMORIES.index(options.memory) + 1])
    bare = [site.logits for site in sites]
    if options.ranks:
        write_ranks(options.ranks, sites, {"bare": bare} | by_memory)
    scores = baselines(sites, options.counts) | {
        "bare": bare,
        "int8": by_memory["none"],
        "full": by_memory[options.memory],
    }
    if options.float:
        menus = read_menus(options.menus)
        floats = collect_all(menus, options, options.float)
        scores["float"] = [plain.scores(site.rows) for site in floats if site.listed == "member"]
    measured = measure(sites, scores, mix.star) | {"memories": gains(sites, by_memory)}
    return measured, confidence(sites, scores["full"])


def mixtures(model: Path) -> tuple[Mix, Mix]:
    """Return a model's mixing weights: those for no memory at all, and those for whatever is remembered."""
    meta = json.loads((model / "meta.json").read_text())
    if not {"mix_none", "mix"} <= set(meta):
        raise LearnError(f"The model {model} has no mixing weights; run the mix stage.")
    return Mix(meta["mix_none"]), Mix(meta["mix"], unlearnt=MEMBERS.unlearnt)


def word_mixture(model: Path) -> Mix | None:
    """Return a model's mixing weights for lists that are not of members, if it has any."""
    weights = json.loads((model / "meta.json").read_text()).get("mix_words")
    return Mix(weights, WORDS.names, WORDS.version, WORDS.unlearnt) if weights else None
