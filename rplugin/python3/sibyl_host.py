"""The door between Neovim and the engine.

In: notifications named ``sibyl:*`` from lua/sibyl/bridge.lua. Out: answers by
``require("sibyl.bridge").receive``. Called by: pynvim's plugin host.

It only passes on. Nothing heavy is imported here, and no call waits for Neovim:
the engine's worker thread answers whenever it is done.

    start (options)                          attach (buf, seq, text, path)
    edit (buf, seq, start, old, text)        detach (buf)
    cursor (buf, seq, offset)                accepted (buf, seq, offset, name)
    project (buf, root, path)                changed (buf)
    rank (number, buf, seq, length, offset, names, kinds)
    guess (number, buf, seq, length, offset, limit)
    explain (number, buf)                    memory (number)          status (number)
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


def passed_on(name: str) -> Any:
    """Make a handler that hands a notification to the Desk as it came."""

    @pynvim.rpc_export(f"sibyl:{name}")
    def handler(self: SibylHost, *arguments: Any) -> None:
        self._hand(name, *arguments)

    return handler


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

    @pynvim.rpc_export("sibyl:attach")
    def attach(self, buf: int, seq: int, text: str, path: str) -> None:
        self._hand("attach", buf, seq, text.encode(*BYTES), path)

    @pynvim.rpc_export("sibyl:edit")
    def edit(self, buf: int, seq: int, start: int, old: int, text: str) -> None:
        self._hand("edit", buf, seq, start, old, text.encode(*BYTES))

    start, detach, cursor = passed_on("start"), passed_on("detach"), passed_on("cursor")
    rank, guess, accepted = passed_on("rank"), passed_on("guess"), passed_on("accepted")
    project, changed = passed_on("project"), passed_on("changed")
    explain, memory, status = passed_on("explain"), passed_on("memory"), passed_on("status")

    @pynvim.function("SibylHostAlive", sync=True)
    def alive(self, _: list[Any]) -> bool:
        """Say yes; having one named function, :UpdateRemotePlugins lists this plugin."""
        return True

    @pynvim.shutdown_hook
    def shutdown(self) -> None:
        if self.desk is not None:
            self.desk.close()
