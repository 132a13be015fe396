"""Menus, evaluate, mix and tune by a cluster: what one process writes, even if a worker is killed.

In: small repositories, a fake language server, the shipped model; a real Dask scheduler and three workers.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from local_cluster import Dask, needs_dask  # noqa: E402
from small_repositories import code, make_repository, run, start, write_list  # noqa: E402

from sibyl.errors import LearnError  # noqa: E402
from sibyl.learn.evaluation import site_parts  # noqa: E402
from sibyl.learn.evaluation.history import Before  # noqa: E402
from sibyl.learn.evaluation.recorded_list import Past, RecordedList  # noqa: E402
from sibyl.learn.evaluation.replay_all import collect_all  # noqa: E402
from sibyl.learn.training.checkpoints import load_network  # noqa: E402
from sibyl.learn.training.validation import read_log  # noqa: E402

pytestmark = [pytest.mark.learn, pytest.mark.slow, pytest.mark.timeout(900)]
SERVER = Path(__file__).with_name("fake_language_server.py")
SHIPPED = Path(__file__).parents[2] / "models"
KNOWN = "    self.alpha(self.beta)\n" * 8  # what the fake server lists


@pytest.fixture
def listed(sources: Path, tmp_path: Path) -> Path:
    """The list of eight repositories whose files use what the fake server lists."""
    rows = []
    for number in range(8):
        files = {
            f"f{i}.py": f"{code(f'r{number}_{i}')}\ndef go_{i}(self):\n{KNOWN}" for i in range(6)
        }
        rows.append((f"o/n{number}", make_repository(sources, f"o/n{number}", files), "MIT"))
    return write_list(tmp_path / "train.tsv", rows)


def alone(*given: object) -> None:
    """Run a stage by one process."""
    status, output = run(*given)
    assert status == 0, output


def killed(dask: Dask, begun: Callable[[], bool], *given: object) -> None:
    """Run a stage on the cluster, kill a worker when the work has begun, and see the stage succeed."""
    process = start(*given, "--cluster", dask.address)
    while not begun():
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    dask.kill_worker()
    assert process.poll() is None  # it was killed in the middle
    output = "".join(process.communicate(timeout=400))
    assert process.returncode == 0, output


def menus(listed: Path, sources: Path, out: Path) -> tuple[object, ...]:
    """Arguments of the menus stage."""
    server = shlex.join([sys.executable, str(SERVER), str(out.with_suffix(".log"))])
    asked = ("--server", server, "--sites", 20, "--per-file", 8, "--patience", 60)
    return "menus", "--list", listed, "--sources", sources, "--out", out, *asked


@needs_dask
def test_menus_evaluate_and_mix_lose_a_worker_each(
    dask: Dask, listed: Path, sources: Path, tmp_path: Path
) -> None:
    """The lists, the numbers and the mixing weights are those of one process, to the byte."""
    single, many = tmp_path / "one", tmp_path / "many"
    for folder in (single, many):
        shutil.copytree(SHIPPED, folder / "model")
    alone(*menus(listed, sources, single / "m.jsonl.gz"))
    progress = many / "m.progress.jsonl"
    killed(
        dask,
        lambda: progress.exists() and progress.read_bytes().count(b"\n") > 1,
        *menus(listed, sources, many / "m.jsonl.gz"),
    )
    assert (single / "m.jsonl.gz").read_bytes() == (many / "m.jsonl.gz").read_bytes()

    dask.add_worker()
    of = ("--menus", single / "m.jsonl.gz", "--sources", sources)
    asked = ("evaluate", *of, "--memory", "project", "--model", SHIPPED)
    files = {folder: (folder / "all.json", folder / "ranks.json") for folder in (single, many)}
    written = {folder: ("--json", a, "--ranks", b) for folder, (a, b) in files.items()}
    alone(*asked, *written[single])
    parts = many / "stores" / "sites"
    killed(
        dask, lambda: any(parts.glob("*.npz")), *asked, *written[many], "--stores", many / "stores"
    )
    for left, right in zip(*files.values(), strict=True):
        assert left.read_bytes() == right.read_bytes()
    assert not list(parts.iterdir())  # all was joined

    dask.add_worker()
    small = ("--epochs", 1, "--seeds", 1, "--folds", 2, "--units", 4)
    alone("mix", *of, "--model", single / "model", *small)
    given = ("--model", many / "model", *small, "--stores", many / "stores")
    killed(dask, lambda: any(parts.glob("*.npz")), "mix", *of, *given)
    left, right = ((folder / "model" / "meta.json").read_bytes() for folder in (single, many))
    assert left == right != (SHIPPED / "meta.json").read_bytes()


@needs_dask
def test_tune_loses_a_worker(dask: Dask, streams: Path, tmp_path: Path) -> None:
    """Trials, their settings and their networks are those of one process; a killed worker's trial goes on."""
    training = "--lanes 4 --length 32 --warm 2 --sample 100 --float --val-steps 2 --val-lanes 4"
    asked = f"--streams {streams} --trials 3 --steps 60 --every 10 --embedding 8 16 --hidden 12 24"
    given = ("tune", *asked.split(), "--train", training)
    single, many = tmp_path / "one", tmp_path / "many"
    alone(*given, "--out", single)
    killed(dask, lambda: any(many.glob("trial-*/last.pt")), *given, "--out", many)
    left, right = (json.loads((folder / "tune.json").read_text()) for folder in (single, many))
    assert left == right and len(left["trials"]) == 3
    for number in range(3):
        pair = [folder / f"trial-{number:03}" for folder in (single, many)]
        curves = [read_log(folder / "log.jsonl") for folder in pair]
        for curve in curves:
            for line in curve:
                line.pop("tokens_per_s", None)
        assert curves[0] == curves[1]
        networks = [load_network(folder / "last.pt")[0].state_dict() for folder in pair]
        assert all(torch.equal(networks[0][name], networks[1][name]) for name in networks[0])
    alone(*given, "--out", many, "--jobs", 2)  # nothing is left to do
    assert json.loads((many / "tune.json").read_text()) == right


