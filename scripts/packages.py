"""Package managers, asked so that nothing but the lists and the user's own mirrors decides what is installed.

In:   lists of packages, an environment's place.  Out: the packages in it, or `CannotInstall` with one sentence.

A program that is started in a folder may read it: Python its modules, uv its `pyproject.toml`, a version
manager its `.python-version`. So every program works in an empty folder; Python is isolated (`-I`) and gets
no variable that changes what it imports. Of pip's and uv's settings those are kept that say where packages
come from and how they are reached (a mirror, a proxy, a certificate), none that say which, or where they
go. Lists with hashes are installed by their hashes alone.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from failures import CannotInstall, reason
from progress import Progress

BIN = "Scripts" if os.name == "nt" else "bin"
ISOLATED = ("-I", "-B", "-X", "utf8")
_SOURCES = frozenset(
    "index-url extra-index-url no-index find-links trusted-host cert client-cert proxy timeout default-timeout "
    "retries cache-dir no-cache-dir keyring-provider".split()
)
_UV_SOURCES = re.compile(
    r"UV_(CONFIG_FILE|INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INSECURE_HOST|NATIVE_TLS"
    r"|SYSTEM_CERTS|KEYRING_PROVIDER|CREDENTIALS_DIR|HTTP_\w+|CACHE_DIR|NO_CACHE|OFFLINE|LINK_MODE)"
)
_DROPPED = re.compile(r"PYTHON|PIP_|UV_|__PYVENV|VIRTUAL_ENV$|CONDA_PREFIX$")


def say(text: str) -> None:
    """One line of progress."""
    print(f"sibyl: {text}", flush=True)


def environment(settings: dict[str, str] | None = None) -> dict[str, str]:
    """What programs we start get of this process's variables: nothing that changes what Python or pip do."""
    variables = {name: value for name, value in os.environ.items() if not _DROPPED.match(name)}
    return variables | {"ORT_DISABLE_TELEMETRY": "1"} | (settings or {})


@functools.cache
def nowhere() -> str:
    """An empty folder to work in; it goes when this process ends."""
    folder = tempfile.TemporaryDirectory(prefix="sibyl-")
    nowhere.folder = folder  # type: ignore[attr-defined]  # or it would go at once
    return folder.name


