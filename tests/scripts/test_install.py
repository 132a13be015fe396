"""The installer: whole or not at all, and one sentence when it cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import failures
import install
import packages
import pytest

SCRIPT = Path(install.__file__).resolve()
ROOT = SCRIPT.parents[1]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installer as people do: by path."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=240,
    )


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    """Replace the slow steps by making a folder; returns place, list, and a record."""
    filled: list[Path] = []

    def fill(place: Path, lists: list[Path], manager: str) -> None:
        (place / install.BIN).mkdir(parents=True, exist_ok=True)
        install.program(place, "python").write_text(f"#!{place}/bin/python\n")
        (place / "lists").write_text(" ".join(path.name for path in lists))
        filled.append(place)

    def try_out(place: Path, lists: list[Path]) -> dict[str, object]:
        return {"versions": {"pynvim": "1", "onnxruntime": "2"}, "site": str(place)}

    monkeypatch.setattr(install, "fill_somehow", fill)
    monkeypatch.setattr(install, "try_out", try_out)
    wanted = tmp_path / "run.txt"
    wanted.write_text("a==1\n")
    return tmp_path / "data" / "venv", wanted, filled


def test_nothing_happens_twice(pretend: tuple[Path, Path, list[Path]]) -> None:
    """A second run finds all in place, whatever time has passed, until a list changes."""
    place, wanted, filled = pretend
    assert install.install(place, [wanted], False, "auto").startswith("ready")
    assert install.install(place, [wanted], False, "auto").startswith("nothing to do")
    os.utime(wanted)
    assert install.install(place, [wanted], False, "auto").startswith("nothing to do")
    wanted.write_text("a==2\n")
    assert install.install(place, [wanted], False, "auto").startswith("ready")
    assert install.install(place, [wanted], True, "auto").startswith("ready")
    assert 3 == len(filled)


def test_more_is_added_and_kept(pretend: tuple[Path, Path, list[Path]]) -> None:
    """Another list is added to what is there, and asking for less removes nothing."""
    place, wanted, filled = pretend
    more = wanted.with_name("more.txt")
    more.write_text("b==1\n")
    install.install(place, [wanted], False, "auto")
    install.install(place, [wanted, more], False, "auto")
    assert place == filled[-1]
    assert install.install(place, [wanted], False, "auto").startswith("nothing to do")
    wanted.write_text("a==2\n")
    install.install(place, [wanted], False, "auto")
    assert "run.txt more.txt" == (place / "lists").read_text()


def test_a_failure_leaves_the_old_one(
    pretend: tuple[Path, Path, list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a new environment cannot be made, the old one still works and is not called new."""
    place, wanted, _ = pretend
    install.install(place, [wanted], False, "auto")
    wanted.write_text("a==2\n")

    def fail(*_: object) -> None:
        raise install.CannotInstall("The network is gone.")

    monkeypatch.setattr(install, "try_out", fail)
    with pytest.raises(install.CannotInstall):
        install.install(place, [wanted], False, "auto")
    assert (place / "lists").exists()
    assert install.installed(place)[str(wanted)] != install.digest(wanted)


def test_scripts_follow_the_move(pretend: tuple[Path, Path, list[Path]]) -> None:
    """Programs of the environment start its own Python, though it was built elsewhere."""
    place, wanted, filled = pretend
    install.install(place, [wanted], False, "auto")
    assert filled[-1] != place
    assert f"#!{place}/bin/python\n" == install.program(place, "python").read_text()
    assert not filled[-1].exists()


def test_a_broken_stamp_means_anew(pretend: tuple[Path, Path, list[Path]]) -> None:
    """Half an environment, or one made by something else, is replaced."""
    place, wanted, _ = pretend
    for text in ("", "[]", '{"lists": 3}', json.dumps({"python": "3"})):
        place.mkdir(parents=True, exist_ok=True)
        (place / "sibyl.json").write_text(text)
        assert install.install(place, [wanted], False, "auto").startswith("ready")
        assert install.installed(place)


CONFLICTS = {
    "pip": """\
ERROR: Cannot install numpy==2.4.6 because these package versions have conflicting dependencies.
The conflict is caused by:
    The user requested numpy==2.4.6
    The user requested (constraint) numpy<2
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
""",
    "uv": """\
  × No solution found when resolving dependencies:
  ╰─▶ Because you require numpy==2.4.6 and numpy<2, we can conclude that your requirements are unsatisfiable.
""",
}


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("The virtual environment was not created: ensurepip is not available", "python3-venv"),
        ("ERROR: Failed to establish a new connection: [Errno 111] Connection refused", "network"),
        ("error: Request failed: dns error: failed to lookup address", "network"),
        ("ERROR: No matching distribution found for onnxruntime==1.32.0", "another Python"),
        (CONFLICTS["pip"], "are in conflict"),
        (CONFLICTS["uv"], "are in conflict"),
        (
            "Because x==1 has no wheels with a matching tag, your ... unsatisfiable.",
            "another Python",
        ),
        ("NameResolutionError: Temporary failure in name resolution", "network"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("something nobody has seen", "something nobody has seen"),
        ("ERROR: No matching distribution found\n    for onnxruntime\n\n", "found)."),
        ("Collecting x\nFATAL ERROR: a\n   of no kind\n", "failed: FATAL ERROR: a"),
        ("first\n\n  the  last \n", "failed: the last"),
    ],
)
def test_a_reason_is_a_sentence(output: str, expected: str) -> None:
    """Whatever a package manager prints, one sentence says what to do."""
    problem = subprocess.CalledProcessError(1, ["pip"], output)
    sentence = str(failures.reason(problem))
    assert expected in sentence
    assert "\n" not in sentence


