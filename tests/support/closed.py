"""Run a program that dies if it, or any process it starts, asks the kernel for a way out of this machine.

In:   `closed.py COMMAND ARGUMENTS…`, or `closed(command)` for such a command line.
Out:  the command, with every socket but those between processes of this machine forbidden: asking for one
      ends the process with SIGSYS. `quiet_home` makes folders of its own for it, and `written` lists what it
      left there.

By a filter on system calls (seccomp): it needs neither root nor a tracer, children inherit it, native code
cannot go round it, and unlike a namespace without interfaces it tells who tried from who did not.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 38, 2
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # a word of the call's record; compare; the verdict
NUMBER_AT, MACHINE_AT, FIRST_AT = 0, 4, 16
AF_UNIX = 1
# The kernel's number of the machine, and of its call `socket`.
MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}


def forbid_sockets() -> None:
    """Forbid this process and its children every new socket outside AF_UNIX."""
    machine, call = MACHINES[platform.machine()]
    steps = [
        (LOAD, 0, 0, MACHINE_AT),
        (EQUAL, 0, 3, machine),
        (LOAD, 0, 0, NUMBER_AT),
        (EQUAL, 0, 3, call),
        (LOAD, 0, 0, FIRST_AT),
        (EQUAL, 1, 0, AF_UNIX),
        (RETURN, 0, 0, KILL_PROCESS),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    asked = libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    place = ctypes.addressof(program)
    if asked or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, place, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def closed(command: list[str]) -> list[str]:
    """Return the command line that runs a command so."""
    return [sys.executable, "-I", str(Path(__file__).resolve()), *command]


def can_close() -> bool:
    """Tell whether this machine can."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        return False
    return not subprocess.run(closed(["true"]), capture_output=True).returncode


def quiet_home(home: Path) -> dict[str, str]:
    """Return an environment in which everything a program keeps for a user falls below ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    drop = ("ORT_DISABLE_TELEMETRY", "PYTHONPATH", "PYTHONHOME")
    variables = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("XDG_")}
    return variables | {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def written(home: Path) -> list[str]:
    """Return the files below a home."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir())


if __name__ == "__main__":
    forbid_sockets()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 (the very point)