def run(
    command: list[str],
    settings: dict[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Run a command, handing each line to ``on_line``; failing raises with all its lines."""
    lines = []
    process = subprocess.Popen(
        command,
        env=environment(settings),
        cwd=nowhere(),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line.rstrip())
            on_line(line.strip())
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, "\n".join(lines))
    return lines


def program(place: Path, name: str) -> Path:
    """A program of an environment."""
    return place / BIN / (f"{name}.exe" if os.name == "nt" else name)


def find_uv() -> str | None:
    """The program uv by its absolute path, from no relative entry of PATH and no active environment."""
    active = [os.environ.get(name) for name in ("VIRTUAL_ENV", "CONDA_PREFIX")]
    for folder in map(Path, os.environ.get("PATH", "").split(os.pathsep)):
        if folder.is_absolute() and not any(x and folder.is_relative_to(x) for x in active):
            program = shutil.which("uv", path=str(folder))
            if program and Path(program).is_absolute():
                return program
    return None


def pip_settings(python: str) -> dict[str, str]:
    """What the user's settings of pip say about where packages come from, as variables; the rest is off."""
    theirs = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    settings: dict[str, str] = {}
    # From the weakest to the strongest: for all commands, for this one, from the environment.
    lines = run([python, *ISOLATED, "-m", "pip", "config", "list"], theirs)
    for section in ("global", "install", ":env:"):
        for line in lines:
            name, _, value = line.partition("=")
            where, _, key = name.rpartition(".")
            if where == section and key in _SOURCES:
                settings["PIP_" + key.upper().replace("-", "_")] = str(ast.literal_eval(value))
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    return settings | quiet | {"PIP_CONFIG_FILE": os.devnull}


def uv_configuration() -> list[str]:
    """Options that name the user's or the system's configuration of uv, never a project's."""
    if os.name == "nt":
        folders = [os.environ.get("APPDATA", ""), os.environ.get("PROGRAMDATA", "")]
    else:
        folders = [os.environ.get("XDG_CONFIG_HOME", "") or str(Path.home() / ".config")]
        folders += [*os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "/etc"]
    named = Path(os.environ.get("UV_CONFIG_FILE", ""))
    for path in (named, *(Path(folder, "uv", "uv.toml") for folder in folders if folder)):
        if path.is_absolute() and path.is_file():
            return ["--config-file", str(path)]
    return ["--no-config"]


def locked(path: Path) -> bool:
    """Whether a list names every package by its hash."""
    return "--hash=" in path.read_text()


def portions(lists: Iterable[Path]) -> list[list[str]]:
    """The options for each run of a manager: lists with hashes together and first, those without after them."""
    parts = []
    for hashes in (True, False):
        files = [word for x in lists if locked(x) == hashes for word in ("-r", str(x))]
        # Wheels only: nobody shall need a compiler, nor run a stranger's set-up script.
        if files:
            parts.append(["--only-binary", ":all:", *(["--require-hashes"] * hashes), *files])
    return parts


def _fill_by_uv(uv: str, place: Path, lists: list[Path], on_line: Callable[[str], None]) -> None:
    command = [uv, *uv_configuration()]
    # The interpreter that runs this is the one asked for; no other is to be fetched.
    settings = {name: value for name, value in os.environ.items() if _UV_SOURCES.fullmatch(name)}
    settings = settings | {"UV_PYTHON_DOWNLOADS": "never"}
    settings.pop("UV_CONFIG_FILE", None)
    if not place.exists():
        run([*command, "venv", "--quiet", "--python", sys.executable, str(place)], settings)
    python = str(program(place, "python"))
    for options in portions(lists):
        run([*command, "pip", "install", "--python", python, *options], settings, on_line)


def _fill_by_pip(place: Path, lists: list[Path], on_line: Callable[[str], None]) -> None:
    python = str(program(place, "python"))
    if importlib.util.find_spec("venv") is None:
        raise subprocess.CalledProcessError(1, [sys.executable], "no python3-venv")
    if not place.exists():
        run([sys.executable, *ISOLATED, "-m", "venv", str(place)])
    has_pip = "import importlib.util as u; print(bool(u.find_spec('pip')))"
    if run([python, *ISOLATED, "-c", has_pip]) != ["True"]:
        # Made by uv once, which leaves pip out.
        run([python, *ISOLATED, "-m", "ensurepip", "--upgrade"])
    settings = pip_settings(python)
    for options in portions(lists):
        install = [python, *ISOLATED, "-m", "pip", "install", "--progress-bar=off"]
        run([*install, *options], settings, on_line)


def fill_somehow(place: Path, lists: list[Path], manager: str) -> None:
    """Install lists into the environment at `place`, made if need be: by uv where it works, else by pip."""
    fresh = not place.exists()
    names = ", ".join(path.name for path in lists)
    uv = find_uv() if manager != "pip" else None
    if manager == "uv" and not uv:
        raise CannotInstall("The program uv is not on PATH.")
    if uv:
        say(f"installing {names} with uv")
        try:
            return _fill_by_uv(uv, place, lists, Progress(lists))
        except subprocess.CalledProcessError as problem:
            if manager == "uv":
                raise reason(problem) from None
            say(f"uv did not manage ({reason(problem)}) - trying pip")
            if fresh:
                shutil.rmtree(place, ignore_errors=True)
    say(f"installing {names} with pip")
    try:
        _fill_by_pip(place, lists, Progress(lists))
    except subprocess.CalledProcessError as problem:
        raise reason(problem) from None
