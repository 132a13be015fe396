"""The door between Neovim and the engine.

In: notifications named ``sibyl:*`` from lua/sibyl/host/client.lua. Out: answers by its ``receive``.
It only passes on. No call waits for Neovim: the engine's worker thread answers when it is done.

    start (options)                          attach (buf, seq, text)
    edit (buf, seq, start, old, text)        detach (buf)
    cursor (buf, seq, offset)                accepted (buf, seq, offset, name)
    project (buf, root, path)                changed (buf)    memory, status, ping (number)
    rank (number, buf, seq, length, offset, names with NUL between them, a byte for each kind)
    guess (number, buf, seq, length, offset, limit)    explain (number, buf)
    experiment (number, what, given)
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pynvim

# Nothing of the engine has to be installed; first, so that no other plugin's `sibyl` is found.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))

BYTES = ("utf-8", "surrogateescape")  # what is not UTF-8 travels as surrogates
RECEIVE = 'require("sibyl.host.client").receive(...)'


def passed_on(name: str, made: Callable[..., Any] = lambda *given: given) -> Any:
    """Make a handler that hands a notification to the Desk, its arguments as they came or as made of them."""

    @pynvim.rpc_export(f"sibyl:{name}")
    def handler(self: SibylHost, *arguments: Any) -> None:
        self._hand(name, *made(*arguments))

    return handler


def unpacked(*given: Any) -> Any:
    """Take names out of one text, kinds out of another, unless they are lists: with those pynvim is slow."""
    *place, names, kinds = given
    packed = isinstance(names, str)
    return (*place, names.split("\0"), [*kinds.encode(*BYTES)]) if packed else given


@pynvim.plugin
class SibylHost:
    """Hands each notification to the engine's Desk."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self.nvim = nvim
        self.desk: Any = None
        self.broken = False

    def _hand(self, name: str, *args: Any) -> None:
        """Call the Desk; whatever goes wrong is one notice, never an error on the user's screen."""
        if self.broken:
            return
        try:
            if self.desk is None:
                from sibyl.host.worker import Desk

                self.desk = Desk(self._send, os._exit)
            getattr(self.desk, name)(*args)
        except Exception as error:
            self.broken = self.desk is None
            traceback.print_exc()
            text = f"the ranker failed ({type(error).__name__}); details: :Sibyl log"
            self._deliver(0, "notice", {"level": "error", "text": text})

    def _send(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        """Carry an answer from the engine's thread to Neovim's loop."""
        # Not by async_call, which writes down the whole stack first.
        self.nvim.loop.call_soon_threadsafe(self._deliver, number, kind, answer)

    def _deliver(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        self.nvim.request("nvim_exec_lua", RECEIVE, [number, kind, answer], async_=True)

    attach = passed_on("attach", lambda *given: (*given[:2], given[2].encode(*BYTES)))
    edit = passed_on("edit", lambda *given: (*given[:4], given[4].encode(*BYTES)))
    rank = passed_on("rank", unpacked)
    start, detach, cursor, accepted = map(passed_on, ("start", "detach", "cursor", "accepted"))
    project, changed, guess, explain = map(passed_on, ("project", "changed", "guess", "explain"))
    memory, status, ping, experiment = map(passed_on, ("memory", "status", "ping", "experiment"))

    @pynvim.function("SibylHostAlive", sync=True)
    def alive(self, _: list[Any]) -> bool:
        """Say yes; having one named function, :UpdateRemotePlugins lists this plugin."""
        return True

    @pynvim.shutdown_hook
    def shutdown(self) -> None:
        if self.desk is not None:
            self.desk.close()
