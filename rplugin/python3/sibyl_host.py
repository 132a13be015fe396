"""The door between Neovim and the engine.

In: notifications named ``sibyl:*`` from lua/sibyl/bridge.lua. Out: answers by
``require("sibyl.bridge").receive``. Called by: pynvim's plugin host.

It only passes on. Nothing heavy is imported here, and no call waits for Neovim:
the engine's worker thread answers whenever it is done.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

import pynvim

# The engine lies in the same checkout, so nothing of it has to be installed; first on the path, so that
# no other plugin's module of this name can take its place.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))


def as_bytes(text: str | bytes) -> bytes:
    """Return the very bytes of the buffer: what is not UTF-8 travels as surrogates."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


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
        self._hand("attach", buf, seq, as_bytes(text), path)

    @pynvim.rpc_export("sibyl:edit")
    def edit(self, buf: int, seq: int, start: int, old: int, text: str) -> None:
        self._hand("edit", buf, seq, start, old, as_bytes(text))

    @pynvim.rpc_export("sibyl:detach")
    def detach(self, buf: int) -> None:
        self._hand("detach", buf)

    @pynvim.rpc_export("sibyl:cursor")
    def cursor(self, buf: int, seq: int, offset: int) -> None:
        self._hand("cursor", buf, seq, offset)

    @pynvim.rpc_export("sibyl:rank")
    def rank(self, number: int, buf: int, *rest: Any) -> None:
        self._hand("rank", number, buf, *rest)  # seq, length, offset, names, kinds

    @pynvim.rpc_export("sibyl:guess")
    def guess(self, number: int, buf: int, *rest: Any) -> None:
        self._hand("guess", number, buf, *rest)  # seq, length, offset, limit

    @pynvim.rpc_export("sibyl:accepted")
    def accepted(self, buf: int, seq: int, offset: int, name: str) -> None:
        self._hand("accepted", buf, seq, offset, name)

    @pynvim.rpc_export("sibyl:status")
    def status(self, number: int) -> None:
        self._hand("status", number)

    @pynvim.function("SibylHostAlive", sync=True)
    def alive(self, args: list) -> bool:
        """Say yes; having one named function, :UpdateRemotePlugins lists this plugin."""
        return True

    @pynvim.shutdown_hook
    def shutdown(self) -> None:
        if self.desk is not None:
            self.desk.close()
