"""Nothing of ours opens a way to another machine or writes outside its own folders."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import install
import pytest
from closed import can_close, closed, quiet_home, written

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine"
GRAPH = ROOT / "models" / "sibyl.onnx"
needs_filter = pytest.mark.skipif(
    not can_close(), reason="no filter of system calls here (Linux has)"
)
# What the package does when nobody stops it: a database at the import, a message some seconds later.
UNGUARDED = f"""
import onnxruntime, time
onnxruntime.InferenceSession({str(GRAPH)!r}, providers=["CPUExecutionProvider"])
time.sleep(60)
"""


def python(code: str, *arguments: str) -> list[str]:
    """A command that runs code in this interpreter, which finds the engine."""
    places = [str(ENGINE), str(ROOT / "scripts")]
    imports = f"import sys; sys.path[:0] = {places!r}\n"
    return [sys.executable, "-I", "-c", imports + code, *arguments]


def run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command without a network and in a home of its own."""
    return subprocess.run(
        closed(command), env=quiet_home(home), capture_output=True, text=True, timeout=120
    )


@needs_filter
def test_a_socket_is_noticed(tmp_path: Path) -> None:
    """The means of these tests works: a process that asks for a socket to elsewhere ends, child or not."""
    code = (
        "import socket; socket.socket(socket.AF_UNIX); print('here', flush=True); socket.socket()"
    )
    for family, code_ in (
        ("own", code),
        (
            "child",
            f"import subprocess as s; print(s.run({[sys.executable, '-c', code]}).returncode)",
        ),
    ):
        done = run(python(code_), tmp_path)
        assert "here" in done.stdout
        ended = done.returncode if family == "own" else int(done.stdout.split()[-1])
        assert -signal.SIGSYS == ended


@needs_filter
@pytest.mark.slow
def test_telemetry_would_be_noticed(tmp_path: Path) -> None:
    """ONNX Runtime left to itself writes into the user's cache and asks for a socket: both are seen here.

    A version that does neither needs no guard: then this test says so by being skipped.
    """
    process = subprocess.Popen(closed(python(UNGUARDED)), env=quiet_home(tmp_path))
    try:
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
    if not written(tmp_path) and process.returncode != -signal.SIGSYS:
        pytest.skip("this version of ONNX Runtime reports to nobody")
    assert written(tmp_path)
    assert -signal.SIGSYS == process.returncode


@needs_filter
@pytest.mark.slow
def test_the_model_stays_here(tmp_path: Path) -> None:
    """The ranker's model is loaded and run for longer than telemetry waits: no socket, no file."""
    code = "from sibyl.network.model import Model; from pathlib import Path; import time\n"
    code += f"Model(Path({str(GRAPH.parent)!r})); time.sleep(15)"
    done = run(python(code), tmp_path)
    assert 0 == done.returncode, done.stderr
    assert [] == written(tmp_path)


@needs_filter
def test_the_variable_is_set_by_the_package(tmp_path: Path) -> None:
    """After any import of the engine, without any preparation, telemetry is off already."""
    done = run(python("import sibyl, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"), tmp_path)
    assert "1" == done.stdout.strip()
    code = "import sibyl, os; del os.environ['ORT_DISABLE_TELEMETRY']\n"
    code += "from sibyl.network.runtime import onnxruntime\n"
    done = run(python(code + f"onnxruntime().InferenceSession({str(GRAPH)!r})"), tmp_path)
    assert 0 == done.returncode, done.stderr
    assert [] == written(tmp_path)


@needs_filter
def test_the_reader_stays_here(tmp_path: Path) -> None:
    """The process that reads a project opens no socket and writes its store, nothing else."""
    project, state = tmp_path / "project", tmp_path / "kept"
    for folder in (project, state):
        folder.mkdir()
    (project / "a.py").write_text("import os\nos.path.join('a', 'b')\n" * 20)
    command = [sys.executable, "-m", "sibyl.memory.index", str(project), str(state / "p.sqlite")]
    home = tmp_path / "home"
    done = subprocess.run(
        closed(command),
        cwd=ENGINE,
        env=quiet_home(home),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert '"whole": true' in done.stdout, done.stderr
    assert [] == written(home)
    assert ["a.py"] == written(project)
    assert {"p.sqlite", "p.lock"} >= set(written(state))


@needs_filter
def test_the_trial_of_an_installation_stays_here(tmp_path: Path) -> None:
    """Trying a fresh environment imports ONNX Runtime without our package, and yet nothing leaves."""
    place = ROOT / ".venv"
    if not install.program(place, "python").exists():
        pytest.skip("no .venv: `make setup`")
    code = "import install; from pathlib import Path; import os\n"
    code += "os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"  # install.py is run by path: no package of ours
    code += f"print(install.try_out(Path({str(place)!r}), []))"
    done = run(python(code), tmp_path)
    assert "versions" in done.stdout, done.stderr
    assert [] == written(tmp_path)


def test_one_module_imports_onnx_runtime() -> None:
    """No other file of the repository imports the package: so none can forget to switch telemetry off."""
    allowed = {"engine/sibyl/network/runtime.py"}
    for folder in ("engine", "bench", "rplugin", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(each.split(".")[0] == "onnxruntime" for each in names):
                    assert path.relative_to(ROOT).as_posix() in allowed


def test_this_run_is_covered() -> None:
    """The tests themselves run with telemetry off."""
    assert "1" == os.environ["ORT_DISABLE_TELEMETRY"]
