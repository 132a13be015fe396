"""Runs the benchmarks one after the other and keeps what they say.

In:   the scripts beside this file.
Out:  results.json, the tables in README.md and keystroke.png here; with --short nothing but an exit code.

    python bench/run.py --only stages memory        these alone; of the others the last results stay
    python bench/run.py --short                     minutes less; fails on what no busy machine explains

What fails in the short form is measured once more, and only what fails twice fails.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import budgets
from common import ROOT, machine, table

HERE = Path(__file__).resolve().parent
RESULTS, README = HERE / "results.json", HERE / "README.md"
SCRIPTS = ("stages", "keystroke", "startup", "memory", "project", "peers")
FULL = {"stages": ["--picture", str(HERE / "keystroke.png")]}
SHORT = {
    "stages": ["--sizes", "500", "20000", "--rounds", "1"],
    "memory": ["--keystrokes", "2000", "--one-buffer", "--no-neovim"],
    "keystroke": [
        "--times",
        "15",
        "--sizes",
        "100",
        "--names",
        "1000",
        "--late",
        "--again",
        "--keys",
        "0",
        "--no-server",
    ],
}


def said(script: str, arguments: list[str]) -> tuple[str, dict[str, Any]]:
    """Run a script, showing what it prints; return its tables and its JSON. Raises SystemExit if it fails."""
    command = [sys.executable, str(HERE / f"{script}.py"), *arguments]
    print(f"== bench/{script}.py", flush=True)
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if not line.startswith("{"):
                print(line, end="", flush=True)
    if process.returncode or not lines:
        raise SystemExit(f"bench/{script}.py failed.")
    return "".join(lines[:-1]).strip(), json.loads(lines[-1])


def put(text: str, name: str, block: str) -> str:
    """Replace what stands between a document's marks, such as `<!-- begin stages -->`."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in text or end not in text:
        raise SystemExit(f"{README.name} has no place for '{name}'.")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{block}\n{end}{rest.partition(end)[2]}"


def printed(head: tuple[str, ...], rows: Any) -> str:
    """A table as text."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        table(head, rows)
    return out.getvalue().strip()


def ran_on(about: dict[str, Any]) -> str:
    """One sentence about the machine."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"{about['date']}, {about['cpu']}, {about['cores']} cores, {about['system']}, load before "
        f"{about['load']:g}; {versions}; model {about['model']}."
    )


def full(options: argparse.Namespace) -> int:
    """Run, write results and tables."""
    peers: list[str] = []
    for name in ("peers", "menus", "sources", "sites"):
        given = getattr(options, name)
        if given is not None:
            peers += [f"--{name}", *map(str, given if isinstance(given, list) else [given])]
    about = machine()
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    text, failures = README.read_text("utf-8"), []
    for script in options.only or SCRIPTS:
        began = time.monotonic()
        arguments = peers if script == "peers" else FULL.get(script, [])
        try:
            block, results[script] = said(script, arguments)
        except SystemExit as problem:
            failures.append(str(problem))
            continue
        results.setdefault("machine", {})[script] = about
        results.setdefault("seconds", {})[script] = round(time.monotonic() - began, 1)
        text = put(text, script, f"{ran_on(about)}\n\n{block}")
    head = ("what was promised", "budget", "measured", "met", "by")
    block = printed(head, budgets.rows(results))
    print(f"== budgets\n\n{block}")
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    README.write_text(put(text, "budgets", block), "utf-8")
    print("\n".join(failures), end="\n" if failures else "")
    return 1 if failures else 0


def short() -> int:
    """Run less, and look only at what cannot be noise."""
    results: dict[str, Any] = {}
    failures = dict.fromkeys(SHORT, "")
    for _ in range(2):
        for script in failures:
            results[script] = said(script, SHORT[script])[1]
        failures = budgets.failed(results)
        if not failures:
            break
        print("\n".join(failures.values()), flush=True)
    print("bench-short: " + ("failed." if failures else "nothing is certainly wrong."))
    return 1 if failures else 0


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--short", action="store_true", help="less, and fail on what is certainly wrong")
    add("--only", nargs="+", choices=SCRIPTS, help="these scripts alone")
    add("--peers", type=Path, metavar="DIR", help="checkouts of the peers, for bench/peers.py")
    add("--menus", type=Path, nargs="+", help="recorded lists, for bench/peers.py")
    add("--sources", type=Path, metavar="DIR", help="their repositories, for bench/peers.py")
    add("--sites", type=int, help="how many of the lists; 0: all")
    options = parser.parse_args()
    return short() if options.short else full(options)


if __name__ == "__main__":
    sys.exit(main())
