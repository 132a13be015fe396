"""A line to a Neovim of our own: pynvim's API over a child process that we start ourselves.

In:   a command, an environment, pynvim's calls.
Out:  `Wire`, the session object that pynvim.Nvim.from_session takes.

pynvim can start children too, but gives them no environment and no process group of their own,
and waits for an answer without end. Here every answer has a deadline.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgpack

REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2
# Text of a buffer need not be valid UTF-8; pynvim's own line treats it the same way.
UNICODE = "surrogateescape"


class NoAnswer(Exception):
    """Neovim ended, or did not answer in time."""


class Wire:
    """Requests and notifications over a child's standard input and output."""

    def __init__(self, command: list[str], environment: dict[str, str], patience: float) -> None:
        """Start the command as leader of its own process group."""
        self.process = subprocess.Popen(
            command,
            env=environment,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.patience = patience
        self.waiting: deque[list[Any]] = deque()
        self.last = 0
        self._packer = msgpack.Packer(unicode_errors=UNICODE)
        self._unpacker = msgpack.Unpacker(unicode_errors=UNICODE, strict_map_key=False)
        # What pynvim looks for on a session.
        self.error_wrapper: Callable[[Any], Exception] = Exception
        self.loop = None
        self._loop_thread = threading.current_thread()

    def request(self, method: str | bytes, *args: Any, async_: bool = False) -> Any:
        """Ask and wait for the answer (async_: tell, and wait for nothing)."""
        name = method.decode() if isinstance(method, bytes) else method
        if async_:
            self._send([NOTIFICATION, name, args])
            return None
        self.last += 1
        mine = self.last
        self._send([REQUEST, mine, name, args])
        end = time.monotonic() + self.patience
        while True:
            message = self._receive(end, name)
            if message[0] == NOTIFICATION:
                self.waiting.append(message)
            elif message[0] == REQUEST:
                self._send([RESPONSE, message[1], "tests answer no requests", None])
            elif message[1] == mine:
                if message[2]:
                    raise self.error_wrapper(message[2])
                return message[3]

    def _send(self, message: list[Any]) -> None:
        """Write one message."""
        assert self.process.stdin
        try:
            self.process.stdin.write(self._packer.pack(message))
        except BrokenPipeError:
            raise NoAnswer("Neovim has ended") from None

    def _receive(self, end: float, name: str) -> list[Any]:
        """Read one message, until the deadline."""
        assert self.process.stdout
        while True:
            for message in self._unpacker:
                return list(message)
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                self.kill()
                raise NoAnswer(f"Neovim did not answer {name} in {self.patience:g} s")
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise NoAnswer(f"Neovim ended while {name} was asked")
            self._unpacker.feed(data)

    def kill(self) -> None:
        """End Neovim and everything it started; wait until it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        """End all and close the pipes."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
