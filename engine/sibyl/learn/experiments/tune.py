"""Settings for train, searched by Optuna: each trial is a short training, judged by its validation MRR.

In: one streams folder or several with other vocabularies.  Out: ``study.db`` (Optuna's SQLite storage), a run
for each trial, and ``tune.json`` with all trials and the best settings.

    python -m sibyl.learn tune --streams build/streams --out build/tune --trials 20 --steps 500 --every 100

Start the same command several times, on several machines with a common folder if you like: the workers share
one study. A trial whose validations stay below the median of the others' is pruned. A trial that was killed
is tried again by the next free worker, from its last checkpoint. A network too large for ``--mb`` is not
trained at all. All workers search under the same settings: only ``--trials`` and ``--threads`` may differ.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from sibyl.errors import LearnError
from sibyl.learn.experiments.ablate import bytes_of
from sibyl.learn.io import whole_file
from sibyl.learn.made_with import check_or_keep
from sibyl.learn.training import run as runs
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.network import Network, Sizes
from sibyl.learn.training.options import parser as training_parser
from sibyl.learn.training.stage import DivergedError, train
from sibyl.learn.training.validation import read_log

_BEAT = 15
"""Seconds between two signs of life of a worker; after three without one its trial counts as killed."""
MADE_WITH = ("steps", "every", "embedding", "hidden", "mb")
"""Options that all trials of a study share."""
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


def parser() -> argparse.ArgumentParser:
    """Describe the stage's arguments."""
    arguments = argparse.ArgumentParser(
        "python -m sibyl.learn tune", description=__doc__.split("\n")[0]
    )
    add = arguments.add_argument
    add(
        "--streams",
        type=Path,
        action="append",
        required=True,
        help="folder of the streams; given several times, the vocabulary is searched, too",
    )
    add("--out", type=Path, required=True, help="folder for the study and its runs")
    add("--trials", type=int, default=20, help="trials of the whole study, of all workers (20)")
    add("--steps", type=int, default=1_000, help="chunks of all lanes that a trial reads (1000)")
    add("--every", type=int, default=200, help="steps between two validations (200)")
    add("--embedding", type=int, nargs="+", default=[64, 96, 128, 160], help="sizes to try")
    add("--hidden", type=int, nargs="+", default=[256, 320, 384, 448, 512], help="sizes to try")
    add("--mb", type=float, default=4.0, help="largest network to try, in INT8 (4 MB)")
    add("--train", default="", help="more options for every training, in quotes: '--lanes 32'")
    add("--threads", type=int, default=1, help="CPU threads of this worker (1)")
    return arguments


def main(argv: list[str] | None = None) -> int:
    """Work on the study until it has all its trials."""
    options = parser().parse_args(argv)
    streams = [runs.read_about(folder) for folder in options.streams]
    for folder, about in zip(options.streams, streams, strict=True):
        if runs.watched_split(about) is None:
            raise LearnError(f"The streams in {folder} have no split to judge trials by.")
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # we say ourselves how trials end
    study = open_study(options.out, settings(options, streams))
    enough = optuna.study.MaxTrialsCallback(options.trials, _ENDED)
    callbacks = [enough, lambda study, trial: _say(study, trial, options.out)]
    if len(study.get_trials(deepcopy=False, states=_ENDED)) < options.trials:
        try:
            study.optimize(lambda trial: objective(trial, options), callbacks=callbacks)
        except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
            raise LearnError(f"The study in {options.out} cannot be written ({error}).") from error
    print(json.dumps(write_result(study, options.out)["best"]))
    return 0


def _say(study: optuna.Study, trial: FrozenTrial, out: Path) -> None:
    """Say what became of a trial, and write down what is known."""
    best = write_result(study, out)["best"]
    line = {"trial": trial.number, "state": trial.state.name.lower(), "mrr": trial.value}
    print(json.dumps(line | {"best": best and best["mrr"]}), flush=True)


