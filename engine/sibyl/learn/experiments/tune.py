"""Settings for train, searched by Optuna: each trial is a short training, judged by its validation MRR.

In: one streams folder or several with other vocabularies.  Out: ``study.db`` (Optuna's SQLite storage), a run
for each trial, and ``tune.json`` with all trials and the best settings.

    python -m sibyl.learn tune --streams build/streams --out build/tune --trials 20 --steps 500 --every 100

Start the same command several times, or let processes (``--jobs``) or a cluster's workers (``--cluster``) do
the trials: they share one study. There each trial is a call with a number: its folder and what it tries follow
from that. What a trial tries also depends on the trials that have ended; the first ten are drawn by chance, the
same whatever process trains them. A trial whose validations stay below the median of the others' is pruned. A
trial that was killed is tried again by the next free worker, from its last checkpoint. A network too large for
``--mb`` is not trained at all. All workers search under the same settings: only ``--trials`` and ``--threads``
may differ. They write one SQLite file: the folder must be on a file system whose locks hold.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from sibyl.errors import LearnError, first_line
from sibyl.learn import executors
from sibyl.learn.asked import number, whole
from sibyl.learn.experiments.ablate import network_bytes
from sibyl.learn.experiments.study import (
    ENDED,
    folder_of,
    open_study,
    opened,
    sampler,
    sampler_again,
    settings,
    try_again,
)
from sibyl.learn.interrupts import Interrupts, waiting
from sibyl.learn.io import whole_file
from sibyl.learn.training import run as runs
from sibyl.learn.training.distributed import Processes
from sibyl.learn.training.network import Network, Sizes
from sibyl.learn.training.options import parser as training_parser
from sibyl.learn.training.stage import DivergedError, train
from sibyl.learn.training.validation import read_log


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
    add(
        "--trials", type=whole(1), default=20, help="trials of the whole study, of all workers (20)"
    )
    add(
        "--steps",
        type=whole(1),
        default=1_000,
        help="chunks of all lanes that a trial reads (1000)",
    )
    add("--every", type=whole(1), default=200, help="steps between two validations (200)")
    add("--embedding", type=whole(1), nargs="+", default=[64, 96, 128, 160], help="sizes to try")
    add(
        "--hidden", type=whole(1), nargs="+", default=[256, 320, 384, 448, 512], help="sizes to try"
    )
    add("--mb", type=number(above=True), default=4.0, help="largest network to try, in INT8 (4 MB)")
    add("--train", default="", help="more options for every training, in quotes: '--lanes 32'")
    add("--threads", type=whole(0), default=1, help="CPU threads of this worker (1)")
    add("--seed", type=whole(0), default=1, help="which settings are tried (1)")
    executors.add_options(arguments, jobs=1)
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
    if options.cluster or options.jobs > 1:
        all_trials(study, options)
        print(json.dumps(write_result(study, options.out)["best"]))
        return 0
    enough = optuna.study.MaxTrialsCallback(options.trials, ENDED)
    callbacks = [enough, lambda study, trial: say(study, trial, options.out)]
    if len(study.get_trials(deepcopy=False, states=ENDED)) < options.trials:
        try:
            with waiting() as interrupts:
                study.optimize(lambda trial: _kept(trial, options, interrupts), callbacks=callbacks)
        except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
            raise LearnError(
                f"The study in {options.out} cannot be written ({first_line(error)})."
            ) from error
    print(json.dumps(write_result(study, options.out)["best"]))
    return 0


def say(study: optuna.Study, trial: FrozenTrial, out: Path) -> None:
    """Say what became of a trial, and write down what is known."""
    best = write_result(study, out)["best"]
    line = {"trial": trial.number, "state": trial.state.name.lower(), "mrr": trial.value}
    print(json.dumps(line | {"best": best and best["mrr"]}), flush=True)


def _kept(trial: Trial, options: argparse.Namespace, interrupts: Interrupts) -> float:
    """Train as a trial of this machine says, which is tried again if it is interrupted."""
    trial.study.sampler = sampler(options, trial.number)
    try:
        name = trial.user_attrs.get("folder", folder_of(trial.number))
        return objective(trial, options, name, interrupts)
    except KeyboardInterrupt:
        try_again(trial.study, trial)
        raise


def objective(
    trial: Trial, options: argparse.Namespace, name: str, interrupts: Interrupts
) -> float:
    """Train as a trial says, in the folder of this name; returns the best MRR.

    Interrupts are let in while the network is trained, not while the study is asked or written.
    """
    folder = options.out / name
    trial.set_user_attr("folder", name)
    given = arguments(trial, options, folder)
    _small_enough(given, options.mb)

    def report(step: int, measures: dict[str, float]) -> None:
        with interrupts.kept_out():
            trial.report(measures["mrr"], step)
            if trial.should_prune():
                raise optuna.TrialPruned

    try:
        with interrupts.let_in():
            train(given, Processes(device=given.device), report)
    except DivergedError as error:
        raise optuna.TrialPruned(str(error)) from error
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
    if network_bytes(network, rows)[1] > most * 1e6:
        raise optuna.TrialPruned(f"larger than {most} MB")


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
        if trial.state in ENDED
    ]
    trials.sort(key=lambda trial: str(trial["folder"]))  # not by who began first
    done = [trial for trial in trials if trial["state"] == "complete"]
    best = max(done, key=lambda trial: trial["mrr"], default=None)
    result = {"best": best, "trials": trials}
    with whole_file(out / "tune.json") as file:
        file.write((json.dumps(result, indent=1) + "\n").encode())
    return result


def all_trials(study: optuna.Study, options: argparse.Namespace) -> None:
    """Let all trials be done that are not, and say what became of each."""
    options = argparse.Namespace(**vars(options))
    options.out = options.out.absolute()
    ended = {trial.user_attrs.get("folder") for trial in _trials(study, ENDED)}
    calls = [
        (options, number) for number in range(options.trials) if folder_of(number) not in ended
    ]
    for name in executors.as_done(one_trial, calls, options, options.out):
        for trial in _trials(study, ENDED, name):
            say(study, trial, options.out)


def one_trial(options: argparse.Namespace, number: int) -> str:
    """Do the trial of this number, unless it is done; returns the name of its folder."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with waiting() as interrupts:
        return _trial(options, number, interrupts)


def _trial(options: argparse.Namespace, number: int, interrupts: Interrupts) -> str:
    study, name = opened(options.out, beats=False), folder_of(number)
    if _trials(study, ENDED, name):
        return name
    draws = sampler(options, number)
    for before in _trials(study, (TrialState.RUNNING, TrialState.FAIL), name):  # its worker died
        draws = sampler_again(draws, before)
        if before.state == TrialState.RUNNING:
            study.tell(before.number, state=TrialState.FAIL)
    trial = study.ask()
    trial.study.sampler = draws
    try:
        study.tell(trial, objective(trial, options, name, interrupts))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    return name


def _trials(
    study: optuna.Study, states: tuple[TrialState, ...], name: str | None = None
) -> list[FrozenTrial]:
    """Return the trials in these states, of one folder alone if it is named."""
    trials = study.get_trials(deepcopy=False, states=states)
    return [trial for trial in trials if name is None or trial.user_attrs.get("folder") == name]
