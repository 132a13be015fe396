"""Where the work on repositories is done: by processes of this machine, or by a cluster.

In: a function of one repository, its calls, and what the command line says (`--jobs`, `--cluster`).
Out: what the function returns, as it comes; the same wherever the work was done.

    calls ─► a few a worker at a time ─┬► --jobs N         processes of this machine (1: this very one)
                                       └► --cluster HOST   workers of a Dask scheduler (sibyl.learn.cluster)
"""

from __future__ import annotations

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from sibyl.errors import LearnError
from sibyl.learn.asked import whole

Call = tuple[Any, ...]
"""Arguments of the function for one repository, plain values that can be sent elsewhere."""
Result = TypeVar("Result")
_AHEAD = 3
"""Calls on their way for each worker: enough that none waits, few enough for any scheduler's memory."""


def add_options(parser: argparse.ArgumentParser, jobs: int | None = None) -> None:
    """Let a stage be told where its work is done; `jobs` processes unless told (None: one a core)."""
    jobs = jobs or os.cpu_count() or 1
    parser.add_argument("--jobs", type=whole(1), default=jobs, help=f"processes ({jobs})")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", default="",
        help="let the workers of this Dask scheduler do it instead (tcp://HOST:8786); they must see "
        "the same folders",
    )  # fmt: skip


def as_done(
    function: Callable[..., Result], calls: Iterable[Call], options: argparse.Namespace, out: Path
) -> Iterator[Result]:
    """Yield what the calls return, as it comes.

    ``out`` is the folder that the function writes to. Raises what the function raises, and LearnError
    where its process was killed or the cluster cannot do the work.
    """
    if options.cluster:
        from sibyl.learn import cluster

        with cluster.crew(options.cluster, out) as (submit, workers):
            yield from handed_out(partial(submit, function), calls, workers)
        return
    if options.jobs <= 1:
        for call in calls:
            yield function(*call)
        return
    fresh = get_context("spawn")  # forking a process that has threads is asking for a dead-lock
    with ProcessPoolExecutor(
        options.jobs, fresh, initializer=leave_with, initargs=(os.getpid(),)
    ) as pool:
        try:
            yield from handed_out(partial(pool.submit, function), calls, lambda: options.jobs)
        except BrokenProcessPool as error:
            raise LearnError("A process at work was killed; start the stage again.") from error
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def handed_out(
    submit: Callable[..., Future[Result]], calls: Iterable[Call], workers: Callable[[], int]
) -> Iterator[Result]:
    """Yield what the calls return, as it comes, with only a few calls on their way."""
    left = iter(calls)
    running: set[Future[Result]] = set()
    while True:
        room = _AHEAD * max(1, workers()) - len(running)
        running |= {submit(*call) for call in islice(left, max(0, room))}
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


def leave_with(parent: int) -> None:
    """Make this process end soon after its parent, which may be killed without warning."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
