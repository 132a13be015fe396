"""The door between Neovim and the engine.

In: notifications named ``sibyl:*`` from lua/sibyl/host/post.lua. Out: answers, given to client.lua there.
It only passes on. No call waits for Neovim: the engine's worker thread answers when it is done.
Which there are, and with which arguments, says ``sibyl.host.protocol``.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pynvim

# Nothing of the engine has to be installed; first, so that no other plugin's `sibyl` is found.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "engine"))

from sibyl.host.protocol import MESSAGES, encoded
from sibyl.ranking.lists.numbered import Reader

if TYPE_CHECKING:
    from sibyl.host.worker import Desk

RECEIVE = 'require("sibyl.host.client").receive(...)'


def passed_on(name: str) -> Any:
    """Make a handler that hands a message to the desk."""

    @pynvim.rpc_export(f"sibyl:{name}")
    def handler(self: SibylHost, *arguments: Any) -> None:
        self._hand(name, arguments)

    return handler


@pynvim.plugin
class SibylHost:
    """Hands each notification to the engine's Desk."""

    def __init__(self, nvim: pynvim.Nvim) -> None:
        self.nvim = nvim
        self.desk: Desk | None = None
        self.reader = Reader()
        self.broken = False

    def _hand(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Call the Desk; whatever goes wrong is one notice, never an error on the user's screen."""
        if self.broken:
            return
        try:
            if self.desk is None:
                from sibyl.host.worker import Desk

                self.desk = Desk(self._send, os._exit)
            self.desk.take(name, *MESSAGES[name].decoded(arguments, self.reader))
        except Exception as error:
            self.broken = self.desk is None
            traceback.print_exc()
            text = f"the ranker failed ({type(error).__name__}); details: :Sibyl log"
            self._deliver(0, "notice", {"level": "error", "text": text})
            if MESSAGES[name].question and arguments:
                self._deliver(arguments[0], "none", {"reason": "error"})

    def _send(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        """Carry an answer from the engine's thread to Neovim's loop."""
        # Not by async_call, which writes down the whole stack first.
        self.nvim.loop.call_soon_threadsafe(self._deliver, number, kind, encoded(answer))

    def _deliver(self, number: int, kind: str, answer: dict[str, Any]) -> None:
        self.nvim.request("nvim_exec_lua", RECEIVE, [number, kind, answer], async_=True)

    vars().update({name: passed_on(name) for name in MESSAGES})

    @pynvim.function("SibylHostAlive", sync=True)
    def alive(self, _: list[Any]) -> bool:
        """Say yes; having one named function, :UpdateRemotePlugins lists this plugin."""
        return True

    @pynvim.shutdown_hook
    def shutdown(self) -> None:
        if self.desk is not None:
            self.desk.close()