def test_no_network() -> None:
    """With no registry in reach the exit code is 1, and the one sentence is about the network."""
    # Nothing listens on the discard port of this machine.
    nowhere = {"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": ""}
    settings = nowhere | {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1", "PIP_NO_INDEX": "0"}
    settings |= {"PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1", "PIP_TIMEOUT": "2"}
    problem = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "-d", os.devnull, "pynvim==0.6.0"],
        capture_output=True,
        text=True,
        env=os.environ | settings,
        timeout=120,
    )
    assert problem.returncode
    failed = subprocess.CalledProcessError(1, ["pip"], problem.stdout + problem.stderr)
    assert "check the network" in str(failures.reason(failed))


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    """A place inside a file cannot be made; one sentence says so."""
    (tmp_path / "file").write_text("")
    done = run("--venv", str(tmp_path / "file" / "venv"))
    assert 1 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert "cannot be written" in done.stderr


def test_a_missing_list(tmp_path: Path) -> None:
    """An incomplete plugin folder is named as such."""
    done = run("--venv", str(tmp_path / "venv"), "--with", str(tmp_path / "gone.txt"))
    assert 1 == done.returncode
    assert "incomplete" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_old_python(tmp_path: Path) -> None:
    """An interpreter that is too old is told so before anything is tried."""
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); sys.version = '3.9.2 (x)';"
        "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SCRIPT), "--venv", str(tmp_path / "venv")],
        capture_output=True,
        text=True,
    )
    assert 1 == done.returncode
    assert "needs Python 3.10" in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_no_venv_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A Python without venv (as some systems pack it) says which package is missing."""
    monkeypatch.setattr(packages.importlib.util, "find_spec", {}.get)
    wanted = tmp_path / "x.txt"
    wanted.write_text("")
    monkeypatch.setattr(install, "LISTS", tmp_path)
    (tmp_path / "run.txt").write_text("")
    assert 1 == install.main(["--venv", str(tmp_path / "venv"), "--manager", "pip"])
    assert "python3-venv" in capsys.readouterr().err
    assert not (tmp_path / "venv").exists()


@pytest.mark.slow
def test_a_real_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real environment with nothing in it can be made, moved and used, and sees the engine."""
    monkeypatch.setattr(install, "NEEDED", ("sys", "json"))
    real = install.try_out
    versions = {"pynvim": "-", "onnxruntime": "-"}
    monkeypatch.setattr(
        install, "try_out", lambda place, _: real(place, []) | {"versions": versions}
    )
    monkeypatch.setattr(install, "TRY", install.TRY.replace("sys.argv[2].split", "''.split"))
    wanted = tmp_path / "nothing.txt"
    wanted.write_text("# nothing\n")
    place = tmp_path / "a place with spaces" / "venv"
    install.install(place, [wanted], False, "pip")
    python = str(install.program(place, "python"))
    output = subprocess.check_output(
        [python, "-c", "import sibyl, sys; print(sys.prefix); print(sibyl.__path__)"], text=True
    )
    assert [str(place), str(ROOT / "engine" / "sibyl")] == [
        output.splitlines()[0],
        output.splitlines()[1].split("'")[1],
    ]
    subprocess.check_call([str(install.program(place, "pip")), "--version"])


@pytest.mark.parametrize(
    ("system", "libc", "machine", "words"),
    [
        ("linux", "", "x86_64", "musl"),
        ("darwin", "", "x86_64", "Python 3.10"),
        ("linux", "glibc", "x86_64", "another Python from 3.10 to 3.14"),
        ("darwin", "", "arm64", "another Python from 3.10 to 3.14"),
    ],
)
def test_a_system_without_packages_is_named(
    monkeypatch: pytest.MonkeyPatch, system: str, libc: str, machine: str, words: str
) -> None:
    """Where no other Python would help, the sentence says what is missing, and does not send people looking."""
    monkeypatch.setattr(failures.sys, "platform", system)
    monkeypatch.setattr(failures.sys, "version_info", (3, 12, 1))
    monkeypatch.setattr(failures.platform, "libc_ver", lambda: (libc, ""))
    monkeypatch.setattr(failures.platform, "machine", lambda: machine)
    text = "ERROR: No matching distribution found for onnxruntime==1.32.0"
    problem = subprocess.CalledProcessError(1, ["pip"], text)
    assert words in str(failures.reason(problem))
