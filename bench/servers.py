"""Which language server should be the default: reach, speed and size of those one can install.

In:   a folder with the servers' programs (an environment made by `pip install ty pyrefly …`).
Out:  one line per server: share of member sites whose list holds what stands there, names in a
      list, milliseconds of a reply (first, median, 95 of 100), megabytes; one line per server of how many
      probes it answers: unclosed brackets, f-strings, untyped receivers; last, all of it as JSON.
By hand; results go into bench/LOG.md. Minutes on two cores.

    python bench/servers.py --programs DIR [--sites 12] [--seed 1] [SERVER …]

The sites are random members in modules of the standard library and of this repository: the rest
of the line is cut off, as it is when somebody types, and the list is asked for right after the
dot. Nothing else is opened, no server is told to do less than it does by default, and each gets
the same files in the same order.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import ROOT

from sibyl.learn.menus.lsp_client import Server, ServerHangs
from sibyl.learn.menus.places import sites_of
from sibyl.learn.menus.sites import Site, choose, cut, position

COMMANDS = {
    "ty": "ty server",
    "pyrefly": "pyrefly lsp",
    "basedpyright": "basedpyright-langserver --stdio",
    "zuban": "zuban server",
    "jedi": "jedi-language-server",
    "pylsp": "pylsp",
}
MODULES = ("json.decoder", "argparse", "pathlib", "http.client", "tarfile", "configparser")
OURS = (
    "scripts/neovim/example/example.py",
    "engine/sibyl/ranking/session.py",
    "scripts/install.py",
)
NAME = re.compile(r"\w+")
BASE = """\
import os


class Till:
    def __init__(self, owner: str):
        self.balance = 0
        self.owner = owner

    def report(self, visitor):
        {line}
        return self.owner

    def deposit(self, amount: int) -> int:
        self.balance += amount
        return self.balance


def make_till(owner):
    return Till(owner)


def count(till: Till, words):
    {other}


count(Till("a"), ["b"])
"""
PROBES = {  # what is typed, with code below it, in `report` or in `count`; the word that the list should hold
    "brackets": [
        ("print(self.", "", "balance"),
        ("print('a', self.", "", "owner"),
        ("value = [self.", "", "balance"),
        ("", "print(till.", "balance"),
        ("", "return os.path.join(os.", "getcwd"),
    ],
    "f-strings": [
        ('print(f"{self.', "", "balance"),
        ('print(f"{self.")', "", "balance"),
        ('text = f"{self.owner} {self.', "", "balance"),
        ("", 'return f"{till.', "owner"),
        ("", 'return f"{till.}"', "owner"),
    ],
    "untyped": [
        ("", "make_till('c').", "deposit"),
        ("", "other = make_till('c')\n    other.", "balance"),
        ("", "for word in words:\n        word.", "upper"),
        ("visitor.", "", "owner"),
    ],
}
DOTS = re.compile(r"\.(?=[})\"]*$)")


def sources() -> dict[str, bytes]:
    """The files to ask about, under names that hide nothing of the standard library."""
    texts = {}
    for module in MODULES:
        spec = importlib.util.find_spec(module)
        assert spec
        assert spec.origin
        texts[f"copy_of_{module.replace('.', '_')}.py"] = Path(spec.origin).read_bytes()
    for name in OURS:
        texts[Path(name).name] = (ROOT / name).read_bytes()
    return texts


def resident(session: int) -> float:
    """Megabytes of all processes of a session."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total / 1e6


