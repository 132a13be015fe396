"""Make the ranker's own Python environment: `:Sibyl install`, and `make setup` in a checkout.

In:   the interpreter that runs this file, and the lists of packages in `requirements/`.
Out:  an environment at --venv, whole or not at all; progress lines, and one closing sentence.
      Exit code 0 if it can be used, 1 (and a sentence on standard error) if not.

    python3 -I install.py --venv DIR [--server] [--upgrade] [--with FILE]…

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
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1] / "engine"
# Run by path and isolated, this file finds nothing beside it by itself.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from packages import (  # noqa: E402 (found through the line above)
    BIN,
    ISOLATED,
    CannotInstall,
    environment,
    fill_somehow,
    nowhere,
    program,
    say,
)

LISTS = ENGINE.parent / "requirements"
# Import names; the packages' names have "-" for "_".
NEEDED = ("pynvim", "numpy", "onnxruntime", "tree_sitter", "tree_sitter_python")
# The first line: ONNX Runtime reports to its maker unless it reads this (see sibyl.network.runtime).
TRY = """
import os; os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import importlib, importlib.metadata, json, sys, sysconfig
for name in sys.argv[1].split(","): importlib.import_module(name)
versions = {name: importlib.metadata.version(name) for name in sys.argv[2].split(",") if name}
print(json.dumps({"versions": versions, "site": sysconfig.get_paths()["purelib"]}))
"""


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
    say("trying the packages")
    wanted = [name.replace("_", "-") for name in NEEDED]
    for path in lists:
        if path.name in ("run.txt", "server.txt"):
            # Lines with a condition may rightly be absent here.
            wanted += re.findall(r"^([\w.-]+)==[^\s;]+(?: \\)?$", path.read_text(), re.MULTILINE)
    asked = [",".join(NEEDED), ",".join(wanted)]
    done = subprocess.run(
        [str(program(place, "python")), *ISOLATED, "-c", TRY, *asked],
        env=environment(),
        cwd=nowhere(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise CannotInstall(f"The packages were installed but do not work here: {last}")
    return dict(json.loads(done.stdout))


def finish(place: Path, lists: list[Path]) -> dict[str, str]:
    """Try the environment, let it find the engine, and write the stamp; returns versions."""
    report = try_out(place, lists)
    # By path, not by copy: the engine that runs is always the one beside the plugin.
    (Path(str(report["site"])) / "sibyl.pth").write_text(f"{ENGINE}\n")
    stamp = {"lists": {str(path): digest(path) for path in lists}, "python": sys.version.split()[0]}
    (place / "sibyl.json").write_text(json.dumps(stamp, indent=1) + "\n")
    return report["versions"]


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
        known = installed(place)
        same = [path for path in lists if known.get(str(path)) == digest(path)]
        stale = [x for x in known if not Path(x).is_file() or digest(Path(x)) != known[x]]
        if len(same) == len(lists) and not upgrade and program(place, "python").exists():
            return f"nothing to do: {place} has all that is needed."
        # What was there stays wanted: an environment for learning also ranks.
        lists_there = [Path(name) for name in known if Path(name).is_file()]
        wanted = list(dict.fromkeys([*lists_there, *lists]))
        if known and not stale and not upgrade:
            fill_somehow(place, wanted, manager)
            versions = finish(place, wanted)
        else:
            new = place.with_name(place.name + ".new")
            shutil.rmtree(new, ignore_errors=True)
            try:
                fill_somehow(new, wanted, manager)
                versions = finish(new, wanted)
                move(new, place)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    main = ", ".join(f"{name} {versions[name]}" for name in ("pynvim", "onnxruntime"))
    took = time.monotonic() - begun
    return f"ready in {took:.0f} s: Python {sys.version.split()[0]}, {main} ({place})."


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", type=Path, required=True, help="where the environment shall be")
    parser.add_argument("--server", action="store_true", help="the default language server too")
    parser.add_argument("--upgrade", action="store_true", help="make it again in any case")
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