def test_seen_lists_come_back_as_they_were(tmp_path: Path) -> None:
    """What a worker hands over is what it saw, in types, too; made of something else, it is not taken."""
    rows = np.arange(6, dtype=np.float16).reshape(2, 3)
    past = Past(Before("c", "p.py"), rows + 1, 4, 0.25)
    word = RecordedList(
        "o/a", "ü\udce4.py", "b", ["a", "b"], 1, rows, rows[0], "@x", "", 3, "known", "name"
    )
    word.allowed, word.imports, word.past = np.array([True, False]), np.array([False, True]), past
    member = RecordedList(
        "o/a", "b.py", "b", ["b"], 0, rows.astype(np.float32), rows[1], "", "", 0, "self"
    )
    member.past = Past(Before(unknown="shallow"))
    site_parts.save(tmp_path / "part.npz", "digest", [word, member])
    assert site_parts.load(tmp_path / "part.npz", "another") is None
    back = site_parts.load(tmp_path / "part.npz", "digest")
    assert back is not None
    for before, after in zip([word, member], back, strict=True):
        assert_alike(vars(before) | {"past": None}, vars(after) | {"past": None})
        assert before.past is not None and after.past is not None
        assert_alike(vars(before.past), vars(after.past))
    (tmp_path / "part.npz").write_bytes((tmp_path / "part.npz").read_bytes()[:-40])
    assert site_parts.load(tmp_path / "part.npz", "digest") is None


def assert_alike(fields: dict, other: dict) -> None:
    """Two objects have the same fields; arrays have the same types, too."""
    for name, value in fields.items():
        if isinstance(value, np.ndarray):
            assert value.dtype == other[name].dtype and (value == other[name]).all(), name
        else:
            assert value == other[name], name


def test_a_cluster_needs_a_folder_for_what_it_found(tmp_path: Path) -> None:
    """Without a folder that all machines see, workers could not hand over their results."""
    options = argparse.Namespace(cluster="tcp://127.0.0.1:9", stores=None, sources=tmp_path)
    with pytest.raises(LearnError, match="--cluster needs --stores"):
        collect_all([], options, SHIPPED)