def settings(options: argparse.Namespace, streams: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what decides how trials are chosen and judged: one study has one of each."""
    made_with = {name: getattr(options, name) for name in MADE_WITH}
    made_with |= {"train": " ".join(options.train.split())}
    made_with |= {"streams": [str(folder) for folder in options.streams]}
    made_with |= {"vocab": [about["vocab"] for about in streams]}
    return made_with | {"tokens": [about["train"]["tokens"] for about in streams]}


def open_study(out: Path, made_with: dict[str, Any]) -> optuna.Study:
    """Open the study of a folder, or begin it.

    Raises LearnError where it cannot be opened, or was begun with other settings than ``made_with``.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Two workers that begin at once would make the same tables: one after the other.
        with closing(sqlite3.connect(out / "study.lock", timeout=60, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            check_or_keep(out / "made_with.json", made_with)
            return _opened(out)
    except LearnError:
        raise
    except Exception as error:  # SQLAlchemy's, SQLite's and the file system's
        raise LearnError(f"The study {out / 'study.db'} cannot be opened ({error}).") from error


def _opened(out: Path) -> optuna.Study:
    with warnings.catch_warnings():  # signs of life are called experimental since 2021
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = RDBStorage(
            f"sqlite:///{out / 'study.db'}",
            engine_kwargs={"connect_args": {"timeout": 60}},  # workers wait for one another
            heartbeat_interval=_BEAT,
            grace_period=3 * _BEAT,
            heartbeat_stale_trial_callback=try_again,
        )
    return optuna.create_study(
        storage=storage,
        study_name="sibyl",
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )


def objective(trial: Trial, options: argparse.Namespace) -> float:
    """Train as a trial says; returns the best MRR."""
    folder = options.out / trial.user_attrs.get("folder", f"trial-{trial.number:03}")
    trial.set_user_attr("folder", folder.name)
    given = arguments(trial, options, folder)
    _small_enough(given, options.mb)

    def report(step: int, measures: dict[str, float]) -> None:
        trial.report(measures["mrr"], step)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        train(given, Processes(device=given.device), report)
    except DivergedError as error:
        raise optuna.TrialPruned(str(error)) from error
    except KeyboardInterrupt:
        try_again(trial.study, trial)
        raise
    return best_of_log(folder)


def best_of_log(folder: Path) -> float:
    """Return the highest MRR that a run's log holds."""
    return max(line["mrr"] for line in read_log(folder / "log.jsonl") if "mrr" in line)


def arguments(trial: Trial, options: argparse.Namespace, folder: Path) -> argparse.Namespace:
    """Ask the study for settings, and return them as train's arguments."""
    streams = trial.suggest_categorical("streams", [str(folder) for folder in options.streams])
    asked: dict[str, Any] = {
        "embedding": trial.suggest_categorical("embedding", options.embedding),
        "hidden": trial.suggest_categorical("hidden", options.hidden),
        "dropout": trial.suggest_float("dropout", 0.0, 0.3, step=0.05),
        "rate": trial.suggest_float("rate", 1e-3, 2e-2, log=True),
        "names": trial.suggest_float("names", 0.0, 0.6, step=0.1),
        "siblings": trial.suggest_float("siblings", 0.0, 1.5, step=0.25),
    }
    words = ["--streams", streams, "--out", str(folder), *options.train.split()]
    for name in ("steps", "every", "threads"):
        words += [f"--{name}", str(getattr(options, name))]
    for name, value in asked.items():
        words += [f"--{name}", str(value)]
    return training_parser().parse_args(words)


def _small_enough(given: argparse.Namespace, most: float) -> None:
    rows = runs.read_about(given.streams)["rows"]
    network = Network(Sizes(rows, given.embedding, given.hidden))
    if bytes_of(network, rows)[1] > most * 1e6:
        raise optuna.TrialPruned(f"larger than {most} MB")


def try_again(study: optuna.Study, trial: FrozenTrial | Trial) -> None:
    """Line up a trial that was killed; it goes on in its folder."""
    study.enqueue_trial(
        trial.params, user_attrs={"folder": f"trial-{trial.number:03}"} | trial.user_attrs
    )


def write_result(study: optuna.Study, out: Path) -> dict[str, Any]:
    """Write all trials and the best one."""
    trials = [
        {
            "folder": trial.user_attrs.get("folder"),
            "state": trial.state.name.lower(),
            "mrr": trial.value,
        }
        | {"settings": trial.params}
        for trial in study.get_trials(deepcopy=False)
        if trial.state in _ENDED
    ]
    done = [trial for trial in trials if trial["state"] == "complete"]
    best = max(done, key=lambda trial: trial["mrr"], default=None)
    result = {"best": best, "trials": trials}
    with whole_file(out / "tune.json") as file:
        file.write((json.dumps(result, indent=1) + "\n").encode())
    return result
