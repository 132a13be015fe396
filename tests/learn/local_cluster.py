"""A real Dask scheduler and workers, processes on this machine's loopback that write down whom they connect to.

In: a temporary folder.  Out: the fixtures `dask` and `heard`, which conftest.py hands on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from small_repositories import ENGINE, ENVIRONMENT

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="needs the packages of requirements/cluster.txt"
)
# Every process of the cluster tells whom it asks for and where it listens.
SPY = """
import os, sys
def hear(event, given):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        said = given[0] if event == "socket.getaddrinfo" else given[1]
        with open(os.environ["HEARD"], "a") as file:
            file.write(repr((event, said)) + chr(10))
sys.addaudithook(hear)
"""


class Dask:
    """A scheduler and workers as a person starts them, on loopback alone and without a dashboard."""

    def __init__(self, folder: Path) -> None:
        """Start the scheduler."""
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        address_file = folder / "scheduler.json"
        self._begin("scheduler", "--port", "0", "--scheduler-file", str(address_file))
        while not address_file.exists() or not address_file.read_text().endswith("}"):
            assert self.processes[0].poll() is None
            time.sleep(0.02)
        self.address: str = json.loads(address_file.read_text())["address"]

    def add_worker(self) -> None:
        """Start a worker of one thread that nobody starts again."""
        alone = ("--no-nanny", "--nthreads", "1", "--local-directory", str(self.folder))
        self._begin("worker", self.address, *alone)

    def kill_worker(self) -> None:
        """Kill the worker that was started last, without warning."""
        worker = self.processes.pop()
        worker.kill()
        worker.wait()

    def _begin(self, role: str, *given: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *given]
        command += ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard"]
        with open(self.folder / "dask.log", "ab") as log:
            self.processes.append(
                subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log)
            )

    def end(self) -> None:
        """End all."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the processes write down whom they connect to."""
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "sitecustomize.py").write_text(SPY)
    path = tmp_path / "heard.txt"
    path.touch()
    monkeypatch.setitem(
        ENVIRONMENT, "PYTHONPATH", os.pathsep.join([str(tmp_path / "spy"), str(ENGINE)])
    )
    monkeypatch.setitem(ENVIRONMENT, "HEARD", str(path))
    return path


@pytest.fixture
def dask(heard: Path, tmp_path: Path) -> Iterator[Dask]:
    """A cluster of three workers."""
    (tmp_path / "dask").mkdir()
    cluster = Dask(tmp_path / "dask")
    for _ in range(3):
        cluster.add_worker()
    yield cluster
    cluster.end()
