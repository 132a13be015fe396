"""A small language-server client over standard input and output.

In: a command line and a folder. Out: completion lists.
It never trusts the server to answer: every wait has an end, and a server that
does not answer in time is killed with its children.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sibyl.errors import LearnError
from sibyl.learn.menus.sites import Site, position, seen_at


class ServerHangs(Exception):
    """The server did not answer in time, or is gone; a new one may do better."""


def _command(line: str) -> list[str]:
    """Split a command line; a program named by a path is found from here, not from the folder opened."""
    try:
        program, *arguments = shlex.split(line)
    except ValueError as error:  # a quote is open, or there is no word
        raise LearnError(f"`{line}` is not the command of a language server.") from error
    return [str(Path(program).absolute()) if "/" in program else program, *arguments]


class Server:
    """One running language server with one folder open."""

    def __init__(
        self,
        command: str,
        root: Path,
        settings: dict,
        patience: float = 30.0,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start the server and shake hands.

        `settings` by section; what is below `initialization` is said at the start. `patience` is how many
        seconds an answer may take, `environment` what the server finds there beside ours.
        """
        self.patience = patience
        self._settings = settings
        self._answers: dict[int, dict] = {}
        self._news = threading.Condition()
        self._writing = threading.Lock()
        self._last_id = 0
        self._gone = False
        try:
            self._process = subprocess.Popen(
                _command(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, cwd=root, start_new_session=True,
                env=os.environ | (environment or {}),
            )  # fmt: skip
        except OSError as error:
            raise LearnError(f"Cannot start `{command}`: {error.strerror}.") from error
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.utf8 = False
        try:
            self._shake_hands(root)
        except ServerHangs:
            self.close()
            raise

    def _shake_hands(self, root: Path) -> None:
        uri = root.as_uri()
        item = {  # what editors say today, but for snippets: their labels are no names
            "snippetSupport": False, "labelDetailsSupport": True, "deprecatedSupport": True,
            "tagSupport": {"valueSet": [1]},
            "resolveSupport": {"properties": ["additionalTextEdits", "detail", "documentation"]},
        }  # fmt: skip
        reply = self.request("initialize", {
            "processId": os.getpid(), "rootUri": uri, "rootPath": str(root),
            "workspaceFolders": [{"uri": uri, "name": root.name}],
            "initializationOptions": self._settings.get("initialization"),
            "capabilities": {
                "general": {"positionEncodings": ["utf-8", "utf-16"]},
                "workspace": {"configuration": True, "workspaceFolders": True,
                              "didChangeConfiguration": {"dynamicRegistration": True}},
                "textDocument": {"completion": {"completionItem": item, "contextSupport": True},
                                 "synchronization": {}},
                "window": {"workDoneProgress": True},
            },
        })  # fmt: skip
        encoding = ((reply or {}).get("capabilities") or {}).get("positionEncoding")
        self.utf8 = encoding == "utf-8"
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def complete(self, uri: str, line: int, character: int, dot: bool = True) -> list[dict]:
        """Return the completion items at a place, as right after a typed dot or as when asked for."""
        context = {"triggerKind": 2, "triggerCharacter": "."} if dot else {"triggerKind": 1}
        reply = self.request("textDocument/completion", {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": character},
            "context": context,
        })  # fmt: skip
        items = reply.get("items", []) if isinstance(reply, dict) else reply or []
        return [item for item in items if isinstance(item, dict) and "label" in item]

    def request(self, method: str, params: dict) -> Any:
        """Ask and wait; an error answered by the server counts as no result."""
        with self._news:
            self._last_id += 1
            number = self._last_id
        self._send({"id": number, "method": method, "params": params})
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self._gone, self.patience)
            if number not in self._answers:
                raise ServerHangs(method)
            return self._answers.pop(number).get("result")

    def notify(self, method: str, params: dict | None) -> None:
        """Tell the server something it does not answer."""
        self._send({"method": method, "params": params})

    def close(self) -> None:
        """Ask the server to leave, and make sure that it and its children are gone."""
        try:
            self.patience = min(self.patience, 2.0)
            self.request("shutdown", {})
            self.notify("exit", None)
            self._process.wait(2.0)
        except (ServerHangs, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self._process.wait()
        self._listener.join(self.patience)
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                assert pipe is not None
                pipe.close()
            except OSError:
                pass  # unsent bytes to a dead server

    def _send(self, message: dict) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            with self._writing:
                assert self._process.stdin
                self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise ServerHangs("write") from error

    def _listen(self) -> None:
        """Read messages until the server's output ends."""
        try:
            while (message := self._read()) is not None:
                if "method" not in message:
                    with self._news:
                        self._answers[message.get("id", -1)] = message
                        self._news.notify_all()
                elif "id" in message:
                    result = self._answer(message["method"], message.get("params"))
                    self._send({"id": message["id"], "result": result})
        except (OSError, ValueError, ServerHangs):
            pass  # a broken stream is the same as an ended one
        with self._news:
            self._gone = True
            self._news.notify_all()

    def _read(self) -> dict | None:
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return json.loads(self._process.stdout.read(length)) if length else None

    def _answer(self, method: str, params: Any) -> Any:
        """Answer a server's question; all but settings and folders are answered by null."""
        if method == "workspace/configuration":
            return [self._setting(item.get("section") or "") for item in params["items"]]
        return None

    def _setting(self, section: str) -> Any:
        value: Any = self._settings
        for name in filter(None, section.split(".")):
            value = value.get(name) if isinstance(value, dict) else None
        return value


class Asker:
    """Asks a server about files of one work tree, and brings a new one where it hangs."""

    def __init__(self, start: Callable[[], Server], known: bool = True) -> None:
        """Start the first server; `known` says that it has answered before."""
        self._start = start
        self._known = known
        self._server: Server | None = start()

    def ask(self, path: Path, data: bytes, chosen: list[Site]) -> list[tuple[Site, list[dict]]]:
        """Return the items at each site of a file; a file that hangs two servers gives nothing."""
        for chance_left in (True, False):
            try:
                self._server = self._server or self._start()
                answers = self._ask(self._server, path.as_uri(), data, chosen)
            except ServerHangs:
                self.close()
                if not (chance_left or self._known):
                    raise  # no file was ever answered: it is the server, not the file
            else:
                self._known = True
                return answers
        return []

    def _ask(
        self, server: Server, uri: str, data: bytes, chosen: list[Site]
    ) -> list[tuple[Site, list[dict]]]:
        answers = []
        for version, site in enumerate(chosen, start=1):
            text = seen_at(data, site).decode("utf-8", "replace")
            document = {"uri": uri, "version": version}
            if version == 1:
                opened = document | {"languageId": "python", "text": text}
                server.notify("textDocument/didOpen", {"textDocument": opened})
            else:
                changes = [{"text": text}]
                server.notify(
                    "textDocument/didChange", {"textDocument": document, "contentChanges": changes}
                )
            place = position(data, site.cursor, server.utf8)
            dot = data[site.cursor - 1 : site.cursor] == b"."
            answers.append((site, server.complete(uri, *place, dot)))
        server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        return answers

    def close(self) -> None:
        """Stop the server, if one runs."""
        if self._server is not None:
            self._server.close()
            self._server = None
