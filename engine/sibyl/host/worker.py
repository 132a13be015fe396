"""The desk: what the editor's door talks to.

In: notifications about buffers, in the order they happened.  Out: answers through ``send(id, kind, payload)``
(an order, guesses, a status, "none" with a reason, a notice).

Calls return at once. One worker thread does the work; while it is busy, notifications wait in its mailbox,
and what has become pointless by the time it gets there is skipped:

    keys     a─b─c───────────.──────────          edits are applied one by one (they are deltas),
    worker   ├a┤├─bc──────┤├.┤ rank ├             hints only when nothing newer waits behind them,
    answers                        └► order       rankings always answered, so that no menu waits in vain
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from sibyl.errors import TextError
from sibyl.host.handlers import Send, Work
from sibyl.host.mail import Mailbox

_log = logging.getLogger("sibyl")
WORKER_ENDED = 70
"""Exit status; lua/sibyl/host/client.lua tells the user and starts another host."""

_SWITCH = 0.0005
"""Seconds after which a busy thread lets another one run. The default, ten times as long, is longer than a list
may wait: a list that has come would not even be read."""
_IDLE = 2.0  # seconds without work after which broken code is parsed afresh


class Desk:
    """Serves all buffers of one editor.

    ``ended`` is called with an exit status when the worker has ended although the desk was not closed, which
    nothing should bring about: without a worker the process is of no use, and another can be started.
    """

    def __init__(self, send: Send, ended: Callable[[int], object] = lambda _: None) -> None:
        self._send, self._ended = send, ended
        sys.setswitchinterval(_SWITCH)
        self._mail = Mailbox()
        self._work = Work(send, self._mail.quiet)
        self._worker = threading.Thread(target=self._run, name="sibyl", daemon=True)
        self._worker.start()

    # the door's side: hand over and return ----------------------------------------------------------

    def _put(self, name: str, *arguments: Any) -> None:
        for _, (request, *_) in self._mail.put(name, arguments):
            self._send(request, "none", {"reason": "busy"})

    def start(self, options: dict[str, Any]) -> None:
        """Load the model (``model``: its folder, else the shipped one) and say "ready" or "notice"."""
        self._put("start", options)

    def attach(self, buffer: int, sequence: int, text: bytes) -> None:
        """Take a buffer's whole text, for the first time or again."""
        self._put("attach", buffer, sequence, text)

    def edit(self, buffer: int, sequence: int, start: int, old_length: int, new: bytes) -> None:
        """Take one edit; sequence numbers of a buffer rise by one."""
        self._put("edit", buffer, sequence, start, old_length, new)

    def detach(self, buffer: int) -> None:
        """Forget a buffer."""
        self._put("detach", buffer)

    def cursor(self, buffer: int, sequence: int, offset: int) -> None:
        """Be ready for a word at this byte, if there is nothing else to do."""
        self._put("cursor", buffer, sequence, offset)

    def rank(
        self,
        request: int,
        buffer: int,
        sequence: int,
        length: int,
        offset: int,
        names: list[str],
        kinds: list[int],
    ) -> None:
        """Order ``names`` (the server's order) for the word that starts at ``offset``."""
        self._put("rank", request, buffer, sequence, length, offset, names, kinds)

    def guess(
        self, request: int, buffer: int, sequence: int, length: int, offset: int, limit: int
    ) -> None:
        """Name what the model itself would write at ``offset``."""
        self._put("guess", request, buffer, sequence, length, offset, limit)

    def project(self, buffer: int, root: str, path: str) -> None:
        """Say which project a buffer's file belongs to; both may be empty."""
        self._put("project", buffer, root, path)

    def changed(self, buffer: int) -> None:
        """Say that files of a buffer's project may have changed."""
        self._put("changed", buffer)

    def accepted(self, buffer: int, sequence: int, offset: int, name: str) -> None:
        """Take note of an item accepted for the word that starts at ``offset``."""
        self._put("accepted", buffer, sequence, offset, name)

    def explain(self, request: int, buffer: int) -> None:
        """Say why the items of a buffer's last list stand where they stand."""
        self._put("explain", request, buffer)

    def memory(self, request: int) -> None:
        """Say what is remembered."""
        self._put("memory", request)

    def experiment(self, request: int, what: str, given: dict[str, Any]) -> None:
        """Start or stop an experiment, note a word's outcome, report; say how it stands."""
        self._put("experiment", request, what, given)

    def status(self, request: int) -> None:
        """Say how things stand."""
        self._put("status", request)

    def ping(self, request: int) -> None:
        """Answer at once: all that was sent before has been read."""
        self._send(request, "pong", {})

    def close(self) -> None:
        """Finish what waits and stop the worker."""
        self._mail.end()
        self._worker.join(timeout=5)

    # the worker's side ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException:
            _log.exception("the worker ended")
            self._ended(WORKER_ENDED)

    def _serve(self) -> None:
        while True:
            try:
                mail = self._mail.get(timeout=_IDLE)
            except queue.Empty:
                self._work.rest()
                mail = self._mail.get()
            if mail is None:
                self._work.close()
                return
            name, arguments = mail
            try:
                getattr(self._work, name)(*arguments)
            except Exception as error:  # whatever happens, typing and the next request go on
                _log.exception("%s failed", name)
                with contextlib.suppress(
                    Exception
                ):  # arguments of an unexpected form, or no way back
                    self._failed(name, arguments, error)

    def _failed(self, name: str, arguments: tuple[Any, ...], error: Exception) -> None:
        if name in ("attach", "edit", "cursor", "accepted"):
            self._work.forget(arguments[0])
        if name in ("rank", "guess"):
            self._work.forget(arguments[1])
        if name in ("rank", "guess", "status", "explain", "memory", "experiment"):
            reason = "out of step" if isinstance(error, TextError) else "error"
            self._send(arguments[0], "none", {"reason": reason, "detail": str(error)})
