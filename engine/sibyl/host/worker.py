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

from sibyl.host.handlers import Work
from sibyl.host.mail import Mailbox
from sibyl.host.models import Send
from sibyl.host.protocol import MESSAGES

_log = logging.getLogger("sibyl")
WORKER_ENDED = 70
"""Exit status; lua/sibyl/host/client.lua tells the user and starts another host."""

_SWITCH = 0.0005
"""Seconds after which a busy thread lets another one run. The default, ten times as long, is longer than a list
may wait: a list that has come would not even be read."""
_PING = MESSAGES["ping"]
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
        self._work = Work(send, self._mail.quiet, self._mail.put)
        self._worker = threading.Thread(target=self._run, name="sibyl", daemon=True)
        self._worker.start()

    # the door's thread: hand over and return --------------------------------------------------------

    def take(self, name: str, *arguments: Any) -> None:
        """Take a message of ``sibyl.host.protocol``; raises KeyError where there is none of that name."""
        if MESSAGES[name] is _PING:
            self._send(arguments[0], "pong", {})
            return
        for _, (request, *_) in self._mail.put(name, arguments):
            self._send(request, "none", {"reason": "busy"})

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
                # Arguments may be of an unexpected form; there may be no way back.
                with contextlib.suppress(Exception):
                    self._failed(name, arguments, error)

    def _failed(self, name: str, arguments: tuple[Any, ...], error: Exception) -> None:
        """Have a text that may be out of step sent again, and answer a question."""
        message = MESSAGES.get(name)
        if message is None:  # the mailbox's own
            return
        buffer = message.buffer(arguments)
        if message.of_text and buffer is not None:
            self._work.forget(buffer)
        if message.question:
            self._send(arguments[0], "none", {"reason": "error", "detail": str(error)})
