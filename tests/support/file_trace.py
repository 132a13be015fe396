"""What a program and all that it starts do to files, told by the kernel: strace writes down each call.

In:   `traced(command, folder)`, a command line that runs a command so.
Out:  `changes(folder)`: for each program that ran, the paths that it opened for writing, made, renamed, removed
      or changed, whether or not there is anything at them now. Calls that failed are left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

_STARTS = ("clone", "clone3", "fork", "vfork")
_FILES = (
    "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "unlink,unlinkat,rmdir,truncate,chmod,fchmodat,chown,lchown,fchownat,bind"
)
_LINE = re.compile(r"(\w+)\((.*)\) += (\d+)")
_WRITES = re.compile(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
_STRING = r'"((?:[^"\\]|\\.)*)"'
# A path, and before it the folder it is relative to, which strace writes behind the number of an open file.
_PATH = re.compile(r"(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?" + _STRING)


def can_trace() -> bool:
    """Tell whether this machine can."""
    strace = shutil.which("strace")
    return (
        bool(strace) and not subprocess.run([strace, "-f", "true"], capture_output=True).returncode
    )


def traced(command: list[str], folder: Path) -> list[str]:
    """Return the command line that runs a command so; ``folder`` takes a file for each process and thread."""
    folder.mkdir(parents=True, exist_ok=True)
    quick = ["-f", "-ff", "--seccomp-bpf", "-qq", "-y", "-s", "4096", "-e", "signal=none"]
    calls = f"trace=execve,chdir,fchdir,{','.join(_STARTS)},{_FILES}"
    return ["strace", *quick, "-e", calls, "-o", str(folder / "process"), *command]


def changes(folder: Path) -> dict[str, set[str]]:
    """Return paths by the command line (its words joined by spaces) of the program that changed them."""
    texts = {file.suffix[1:]: file.read_text(errors="replace") for file in folder.iterdir()}
    calls = {number: _LINE.findall(text) for number, text in texts.items()}
    started = {result for each in calls.values() for name, _, result in each if name in _STARTS}
    by_program: defaultdict[str, set[str]] = defaultdict(set)

    def follow(number: str, program: str, here: Path) -> None:
        for name, given, result in calls[number]:
            if name == "execve":
                program = " ".join(re.findall(_STRING, given)[1:])
            elif name in ("chdir", "fchdir"):
                here = Path(here, *re.findall(r'[<"]([^>"]*)[>"]', given)[:1])
            elif name in _STARTS:
                follow(result, program, here)
            elif not name.startswith("open") or _WRITES.search(given):
                paths = (Path(here, *parts) for parts in _PATH.findall(given))
                by_program[program] |= set(map(os.path.normpath, paths))

    for number in set(calls) - started:
        follow(number, "?", Path.cwd())
    return dict(by_program)
