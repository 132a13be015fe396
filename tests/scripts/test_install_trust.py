"""The installer obeys its lists and the user's mirrors, not the folder it is called in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import failures
import install
import packages
import pytest

ROOT = Path(__file__).resolve().parents[2]
HASHED = ("run.txt", "server.txt", "test.txt")


def wheel(folder: Path, name: str, version: str, code: str, needs: str = "") -> Path:
    """Make a package of one module; its bytes depend on what is given alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + (f"Requires-Dist: {needs}\n" if needs else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{each},,\n" for each in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as file:
        for each, text in (files | {f"{info}/RECORD": record}).items():
            file.writestr(zipfile.ZipInfo(each), text)
    return path


def line(path: Path) -> str:
    """The line of a list that names a package by its hash."""
    name, version = path.name.split("-")[:2]
    return (
        f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """The package that the list means."""
    return wheel(tmp_path / "mirror", "demo", "1.0", "WHO = 'good'\n")


@pytest.fixture
def wanted(good: Path, tmp_path: Path) -> Path:
    """A list that names it by its hash."""
    path = tmp_path / "demo.txt"
    path.write_text("# One.\n" + line(good))
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a module for each that Python, pip and venv import, and settings of its own for all."""
    folder = tmp_path / "project"
    (folder / "pip").mkdir(parents=True)
    mark = f"open({str(tmp_path / 'ran')!r}, 'a').write(__name__ + ' ')\n"
    for name in (
        "venv types json sitecustomize usercustomize ensurepip sibyl subprocess re zipfile".split()
    ):
        (folder / f"{name}.py").write_text(mark)
    (folder / "pip/__init__.py").write_text(mark)
    (folder / "pip/__main__.py").write_text(mark)
    trojan = wheel(folder / "wheels", "demo", "1.0", "WHO = 'trojan'\n")
    (folder / "pip.conf").write_text(f"[global]\nfind-links = {trojan.parent}\n")
    (folder / "uv.toml").write_text(f"find-links = [{str(trojan.parent)!r}]\n")
    (folder / "pyproject.toml").write_text(
        f"[tool.uv]\nfind-links = [{str(trojan.parent)!r}]\n[tool.uv.pip]\nno-index = true\n"
    )
    (folder / ".python-version").write_text("3.8\n")
    return folder


def settings(tmp_path: Path, good: Path, more: str = "") -> dict[str, str]:
    """A user whose pip knows one mirror, and whatever else a test says."""
    home = tmp_path / "home"
    (home / ".config/pip").mkdir(parents=True, exist_ok=True)
    (home / ".config/pip/pip.conf").write_text(
        f"[global]\nno-index = true\nfind-links = {good.parent}\n{more}"
    )
    variables = {
        k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "XDG_", "PYTHON"))
    }
    return variables | {"HOME": str(home), "TMPDIR": str(tmp_path)}


def fill(
    place: Path, wanted: Path, manager: str, cwd: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Fill an environment in a process of its own, started as `:Sibyl install` starts it."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r})\nfrom pathlib import Path\n"
    code += "import packages\ntry:\n    packages.fill_somehow(Path(sys.argv[1]),"
    code += " [Path(sys.argv[2])], sys.argv[3])\n"
    code += "except packages.CannotInstall as problem: sys.exit(str(problem))"
    return subprocess.run(
        [sys.executable, "-I", "-c", code, str(place), str(wanted), manager],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


def who(place: Path) -> str:
    """Which package the environment has."""
    command = [str(packages.program(place, "python")), "-I", "-c", "import demo; print(demo.WHO)"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def test_pip_obeys_no_project(good: Path, wanted: Path, project: Path, tmp_path: Path) -> None:
    """In a folder full of traps, which PYTHONPATH and PYTHONHOME name, the mirror's package is installed."""
    place = tmp_path / "venv"
    environment = settings(tmp_path, good) | {
        "PYTHONPATH": f".:{project}",
        "PYTHONHOME": str(project),
    }
    environment |= {"PIP_TARGET": str(project), "PIP_USER": "1"}
    done = fill(place, wanted, "pip", project, environment)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "good" == who(place)
    assert not (tmp_path / "ran").exists()
    assert not (project / "demo.py").exists()


def test_pips_settings_of_place_and_version_do_not_reach(
    good: Path, wanted: Path, project: Path, tmp_path: Path
) -> None:
    """`user`, `target`, a constraint below our pins: who has these in a pip.conf can install all the same."""
    (tmp_path / "below.txt").write_text("demo<1.0\n")
    more = f"constraint = {tmp_path / 'below.txt'}\nrequire-virtualenv = true\n"
    more += f"[install]\nuser = true\ntarget = {tmp_path / 'there'}\nno-binary = :all:\n"
    done = fill(tmp_path / "venv", wanted, "pip", project, settings(tmp_path, good, more))
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "good" == who(tmp_path / "venv")
    assert not (tmp_path / "there").exists()


def test_a_conflict_is_named_as_one(
    good: Path, wanted: Path, project: Path, tmp_path: Path
) -> None:
    """What pip says where packages, or a user's constraint, exclude each other is no fault of the network."""
    other = wheel(good.parent, "other", "1.0", "", "demo<1.0")
    wanted.write_text(line(good) + line(other))
    done = fill(tmp_path / "venv", wanted, "pip", project, settings(tmp_path, good))
    assert 1 == done.returncode
    assert "conflict" in done.stderr and "demo" in done.stderr and "network" not in done.stderr
    assert 1 == len(done.stderr.splitlines())

    (tmp_path / "below.txt").write_text("demo<1.0\n")
    pip = [sys.executable, "-I", "-m", "pip", "install", "--no-index", "-f", str(good.parent)]
    pip += ["--dry-run", "demo==1.0", "-c", str(tmp_path / "below.txt")]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=240)
    failed = subprocess.CalledProcessError(1, pip, done.stdout + done.stderr)
    assert "conflict" in str(failures.reason(failed)), done.stderr


def test_another_package_of_the_same_name_is_refused(
    good: Path, wanted: Path, project: Path, tmp_path: Path
) -> None:
    """A mirror that serves other bytes than the list names: one sentence, and nothing is left."""
    wheel(good.parent, "demo", "1.0", "WHO = 'trojan'\n")
    done = fill(tmp_path / "venv", wanted, "pip", project, settings(tmp_path, good))
    assert 1 == done.returncode
    assert "hash" in done.stderr and 1 == len(done.stderr.splitlines())
    assert "" == who(tmp_path / "venv")


def test_nothing_is_left_of_a_failure(
    monkeypatch: pytest.MonkeyPatch, wanted: Path, tmp_path: Path
) -> None:
    """An installation that fails, or is ended by the user, leaves no half-made environment."""

    def half(place: Path, lists: list[Path], manager: str) -> None:
        (place / packages.BIN).mkdir(parents=True)
        raise KeyboardInterrupt if manager == "uv" else packages.CannotInstall("No.")

    monkeypatch.setattr(install, "fill_somehow", half)
    for manager in ("uv", "pip"):
        with pytest.raises((KeyboardInterrupt, packages.CannotInstall)):
            install.install(tmp_path / "data/venv", [wanted], False, manager)
        assert ["venv.lock"] == [path.name for path in (tmp_path / "data").iterdir()]


@pytest.fixture
def fake_uv(tmp_path: Path) -> tuple[Path, Path]:
    """A stand-in for uv that writes down how it is called; the folder it is in, and the record."""
    folder, record = tmp_path / "programs", tmp_path / "calls"
    folder.mkdir()
    (folder / "uv").write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"call = [sys.argv[1:], os.getcwd(), os.listdir(), dict(os.environ)]\n"
        f"open({str(record)!r}, 'a').write(json.dumps(call) + chr(10))\n"
    )
    (folder / "uv").chmod(0o755)
    return folder, record


