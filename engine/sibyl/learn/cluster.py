"""Work on repositories by the workers of a Dask cluster (the extra `cluster`; doc/cluster.md).

In: a scheduler's address, and the folder that the results are written to.
Out: what sends a function's calls to the workers.

The scheduler hands the calls out, and gives those of a worker that died to another. What it cannot know is
checked before each call: that the worker sees this machine's folders under the same paths, and that it runs
the same engine on the same versions of what results depend on. So the result is that of one machine.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from sibyl.errors import LearnError
from sibyl.learn import io

PATIENCE = 30.0
"""Seconds to wait for the scheduler, and for its first worker."""
_MATTERS = (
    "numpy", "tree-sitter", "tree-sitter-python", "datasketch", "onnxruntime", "torch", "optuna", "ty",
    "basedpyright",
)  # fmt: skip
"""Packages whose versions a result may depend on."""
_one_at_a_time = threading.Lock()  # a worker may have threads; our functions are made for one
Result = TypeVar("Result")


@dataclass(frozen=True)
class Home:
    """What a worker must have in common with the machine that started the stage."""

    folder: str  # paths may be relative to it
    beacon: str  # a file that lies beside the results while the stage runs
    engine: str

    def check(self) -> None:
        """Raise LearnError where this process cannot do the work as it is done at home."""
        where = f"The worker {socket.gethostname()}:{os.getpid()}"
        if engine() != self.engine:
            raise LearnError(
                f"{where} runs another version of sibyl, of Python or of a package than this machine; "
                "install the same on all, restart the workers, and start the stage again."
            )
        try:
            os.chdir(self.folder)
        except OSError:
            pass  # absolute paths will do
        if not Path(self.beacon).is_file():
            raise LearnError(
                f"{where} does not see {Path(self.beacon).parent}: all machines need the folders of "
                "the sources and of the results under the same paths."
            )


@lru_cache(maxsize=1)
def engine() -> str:
    """Return a digest of all that the results of a call depend on beside its arguments."""
    home = Path(io.__file__).parents[1]
    parts = [f"Python {sys.version_info[:2]}"]
    for name in _MATTERS:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # not every stage needs each
            parts.append(f"{name} -")
    parts += [
        f"{path.relative_to(home).as_posix()} {_digest(path.read_bytes())}"
        for path in sorted(home.rglob("*.py"))
    ]
    return _digest("\n".join(parts).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def work(home: Home, function: Callable[..., Result], *call: Any) -> Result:
    """Do one call on a worker."""
    with _one_at_a_time:
        home.check()
        # A worker that was given up, but lives, may still write when another one does its call again.
        io.part_of = f".{socket.gethostname()}-{os.getpid()}"
        return function(*call)


Submit = Callable[..., "Future[Any]"]
"""Sends a function and its arguments to a worker."""


@contextmanager
def crew(address: str, out: Path) -> Iterator[tuple[Submit, Callable[[], int]]]:
    """Yield what sends calls to the workers of a scheduler, and what tells how many they do at once.

    ``out`` is the folder that the calls write to. Raises LearnError where the cluster cannot be reached, is
    lost, or cannot do a call.
    """
    client = _client(address)
    try:
        with _beacon(out) as beacon:
            home = Home(str(Path.cwd()), str(beacon), engine())
            pool = client.get_executor(pure=False)
            yield partial(pool.submit, work, home), lambda: _threads(client)
    except Exception as error:
        sentence = _said(error, address)
        if sentence is None:
            raise
        raise LearnError(sentence) from error
    finally:
        client.close()


def _threads(client: Any) -> int:
    """Return how many calls the workers that are there do at once."""
    try:
        return sum(client.nthreads().values())
    except (OSError, ValueError) as error:
        raise CancelledError(_first_line(error)) from error


def _said(error: Exception, address: str) -> str | None:
    """Return the sentence for what happened to a cluster, None for what a call raised itself."""
    name, detail = type(error).__name__, _first_line(error)
    if isinstance(error, CancelledError) or name in ("CommClosedError", "FutureCancelledError"):
        return f"The scheduler {address} was lost; start the stage again, it goes on."
    if name == "KilledWorker":
        return (
            f"A repository took several workers of {address} with it ({detail}); see their logs, "
            "perhaps they have too little memory."
        )
    if isinstance(error, ImportError):
        return (
            f"A worker of {address} cannot import {error.name or detail}: sibyl and the packages of "
            "requirements/run.txt, learn.txt and cluster.txt are needed there, too."
        )
    return None


def _client(address: str) -> Any:
    """Connect to a scheduler that has a worker."""
    if not re.fullmatch(r"((tcp|tls|ws|wss)://)?[^/\s]+:\d+/?", address):
        raise LearnError(f"{address} is not a scheduler's address, such as tcp://HOST:8786.")
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise LearnError(
            f"--cluster needs the package {error.name}: install the extra `cluster` "
            "(pip install -r requirements/cluster.txt), here and on every worker."
        ) from error
    # Of a lost connection both write pages of their own; we say it in one sentence.
    for name in ("distributed", "distributed.client", "asyncio", "tornado", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise LearnError(
            f"No scheduler answers at {address} ({_first_line(error)}); start one with `dask scheduler`."
        ) from error
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        client.close()
        raise LearnError(
            f"The scheduler {address} has no worker; start some with `dask worker {address}`."
        ) from error
    return client


@contextmanager
def _beacon(out: Path) -> Iterator[Path]:
    """Leave a file where the results are written, by which workers know the folder."""
    path = out / f".sibyl-{secrets.token_hex(8)}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise LearnError(f"Cannot write {path}: {error.strerror}.") from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        for left in out.glob("parts/*.part"):  # of a worker that was killed
            left.unlink(missing_ok=True)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
