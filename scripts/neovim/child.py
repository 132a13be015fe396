"""A real Neovim under test: type real keys, read what a person would see.

In:   a Neovim binary, a folder for its home, optionally lines of Lua for its init file.
Out:  `Child`: keys, text, completion menu, screen, messages; every wait has an end.

The child is `nvim --embed` with a UI attached, as the popup menu exists only where there is a
screen. Its home is a folder of the test's own: no configuration, data or state of the person who
runs the tests is read or written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pynvim
from isolation import isolated
from menu import MENU, Item, items_of
from screen import Screen
from wire import NoAnswer, Wire

ROOT = Path(__file__).resolve().parents[2]
# A slow or crowded machine waits longer for everything.
PATIENCE = float(os.environ.get("SIBYL_PATIENCE", "1"))
# No single answer of Neovim takes this long unless it hangs.
HUNG = 60.0
KEY = re.compile(r"<[A-Za-z][^<>\s]*>|.", re.DOTALL)
T = TypeVar("T")


class Child:
    """A running Neovim; its caller closes it."""

    def __init__(
        self,
        nvim: Path,
        home: Path,
        init: str = "",
        width: int = 100,
        height: int = 30,
        answer: str | None = None,
    ) -> None:
        """Start Neovim with the checkout on its runtimepath; `init` is Lua run before plugins.

        With `answer` it starts as it does for people, with the configuration of its home and no plugin of this
        checkout; `answer` is the key for questions that this configuration asks.
        """
        self.binary, self.home = nvim, home
        config = home / "config/nvim/init.lua" if answer is not None else home / "init.lua"
        config.parent.mkdir(parents=True, exist_ok=True)
        ours = f"vim.opt.runtimepath:prepend({json.dumps(str(ROOT))})\n"
        config.write_text(init if answer is not None else f"{ours}{init}\n")
        # Never wait for a key because a message is long; never write beside an edited file.
        calm = "set shortmess+=I noswapfile nomore"
        # Python's own ftplugin asks for this provider, and Neovim then starts one interpreter of
        # PATH after the other to look: seconds on some machines, and nothing of ours needs it.
        lone = "let g:loaded_python3_provider = 0"
        command = [str(nvim), "--embed", "-i", "NONE"]
        command += [] if answer is not None else ["-u", str(config)]
        command += ["--cmd", calm, "--cmd", lone]
        # What Lua sent to this side with rpcnotify: (name, arguments).
        self.notices: list[tuple[str, list[Any]]] = []
        self.display = Screen(width, height)
        self.wire = Wire(command, isolated(home), HUNG * PATIENCE)
        self.closed = False
        self.pid = self.wire.process.pid
        self.api = pynvim.Nvim.from_session(self.wire)
        self.api.ui_attach(width, height, rgb=True, ext_linegrid=True)
        while answer and (self.blocked() or not self.api.eval("v:vim_did_enter")):
            if self.blocked() or self.mode().startswith(("r", "c")):
                self.api.input(answer)
            time.sleep(0.1)
        self.version: tuple[int, int, int] = tuple(
            self.lua("local v = vim.version() return { v.major, v.minor, v.patch }")
        )

    # ------------------------------------------------------------ asking

    def blocked(self) -> bool:
        """Whether Neovim waits for a key; this alone it answers even then."""
        return bool(self.wire.request("nvim_get_mode")["blocking"])

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Guard one request: a Neovim that waits for a key would not answer it."""
        if self.blocked():
            shown = "\n".join(line for line in self.drawn() if line)
            self.api.input("<Esc>")
            raise AssertionError(f"Neovim is waiting for a key; it shows:\n{shown}")
        try:
            yield
        except NoAnswer as failure:  # it may have begun to wait for a key since
            shown = "\n".join(line for line in self.drawn() if line)
            raise NoAnswer(f"{failure}; it showed:\n{shown}") from failure
        self.drawn()

    def lua(self, code: str, *args: Any) -> Any:
        """Run Lua in Neovim; `...` holds the arguments."""
        with self._asking():
            return self.api.exec_lua(code, *args)

    def command(self, text: str) -> str:
        """Run an Ex command and return what it printed."""
        with self._asking():
            return str(self.api.request("nvim_exec2", text, {"output": True})["output"])

    def call(self, function: str, *args: Any) -> Any:
        """Call a Vim function."""
        with self._asking():
            return self.api.call(function, *args)

    def wait_for(
        self, predicate: Callable[[], T], timeout: float = 10.0, what: str = "the condition"
    ) -> T:
        """Poll until the predicate is true; return its value, or fail showing the screen."""
        end = time.monotonic() + timeout * PATIENCE
        while not (value := predicate()):
            if time.monotonic() > end:
                shown = "\n".join([*self.screen(), "messages:", *self.messages()])
                raise AssertionError(f"{what} did not come in {timeout * PATIENCE:g} s:\n{shown}")
            time.sleep(0.01)
        return value

    # ------------------------------------------------------------ typing

    def type_keys(self, keys: str, every: float = 0.0) -> None:
        """Type keys one by one (`<C-x>` is one), each processed before the next; pause between."""
        for key in KEY.findall(keys):
            self.api.input("<lt>" if key == "<" else key)
            # Neovim looks at requests only when no typed key is left; half a command (`3`, `d`,
            # `"`) waits for the next key, which is what comes now.
            if not self.blocked():
                self.api.eval("1")
            self.drawn()
            if every:
                time.sleep(every)

    def open(self, path: Path, text: str | None = None) -> None:
        """Edit a file, after writing the text into it if there is one."""
        if text is not None:
            path.write_text(text)
        self.command(f"edit {self.call('fnameescape', str(path))}")

    # ------------------------------------------------------------ reading

    def lines(self) -> list[str]:
        """The text of the buffer."""
        with self._asking():
            return list(self.api.current.buffer[:])

    def line(self) -> str:
        """The text of the cursor's line."""
        with self._asking():
            return str(self.api.current.line)

    def cursor(self) -> tuple[int, int]:
        """Row (from 1) and byte column (from 0) of the cursor."""
        with self._asking():
            row, column = self.api.current.window.cursor
            return row, column

    def mode(self) -> str:
        """The mode's short name, like n, i, ic or ix."""
        return str(self.api.request("nvim_get_mode")["mode"])

    def menu(self) -> list[Item]:
        """The completion menu's lines, in order; empty when none is shown."""
        return items_of(self.lua(MENU))

    def words(self) -> list[str]:
        """What the lines of the menu would insert."""
        return [item.word for item in self.menu()]

    def wait_menu(self, timeout: float = 10.0) -> list[Item]:
        """Wait for a completion menu and return its lines."""
        return self.wait_for(self.menu, timeout, "a completion menu")

    def screen(self) -> list[str]:
        """The screen's lines as text: menus, floating windows and prompts included."""
        if not self.blocked():
            self.api.command("redraw")
        return self.drawn()

    def drawn(self) -> list[str]:
        """The screen as last drawn, without asking Neovim anything."""
        while self.wire.waiting:
            _, name, arguments = self.wire.waiting.popleft()
            if name == "redraw":
                self.display.feed(arguments)
            else:
                self.notices.append((name, arguments))
        return self.display.lines()

    def messages(self) -> list[str]:
        """What `:messages` shows."""
        return [line for line in self.command("messages").splitlines() if line]

    # ------------------------------------------------------------ ending

    def close(self) -> None:
        """End Neovim and every process it started."""
        if self.closed:
            return
        self.closed = True
        # Ask first, so that VimLeave handlers run as they do for people; then make sure.
        with contextlib.suppress(NoAnswer):
            self.wire.request("nvim_command", "qall!", async_=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wire.process.wait(3 * PATIENCE)
        self.wire.close()