def test_uv_obeys_no_project(
    fake_uv: tuple[Path, Path], good: Path, wanted: Path, project: Path, tmp_path: Path
) -> None:
    """It works in an empty folder, by hashes, with the user's configuration or none, and gets mirrors alone."""
    folder, record = fake_uv
    environment = settings(tmp_path, good) | {"PATH": f"{folder}:{os.environ['PATH']}"}
    environment |= {
        "UV_INDEX_URL": "https://mirror.example/simple",
        "UV_CONSTRAINT": "x",
        "PIP_USER": "1",
    }
    environment |= {"UV_CONFIG_FILE": "uv.toml", "PYTHONPATH": ".", "VIRTUAL_ENV": str(project)}
    mine = tmp_path / "home/.config/uv/uv.toml"
    for options in (["--no-config"], ["--config-file", str(mine)]):
        record.unlink(missing_ok=True)
        done = fill(tmp_path / "venv", wanted, "uv", project, environment)
        assert 0 == done.returncode, done.stderr
        calls = [json.loads(each) for each in record.read_text().splitlines()]
        assert 2 == len(calls)
        for arguments, cwd, listed, given in calls:
            if not Path("/etc/uv/uv.toml").exists():
                assert options == arguments[: len(options)]
            assert [] == listed and str(project) not in cwd
            assert "https://mirror.example/simple" == given["UV_INDEX_URL"]
            dropped = {"UV_CONSTRAINT", "UV_CONFIG_FILE", "PYTHONPATH", "VIRTUAL_ENV", "PIP_USER"}
            assert not dropped & {*given}
        assert "--require-hashes" in calls[1][0] and "--only-binary" in calls[1][0]
        mine.parent.mkdir(exist_ok=True)
        mine.write_text("")


def test_uv_is_none_of_the_project(
    monkeypatch: pytest.MonkeyPatch, fake_uv: tuple[Path, Path], tmp_path: Path
) -> None:
    """Uv is never taken from the current folder or an active environment."""
    folder, _ = fake_uv
    monkeypatch.chdir(folder)
    for entry in ("", ".", f"./../{folder.name}"):
        monkeypatch.setenv("PATH", entry)
        assert packages.find_uv() is None
    monkeypatch.setenv("PATH", str(folder))
    assert str(folder / "uv") == packages.find_uv()
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    assert packages.find_uv() is None


def test_a_real_uv_obeys_no_project(
    good: Path, wanted: Path, project: Path, tmp_path: Path
) -> None:
    """The real uv, in a project whose settings name a trojan's folder, installs the mirror's package."""
    if not packages.find_uv():
        pytest.skip("uv is not installed")
    environment = settings(tmp_path, good) | {"UV_FIND_LINKS": str(good.parent), "UV_NO_INDEX": "1"}
    done = fill(tmp_path / "venv", wanted, "uv", project, environment | {"UV_OFFLINE": "1"})
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "good" == who(tmp_path / "venv")


@pytest.mark.parametrize("name", HASHED)
def test_every_package_is_named_by_hashes(name: str) -> None:
    """Each line of a list has a version and hashes; each package that has files per platform has several."""
    text = (ROOT / "requirements" / name).read_text()
    named = re.split(r"\n(?=[a-z])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert named
    for each in named:
        assert re.match(r"[\w.-]+==[\w.]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", each)
    for each in named:
        if each.startswith(("numpy", "onnxruntime", "tree-sitter", "ty=", "greenlet")):
            assert 5 <= each.count("--hash=")
    assert [True] == ["--require-hashes" in x for x in packages.portions([install.LISTS / name])]