def ask(
    server: Server, path: Path, data: bytes, sites: list[Site]
) -> list[tuple[bool, float, int]]:
    """For each site of a file: whether the list holds the member, milliseconds, its length."""
    results = []
    for version, site in enumerate(sites, start=1):
        document: dict[str, Any] = {"uri": path.as_uri(), "version": version}
        text = cut(data, site.offset).decode("utf-8", "replace")
        began = time.perf_counter()
        if version == 1:
            opened = document | {"languageId": "python", "text": text}
            server.notify("textDocument/didOpen", {"textDocument": opened})
        else:
            change = {"textDocument": document, "contentChanges": [{"text": text}]}
            server.notify("textDocument/didChange", change)
        place = position(data, site.offset, server.utf8)
        items = server.complete(path.as_uri(), *place)
        took = (time.perf_counter() - began) * 1e3
        names = {match.group() for item in items if (match := NAME.match(item["label"]))}
        results.append((site.member in names, took, len(names)))
    server.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})
    return results


def probed(server: Server, path: Path) -> dict[str, str]:
    """Return how many probes of each sort a server answers with a list that holds the truth."""
    answered = {}
    for sort, probes in PROBES.items():
        sites = []
        for line, other, wanted in probes:
            data = BASE.format(line=line or "pass", other=other or "pass").encode()
            dot = DOTS.search(line or other)
            assert dot
            start = data.index((line or other).encode())
            sites.append((data, start + dot.end(), wanted))
        hits = 0
        for version, (data, offset, wanted) in enumerate(sites, start=1):
            uri = path.with_name(f"{sort.replace('-', '_')}{version}.py").as_uri()
            opened = {"uri": uri, "version": 1, "languageId": "python", "text": data.decode()}
            server.notify("textDocument/didOpen", {"textDocument": opened})
            items = server.complete(uri, *position(data, offset, server.utf8))
            hits += wanted in {match.group() for x in items if (match := NAME.match(x["label"]))}
            server.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        answered[sort] = f"{hits} of {len(sites)}"
    return answered


def measure(command: str, folder: Path, chosen: dict[Path, list[Site]]) -> dict[str, Any]:
    """Everything about one server."""
    began = time.perf_counter()
    server = Server(command, folder, {}, patience=60.0)
    results, largest, answers = [], 0.0, dict[str, str]()
    try:
        for path, sites in chosen.items():
            results += ask(server, path, path.read_bytes(), sites)
            largest = max(largest, resident(server._process.pid))
        answers = probed(server, folder / "probe.py")
    except ServerHangs as problem:
        print(f"{command} did not answer {problem}", file=sys.stderr)
    finally:
        server.close()
    times = sorted(took for _, took, _ in results[1:]) or [0.0]
    return {
        "sites": len(results),
        "reach": round(sum(hit for hit, _, _ in results) / max(len(results), 1), 3),
        "length": statistics.median(n for _, _, n in results) if results else 0,
        "first_ms": round(results[0][1] if results else 0.0),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95)], 1),
        "mb": round(largest),
        "seconds": round(time.perf_counter() - began, 1),
        "probes": answers,
    }


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--programs", type=Path, required=True, help="where the servers are")
    parser.add_argument("--sites", type=int, default=12, help="members per file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("servers", nargs="*", default=list(COMMANDS), metavar="SERVER")
    asked = parser.parse_args()
    table = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        chance = random.Random(asked.seed)
        chosen = {}
        (folder / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0"\n')
        for file, data in sources().items():
            (folder / file).write_bytes(data)
            chosen[folder / file] = choose(sites_of(data)["member"], asked.sites, chance)
        print(
            f"{'server':14}{'reach':>8}{'length':>8}{'first':>8}{'p50':>8}{'p95':>8}{'MB':>7}{'seconds':>9}"
        )
        for server in asked.servers:
            command = f"{asked.programs.absolute()}/{COMMANDS[server]}"
            row = table[server] = measure(command, folder, chosen)
            print(
                f"{server:14}{row['reach']:8.1%}{row['length']:8g}{row['first_ms']:8}{row['p50_ms']:8}"
                f"{row['p95_ms']:8}{row['mb']:7}{row['seconds']:9}",
                flush=True,
            )
    for server, row in table.items():
        print(server, ", ".join(f"{sort} {share}" for sort, share in row["probes"].items()))
    print(json.dumps(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
