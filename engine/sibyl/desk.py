"""The desk: what the editor's door talks to.

In: notifications about buffers, in the order they happened.  Out: answers through ``send(id, kind, payload)``
(an order, guesses, a status, "none" with a reason, a notice).  Called by: the remote plugin's door.

Calls return at once. One worker thread does the work; while it is busy, notifications wait in its mailbox,
and what has become pointless by the time it gets there is skipped:

    keys     a─b─c───────────.──────────          edits are applied one by one (they are deltas),
    worker   ├a┤├─bc──────┤├.┤ rank ├             hints only when nothing newer waits behind them,
    answers                        └► order       rankings always answered, so that no menu waits in vain
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

from sibyl import about
from sibyl.errors import ModelError, SibylError, TextError

Send = Callable[[int, str, dict[str, Any]], None]
Payload = dict[str, Any]

_log = logging.getLogger("sibyl")
_RECENT = 500  # timings kept for the status
_IDLE = 2.0  # seconds without work after which broken code is parsed afresh


class Desk:
    """Serves all buffers of one editor."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._mail: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        self._ranker: Any = None  # sibyl.rank.Ranker; its imports are slow, the worker makes them
        self._trouble = "The ranker has not been started."
        self._sessions: dict[int, tuple[int, Any]] = {}  # buffer: sequence number, session
        self._timings: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_RECENT))
        self._worker = threading.Thread(target=self._work, name="sibyl", daemon=True)
        self._worker.start()

    # the door's side: hand over and return ----------------------------------------------------------

    def start(self, options: dict[str, Any]) -> None:
        """Load the model (``model``: its folder, else the shipped one) and say "ready" or "notice"."""
        self._mail.put((self._start, (options,)))

    def attach(self, buffer: int, sequence: int, text: bytes, path: str = "") -> None:
        """Take a buffer's whole text, for the first time or again."""
        self._mail.put((self._attach, (buffer, sequence, text, path)))

    def edit(self, buffer: int, sequence: int, start: int, old_length: int, new: bytes) -> None:
        """Take one edit; sequence numbers of a buffer rise by one."""
        self._mail.put((self._edit, (buffer, sequence, start, old_length, new)))

    def detach(self, buffer: int) -> None:
        """Forget a buffer."""
        self._mail.put((self._detach, (buffer,)))

    def cursor(self, buffer: int, sequence: int, offset: int) -> None:
        """Be ready for a word at this byte, if there is nothing else to do."""
        self._mail.put((self._cursor, (buffer, sequence, offset)))

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
        self._mail.put((self._rank, (request, buffer, sequence, length, offset, names, kinds)))

    def guess(
        self, request: int, buffer: int, sequence: int, length: int, offset: int, limit: int
    ) -> None:
        """Name what the model itself would write at ``offset``."""
        self._mail.put((self._guess, (request, buffer, sequence, length, offset, limit)))

    def accepted(self, buffer: int, sequence: int, offset: int, name: str) -> None:
        """Take note of an accepted item (nothing is kept of it yet)."""

    def status(self, request: int) -> None:
        """Say how things stand."""
        self._mail.put((self._status, (request,)))

    def close(self) -> None:
        """Finish what waits and stop the worker."""
        self._mail.put(None)
        self._worker.join(timeout=5)

    # the worker's side ------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            try:
                mail = self._mail.get(timeout=_IDLE)
            except queue.Empty:
                self._rest()
                mail = self._mail.get()
            if mail is None:
                return
            handler, arguments = mail
            try:
                handler(*arguments)
            except Exception as error:  # whatever happens, typing and the next request go on
                self._failed(handler, arguments, error)

    def _failed(
        self, handler: Callable[..., None], arguments: tuple[Any, ...], error: Exception
    ) -> None:
        _log.exception("%s failed", handler.__name__)
        if handler in (self._attach, self._edit, self._cursor):
            self._sessions.pop(arguments[0], None)  # the next ranking asks for the text again
        if handler in (self._rank, self._guess, self._status):
            reason = "out of step" if isinstance(error, TextError) else "error"
            if handler != self._status:
                self._sessions.pop(arguments[1], None)
            self._send(arguments[0], "none", {"reason": reason, "detail": str(error)})

    def _rest(self) -> None:
        """Nobody types: mend what an incremental parse of broken code may have got wrong."""
        for buffer, (_, session) in list(self._sessions.items()):
            try:
                session.rest()
            except Exception:
                _log.exception("resting failed")
                self._sessions.pop(buffer, None)

    def _start(self, options: dict[str, Any]) -> None:
        began = time.perf_counter()
        if options.get("log"):
            about.log_to(Path(options["log"]), str(options.get("level") or "WARNING").upper())
        folder = Path(options.get("model") or Path(__file__).resolve().parents[2] / "models")
        self._ranker, self._sessions = None, {}
        # Before numpy is there: its threads wait for each other longer than a list of 700 names takes.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        try:
            from sibyl.model import Model
            from sibyl.rank import Ranker

            self._ranker = Ranker(Model(folder))
        except ImportError as error:
            self._trouble = f"A package is missing ({error}); run :Sibyl install."
        except ModelError as error:
            self._trouble = str(error)
        if self._ranker is None:
            _log.error(self._trouble)
            self._send(0, "notice", {"level": "error", "text": self._trouble})
        ready = {"ok": self._ranker is not None, "ms": _ms(began), **self._about()}
        self._send(0, "ready", ready)

    def _about(self) -> Payload:
        if self._ranker is None:
            return about.process() | {"trouble": self._trouble}
        model = self._ranker.model
        return about.process() | {"hash": model.hash, "numbers": model.meta["numbers"]}

    def _attach(self, buffer: int, sequence: int, text: bytes, path: str) -> None:
        del path  # what other files of a project use is not remembered yet
        if self._ranker is None:
            return
        from sibyl.session import Session

        self._sessions[buffer] = (sequence, Session(self._ranker, text))

    def _edit(self, buffer: int, sequence: int, start: int, old_length: int, new: bytes) -> None:
        known = self._sessions.get(buffer)
        if known is None:
            return
        began = time.perf_counter()
        if sequence != known[0] + 1:
            del self._sessions[buffer]
            _log.warning("buffer %d: edit %d after %d", buffer, sequence, known[0])
            return
        known[1].edit(start, old_length, new)
        self._sessions[buffer] = (sequence, known[1])
        self._timings["edit"].append(_ms(began))

    def _detach(self, buffer: int) -> None:
        self._sessions.pop(buffer, None)

    def _cursor(self, buffer: int, sequence: int, offset: int) -> None:
        known = self._sessions.get(buffer)
        if known is None or known[0] != sequence or not self._mail.empty():
            return
        began = time.perf_counter()
        known[1].prepare(offset)
        self._timings["prepare"].append(_ms(began))

    def _session(self, request: int, buffer: int, sequence: int, length: int) -> Any:
        """Return the session a request is for, None after saying why there is none."""
        if self._ranker is None:
            self._send(request, "none", {"reason": "no model", "detail": self._trouble})
            return None
        known = self._sessions.get(buffer)
        if known is None or known[0] != sequence or len(known[1].text) != length:
            self._sessions.pop(buffer, None)
            self._send(request, "none", {"reason": "out of step"})
            return None
        return known[1]

    def _rank(
        self,
        request: int,
        buffer: int,
        sequence: int,
        length: int,
        offset: int,
        names: list[str],
        kinds: list[int],
    ) -> None:
        began = time.perf_counter()
        session = self._session(request, buffer, sequence, length)
        if session is None:
            return
        if len(kinds) != len(names):
            raise SibylError("a list of names came without its kinds")
        ranking = session.rank(offset, names, kinds)
        took = _ms(began)
        best = [round(probability, 4) for probability in ranking.probability[:10]]
        answer = {"order": ranking.order, "probability": best, "stars": ranking.stars, "ms": took}
        self._send(request, "order", answer)
        self._timings["rank"].append(took)

    def _guess(
        self, request: int, buffer: int, sequence: int, length: int, offset: int, limit: int
    ) -> None:
        session = self._session(request, buffer, sequence, length)
        if session is None:
            return
        guesses = session.guess(offset, limit)
        names, probability = [name for name, _ in guesses], [share for _, share in guesses]
        self._send(request, "guess", {"names": names, "probability": probability})

    def _status(self, request: int) -> None:
        buffers = {
            str(buffer): {
                "sequence": sequence,
                "length": len(session.text),
                "crc32": crc32(session.text.data),
                "tokens": len(session.stream.kinds),
            }
            for buffer, (sequence, session) in self._sessions.items()
        }
        timings = {
            name: {"p50": ordered[len(ordered) // 2], "max": ordered[-1], "n": len(ordered)}
            for name, values in self._timings.items()
            for ordered in [sorted(values)]
        }
        status = {"buffers": buffers, "ms": timings, "rss_mb": about.resident(), **self._about()}
        self._send(request, "status", status)


def _ms(began: float) -> float:
    """Return the milliseconds since a moment."""
    return round((time.perf_counter() - began) * 1e3, 3)
