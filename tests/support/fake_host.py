"""A Python whose ranker does what a test says: the real door, a Desk of its own.

In:   `fake_host.py ORDERS LOG … -c CODE ARGUMENTS…`, as Neovim would start an interpreter.
Out:  CODE runs with a stand-in for `sibyl.host.worker`, but the real `sibyl.host.protocol`; notifications
      are written to LOG.

`unlisted` (names beside the list, each behind how many stand before it), `reason` (answer "none"),
`answer` (answer exactly this), `notice` (say so at start), `trouble` (there is no model), `die` (exit).
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
import time
import types
import zlib
from pathlib import Path
from typing import Any

ENGINE = Path(__file__).resolve().parents[2] / "engine"


class Desk:
    """Keeps the text of each buffer like the real one, and ranks by a list of names."""

    def __init__(self, send: Any, _ended: Any) -> None:
        """Take the way back to Neovim; there is no worker that could end."""
        self.send_now, self.buffers = send, {}

    def orders(self) -> dict[str, Any]:
        """Read what the test wants right now."""
        return json.loads(ORDERS.read_text())

    def note(self, name: str, *arguments: Any) -> None:
        """Write a notification down."""
        plain = [a.decode("latin-1") if isinstance(a, bytes) else a for a in arguments]
        with LOG.open("a") as file:
            file.write(json.dumps([name, plain]) + "\n")

    def send(self, *answer: Any) -> None:
        """Answer now, or later if the test wants that."""
        delay = self.orders().get("delay", 0) / 1000
        threading.Timer(delay, self.send_now, answer).start()

    def take(self, name: str, *arguments: Any) -> None:
        """Do what the message of this name does here; the others are only noted."""
        act = getattr(self, name, None)
        act(*arguments) if act else self.note(name, *arguments)

    def start(self, options: dict[str, Any]) -> None:
        """Say that it can rank, a little later."""
        self.note("start", options)
        orders = self.orders()
        if "notice" in orders:
            self.send_now(0, "notice", {"level": "warn", "text": orders["notice"]})
        time.sleep(0.05)
        about = {"python": sys.version.split()[0], "hash": "fake"}
        if "trouble" in orders:
            about |= {"ok": False, "trouble": orders["trouble"]}
        self.send_now(0, "ready", about)

    def attach(self, buf: int, seq: int, text: bytes) -> None:
        """Hold a whole text."""
        self.note("attach", buf, seq, len(text))
        self.buffers[buf] = [seq, text]

    def edit(self, buf: int, seq: int, start: int, old: int, text: bytes) -> None:
        """Change it; a gap in the numbers spoils the copy."""
        self.note("edit", buf, seq, start, old, text)
        had, before = self.buffers[buf]
        good = seq == had + 1 and start + old <= len(before)
        after = before[:start] + text + before[start + old :]
        self.buffers[buf] = [seq if good else -1000000, after]

    def detach(self, buf: int) -> None:
        """Forget it."""
        self.note("detach", buf)
        self.buffers.pop(buf, None)

    def rank(
        self, number: int, buf: int, seq: int, length: int, offset: int, names: Any, kinds: bytes
    ) -> None:
        """Answer as the test says."""
        if names is None:
            return self.send_now(number, "none", {"reason": "names"})
        names = [*names]
        self.note("rank", buf, seq, length, offset, names, [*kinds])
        orders = self.orders()
        if orders.get("die"):
            os.kill(os.getpid(), 9)
        if "reason" in orders:
            return self.send(number, "none", {"reason": orders["reason"]})
        if "answer" in orders:
            return self.send(number, "order", orders["answer"])
        had, text = self.buffers.get(buf, (-1, b""))
        if (had, len(text)) != (seq, length):
            return self.send(number, "none", {"reason": "out of step"})
        best = orders.get("best", [])
        order = sorted(
            range(len(names)),
            key=lambda i: (best.index(names[i]) if names[i] in best else len(best), i),
        )
        positions = struct.pack(f"<{len(order)}H", *order)  # as the door sends them
        answer = {"order": positions, "stars": orders.get("stars", 0), "probability": [], "ms": 0.1}
        if "unlisted" in orders:
            answer["unlisted"] = orders["unlisted"]
        return self.send(number, "order", answer)

    def guess(self, number: int, buf: int, seq: int, length: int, offset: int, limit: int) -> None:
        """Answer with the names the test gave."""
        self.note("guess", buf, seq, length, offset, limit)
        orders = self.orders()
        if "reason" in orders:
            return self.send(number, "none", {"reason": orders["reason"]})
        names = orders.get("guess", [])[:limit]
        return self.send(number, "guess", {"names": names, "probability": [0.5] * len(names)})

    def explain(self, number: int, buf: int) -> None:
        """Answer with the reasons the test gave."""
        self.note("explain", buf)
        self.send(number, "explain", self.orders().get("explain", {"items": []}))

    def memory(self, number: int) -> None:
        """Answer with what the test says is remembered."""
        self.send(number, "memory", self.orders().get("memory", {}))

    def experiment(self, number: int, command: str, given: dict[str, Any]) -> None:
        """Note it, and answer as the test says; else that nothing has changed."""
        self.note("experiment", number, command, given)
        self.send_now(number, "experiment", self.orders().get("experiment", {}))

    def model(self, number: int, folder: str) -> None:
        """Note it, and answer that it ranks now, or what the test says is wrong with it."""
        self.note("model", folder)
        fault = self.orders().get("fault")
        if fault:
            return self.send_now(number, "none", {"reason": "model", "detail": fault})
        return self.send_now(number, "model", {"model": folder or "shipped", "hash": "other"})

    def status(self, number: int) -> None:
        """Tell what is held."""
        held = {
            str(buf): {"seq": seq, "length": len(text), "crc32": zlib.crc32(text)}
            for buf, (seq, text) in self.buffers.items()
        }
        self.send_now(number, "status", {"buffers": held, "rss_mb": 123.5})

    def ping(self, number: int) -> None:
        """All before was read."""
        self.send_now(number, "pong", {})

    def close(self) -> None:
        """Nothing to end."""


if __name__ == "__main__":
    ORDERS, LOG = Path(sys.argv[1]), Path(sys.argv[2])
    flag, code, *rest = sys.argv[sys.argv.index("-c") :]
    names = ("sibyl", "sibyl.host", "sibyl.host.worker")
    package, room, desk = modules = [types.ModuleType(name) for name in names]
    package.__path__ = [str(ENGINE / "sibyl")]  # type: ignore[attr-defined]  # for lists of names
    room.__path__ = [str(ENGINE / "sibyl/host")]  # type: ignore[attr-defined]  # for the real protocol
    desk.Desk = Desk  # type: ignore[attr-defined]
    sys.modules |= dict(zip(names, modules, strict=True))
    sys.argv = [flag, *rest]
    exec(code, {"__name__": "__main__"})  # noqa: S102 (that is what -c means)
