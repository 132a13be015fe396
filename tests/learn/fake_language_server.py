"""A language server that knows five names, for the tests of the menus stage.

In: LSP over standard input; a log file; a fault. Out: the same five items everywhere; in the log,
a line of JSON for each completion: the line before the cursor and the rest of it.

Faults: `hang-once FLAG` stops answering at the third question unless the file FLAG is there,
`hang` never answers one, `crash` ends at the first, `odd` answers with an error and with null,
`no-imports` wants auto-imports to be off, `many N` sends N items more.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from pathlib import Path

LOG, FAULT, FLAG = (*sys.argv[1:], "", "", "")[:3]
WAITING: deque[dict] = deque()
ITEMS = [
    {"label": "__doc__", "kind": 6, "sortText": "14.__doc__"},
    {"label": "alpha", "kind": 2, "sortText": "10.alpha"},
    {"label": "beta"},
    {"label": "delta=", "kind": 6, "tags": [1]},
    {
        "label": "walk",
        "kind": 3,
        "sortText": "15.walk",
        "labelDetails": {"description": "os"},
        "detail": "Auto-import",
        "additionalTextEdits": [],
        "deprecated": True,
    },
]


def read() -> dict | None:
    """Read one message."""
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def send(message: dict) -> None:
    """Send one message, in two pieces and with a needless header, as some servers do."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    head = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"
    sys.stdout.buffer.write(head + b"Content-Length: %d\r\n\r\n" % len(body))
    sys.stdout.buffer.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def ask(number: str, method: str, params: dict) -> object:
    """Ask the client and wait for its answer; what comes in between is kept for later."""
    send({"id": number, "method": method, "params": params})
    while (message := read()) is not None:
        if message.get("id") == number:
            return message["result"]
        WAITING.append(message)
    return None


def misbehave(asked: int) -> None:
    """Act out the fault, if its time has come."""
    if FAULT == "crash":
        sys.exit(3)
    if FAULT == "hang" or (FAULT == "hang-once" and asked == 3 and not Path(FLAG).exists()):
        if FLAG:
            Path(FLAG).touch()
        sys.stdin.buffer.read()  # silent as long as somebody is there to wait, and then gone
        sys.exit(0)


def complete(message: dict, texts: dict[str, str], asked: int) -> None:
    """Answer one question for completion."""
    misbehave(asked)
    place = message["params"]["position"]
    line = texts[message["params"]["textDocument"]["uri"]].split("\n")[place["line"]]
    units = line.encode("utf-16-le")
    cut = place["character"] * 2
    before, after = units[:cut].decode("utf-16-le"), units[cut:].decode("utf-16-le")
    with open(LOG, "a", encoding="utf-8") as log:
        trigger = message["params"]["context"]["triggerKind"]
        request = {"before": before, "after": after, "open": len(texts), "trigger": trigger}
        log.write(json.dumps(request) + "\n")
    if FAULT == "odd":
        send({"id": message["id"], "result": None} if asked % 2 else
             {"id": message["id"], "error": {"code": -1, "message": "no"}})  # fmt: skip
    else:
        more = [{"label": f"more{at}"} for at in range(int(FLAG) if FAULT == "many" else 0)]
        send({"id": message["id"], "result": {"isIncomplete": False, "items": ITEMS + more}})


def main() -> None:
    """Serve until told to leave."""
    texts: dict[str, str] = {}
    asked = 0
    while (message := WAITING.popleft() if WAITING else read()) is not None:
        method, params = message.get("method"), message.get("params") or {}
        if method == "initialize":
            send({"id": message["id"], "result": {"capabilities": {"completionProvider": {}}}})
        elif method == "initialized":
            wanted = {"items": [{"section": "python"}, {"section": "nobody.knows"}]}
            settings = ask("c1", "workspace/configuration", wanted)
            assert isinstance(settings, list) and settings[0] and settings[1] is None
            assert settings[0]["analysis"]["autoImportCompletions"] == (FAULT != "no-imports")
            ask("r1", "client/registerCapability", {"registrations": []})
            ask("w1", "window/workDoneProgress/create", {"token": 1})
            send({"method": "window/logMessage", "params": {"type": 3, "message": "hello"}})
        elif method == "textDocument/didOpen":
            texts[params["textDocument"]["uri"]] = params["textDocument"]["text"]
        elif method == "textDocument/didChange":
            texts[params["textDocument"]["uri"]] = params["contentChanges"][0]["text"]
        elif method == "textDocument/didClose":
            del texts[params["textDocument"]["uri"]]
        elif method == "textDocument/completion":
            asked += 1
            complete(message, texts, asked)
        elif method == "shutdown":
            send({"id": message["id"], "result": None})
        elif method == "exit":
            return


if __name__ == "__main__":
    main()
