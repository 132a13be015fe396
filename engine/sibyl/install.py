"""Make the ranker's own Python environment: `:Sibyl install`, and `make setup` in a checkout.

In:   the interpreter that runs this file, and the lists of packages in `requirements/`.
Out:  an environment at --venv, whole or not at all; progress lines, and one closing sentence.
      Exit code 0 if it can be used, 1 (and a sentence on standard error) if not.
Who:  lua/sibyl/install.lua, Makefile; run by path, needs only the standard library.

    python3 install.py --venv DIR [--server] [--upgrade] [--with FILE]…

A new environment is built beside the place it shall have, tried, and then put there by renaming:
a broken network or a closed laptop leaves the old one working. What was installed is written into
a stamp, so that running this again does nothing until the lists change.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 (who runs this may have any Python)
    # Before anything an older Python would stumble over.
    sys.exit(f"sibyl needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}.")

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1]
LISTS = ENGINE.parent / "requirements"
BIN = "Scripts" if os.name == "nt" else "bin"
# Import names; the packages' names have "-" for "_".
NEEDED = ("pynvim", "numpy", "onnxruntime", "tree_sitter", "tree_sitter_python")
# Lines of pip and uv that tell somebody who waits how far they are.
PROGRESS = (
    "Collecting",
    "Downloading",
    "Installing collected",
    "Resolved",
    "Prepared",
    "Installed",
)
# The first line: ONNX Runtime reports to its maker unless it reads this (see sibyl.runtime).
TRY = """
import os; os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import importlib, importlib.metadata, json, sys, sysconfig
for name in sys.argv[1].split(","): importlib.import_module(name)
versions = {name: importlib.metadata.version(name) for name in sys.argv[2].split(",") if name}
print(json.dumps({"versions": versions, "site": sysconfig.get_paths()["purelib"]}))
"""


class CannotInstall(Exception):
    """The environment cannot be made; the message is one sentence a person can act on."""


def say(text: str) -> None:
    """One line of progress."""
    print(f"sibyl: {text}", flush=True)


def run(command: list[str], environment: dict[str, str] | None = None) -> list[str]:
    """Run a command, passing on what shows progress; failing raises with all its lines."""
    settings = {**os.environ, **(environment or {})}
    lines = []
    process = subprocess.Popen(
        command,
        env=settings,
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
            if line.lstrip().startswith(PROGRESS):
                print("  " + re.sub(r" \(from .*", "", line.strip())[:100], flush=True)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, "\n".join(lines))
    return lines


def digest(path: Path) -> str:
    """A fingerprint of one list."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def installed(place: Path) -> dict[str, str]:
    """Which lists the environment at `place` holds: {list's path: fingerprint}; {} if none."""
    try:
        stamp = json.loads((place / "sibyl.json").read_text())
        return dict(stamp["lists"]) if (place / BIN).is_dir() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def try_out(place: Path, lists: list[Path]) -> dict[str, dict[str, str]]:
    """Import everything in the environment's own interpreter; versions and site folder."""
    wanted = [name.replace("_", "-") for name in NEEDED]
    for path in lists:
        if path.name in ("run.txt", "server.txt"):
            # Lines with a condition may rightly be absent here.
            lines = [line.split("==") for line in path.read_text().splitlines()]
            wanted += [pair[0] for pair in lines if len(pair) == 2 and ";" not in pair[1]]
    command = [str(program(place, "python")), "-I", "-c", TRY, ",".join(NEEDED), ",".join(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise CannotInstall(f"The packages were installed but do not work here: {last}")
    return dict(json.loads(done.stdout))


def program(place: Path, name: str) -> Path:
    """A program of an environment."""
    return place / BIN / (f"{name}.exe" if os.name == "nt" else name)


def reason(problem: subprocess.CalledProcessError) -> CannotInstall:
    """Say in one sentence why a package manager failed."""
    text = problem.output or ""
    last = next((x for x in reversed(text.splitlines()) if "rror" in x), text[-200:]).strip()
    version = ".".join(map(str, sys.version_info[:2]))
    network = r"connection|resolution|resolve host|dns error|timed out|unreachable|refused|proxy"
    if re.search(r"ensurepip|python3-venv", text):
        return CannotInstall(
            f"{sys.executable} cannot make environments: install your system's python3-venv "
            "package (or the program uv) and run this again."
        )
    if re.search(r"No space left", text):
        return CannotInstall("The disk is full: about 300 MB are needed.")
    if re.search(network, text, re.IGNORECASE):
        return CannotInstall(
            "The packages could not be downloaded: check the network (or the proxy) and run this "
            f"again ({last[:160]})."
        )
    if re.search(r"No matching distribution|no wheels|unsatisfiable", text):
        return CannotInstall(
            f"There are no ready-made packages for Python {version} on this system: run this with "
            f"another Python from 3.10 to 3.14 ({last[:160]})."
        )
    return CannotInstall(f"`{Path(problem.cmd[0]).name}` failed: {last[:200]}")


def fill(place: Path, lists: list[Path], manager: str) -> None:
    """Install lists into the environment at `place`, making it first if it is not there."""
    python = str(program(place, "python"))
    # Wheels only: nobody shall need a compiler, nor run a stranger's set-up script.
    wheels = ["--only-binary", ":all:"]
    files = [word for path in lists for word in ("-r", str(path))]
    if manager == "uv":
        # The interpreter that runs this file is the one asked for; no other is to be fetched.
        alone = {"UV_PYTHON_DOWNLOADS": "never"}
        if not place.exists():
            run(["uv", "venv", "--quiet", "--python", sys.executable, str(place)], alone)
        run(["uv", "pip", "install", "--python", python, *wheels, *files], alone)
        return
    if importlib.util.find_spec("venv") is None:
        raise subprocess.CalledProcessError(1, [sys.executable], "no python3-venv")
    if not place.exists():
        run([sys.executable, "-m", "venv", str(place)])
    elif run([python, "-c", "import importlib.util as u; print(bool(u.find_spec('pip')))"]) != [
        "True"
    ]:
        # Made by uv once, which leaves pip out.
        run([python, "-m", "ensurepip", "--upgrade"])
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    run([python, "-m", "pip", "install", "--progress-bar", "off", *wheels, *files], quiet)


def fill_somehow(place: Path, lists: list[Path], manager: str) -> None:
    """Use uv where it is, and pip where it is not or where uv fails."""
    fresh = not place.exists()
    names = ", ".join(path.name for path in lists)
    if manager == "uv" or (manager == "auto" and shutil.which("uv")):
        say(f"installing {names} with uv")
        try:
            return fill(place, lists, "uv")
        except subprocess.CalledProcessError as problem:
            if manager == "uv":
                raise reason(problem) from None
            say(f"uv did not manage ({reason(problem)}) - trying pip")
            if fresh:
                shutil.rmtree(place, ignore_errors=True)
    say(f"installing {names} with pip")
    try:
        fill(place, lists, "pip")
    except subprocess.CalledProcessError as problem:
        raise reason(problem) from None


def finish(place: Path, lists: list[Path]) -> dict[str, str]:
    """Try the environment, let it find the engine, and write the stamp; returns versions."""
    found = try_out(place, lists)
    # By path, not by copy: the engine that runs is always the one beside the plugin.
    (Path(str(found["site"])) / "sibyl.pth").write_text(f"{ENGINE}\n")
    stamp = {"lists": {str(path): digest(path) for path in lists}, "python": sys.version.split()[0]}
    (place / "sibyl.json").write_text(json.dumps(stamp, indent=1) + "\n")
    return found["versions"]


def move(new: Path, place: Path) -> None:
    """Put a finished environment where it belongs; scripts in it name their interpreter by path."""
    for script in (new / BIN).iterdir():
        if script.is_file() and not script.is_symlink() and script.stat().st_size < 100_000:
            text = script.read_bytes()
            if str(new).encode() in text:
                script.write_bytes(text.replace(str(new).encode(), str(place).encode()))
    old = place.with_name(place.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Let one process at a time work on an environment."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        yield
        return
    import fcntl

    with open(place.with_name(place.name + ".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another installation is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(place: Path, lists: list[Path], upgrade: bool, manager: str) -> str:
    """Bring the environment to what is wanted; returns the closing sentence."""
    begun = time.monotonic()
    for path in lists:
        if not path.is_file():
            raise CannotInstall(f"The list {path} is missing: the plugin's folder is incomplete.")
    with alone(place):
        there = installed(place)
        same = [path for path in lists if there.get(str(path)) == digest(path)]
        stale = [x for x in there if not Path(x).is_file() or digest(Path(x)) != there[x]]
        if len(same) == len(lists) and not upgrade and program(place, "python").exists():
            return f"nothing to do: {place} has all that is needed."
        # What was there stays wanted: an environment for learning also ranks.
        kept = [Path(name) for name in there if Path(name).is_file()]
        wanted = list(dict.fromkeys([*kept, *lists]))
        if there and not stale and not upgrade:
            fill_somehow(place, wanted, manager)
            versions = finish(place, wanted)
        else:
            new = place.with_name(place.name + ".new")
            shutil.rmtree(new, ignore_errors=True)
            fill_somehow(new, wanted, manager)
            versions = finish(new, wanted)
            move(new, place)
    main = ", ".join(f"{name} {versions[name]}" for name in ("pynvim", "onnxruntime"))
    took = time.monotonic() - begun
    return f"ready in {took:.0f} s: Python {sys.version.split()[0]}, {main} ({place})."


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", type=Path, required=True, help="where the environment shall be")
    parser.add_argument("--server", action="store_true", help="the default language server too")
    parser.add_argument("--upgrade", action="store_true", help="make it anew in any case")
    parser.add_argument(
        "--with", type=Path, action="append", default=[], dest="more", help="a list"
    )
    parser.add_argument("--manager", choices=["auto", "uv", "pip"], default="auto")
    asked = parser.parse_args(argv)
    lists = [LISTS / "run.txt", *([LISTS / "server.txt"] if asked.server else []), *asked.more]
    try:
        say(
            install(
                asked.venv.absolute(), [p.resolve() for p in lists], asked.upgrade, asked.manager
            )
        )
    except CannotInstall as problem:
        print(f"sibyl: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"sibyl: {asked.venv} cannot be written: {problem.strerror}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
