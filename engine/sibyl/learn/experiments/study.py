"""The study of a search: one SQLite file, whatever number of workers.

In: the folder of the search, the settings that all its trials share.  Out: the study, and what draws settings.
"""

from __future__ import annotations

import argparse
import sqlite3
import warnings
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from sibyl.errors import LearnError, first_line
from sibyl.learn.made_with import check_or_keep

_BEAT = 15
"""Seconds between two signs of life of a worker; after three without one its trial counts as killed."""
MADE_WITH = ("steps", "every", "embedding", "hidden", "mb", "seed")
"""Options that all trials of a study share."""
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


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
            return opened(out)
    except LearnError:
        raise
    except Exception as error:  # SQLAlchemy's, SQLite's and the file system's
        raise LearnError(
            f"The study {out / 'study.db'} cannot be opened ({first_line(error)})."
        ) from error


def opened(out: Path, beats: bool = True) -> optuna.Study:
    """Open the study of a folder; ``beats``: trials give signs of life, and those that stop are tried again."""
    with warnings.catch_warnings():  # signs of life are called experimental since 2021
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = RDBStorage(
            f"sqlite:///{out / 'study.db'}",
            engine_kwargs={"connect_args": {"timeout": 60}},  # workers wait for one another
            heartbeat_interval=_BEAT if beats else None,
            grace_period=3 * _BEAT if beats else None,
            heartbeat_stale_trial_callback=try_again if beats else None,
        )
    return optuna.create_study(
        storage=storage,
        study_name="sibyl",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )


def sampler(options: argparse.Namespace, number: int) -> optuna.samplers.BaseSampler:
    """Return what draws a trial's settings: by the study's seed and the trial's number."""
    return optuna.samplers.TPESampler(seed=zlib.crc32(f"{options.seed} {number}".encode()))


def sampler_again(
    draws: optuna.samplers.BaseSampler, before: FrozenTrial
) -> optuna.samplers.BaseSampler:
    """Return what draws again the settings that a trial had; those that it had not drawn yet, by ``draws``."""
    with warnings.catch_warnings():  # called experimental since 2021
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.PartialFixedSampler(before.params, draws)


def try_again(study: optuna.Study, trial: FrozenTrial | Trial) -> None:
    """Line up a trial that was killed; it goes on in its folder."""
    study.enqueue_trial(
        trial.params, user_attrs={"folder": folder_of(trial.number)} | trial.user_attrs
    )


def folder_of(number: int) -> str:
    """Return the name of a trial's folder; one that is tried again keeps that of the first time."""
    return f"trial-{number:03}"
