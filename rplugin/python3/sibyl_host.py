"""The door between Neovim and the engine.

In: notifications named ``sibyl:*`` from lua/sibyl/bridge.lua. Out: answers by
``require("sibyl.bridge").receive``. Called by: pynvim's plugin host.

It only passes on. Nothing heavy is imported here, and no call waits for Neovim:
the engine's worker thread answers whenever it is done.

    start (options)                          attach (buf, seq, text, path)
    edit (buf, seq, start, old, text)        detach (buf)
    cursor (buf, seq, offset)                accepted (buf, seq, offset, name)
    rank (number, buf, seq, length, offset, names, kinds)
    guess (number, buf, seq, length, offset, limit)          status (number)
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import pynvim

# Nothing of the engine has to be installed; first, so that no other plugin's `sibyl` is found.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))


# What is not UTF-8 travels as surrogates; so the engine gets the very bytes of the buffer.
BYTES = ("utf-8", "surrogateescape")


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
                from sibyl.desk import Desk

                self.desk = Desk(self._send)
            getattr(self.desk, name)(*args)
        except Exception as error:
            self.broken = self.desk is None
            print(traceback.format_exc(), file=sys.stderr, flush=True)
            text = f"the ranker failed ({type(error).__name__}); details: :Sibyl log"
            self._deliver(0, "notice", {"level": "error", "text": text})

    def _send(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        """Carry an answer from the engine's thread to Neovim's loop."""
        self.nvim.async_call(self._deliver, number, kind, answer)

    def _deliver(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        code = 'require("sibyl.bridge").receive(...)'
        self.nvim.request("nvim_exec_lua", code, [number, kind, answer], async_=True)

    @pynvim.rpc_export("sibyl:start")
    def start(self, options: dict[str, Any]) -> None:
        self._hand("start", options)

    @pynvim.rpc_export("sibyl:attach")
    def attach(self, buf: int, seq: int, text: str, path: str) -> None:
        self._hand("attach", buf, seq, text.encode(*BYTES), path)

    @pynvim.rpc_export("sibyl:edit")
    def edit(self, buf: int, seq: int, start: int, old: int, text: str) -> None:
        self._hand("edit", buf, seq, start, old, text.encode(*BYTES))

    @pynvim.rpc_export("sibyl:detach")
    def detach(self, buf: int) -> None:
        self._hand("detach", buf)

    @pynvim.rpc_export("sibyl:cursor")
    def cursor(self, *rest: Any) -> None:
        self._hand("cursor", *rest)

    @pynvim.rpc_export("sibyl:rank")
    def rank(self, *rest: Any) -> None:
        self._hand("rank", *rest)

    @pynvim.rpc_export("sibyl:guess")
    def guess(self, *rest: Any) -> None:
        self._hand("guess", *rest)

    @pynvim.rpc_export("sibyl:accepted")
    def accepted(self, *rest: Any) -> None:
        self._hand("accepted", *rest)

    @pynvim.rpc_export("sibyl:status")
    def status(self, number: int) -> None:
        self._hand("status", number)

    @pynvim.function("SibylHostAlive", sync=True)
    def alive(self, _: list[Any]) -> bool:
        """Say yes; having one named function, :UpdateRemotePlugins lists this plugin."""
        return True

    @pynvim.shutdown_hook
    def shutdown(self) -> None:
        if self.desk is not None:
            self.desk.close()
