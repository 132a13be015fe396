"""What the desk's worker does: one method for each message of ``sibyl.host.protocol``.

In: messages, in order.  Out: answers through ``send``.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sibyl.errors import ModelError, SibylError
from sibyl.host import diagnostics, models
from sibyl.host.memories import Memories
from sibyl.host.models import Put, Send
from sibyl.host.protocol import OPENED, VERSION
from sibyl.host.shelf import Shelf

if TYPE_CHECKING:  # their imports are slow: the worker makes them when it starts
    from sibyl.ranking.ranker import Ranker
    from sibyl.ranking.session import Session

_log = logging.getLogger("sibyl")
_UPDATED = "sibyl.nvim was updated; lists stay as they are until Neovim is started again."
_RECENT = 500  # timings kept for the status


class Work:
    """The buffers of one editor, the model and the memories; each method is one piece of mail."""

    def __init__(
        self, send: Send, quiet: Callable[[float], bool], put: Put = lambda *_: None
    ) -> None:
        self._send = send
        self._put = put  # into the mailbox, from any thread
        self._quiet = quiet  # no newer mail waits, nor comes within a number of seconds
        self.ranker: Ranker | None = None
        self._wanted = 0  # the request for a model that came last
        self._trouble = "The ranker has not been started."
        self._memories = Memories(self._tell, partial(put, OPENED, ()))
        self._sessions = Shelf()
        self._timings: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_RECENT))

    def rest(self) -> None:
        """Do, while nothing is typed, what would delay typing."""
        for buffer, (_, session) in list(self._sessions.items()):
            try:
                session.rest()
            except Exception:
                _log.exception("resting failed")
                self.forget(buffer)
        self._sessions.tidy()

    def forget(self, buffer: int) -> None:
        """Drop a buffer's text: the next ranking asks for it again."""
        self._sessions.drop(buffer)

    def close(self) -> None:
        """Close what is kept on disk."""
        self._memories.close()

    def start(self, options: dict[str, Any]) -> None:
        """Load the model and open the memories; answer "ready"."""
        began = time.perf_counter()
        if options.get("log"):
            diagnostics.log_to(Path(options["log"]), str(options.get("level") or "WARNING").upper())
        self.ranker, self._sessions = None, Shelf()
        # Before numpy is there: its threads wait for each other longer than a list of 700 names takes.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        try:
            if options.get("protocol") == VERSION:
                self.ranker = models.loaded(options.get("model"))
                self._memories.open(options)
            else:
                self._trouble = _UPDATED
        except ModelError as error:
            self._trouble = str(error)
        except Exception as error:  # the plugin's own files may be replaced just now
            _log.exception("not started")
            self.ranker = None
            self._trouble = f"The ranker cannot start ({error!r}): :Sibyl restart."
        if self.ranker is None:
            _log.error(self._trouble)
            self._tell("error", self._trouble)
        ready = {"ok": self.ranker is not None, "ms": diagnostics.ms_since(began), **self._about()}
        if experiment := self._memories.experiment("about", {}):
            ready["experiment"] = experiment
        self._send(0, "ready", ready)
        gc.collect()
        gc.freeze()  # what packages brought stays: to look through it takes 20 ms, and happens while keys come

    def _tell(self, level: str, text: str) -> None:
        self._send(0, "notice", {"level": level, "text": text})

    def _about(self) -> dict[str, Any]:
        if self.ranker is None:
            return diagnostics.process() | {"trouble": self._trouble}
        return diagnostics.process() | models.about(self.ranker)

    def model(self, request: int, folder: str) -> None:
        """Try another model on a thread of its own, while this one ranks; ``use`` follows, or why not."""
        self._wanted = request
        models.try_beside(request, folder, self._send, self._put)

    def use(self, request: int, ranker: Any) -> None:
        """Rank with another model from now on; the buffers and what is remembered stay.

        One that took longer to load than another that was asked for later is of no use any more.
        """
        from sibyl.ranking.session import Session

        if request != self._wanted:
            detail = "Another model was asked for since."
            self._send(request, "none", {"reason": "model", "detail": detail})
            return
        self.ranker = ranker
        for buffer, (sequence, session) in list(self._sessions.items()):
            text = bytes(session.text.data)
            self._sessions.put(buffer, sequence, Session(ranker, text, self._memories.of(buffer)))
        self._send(request, "model", self._about())

    def attach(self, buffer: int, sequence: int, text: bytes) -> None:
        """Take a buffer's whole text."""
        if self.ranker is None:
            return
        from sibyl.ranking.session import Session

        self._sessions.put(buffer, sequence, Session(self.ranker, text, self._memories.of(buffer)))

    def project(self, buffer: int, root: str, path: str) -> None:
        """Say which project a buffer belongs to."""
        if not self._memories.move(buffer, root, path):
            return
        known = self._sessions.get(buffer)
        if known is not None and (memory := self._memories.of(buffer)) is not None:
            known[1].recall = memory

    def changed(self, buffer: int) -> None:
        """Look at a project's files again."""
        self._memories.changed(buffer)

    def accepted(self, buffer: int, sequence: int, offset: int, name: str) -> None:
        """Take note of an accepted item."""
        known = self._sessions.get(buffer)
        if known is not None and known[0] == sequence and offset <= len(known[1].text):
            known[1].accepted(offset, name)

    def edit(self, buffer: int, sequence: int, start: int, old_length: int, new: bytes) -> None:
        """Take one edit."""
        known = self._sessions.get(buffer)
        if known is None:
            return
        began = time.perf_counter()
        if sequence != known[0] + 1:
            self._sessions.drop(buffer)
            _log.warning("buffer %d: edit %d after %d", buffer, sequence, known[0])
            return
        known[1].edit(start, old_length, new)
        self._sessions[buffer] = (sequence, known[1])
        self._timings["edit"].append(diagnostics.ms_since(began))

    def lost(self, buffer: int) -> None:
        """Edits of a buffer were left out for want of room: ask for its text."""
        self.forget(buffer)
        self._send(0, "lost", {"buffer": buffer})

    def detach(self, buffer: int) -> None:
        """Forget a buffer."""
        self._sessions.drop(buffer)
        self._memories.forget(buffer)

    def cursor(self, buffer: int, sequence: int, offset: int) -> None:
        """Be ready for a word at this byte, if there is nothing else to do."""
        known = self._sessions.get(buffer)
        if known is None or known[0] != sequence or not self._quiet(0):
            return
        began = time.perf_counter()
        self._use(buffer, known[1])
        known[1].expect(offset, self._quiet)
        self._timings["prepare"].append(diagnostics.ms_since(began))

    def _session(self, request: int, buffer: int, sequence: int, length: int) -> Session | None:
        """Return the session a request is for, None after saying why there is none."""
        if self.ranker is None:
            self._send(request, "none", {"reason": "no model", "detail": self._trouble})
            return None
        known = self._sessions.get(buffer)
        if known is None or known[0] != sequence or len(known[1].text) != length:
            self._sessions.drop(buffer)
            self._send(request, "none", {"reason": "out of step"})
            return None
        self._use(buffer, known[1])
        return known[1]

    def _use(self, buffer: int, session: Session) -> None:
        """Have a buffer ready with what is remembered behind it."""
        self._sessions.use(buffer)
        self._recall(buffer, session)

    def _recall(self, buffer: int, session: Session) -> None:
        if session.recall.lost:
            session.recall = self._memories.replaced(session.recall, buffer)

    def opened(self) -> None:
        """Give the buffers a memory that took long to open; its project is read although nobody types yet."""
        for buffer, (_, session) in list(self._sessions.items()):
            self._recall(buffer, session)

    def rank(
        self,
        request: int,
        buffer: int,
        sequence: int,
        length: int,
        offset: int,
        names: Sequence[str] | None,
        kinds: bytes,
    ) -> None:
        """Answer with an order."""
        began = time.perf_counter()
        if names is None:
            self._send(request, "none", {"reason": "names"})
            return
        session = self._session(request, buffer, sequence, length)
        if session is None:
            return
        if len(kinds) != len(names):
            raise SibylError("a list of names came without its kinds")
        ranking = session.rank(offset, names, kinds)
        took = diagnostics.ms_since(began)
        best = [round(probability, 4) for probability in ranking.probability[:10]]
        answer = {"order": ranking.order, "probability": best, "stars": ranking.stars, "ms": took}
        if ranking.unlisted:
            answer["unlisted"] = [[beside.at, beside.name] for beside in ranking.unlisted]
        self._send(request, "order", answer)
        self._timings["rank"].append(took)

    def guess(
        self, request: int, buffer: int, sequence: int, length: int, offset: int, limit: int
    ) -> None:
        """Answer with the model's own guesses."""
        session = self._session(request, buffer, sequence, length)
        if session is None:
            return
        guesses = dict(session.guess(offset, limit))
        self._send(request, "guess", {"names": [*guesses], "probability": [*guesses.values()]})

    def explain(self, request: int, buffer: int) -> None:
        """Say why the last list stands as it does."""
        known = self._sessions.get(buffer)
        self._send(request, "explain", known[1].told() if known else {"items": []})

    def memory(self, request: int) -> None:
        """Say what is remembered."""
        self._send(request, "memory", self._memories.about())

    def experiment(self, request: int, command: str, given: dict[str, Any]) -> None:
        """Do what is asked of an experiment; say how it stands."""
        self._send(request, "experiment", self._memories.experiment(command, given))

    def status(self, request: int) -> None:
        """Say how things stand."""
        of_us = {"rss_mb": diagnostics.resident(), "ms": diagnostics.spread(self._timings)}
        self._send(request, "status", {"buffers": self._sessions.about(), **of_us, **self._about()})
