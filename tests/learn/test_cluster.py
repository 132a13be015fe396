"""Repositories by the workers of a cluster: the bytes of one process, even if a worker is killed.

In: small repositories; a real Dask scheduler and three workers, processes on this machine's loopback.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from local_cluster import Dask, needs_dask
from small_repositories import (
    ENVIRONMENT,
    last_line,
    make_repositories,
    report,
    run,
    start,
)

from sibyl.errors import LearnError
from sibyl.learn import cluster
from sibyl.learn.executors import as_done

pytestmark = [pytest.mark.learn, pytest.mark.slow]


def run_and_kill(dask: Dask, out: Path, stage: str, *given: object) -> None:
    """Run a stage on the cluster, kill a worker when the first part is there, and see it succeed."""
    process = start(stage, *given, "--out", out, "--cluster", dask.address)
    while not any(out.glob("parts/*.npz")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    dask.kill_worker()
    parts = len(list(out.glob("parts/*.npz")))
    output = "".join(process.communicate(timeout=120))
    assert 0 == process.returncode, output
    assert parts < 8


def assert_same_bytes(first: Path, other: Path) -> None:
    """Two folders hold the same files with the same bytes, but for how long it took."""
    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert names == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    assert sum(name.suffix == ".npz" for name in names) == 8
    for name in names:
        left, right = (first / name).read_bytes(), (other / name).read_bytes()
        if name.name == "streams.json":
            left, right = (
                json.dumps(json.loads(text) | {"made_in_s": 0}).encode() for text in (left, right)
            )
        assert left == right, name


@needs_dask
def test_killed_workers_change_no_byte(
    dask: Dask, heard: Path, sources: Path, tmp_path: Path
) -> None:
    """Corpus and streams lose a worker each on the way and write what one process writes.

    Nothing that takes part asks for, connects to or listens at any address but this machine's own.
    """
    listed = make_repositories(sources, tmp_path / "train.tsv", 8, 12, 40)
    alone, many = tmp_path / "alone", tmp_path / "many"
    of = ("--list", listed, "--sources", sources)
    assert 0 == run("corpus", *of, "--jobs", 1, "--out", alone / "corpus")[0]
    run_and_kill(dask, many / "corpus", "corpus", *of)
    assert_same_bytes(alone / "corpus", many / "corpus")
    of = ("--corpus", alone / "corpus", "--sources", sources, "--dev", 1)
    assert 0 == run("streams", *of, "--jobs", 2, "--out", alone / "streams")[0]
    run_and_kill(dask, many / "streams", "streams", *of)
    assert_same_bytes(alone / "streams", many / "streams")
    times = {path: path.stat().st_mtime_ns for path in many.glob("streams/parts/*")}
    again = ("--out", many / "streams", "--cluster", dask.address)
    assert 0 == run("streams", *of, *again)[0]
    assert times == {path: path.stat().st_mtime_ns for path in many.glob("streams/parts/*")}
    spoken = [ast.literal_eval(line) for line in heard.read_text().splitlines()]
    assert {"socket.connect", "socket.bind"} <= {event for event, _ in spoken}
    assert set() == {str(text) for _, text in spoken if not is_here(text)}


def is_here(text: object) -> bool:
    """Tell whether an address is one of this machine alone: loopback, or a path."""
    return (text[0] if isinstance(text, tuple) else text) in ("127.0.0.1", "::1", "localhost") or (
        isinstance(text, (str, bytes)) and text[:1] in ("/", b"/", "", b"")
    )


@needs_dask
def test_a_lost_scheduler_loses_no_work(dask: Dask, sources: Path, tmp_path: Path) -> None:
    """When the scheduler is killed, one sentence says so, and one process goes on from there."""
    of = (
        "--list",
        make_repositories(sources, tmp_path / "train.tsv", 8, 12, 40),
        "--sources",
        sources,
        "--out",
        tmp_path / "out",
    )
    process = start("corpus", *of, "--cluster", dask.address)
    while not any(tmp_path.glob("out/parts/*.npz")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    dask.processes[0].kill()
    errors = process.communicate(timeout=120)[1]
    assert 1 == process.returncode, errors
    assert f"The scheduler {dask.address} was lost" in last_line(errors)
    assert "Traceback" not in errors
    assert 0 == run("corpus", *of, "--jobs", 1)[0]
    assert 8 == report(tmp_path / "out")["splits"]["train"]["repositories scanned"]


@needs_dask
def test_a_cluster_that_is_not_there_gives_one_sentence(tmp_path: Path) -> None:
    """Where no scheduler answers, or none can be, one sentence names the address and what to do."""
    (tmp_path / "sources" / "a").mkdir(parents=True)
    quick = "import sys; from sibyl.learn import cluster, stages; cluster.PATIENCE = 1; sys.exit(stages.main())"
    given = ["corpus", "--sources", tmp_path / "sources", "--out", tmp_path / "out"]
    for address, sentence in (
        ("tcp://127.0.0.1:9", "No scheduler answers at tcp://127.0.0.1:9"),
        ("nonsense://x", "nonsense://x is not a scheduler's address, such as"),
    ):
        command = [sys.executable, "-c", quick, *map(str, given), "--cluster", address]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
        assert 1 == done.returncode
        assert "Traceback" not in done.stderr
        assert sentence in last_line(done.stderr)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Asked for a cluster without its packages, a stage says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LearnError, match=r"needs the package distributed: .*cluster\.txt"):
        list(as_done(abs, [(1,)], argparse.Namespace(cluster="tcp://127.0.0.1:9"), tmp_path))


def test_a_worker_that_differs_does_no_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A worker with other code, or without the folder of the results, refuses the call and says why."""
    monkeypatch.chdir(tmp_path)
    with cluster._beacon(tmp_path / "out") as beacon:
        here = str(tmp_path)
        cluster.Home(here, str(beacon), cluster.engine()).check()
        cluster.Home(here, str(beacon.relative_to(tmp_path)), cluster.engine()).check()
        with pytest.raises(LearnError, match="another version of sibyl"):
            cluster.Home(here, str(beacon), "0" * 64).check()
        with pytest.raises(LearnError, match=r"does not see .*out: .*same paths"):
            cluster.Home("/nowhere", "out/none", cluster.engine()).check()
    assert not beacon.exists()


def test_no_call_is_lost_or_done_twice(tmp_path: Path) -> None:
    """However long each call takes, every one gives one result, by one process and by two."""
    calls = [(0.2,), (0.0,), (0.1,), *[(0.0,)] * 9]
    for jobs in (1, 2):
        options = argparse.Namespace(jobs=jobs, cluster="")
        done = as_done(slow, calls, options, tmp_path)
        assert sorted(delay for (delay,) in calls) == sorted(done)


def slow(delay: float) -> float:
    """Return the delay, after it."""
    time.sleep(delay)
    return delay
