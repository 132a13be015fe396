"""Training by several processes: the same result as by one, and no end to it when one is killed.

In: small streams, ``torchrun`` with two processes on this machine's CPU (gloo).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from small_repositories import ENVIRONMENT  # noqa: E402

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.training import distributed, stage  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402
from sibyl.learn.training.distributed import Processes  # noqa: E402
from sibyl.learn.training.meeting import fresh_store  # noqa: E402
from sibyl.learn.training.validation import read_log  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.slow, pytest.mark.timeout(600)]
GIVEN = (
    "train --lanes 4 --length 32 --hidden 24 --embedding 16 --warm 4 --sample 100 --float --threads 1 "
    "--val-steps 3 --val-lanes 4 --every 5 --rate 0.01"
)


def begin(streams: Path, out: Path, processes: int, steps: int, more: str = "") -> subprocess.Popen:
    """Start a training by one process, or by several under torchrun."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    launcher = [*launcher, *more.split(), "-m"] if processes > 1 else ["-m"]
    given = [*GIVEN.split(), "--steps", str(steps), "--streams", str(streams), "--out", str(out)]
    return launch([sys.executable, *launcher, "sibyl.learn", *given])


def launch(command: list[str]) -> subprocess.Popen:
    """Start a command, its output in one pipe, in a session of its own."""
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT | {"OMP_NUM_THREADS": "1", "SIBYL_WORKER_PATIENCE": "15"},
        start_new_session=True,
    )


def finish(process: subprocess.Popen) -> str:
    """Wait for a training; returns its output, having seen that it succeeded."""
    output = ended(process)
    assert process.returncode == 0, output
    return output


def ended(process: subprocess.Popen) -> str:
    """Wait for a training, not without end; returns its output."""
    try:
        output, _ = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        for pid in (*children(process.pid), process.pid):  # workers have sessions of their own
            os.kill(pid, signal.SIGKILL)
        output, _ = process.communicate()
    return output


def assert_alike(first: Path, other: Path) -> None:
    """Two runs have the same learning curve and weights, but for the rounding of sums."""
    curves = [read_log(run / "log.jsonl") for run in (first, other)]
    assert len(curves[0]) == len(curves[1]) > 3
    for left, right in zip(*curves, strict=True):
        assert left.keys() == right.keys()
        for name in left.keys() - {"tokens_per_s"}:
            assert left[name] == pytest.approx(right[name], abs=2e-3), name
    networks = [load_network(run / "last.pt")[0] for run in (first, other)]
    for left, right in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.allclose(left, right, atol=2e-3)


@pytest.fixture(scope="module")
def alone(streams: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 50 steps by one process."""
    out = tmp_path_factory.mktemp("alone")
    finish(begin(streams, out, 1, 50))
    return out


def test_two_processes_learn_what_one_learns(streams: Path, alone: Path, tmp_path: Path) -> None:
    """Two gloo processes, each with half of the lanes, give the curve and the weights of one."""
    finish(begin(streams, tmp_path, 2, 50))
    assert_alike(alone, tmp_path)


def test_a_run_goes_on_with_more_processes(streams: Path, alone: Path, tmp_path: Path) -> None:
    """What one process began, two finish, and one again: all lanes' states are in the checkpoint."""
    process = begin(streams, tmp_path, 1, 50)
    wait_for(tmp_path / "last.pt", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    finish(begin(streams, tmp_path, 2, 50))
    assert_alike(alone, tmp_path)


def test_a_killed_worker_is_restarted_and_nothing_is_lost(
    streams: Path, alone: Path, tmp_path: Path
) -> None:
    """Torchrun starts all again when one is killed; they go on from the checkpoint to the same end.

    Where gloo itself cannot connect any more, and says so, the training started again goes on in the same way.
    """
    process = begin(streams, tmp_path, 2, 50, "--max-restarts=2")
    wait_for(tmp_path / "last.pt", process)
    workers = children(process.pid)
    assert len(workers) == 2
    os.kill(workers[1], signal.SIGKILL)
    output = go_on(process, streams, tmp_path)
    assert "SIGKILL" in output or "-9" in output or "restart" in output.lower(), output
    assert not set(workers) & set(children(process.pid))
    assert_alike(alone, tmp_path)


def go_on(process: subprocess.Popen, streams: Path, out: Path) -> str:
    """Wait for a training; where gloo refused to connect, start it again: by two processes, then by one."""
    outputs = [ended(process)]
    for processes in (2, 1):
        if process.returncode == 0 or "Gloo connectFullMesh failed" not in outputs[-1]:
            break
        process = begin(streams, out, processes, 50)
        outputs.append(ended(process))
    assert process.returncode == 0, "\n".join(outputs)
    return outputs[0]


def test_where_gloo_cannot_connect_a_new_start_goes_on(
    streams: Path, alone: Path, tmp_path: Path
) -> None:
    """A training whose workers end with gloo's complaint is started again, and comes to the same end."""
    process = begin(streams, tmp_path, 1, 50)
    wait_for(tmp_path / "last.pt", process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    refused = (
        "import sys; sys.exit('RuntimeError: Gloo connectFullMesh failed with Connect timeout')"
    )
    go_on(launch([sys.executable, "-c", refused]), streams, tmp_path)
    assert_alike(alone, tmp_path)
    with pytest.raises(AssertionError, match="something else"):
        go_on(
            launch([sys.executable, "-c", "import sys; sys.exit('something else')"]),
            streams,
            tmp_path,
        )


def test_workers_started_again_do_not_read_what_the_killed_ones_wrote() -> None:
    """In one store, each start of two workers gets a part of its own, even if one of them comes late.

    Gloo writes its addresses there: with those of an earlier start a worker waits for a process that is gone.
    """
    store, patience = torch.distributed.HashStore(), timedelta(seconds=60)
    for start in range(3):
        with ThreadPoolExecutor(2) as threads:
            first = threads.submit(fresh_store, store, start % 2, 2, patience)
            time.sleep(0.2)
            second = threads.submit(fresh_store, store, 1 - start % 2, 2, patience)
            assert not first.result().check(["address"])
            first.result().set("address", str(start))
            assert second.result().get("address") == str(start).encode()


def test_a_worker_that_nobody_joins_says_so() -> None:
    """A worker whose peers do not come ends with a sentence, whichever it is."""
    for rank in (0, 1):
        with pytest.raises(torch.distributed.DistError, match="did not meet in time"):
            fresh_store(torch.distributed.HashStore(), rank, 2, timedelta(seconds=0.1))


def wait_for(path: Path, process: subprocess.Popen) -> None:
    """Wait until a file is there, as long as the process lives."""
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    """Return the processes that a process started, Python ones."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [int(child) for child, name in lines if "python" in name or "pt_" in name]


def test_lanes_that_cannot_be_shared_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three processes cannot share four lanes: one sentence says what can, before anything is read."""
    nothing = ["--streams", str(tmp_path), "--out", str(tmp_path / "out"), "--lanes", "4"]
    for name, value in {"WORLD_SIZE": "3", "RANK": "0"}.items():
        monkeypatch.setenv(name, value)
    sentence = "4 lanes cannot be shared by 3 processes equally; take --lanes 3 or 6,"
    with pytest.raises(LearnError, match=sentence):
        stage.main(nothing)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr(distributed, "_GRACE", 0)
    with pytest.raises(SystemExit):  # without a word: the first has said it
        stage.main(nothing)
    assert not (tmp_path / "out").exists()
    assert [Processes(rank, 2).lanes(4) for rank in (0, 1)] == [slice(0, 2), slice(2, 4)]
